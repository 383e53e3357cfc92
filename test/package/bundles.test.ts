/** Bundles for browsers, made with the tools that people use: whole, without warnings, with nothing in them that is not ours or is Node's. */
import assert from 'node:assert/strict'
import { realpathSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { after, test } from 'node:test'
import { createContext, Script } from 'node:vm'
import { nodeResolve } from '@rollup/plugin-node-resolve'
import * as esbuild from 'esbuild'
import { rollup } from 'rollup'
import * as vite from 'vite'
import { install } from './installed.ts'

const installed = install()
after(() => installed[Symbol.dispose]())
const folder = realpathSync(installed.folder)
const entry = join(folder, 'entry.js')
writeFileSync(entry, "export * from '@rookery/client'\n")
const one = join(folder, 'one.js')
writeFileSync(one, "export { UsageError } from '@rookery/client'\n")
const addresses = join(folder, 'addresses.js')
writeFileSync(addresses, "export { jid } from '@rookery/protocol/jid'\n")

interface Bundle {
  /** As a script that leaves what it exports in the global `rookery`. */
  text: string
  /** The files in it. */
  inputs: string[]
  /** What it leaves to be imported. */
  imports: string[]
  warnings: string[]
}

async function withEsbuild(from: string): Promise<Bundle> {
  const { outputFiles, metafile, warnings } = await esbuild.build({
    entryPoints: [from],
    bundle: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'rookery',
    write: false,
    metafile: true,
    logLevel: 'silent',
    absWorkingDir: folder,
  })
  const [output] = Object.values(metafile.outputs)
  return {
    text: outputFiles[0]!.text,
    inputs: Object.keys(output!.inputs).map((path) => join(folder, path)),
    imports: output!.imports.map(({ path }) => path),
    warnings: warnings.map(({ text }) => text),
  }
}

async function withRollup(from: string): Promise<Bundle> {
  const warnings: string[] = []
  const bundle = await rollup({
    input: from,
    plugins: [nodeResolve({ browser: true })],
    onwarn: ({ message }) => warnings.push(message),
  })
  const { output } = await bundle.generate({ format: 'iife', name: 'rookery', exports: 'named' })
  await bundle.close()
  const [chunk] = output
  return {
    text: chunk.code,
    inputs: Object.keys(chunk.modules),
    imports: [...chunk.imports, ...chunk.dynamicImports],
    warnings,
  }
}

async function withVite(from: string): Promise<Bundle> {
  const warnings: string[] = []
  const warn = (text: string): void => void warnings.push(text)
  const logger = { ...vite.createLogger('silent'), warn, warnOnce: warn, error: warn }
  const built = await vite.build({
    configFile: false,
    root: folder,
    customLogger: logger,
    logLevel: 'silent',
    build: { write: false, lib: { entry: from, formats: ['iife'], name: 'rookery', fileName: 'out' } },
  })
  const [first] = [built].flat()
  assert.ok(first !== undefined && 'output' in first)
  const [chunk] = first.output
  return {
    text: chunk.code,
    inputs: Object.keys(chunk.modules),
    imports: [...chunk.imports, ...chunk.dynamicImports],
    warnings,
  }
}

/** What browsers, workers, Deno and Bun have all of; neither Node's own globals nor `window` or `document`. */
const everywhere = [
  'TextEncoder',
  'TextDecoder',
  'URL',
  'crypto',
  'setTimeout',
  'clearTimeout',
  'queueMicrotask',
].concat(['EventTarget', 'AbortController', 'AbortSignal', 'DOMException', 'structuredClone', 'btoa', 'atob'])

/** Runs a bundle where there is only that, and gives the names it exports. */
function exportsOf(text: string): string[] {
  const globals: Record<string, unknown> = {}
  for (const name of everywhere) globals[name] = (globalThis as Record<string, unknown>)[name]
  const context = createContext(globals)
  new Script(text).runInContext(context)
  return [...new Script('Object.keys(rookery)').runInContext(context)].sort()
}

const names = Object.keys(await import('@rookery/client')).sort()

for (const [tool, bundle] of [
  ['esbuild', withEsbuild],
  ['rollup', withRollup],
  ['vite', withVite],
] as const) {
  test(`${tool} makes one script of it, with nothing but our code, that runs where there is no Node`, async () => {
    const { text, inputs, imports, warnings } = await bundle(entry)
    assert.deepEqual({ imports, warnings }, { imports: [], warnings: [] })
    assert.ok(inputs.length > 1)
    const foreign = inputs
      .map((path) => relative(folder, path))
      .filter((path) => path !== 'entry.js' && !/^node_modules\/@rookery\/(client|protocol)\//.test(path))
    assert.deepEqual(foreign, [])
    assert.doesNotMatch(text, /["'`]node:|\brequire\(["'`]|\bprocess\.[a-z]+[.([]|\bBuffer\.from/)
    assert.deepEqual(exportsOf(text), names)
  })

  test(`${tool} leaves out what is not used`, async () => {
    const { inputs } = await bundle(one)
    assert.deepEqual(
      inputs.map((path) => relative(folder, path)).filter((path) => path.startsWith('node_modules')),
      ['node_modules/@rookery/client/contract/errors.js'],
    )
  })
  test(`${tool} takes what is meant for browsers, which have tables of Unicode of their own`, async () => {
    const { inputs, text } = await bundle(addresses)
    assert.ok(inputs.some((path) => path.endsWith('/precis/unicode-of-engine.js')))
    assert.ok(!inputs.some((path) => path.includes('/generated/')))
    assert.deepEqual(exportsOf(text), ['jid'])
  })
}
