import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Element,
  el,
  escapeAttribute,
  escapeText,
  fromWire,
  parseElement,
  sameElement,
  toWire,
  writeAttribute,
  writeContent,
  writeElement,
  writeStart,
} from './index.ts'

const client = 'jabber:client'

function read(wire: string): Element {
  const element = parseElement(wire)
  assert.ok(element instanceof Element, wire)
  return element
}

test('declares the default namespace only where it changes', () => {
  const message = el('message', client, { to: 'a' }, [
    el('body', client, {}, 'hi'),
    el('x', 'urn:x', {}, [el('y', 'urn:x'), el('z', '')]),
  ])
  assert.equal(
    writeElement(message, client),
    "<message to='a'><body>hi</body><x xmlns='urn:x'><y/><z xmlns=''/></x></message>",
  )
  assert.ok(writeElement(message, '').startsWith("<message xmlns='jabber:client' to='a'>"))
})

test('re-scopes a stanza, but not one inside another element', () => {
  const stanza = el('message', client, {}, [el('body', client), el('forwarded', 'urn:f', {}, [el('message', client)])])
  const wire = "<message><body/><forwarded xmlns='urn:f'><message xmlns='jabber:client'/></forwarded></message>"
  assert.equal(writeElement(stanza, 'jabber:server'), wire)
  assert.equal(writeElement(stanza, 'jabber:component:accept'), wire)
})

test('uses the inner content as it came', () => {
  const inner = "<body>a &lt; \xc3\xa9</body><p:x xmlns:p='urn:p'/>"
  const message = read(`<message xmlns='jabber:client' from='x'>${inner}</message>`).with({
    from: 'a@b',
    to: undefined,
  })
  assert.equal(writeElement(message, 'jabber:server'), `<message from='a@b'>${inner}</message>`)
  const forwarded = el('forwarded', 'urn:f', {}, [message])
  assert.equal(
    writeElement(forwarded, client),
    `<forwarded xmlns='urn:f'><message xmlns='jabber:client' from='a@b'>${inner}</message></forwarded>`,
  )
  assert.equal(writeElement(message.withChildren(['x']), client), "<message from='a@b'>x</message>")
  assert.equal(writeElement(read("<iq xmlns='jabber:client'></iq>"), client), '<iq/>')
})

test('writes pieces that can be put together', () => {
  const message = el('message', client, { type: 'chat' }, 'x')
  assert.equal(
    `${writeStart(message, client)}${writeAttribute('to', "o'neil")}${writeContent(message)}`,
    "<message type='chat' to='o&apos;neil'>x</message>",
  )
})

test('escapes so that the text comes back', () => {
  const nasty = 'a\'b"c<d>e&f]]>g\t\n\r\u2028\u00e9\u{1f600}\u007f'
  const element = el('a', '', { b: nasty, 'xml:lang': nasty, '{urn:"\'}c': nasty }, nasty)
  const wire = writeElement(element, '')
  assert.ok(sameElement(read(wire), element), wire)
  assert.equal(escapeAttribute('"\'\t\n\r'), '&quot;&apos;&#x9;&#xA;&#xD;')
  assert.equal(escapeText('\'"\t\n\r>'), '\'"\t\n&#xD;&gt;')
})

test('declares a prefix for each namespaced attribute', () => {
  const element = el('a', 'urn:a', { '{urn:p}x': '1', x: '2', '{urn:p}y': '3', '{urn:q}x': '4' })
  assert.ok(sameElement(read(writeElement(element, '')), element))
})

test('writes elements of the XML namespace with its prefix', () => {
  const element = el('a', 'urn:a', {}, [el('base', 'http://www.w3.org/XML/1998/namespace', {}, [el('b', 'urn:a')])])
  assert.equal(writeElement(element, 'urn:a'), '<a><xml:base><b/></xml:base></a>')
})

test('replaces what XML or UTF-8 cannot carry', () => {
  const replaced = '\xef\xbf\xbd'
  assert.equal(toWire('a\0b\x1fc'), `a${replaced}b${replaced}c`)
  assert.equal(toWire('\ud800x\udc00\ufffe\uffff'), `${replaced}x${replaced}${replaced}${replaced}`)
  assert.equal(escapeText('\0'), replaced)
  assert.equal(escapeAttribute('\x01<'), `${replaced}&lt;`)
  assert.equal(toWire('\t\n\r'), '\t\n\r')
})

test('encodes and decodes as UTF-8 does', () => {
  for (const text of [
    '',
    'plain',
    '\u00e9',
    '\u07ff\u0800\ud7ff\ue000\ufffd',
    '\u{10000}\u{10ffff}',
    'mix\u00e9d \u{1f600} '.repeat(500),
  ]) {
    assert.equal(toWire(text), Buffer.from(text, 'utf8').toString('latin1'))
    assert.equal(fromWire(toWire(text)), text)
  }
})

test('writes deep elements without recursion', () => {
  let element = el('a', '')
  for (let i = 0; i < 50_000; i++) element = el('a', '', {}, [element])
  const wire = writeElement(element, '')
  assert.equal(wire.length, 50_000 * 7 + 4)
  assert.ok(sameElement(element, element.withChildren([...element.children])))
})
