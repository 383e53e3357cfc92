/**
 * The packages are typed for everybody: compiled as users compile, from the tarballs. A line of types/*.ts that must not compile stands below
 * `@ts-expect-error CODE: why`. The compiler complains where it does compile, and here also the code must be the one that is named.
 */
import assert from 'node:assert/strict'
import { cpSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { compile, type Mode, modes, nameOf } from './compile.ts'
import { install } from './installed.ts'

const installed = install()
after(() => installed[Symbol.dispose]())
const { folder } = installed
for (const part of ['consumers', 'types'])
  cpSync(join(import.meta.dirname, part), join(folder, part), { recursive: true })

const topics = globSync('types/*.ts', { cwd: folder }).sort()
const usual: Mode = { module: 'nodenext', moduleResolution: 'nodenext', dom: true, node: true }
const marker = /^ *\/\/ @ts-expect-error(?: (\d+): \S.*)?$/
const isForNode = (file: string): boolean => readFileSync(join(folder, file), 'utf8').includes("'@rookery/client/node'")

for (const mode of modes)
  test(`programs of users compile, and their mistakes do not: ${nameOf(mode)}`, () => {
    const files = topics.filter((file) => mode.node || !isForNode(file))
    if (mode.dom) files.push('consumers/browser.ts')
    if (mode.node) files.push('consumers/node.ts')
    assert.deepEqual(compile(folder, files, mode), [])
  })

test('a page whose project knows no newer language compiles', () => {
  const older: Mode = { module: 'preserve', moduleResolution: 'bundler', dom: true, node: false, lib: ['es2022'] }
  assert.deepEqual(compile(folder, ['consumers/browser.ts'], older), [])
})

test('each mistake is refused for the reason that stands above it', () => {
  const wanted: string[] = []
  for (const file of topics) {
    const lines = readFileSync(join(folder, file), 'utf8').split('\n')
    for (const [index, line] of lines.entries()) {
      const found = marker.exec(line)
      assert.equal(found !== null, line.includes('@ts-expect-error'), `${file}:${index + 1}: not alone in its line`)
      if (found === null) continue
      assert.ok(found[1] !== undefined, `${file}:${index + 1}: write "@ts-expect-error CODE: why"`)
      wanted.push(`${file}:${index + 2} ${found[1]}`)
    }
    const unmarked = lines.map((line) => line.replace(marker, '')).join('\n')
    writeFileSync(join(folder, file.replace('types/', 'mistakes-')), unmarked)
  }
  const found = compile(folder, globSync('mistakes-*.ts', { cwd: folder }), usual)
  assert.deepEqual(
    found.map(({ file, line, code }) => `${file.replace('mistakes-', 'types/')}:${line} ${code}`).sort(),
    wanted.sort(),
  )
})

test('a mistake that became none is noticed', () => {
  writeFileSync(join(folder, 'none.ts'), "// @ts-expect-error 2322: it is a number\nexport const text: string = 'a'\n")
  assert.deepEqual(
    compile(folder, ['none.ts'], usual).map(({ file, line, code }) => [file, line, code]),
    [['none.ts', 1, 2578]],
  )
})

test('modules of the older kind may require it', () => {
  const text = "import client = require('@rookery/client')\nthrow new client.UsageError('Nothing was done.')\n"
  writeFileSync(join(folder, 'common.cts'), text)
  assert.deepEqual(compile(folder, ['common.cts'], usual), [])
})
