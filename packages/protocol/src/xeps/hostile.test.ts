/**
 * Bends the elements of every vector (pieces dropped, doubled, renamed, swapped between vectors): no codec throws, and what a codec
 * accepts it can build, and then reads as the same.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { it } from 'node:test'
import fc from 'fast-check'
import { CodecError, type ElementCodec } from '../codec/index.ts'
import { Element, type Node, parseElement } from '../xml/index.ts'

const spec = new URL('../../../../spec/', import.meta.url)
const elements: Element[] = []
const codecs = new Map<string, ElementCodec<unknown>>()

for (const folder of readdirSync(spec).filter((name) => /^(xep|rfc)-?\d+$/.test(name))) {
  for (const name of readdirSync(new URL(`${folder}/`, spec)).filter((file) => file.endsWith('.xml'))) {
    const file = new URL(`${folder}/${name}`, spec)
    const element = parseElement(readFileSync(file, 'latin1'))
    assert.ok(element instanceof Element)
    elements.push(element)
    const { codec: where } = JSON.parse(readFileSync(new URL(file.href.replace(/xml$/, 'json')), 'utf8'))
    if (codecs.has(where)) continue
    const [module, codec] = where.split('#')
    codecs.set(where, (await import(module.startsWith('xeps/') ? `../${module}.ts` : `../${module}/index.ts`))[codec])
  }
}

const texts = [
  '',
  ' ',
  '=',
  '-1',
  '1',
  '99999999999',
  'true',
  'x@y.example',
  '@',
  '1970-01-01T00:00:00Z',
  '__proto__',
  '\u{1f600}',
]
const pieces: Node[] = elements.flatMap((element) => [element, ...element.children])

/** One change somewhere in the upper layers, chosen by the numbers given. */
function bend(element: Element, [what, where, which]: readonly [number, number, number], depth = 0): Element {
  const { name, ns, attributes, children } = element
  const at = children.length === 0 ? 0 : where % children.length
  const inside = children[at]
  if (inside instanceof Element && depth < 4 && what % 3 === 0) {
    const bent = bend(inside, [Math.floor(what / 3), which, where], depth + 1)
    return element.withChildren(children.with(at, bent))
  }
  const text = texts[which % texts.length]!
  const slot = attributes.length === 0 ? 0 : (where * 2) % attributes.length
  switch (what % 6) {
    case 0:
      return element.withChildren(children.toSpliced(at, 1))
    case 1:
      return element.withChildren(inside === undefined ? [text] : children.toSpliced(at, 0, inside))
    case 2:
      return element.withChildren(children.toSpliced(at, 0, pieces[which % pieces.length]!))
    case 3:
      return element.withChildren([text])
    case 4:
      return new Element(name, ns, attributes.toSpliced(slot, 2), children)
    default:
      return attributes.length === 0 ? element : new Element(name, ns, attributes.with(slot + 1, text), children)
  }
}

const number = fc.nat({ max: 10_000 })
const changes = fc.array(fc.tuple(number, number, number), { minLength: 1, maxLength: 4 })

for (const [where, codec] of codecs) {
  it(where, () => {
    const mine = elements.filter((element) => codec.matches(element))
    fc.assert(
      fc.property(fc.constantFrom(...mine), changes, (element, list) => {
        const bent = list.reduce((changed, change) => bend(changed, change), element)
        const parsed = codec.parse(bent)
        if (parsed === undefined || parsed instanceof CodecError) return
        assert.deepEqual(codec.parse(codec.build(parsed)), parsed)
      }),
      { numRuns: 200 },
    )
  })
}
