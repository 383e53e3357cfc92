/** What reads documents in browsers, beside what reads them elsewhere. ROOKERY_FUZZ_RUNS runs more. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { document, mutated } from './documents.test.ts'
import { authenticated, Element, preAuth, received, sameElement, XmlError, type XmlLimits } from './index.ts'
import { isNameCharacter, isNameStart } from './name-characters.ts'
import { qualifiedName } from './names-of-engine.ts'
import { parseElement } from './parse-element.ts'
import { parseElement as readSmall } from './parse-element-small.ts'
import * as own from './text.ts'
import * as strings from './wire-of-strings.ts'

const runs = Number(process.env['ROOKERY_FUZZ_RUNS'] ?? 4000)
const seed = Number(process.env['ROOKERY_FUZZ_SEED'] ?? 20261126)
const vectors = new URL('../../../../spec/xml/', import.meta.url)

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Through a WebSocket: what comes as a string has been UTF-8; anything else has ended the connection. [RFC6455 8.1] */
function parseSmall(wire: string, limits?: XmlLimits): Element | XmlError {
  let frame: string
  try {
    frame = utf8.decode(Buffer.from(wire, 'latin1'))
  } catch {
    return new XmlError('bad-format', 'not UTF-8')
  }
  return readSmall(frame, limits)
}

function check(wire: string): void {
  const expected = parseElement(wire)
  const found = parseSmall(wire)
  if (expected instanceof XmlError) return assert.ok(found instanceof XmlError, `accepted: ${JSON.stringify(wire)}`)
  assert.ok(found instanceof Element, `refused: ${JSON.stringify(wire)}`)
  assert.ok(sameElement(found, expected), `read differently: ${JSON.stringify(wire)}`)
}

test('reads generated documents the same', () => {
  fc.assert(fc.property(document, check), { numRuns: runs, seed })
})

test('refuses the same damaged documents', () => {
  fc.assert(fc.property(mutated, check), { numRuns: runs, seed })
})

test('reads every valid vector the same', () => {
  for (const file of readdirSync(new URL('valid/', vectors))) {
    const wire = readFileSync(new URL(`valid/${file}`, vectors), 'latin1')
    assert.ok(parseSmall(wire) instanceof Element, file)
    check(wire)
  }
})

test('refuses every invalid vector with the condition its name begins with', () => {
  for (const file of readdirSync(new URL('invalid/', vectors))) {
    const result = parseSmall(readFileSync(new URL(`invalid/${file}`, vectors), 'latin1'))
    assert.ok(result instanceof XmlError, `accepted ${file}`)
    // bytes are judged first here, and before they come here
    if (/utf-8|mark/.test(file)) assert.equal(result.condition, 'bad-format', file)
    else assert.equal(result.condition, file.split('.')[0], file)
  }
})

test('draws each limit at the same place', () => {
  const times = (count: number, make: (at: number) => string) =>
    Array.from({ length: count }, (_, at) => make(at)).join('')
  type Limit = Exclude<keyof XmlLimits, 'omitted'>
  const sizes: Record<Limit, (size: number) => string> = {
    bytes: (size) => `<a>${'x'.repeat(size - 7)}</a>`,
    depth: (size) => '<a>'.repeat(size) + '</a>'.repeat(size),
    elements: (size) => `<a>${'<b/>'.repeat(size - 1)}</a>`,
    attributes: (size) => `<a xmlns='u'${times(size - 1, (at) => ` b${at}='c'`)}/>`,
    nameLength: (size) => `<a ${'n'.repeat(size)}='v'><${'n'.repeat(size)}/></a>`,
    prefixes: (size) => `<a xmlns:a='u' xmlns='v'><b${times(size - 1, (at) => ` xmlns:p${at}='u'`)}/></a>`,
  }
  for (const limits of [preAuth, authenticated, received]) {
    for (const [name, document] of Object.entries(sizes)) {
      const most = limits[name as Limit]
      for (const parse of [parseElement, parseSmall]) {
        // attributes would be the first limit that so many prefixes meet
        const alone = { ...authenticated, bytes: 1e7, elements: 1e6, attributes: 1e6, [name]: most }
        assert.ok(parse(document(most), alone) instanceof Element, `${name}: ${most}`)
        const over = parse(document(most + 1), alone)
        assert.ok(over instanceof XmlError && over.condition === 'policy-violation', `${name}: ${most + 1}`)
      }
    }
  }
})

test('goes over repeated beginnings once, however long', () => {
  const most = authenticated.bytes - 100
  const repeated = [' ', '&', 'a', ':', '<a ', "='", '<a>', ']]', ' b="c"', '<![CDATA[', '<?xml', '\xc3\xa9', '&#1']
  for (const piece of repeated) {
    const long = piece.repeat(most / piece.length)
    for (const wire of [
      long,
      `<a${long}`,
      `<a ${long}`,
      `<a b${long}`,
      `<a b='${long}`,
      `<a>${long}`,
      `<?xml ${long}`,
    ]) {
      assert.ok(parseSmall(wire) instanceof XmlError)
    }
  }
})

test('characters of names are at least those of the fourth edition of XML', () => {
  for (let c = 0; c <= 0xffff; c++) {
    const char = String.fromCharCode(c)
    const starts = qualifiedName.test(char)
    const follows = qualifiedName.test(`a${char}`) && char !== ':'
    if (isNameStart(c)) assert.ok(starts, c.toString(16))
    if (isNameCharacter(c)) assert.ok(follows, c.toString(16))
    if (c < 0x80) assert.deepEqual([starts, follows], [isNameStart(c), isNameCharacter(c)], c.toString(16))
  }
})

test('no name has other characters than letters, marks and digits', () => {
  for (const c of [
    0x37e, 0xd7, 0xf7, 0x2000, 0x200c, 0x2028, 0x20ac, 0x2190, 0x3000, 0xd800, 0xe000, 0xfffd, 0x1f600,
  ]) {
    assert.ok(!qualifiedName.test(`a${String.fromCodePoint(c)}`), c.toString(16))
  }
})

test('what it writes means the same', () => {
  const check = (text: string) => {
    assert.equal(strings.toWire(text), own.fromWire(own.toWire(text)))
    const element = `<a b='${strings.escapeAttribute(text)}'>${strings.escapeText(text)}</a>`
    const expected = parseElement(`<a b='${own.escapeAttribute(text)}'>${own.escapeText(text)}</a>`)
    const found = readSmall(element)
    assert.ok(found instanceof Element && expected instanceof Element && sameElement(found, expected), element)
  }
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('', '\ud800', '\0', '\ufffe', '\udc00a\r\n\t'),
      (text, odd) => {
        for (const each of [text, text + odd, odd + text]) check(each)
      },
    ),
    { numRuns: runs, seed },
  )
  for (let c = 0; c < 0x100; c++) check(String.fromCharCode(c))
})
