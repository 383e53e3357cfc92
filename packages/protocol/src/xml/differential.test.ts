/** Our parser against saxes: the same documents accepted, the same trees, however the bytes are cut. ROOKERY_FUZZ_RUNS runs more. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { SaxesParser } from 'saxes'
import { document, mostlyGood, mutated, toBytes, tree } from './documents.test.ts'
import {
  authenticated,
  CLOSE,
  Element,
  parseElement,
  StreamOpen,
  sameElement,
  writeElement,
  XmlError,
  XmlParser,
} from './index.ts'
import { isNameCharacter, isNameStart } from './name-characters.ts'

const runs = Number(process.env['ROOKERY_FUZZ_RUNS'] ?? 4000)
const seed = Number(process.env['ROOKERY_FUZZ_SEED'] ?? 20261120)
const vectors = new URL('../../../../spec/xml/', import.meta.url)

type Open = { name: string; ns: string; attributes: string[]; children: (Element | string)[] }

/**
 * What saxes makes of the bytes; undefined if it refuses them, or if RFC 6120 11.1 does; 'unknown' where saxes is known to be wrong: it
 * trims namespace names, which are attribute values of type CDATA, and lets a local part begin with a digit or a hyphen. Names are
 * also compared only as far as the fourth edition of XML goes (name-characters.ts): saxes follows the fifth.
 */
function oracle(wire: string): Element | 'unknown' | undefined {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(wire, 'latin1'))
  } catch {
    return undefined
  }
  const parser = new SaxesParser({ xmlns: true })
  const open: Open[] = []
  let root: Element | undefined
  let refused = false
  let wrong = false
  const checkName = (qualified: string) => {
    if (/:(?:[-.0-9\u00b7\u203f\u2040]|[\u0300-\u036f])/.test(qualified)) wrong = true
    for (const part of qualified.split(':')) {
      const codes = Array.from(part, (character) => character.codePointAt(0)!)
      if (!codes.every((code, index) => (index === 0 ? isNameStart(code) : isNameCharacter(code)))) wrong = true
    }
  }
  const refuse = () => {
    refused = true
  }
  parser.on('error', refuse)
  parser.on('comment', refuse)
  parser.on('processinginstruction', refuse)
  parser.on('doctype', refuse)
  parser.on('xmldecl', (declaration) => {
    const { encoding, version } = declaration
    if (encoding !== undefined && encoding.toUpperCase() !== 'UTF-8') refuse()
    if (version === undefined) refuse()
  })
  parser.on('attribute', ({ name, value }) => {
    if (name.startsWith('xmlns') && value !== value.trim()) wrong = true
    checkName(name)
  })
  parser.on('opentag', (tag) => {
    checkName(tag.name)
    const attributes = Object.values(tag.attributes)
      .filter((attribute) => attribute.uri !== 'http://www.w3.org/2000/xmlns/')
      .flatMap(({ prefix, uri, local, value }) => [
        prefix === '' ? local : prefix === 'xml' ? `xml:${local}` : `{${uri}}${local}`,
        value,
      ])
    open.push({ name: tag.local, ns: tag.uri, attributes, children: [] })
  })
  const addText = (chunk: string) => {
    open.at(-1)?.children.push(chunk)
  }
  parser.on('text', addText)
  parser.on('cdata', addText)
  parser.on('closetag', () => {
    const { name, ns, attributes, children } = open.pop()!
    const element = new Element(name, ns, attributes, children)
    if (open.length > 0) open.at(-1)!.children.push(element)
    else root = element
  })
  parser.write(text).close()
  if (wrong) return 'unknown'
  return refused ? undefined : root
}

function byteByByte(wire: string): Element | XmlError | undefined {
  const parser = new XmlParser(authenticated, 'document')
  let element: Element | undefined
  for (const byte of wire) {
    parser.feed(byte)
    const event = parser.next()
    if (event instanceof XmlError) return event
    if (event instanceof Element) element = event
  }
  return parser.takeRest() === '' ? element : undefined
}

