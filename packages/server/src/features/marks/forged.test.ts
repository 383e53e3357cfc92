import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jid } from '@rookery/protocol/jid'
import { Message } from '@rookery/protocol/stanza'
import { Element, parseElement } from '@rookery/protocol/xml'
import { type Place, withoutForged } from './forged.ts'

const host = jid('verona.example')
const juliet = jid('juliet@verona.example')
const tybalt = jid('tybalt@elsewhere.example/hall')
const incoming: Place = { side: 'in', account: juliet, host, isFromUser: false }
const outgoing: Place = { side: 'out', account: juliet, host, isFromUser: true }

/** What is left of these children, by name. */
function left(children: string, place: Place, from = tybalt): string[] {
  const element = parseElement(`<message xmlns='jabber:client'>${children}</message>`)
  assert.ok(element instanceof Element)
  const message = new Message(element, from, juliet)
  return (withoutForged(message, place) ?? message).element.childElements().map((child) => child.name)
}

const delay = (from: string): string => `<delay xmlns='urn:xmpp:delay' from='${from}' stamp='2002-09-10T23:08:25Z'/>`

test('a delay in the name of our server is stripped, in any spelling, on both sides', () => {
  for (const from of ['verona.example', 'VERONA.example'])
    for (const place of [incoming, outgoing]) assert.deepEqual(left(`<body/>${delay(from)}`, place), ['body'])
})

test('a delay in the name of the recipient is stripped from the messages of others', () => {
  assert.deepEqual(left(delay('juliet@verona.example'), incoming), [])
  assert.deepEqual(left(delay('Juliet@verona.example/balcony'), incoming), [])
  const own = jid('juliet@verona.example/balcony')
  assert.deepEqual(left(delay('juliet@verona.example/balcony'), incoming, own), ['delay'])
})

test('delays of others stay: of the sender, of a room, of nobody in particular', () => {
  for (const from of ['tybalt@elsewhere.example/hall', 'tybalt@elsewhere.example', 'room@rooms.verona.example'])
    assert.deepEqual(left(delay(from), incoming), ['delay'])
  assert.deepEqual(left("<delay xmlns='urn:xmpp:delay' stamp='2002-09-10T23:08:25Z'/>", incoming), ['delay'])
  assert.deepEqual(left(delay('juliet@verona.example/balcony'), outgoing, juliet), ['delay'])
})

test('what our own server sends may be stamped by it', () => {
  assert.deepEqual(left(delay('verona.example'), incoming, host), ['delay'])
})

test('delays of the old specification are treated alike', () => {
  const old = (from: string): string => `<x xmlns='jabber:x:delay' from='${from}' stamp='20020910T23:08:25'/>`
  assert.deepEqual(left(old('verona.example') + old('room@rooms.verona.example'), incoming), ['x'])
})

test('every copy is stripped, and what else is in the namespace of carbons stays', () => {
  const copy = (name: string): string => `<${name} xmlns='urn:xmpp:carbons:2'/>`
  const all = ['received', 'sent', 'received', 'private'].map(copy).join('')
  for (const place of [incoming, outgoing]) assert.deepEqual(left(`<body/>${all}`, place), ['body', 'private'])
  assert.deepEqual(left(copy('received'), incoming, juliet), [])
})

test('words of a room are stripped on their way from one user to another, and nowhere else', () => {
  const words = "<x xmlns='http://jabber.org/protocol/muc#user'><invite/></x>"
  assert.deepEqual(left(words, { ...incoming, isFromUser: true }), [])
  assert.deepEqual(left(words, incoming), ['x'])
  assert.deepEqual(left(words, outgoing), ['x'])
})

test('a message without forged marks is left as it is', () => {
  const element = parseElement(`<message xmlns='jabber:client'><body>hi</body>${delay('a@b')}</message>`)
  assert.ok(element instanceof Element)
  assert.equal(withoutForged(new Message(element, tybalt, juliet), incoming), undefined)
})
