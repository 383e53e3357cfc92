/** What is in the tarballs: entries that lead somewhere, nothing that nobody needs, no dependency; and every Node of this machine can import it. */
import assert from 'node:assert/strict'
import { existsSync, globSync, realpathSync, statSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { env } from 'node:process'
import { after, test } from 'node:test'
import { install, run } from './installed.ts'

const installed = install()
after(() => installed[Symbol.dispose]())
const { folder, where, manifest } = installed

const dependencies = (name: string): unknown[] =>
  ['dependencies', 'peerDependencies', 'optionalDependencies', 'bundleDependencies'].map((kind) => manifest(name)[kind])

test('the client depends on the protocol of its version and on nothing else, the protocol on nothing', () => {
  const { version } = manifest('protocol')
  assert.deepEqual(dependencies('client'), [{ '@rookery/protocol': version }, undefined, undefined, undefined])
  assert.deepEqual(dependencies('protocol'), [{}, undefined, undefined, undefined])
  assert.deepEqual(globSync('node_modules/{*,@*/*}/package.json', { cwd: folder }).sort(), [
    'node_modules/@rookery/client/package.json',
    'node_modules/@rookery/protocol/package.json',
  ])
})

for (const name of ['protocol', 'client']) {
  test(`${name}: nothing runs when it is installed, and bundlers may leave out what is not used`, () => {
    assert.equal(manifest(name)['scripts'], undefined)
    assert.equal(manifest(name)['sideEffects'], false)
    assert.equal(manifest(name)['type'], 'module')
  })

  test(`${name}: JavaScript, declarations, the license and no more`, () => {
    const files = globSync('**/*', { cwd: where(name) }).filter((file) => statSync(join(where(name), file)).isFile())
    const odd = files.filter((file) => !/(\.js|\.d\.ts|^package\.json|^LICENSE|^README\.md)$/.test(file))
    assert.deepEqual(odd, [])
    assert.ok(files.includes('LICENSE'))
    assert.deepEqual(
      files.filter((file) => file.includes('.test.')),
      [],
    )
  })

  test(`${name}: every entry leads to a file`, () => {
    const targets = targetsOf([manifest(name)['exports'], manifest(name)['imports']])
    assert.ok(targets.length > 1)
    for (const target of targets) assert.ok(globSync(target, { cwd: where(name) }).length > 0, target)
  })
}

/** All paths in a table of entries. */
function targetsOf(entry: unknown): string[] {
  if (typeof entry === 'string') return [entry]
  return typeof entry === 'object' && entry !== null ? Object.values(entry).flatMap(targetsOf) : []
}

const nodes = new Set(
  (env['PATH'] ?? '')
    .split(delimiter)
    .map((place) => join(place, 'node'))
    .filter((path) => existsSync(path))
    .map((path) => realpathSync(path)),
)
const program = `const names = Object.keys(client)
if (!names.includes('UsageError')) throw new Error('exported: ' + names)
console.log(process.version)
`
writeFileSync(
  join(folder, 'imports.mjs'),
  `import * as client from '@rookery/client'\nimport '@rookery/client/node'\n${program}`,
)
writeFileSync(join(folder, 'requires.cjs'), `const client = require('@rookery/client')\n${program}`)

for (const node of nodes) {
  const version = run(node, ['--version'], folder).trim()
  const [major = 0, minor = 0] = version.slice(1).split('.').map(Number)
  const isOld = major < 20 || (major === 20 && minor < 19)
  test(`Node ${version} imports and requires it`, { skip: isOld && 'older than package.json asks for' }, () => {
    for (const file of ['imports.mjs', 'requires.cjs']) assert.equal(run(node, [file], folder).trim(), version)
  })
}