function check(wire: string): void {
  const ours = parseElement(wire)
  const theirs = oracle(wire)
  if (theirs === 'unknown') return
  if (theirs === undefined) assert.ok(ours instanceof XmlError, `accepted: ${JSON.stringify(wire)}`)
  else {
    assert.ok(ours instanceof Element, `refused: ${JSON.stringify(wire)} ${JSON.stringify(ours)}`)
    assert.ok(sameElement(ours, theirs), `read differently: ${JSON.stringify(wire)}`)
  }
  const cut = byteByByte(wire)
  if (ours instanceof Element) {
    assert.ok(cut instanceof Element && sameElement(ours, cut), `cut into bytes: ${JSON.stringify(wire)}`)
    assert.equal(cut.inner, ours.inner, `inner, cut into bytes: ${JSON.stringify(wire)}`)
    for (const outer of ['', 'jabber:client', 'urn:other']) checkWritten(ours, outer)
  } else assert.ok(!(cut instanceof Element), `accepted when cut into bytes: ${JSON.stringify(wire)}`)
}

/** Written where the default namespace is `outer`, it is read again as the same element by both parsers. */
function checkWritten(element: Element, outer: string): void {
  const rescoped = outer === 'jabber:client' && ['jabber:server', 'jabber:component:accept'].includes(element.ns)
  if (rescoped) return
  for (const source of [element, element.withChildren(element.children)]) {
    const wire = `<o xmlns='${outer}'>${writeElement(source, outer)}</o>`
    const ours = parseElement(wire)
    assert.ok(ours instanceof Element, wire)
    assert.ok(sameElement(ours.firstElement()!, element), `written differently: ${wire}`)
    const theirs = oracle(wire)
    assert.ok(
      theirs instanceof Element && sameElement(theirs.firstElement()!, element),
      `saxes reads differently: ${wire}`,
    )
  }
}

test('reads generated documents as saxes does', () => {
  fc.assert(fc.property(document, check), { numRuns: runs, seed })
})

test('refuses damaged documents that saxes refuses, and reads the others as it does', () => {
  fc.assert(fc.property(mutated, check), { numRuns: runs, seed })
})

test('reads the valid vectors as saxes does', () => {
  for (const file of readdirSync(new URL('valid/', vectors))) {
    const wire = readFileSync(new URL(`valid/${file}`, vectors), 'latin1')
    assert.ok(oracle(wire) instanceof Element, `saxes refuses ${file}`)
    check(wire)
  }
})

test('gives the same events for every way to cut a stream', () => {
  const stanza = mostlyGood(tree, fc.constantFrom(' ', '\n', 'x', '<', '</s>', '<stream/>', '<!-- -->')).map(toBytes)
  const cuts = fc.array(fc.nat(40), { minLength: 1, maxLength: 30 })
  const property = fc.property(fc.array(stanza, { maxLength: 5 }), cuts, (stanzas, sizes) => {
    const wire = `<?xml version='1.0'?><s xmlns='jabber:client' xmlns:p='urn:root'>${stanzas.join('')}</s>`
    // What follows completes any token, so that an error in one that has begun is reported in both.
    const end = `'>">]]>?>`
    const whole = events([wire, end])
    const pieces: string[] = []
    for (let at = 0, k = 0; at < wire.length; k++) {
      const size = 1 + sizes[k % sizes.length]!
      pieces.push(wire.slice(at, at + size))
      at += size
    }
    assert.deepEqual(events([...pieces, end]), whole)
  })
  fc.assert(property, { numRuns: runs, seed })
})

/** What the parser says, an error without its reason (which of two faults is found first may depend on the cuts). */
function events(chunks: readonly string[]): unknown[] {
  const parser = new XmlParser(authenticated)
  const seen: unknown[] = []
  for (const chunk of chunks) {
    parser.feed(chunk)
    for (let event = parser.next(); event !== undefined; event = parser.next()) {
      if (event instanceof XmlError) return [...seen, 'error']
      seen.push(
        event === CLOSE || event instanceof StreamOpen
          ? event
          : [writeElement(event.withChildren(event.children), ''), event.inner],
      )
    }
  }
  return seen
}
