/**
 * Runs every wire vector of `spec/`: a folder per specification, a pair of files per case. `case.xml` is one element, `case.json` says
 * `codec` (a module of this package and the codec in it) and one of
 *   `value`   what parsing gives; building it gives the element back, or `built` where that is not what came in,
 *   `broken`  the element is the codec's but wrong, and the sentence contains this,
 *   `other`   the element is not the codec's.
 * Addresses are strings, bytes are `{ hex }`, moments of RPC `{ date }`, maps `{ map }`, opaque elements are XML. Adding a case needs no code.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { CodecError, type ElementCodec } from '../codec/index.ts'
import { Jid } from '../jid/index.ts'
import { Element, fromWire, parseElement, toWire, writeElement } from '../xml/index.ts'

interface Vector {
  readonly codec: string
  readonly value?: unknown
  readonly built?: string
  readonly broken?: string
  readonly other?: boolean
}

const spec = new URL('../../../../spec/', import.meta.url)
const folders = readdirSync(spec).filter((name) => /^(xep|rfc)-?\d+$/.test(name))

for (const folder of folders.sort()) {
  const names = readdirSync(new URL(`${folder}/`, spec)).filter((name) => name.endsWith('.xml'))
  if (names.length === 0) continue
  describe(folder, () => {
    for (const name of names.sort()) it(name.slice(0, -4), () => run(new URL(`${folder}/${name}`, spec)))
  })
}

async function run(file: URL): Promise<void> {
  const element = read(toWire(readFileSync(file, 'utf8')))
  const vector: Vector = JSON.parse(readFileSync(new URL(file.href.replace(/xml$/, 'json')), 'utf8'))
  const codec = await load(vector.codec)
  const parsed = codec.parse(element)
  if (vector.other) return assert.equal(parsed, undefined)
  if (vector.broken !== undefined) {
    assert.ok(parsed instanceof CodecError, `should be broken, but is ${JSON.stringify(plain(parsed))}`)
    return assert.ok(parsed.sentence.includes(vector.broken), parsed.sentence)
  }
  assert.ok(!(parsed instanceof CodecError), `broken: ${(parsed as CodecError).sentence}`)
  assert.deepEqual(plain(parsed), vector.value)
  const built = codec.build(parsed)
  assert.deepEqual(infoset(built), infoset(vector.built === undefined ? element : read(toWire(vector.built))))
  assert.deepEqual(
    plain(codec.parse(read(writeElement(built, '')))),
    vector.value,
    'the built element does not say the same',
  )
}

async function load(where: string): Promise<ElementCodec<unknown>> {
  const [module, name] = where.split('#') as [string, string]
  const path = module.startsWith('xeps/') ? `../${module}.ts` : `../${module}/index.ts`
  const codec: ElementCodec<unknown> | undefined = (await import(path))[name]
  assert.ok(codec, `no codec ${where}`)
  return codec
}

function read(wire: string): Element {
  const element = parseElement(wire)
  assert.ok(element instanceof Element, 'the vector is not XML')
  return element
}

/** A value as JSON can say it. */
function plain(value: unknown): unknown {
  if (value instanceof Jid) return value.toString()
  // browsers escape by number
  if (value instanceof Element) return fromWire(writeElement(value, '')).replaceAll('&#38;', '&amp;')
  if (value instanceof Uint8Array) return { hex: Buffer.from(value).toString('hex') }
  if (value instanceof Date) return { date: value.toISOString() }
  if (value instanceof Map) return { map: [...value].map(plain) }
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
}

/** An element as comparable data: order of attributes and layout space do not matter. */
function infoset({ ns, name, attributes, children }: Element): unknown {
  const pairs = attributes.flatMap((key, index) => (index % 2 === 0 ? [[key, attributes[index + 1]]] : []))
  const laidOut = children.some((child) => typeof child !== 'string')
  const content = children.filter((child) => typeof child !== 'string' || !laidOut || child.trim() !== '')
  return {
    ns,
    name,
    pairs: pairs.sort(),
    content: content.map((node) => (typeof node === 'string' ? node : infoset(node))),
  }
}
