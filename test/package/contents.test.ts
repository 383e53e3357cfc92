/** What is in the tarballs: entries that lead somewhere, nothing that nobody needs, no dependency; and every Node of this machine can import it. */
import assert from 'node:assert/strict'
import { globSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { install, run } from './installed.ts'
import { nodes } from './runtimes.ts'

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

const program = `const names = Object.keys(client)
if (!names.includes('UsageError')) throw new Error('exported: ' + names)
console.log(process.versions.node)
`
writeFileSync(
  join(folder, 'imports.mjs'),
  `import * as client from '@rookery/client'\nimport '@rookery/client/node'\n${program}`,
)
writeFileSync(join(folder, 'requires.cjs'), `const client = require('@rookery/client')\n${program}`)

for (const { name, path, major, minor } of nodes()) {
  const isOld = major < 20 || (major === 20 && minor < 19)
  test(`${name} imports and requires it`, { skip: isOld && 'older than package.json asks for' }, () => {
    for (const file of ['imports.mjs', 'requires.cjs']) assert.equal(`Node ${run(path, [file], folder).trim()}`, name)
  })
}
