/** docs/xeps.md, rookery.doap and docs/reference are what scripts/generate.ts makes of the declarations. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Element, parseElement, toWire } from '@rookery/protocol/xml'
import { builtIn } from '@rookery/server'
import { leftovers, references } from '../../scripts/generate.ts'

const root = join(import.meta.dirname, '../..')

for (const [file, text] of references())
  test(`${file} is up to date (node scripts/generate.ts --write)`, () => {
    assert.ok(readFileSync(join(root, file), 'utf8') === text, 'stale: run node scripts/generate.ts --write')
  })

test('no generated page is left of what is no more', () => {
  assert.deepEqual(leftovers(), [])
})

test('the DOAP file is well-formed and names every extension once', () => {
  const wire = toWire(references().get('rookery.doap')!)
  const limits = { bytes: 1e6, depth: 32, elements: 1e5, attributes: 64, nameLength: 256, prefixes: 64 }
  const doap = parseElement(wire.slice(wire.indexOf('<rdf:RDF')), limits)
  assert.ok(doap instanceof Element)
  const project = doap.childElements()[0]!
  const supported = project
    .childElements()
    .filter((child) => child.name === 'implements' && child.attributes.length === 0)
  const declared = new Set(builtIn.flatMap(({ specifications }) => specifications.map(({ number }) => number)))
  assert.equal(supported.length, [...declared].filter((number) => number.startsWith('XEP-')).length)
})
