/**
 * What the client weighs in a browser: `npm run check` runs this, and it fails when a budget is exceeded. `--explain` shows which files it is.
 * `node scripts/sizes.ts rooms upload` says what a program with these names of packages/client/src/index.ts weighs, and how much is theirs.
 */
import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { argv, exit } from 'node:process'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { build, type Plugin, transform } from 'esbuild'
import { dropFields } from './fields.ts'
import { markPure } from './pure.ts'

/** What a program imports of the client, and how many bytes that may be, minified and after `gzip -9`. */
interface Program {
  names: readonly string[]
  /** More than that fails. */
  budget: number
}

/** Connecting, logging in, staying connected, asking. */
const core = ['connect']

const programs: Readonly<Record<string, Program>> = {
  core: { names: core, budget: 20_000 },
  chat: {
    names: [...core, 'roster', 'presence', 'chat', 'archive', 'rooms', 'upload', 'pep', 'carbons'],
    budget: 50_000,
  },
}

const root = join(import.meta.dirname, '..')

interface Weight {
  compressed: number
  minified: number
  /** Minified bytes by file. */
  files: Map<string, number>
}

/** Sources as `npm run build` makes them. */
const asPublished: Plugin = {
  name: 'as published',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.ts$/ }, async ({ path }) => ({
      contents: markPure(
        dropFields((await transform(readFileSync(path, 'utf8'), { loader: 'ts', target: 'es2023' })).code),
      ),
    })),
}

const exported = new Set(Object.keys(await import('@rookery/client')))

/** Bundles a program that imports these names, for browsers. */
async function weigh(names: readonly string[]): Promise<Weight> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: `export { ${names.join(', ')} } from '@rookery/client'`, resolveDir: root },
    absWorkingDir: root,
    bundle: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2023',
    minify: true,
    write: false,
    metafile: true,
    logLevel: 'error',
    plugins: [asPublished],
  })
  const bytes = outputFiles[0]!.contents
  const files = new Map<string, number>()
  for (const { inputs } of Object.values(metafile.outputs))
    for (const [file, { bytesInOutput }] of Object.entries(inputs)) files.set(file, bytesInOutput)
  return { compressed: gzipSync(bytes, { level: 9 }).length, minified: bytes.length, files }
}

const number = (bytes: number): string => bytes.toLocaleString('en').padStart(9)

/** Folders and their files, the heaviest first. What a file is after compression cannot be said, so these bytes are before it. */
function explain({ files, minified }: Weight): string[] {
  const folders = new Map<string, [file: string, bytes: number][]>()
  for (const [file, bytes] of files) {
    if (bytes === 0) continue
    const folder = dirname(file)
    folders.set(folder, [...(folders.get(folder) ?? []), [relative(folder, file), bytes]])
  }
  const sum = (list: readonly (readonly [string, number])[]): number => list.reduce((all, [, bytes]) => all + bytes, 0)
  const rows = [...folders].sort(([, a], [, b]) => sum(b) - sum(a))
  return rows.flatMap(([folder, list]) => [
    `${number(sum(list))}  ${Math.round((100 * sum(list)) / minified)} %  ${folder}`,
    ...list.sort(([, a], [, b]) => b - a).map(([file, bytes]) => `${number(bytes)}        ${file}`),
  ])
}

const { values, positionals } = parseArgs({
  args: argv.slice(2),
  options: { explain: { type: 'boolean', default: false } },
  allowPositionals: true,
})
for (const name of [...Object.values(programs).flatMap(({ names }) => names), ...positionals])
  if (!exported.has(name)) {
    console.error(`packages/client/src/index.ts exports no ${name}`)
    exit(2)
  }

let isTooBig = false
let least = 0
const asked = { names: [...core, ...positionals], budget: Number.POSITIVE_INFINITY }
const measured = positionals.length === 0 ? programs : { core: programs['core']!, [positionals.join(', ')]: asked }
for (const [name, { names, budget }] of Object.entries(measured)) {
  const weight = await weigh(names)
  const limit =
    budget === Number.POSITIVE_INFINITY ? `${number(weight.compressed - least)} more` : `of ${number(budget)}`
  console.log(`${number(weight.compressed)} ${limit}  ${name}  (${weight.minified.toLocaleString('en')} minified)`)
  if (values.explain) for (const line of explain(weight)) console.log(line)
  isTooBig ||= weight.compressed > budget
  least = weight.compressed
}
if (isTooBig) {
  console.error('Too big: node scripts/sizes.ts --explain shows where the bytes are.')
  exit(1)
}
