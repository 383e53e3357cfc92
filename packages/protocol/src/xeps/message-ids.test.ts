/** By what id a message is referred to, in a room and between two. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { jid } from '../jid/index.ts'
import { Element, parseElement } from '../xml/index.ts'
import { isReferredBy, referenceId } from './message-ids.ts'

const room = jid('wood@rooms.athens.example')
const origin = "<origin-id xmlns='urn:xmpp:sid:0' id='mine'/>"
const given = "<stanza-id xmlns='urn:xmpp:sid:0' id='9' by='wood@rooms.athens.example'/>"
const forged = "<stanza-id xmlns='urn:xmpp:sid:0' id='0' by='puck@athens.example'/>"

function message(content: string): Element {
  const element = parseElement(`<message xmlns='jabber:client' ${content}</message>`)
  assert.ok(element instanceof Element)
  return element
}

for (const [content, between, inRoom] of [
  [`id='sent'>${origin}${forged}${given}`, 'mine', '9'],
  [`id='sent'>${forged}`, 'sent', undefined],
  [`id='sent'><origin-id xmlns='urn:xmpp:sid:0'/>`, 'sent', undefined],
  ["id=''>", undefined, undefined],
  ['>', undefined, undefined],
] as const)
  it(`<message ${content} is referred to as ${between}, in a room as ${inRoom}`, () => {
    assert.equal(referenceId(message(content)), between)
    assert.equal(referenceId(message(content), room), inRoom)
  })

it('between two, both the origin-id and the attribute are understood', () => {
  const sent = message(`id='sent'>${origin}${given}`)
  assert.deepEqual(
    ['sent', 'mine', '9'].map((id) => isReferredBy(sent, id)),
    [true, true, false],
  )
})

it('in a room, only what the room called it is understood', () => {
  const sent = message(`id='sent'>${origin}${forged}${given}`)
  assert.deepEqual(
    ['sent', 'mine', '0', '9'].map((id) => isReferredBy(sent, id, room)),
    [false, false, false, true],
  )
})
