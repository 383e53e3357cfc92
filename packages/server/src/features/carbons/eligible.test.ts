import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jid } from '@rookery/protocol/jid'
import { Message } from '@rookery/protocol/stanza'
import { Element, parseElement } from '@rookery/protocol/xml'
import { isEligible, isToOccupant } from './eligible.ts'

function message(type: string, content: string, from = 'romeo@localhost/one', to = 'juliet@localhost'): Message {
  const element = parseElement(`<message xmlns='jabber:client' type='${type}'>${content}</message>`)
  assert.ok(element instanceof Element)
  return new Message(element, jid(from), jid(to))
}

const body = '<body>hi</body>'
const typing = "<composing xmlns='http://jabber.org/protocol/chatstates'/>"
const receipt = "<received xmlns='urn:xmpp:receipts' id='1'/>"
const marker = "<displayed xmlns='urn:xmpp:chat-markers:0' id='1'/>"
const direct = "<x xmlns='jabber:x:conference' jid='room@rooms'/>"
const mediated = "<x xmlns='http://jabber.org/protocol/muc#user'><invite to='juliet@localhost'/></x>"
const ofRoom = "<x xmlns='http://jabber.org/protocol/muc#user'/>"
const privately = "<private xmlns='urn:xmpp:carbons:2'/>"
const noCopy = "<no-copy xmlns='urn:xmpp:hints'/>"

for (const [type, content, eligible] of [
  ['chat', body, true],
  ['chat', '', true],
  ['chat', typing, true],
  ['normal', body, true],
  ['normal', '<subject>hi</subject>', false],
  ['normal', typing, true],
  ['normal', receipt, true],
  ['normal', marker, true],
  ['normal', "<x xmlns='urn:example'/>", false],
  ['normal', direct, true],
  ['normal', mediated, true],
  ['headline', body, false],
  ['headline', marker, true],
  ['groupchat', body, false],
  ['groupchat', marker, false],
  ['groupchat', direct, false],
  ['chat', body + privately, false],
  ['chat', body + noCopy, false],
  ['normal', direct + privately, false],
  ['error', body, false],
] as const)
  for (const side of ['out', 'in'] as const)
    test(`${side}: type ${type} with ${content || 'nothing'} is ${eligible ? '' : 'not '}copied`, () =>
      assert.equal(isEligible(message(type, content), side, false), eligible))

test('an error is copied when the message that it answers was', () => {
  assert.equal(isEligible(message('error', ''), 'in', true), true)
  assert.equal(isEligible(message('error', body + noCopy), 'in', true), true)
  assert.equal(isEligible(message('error', body + privately), 'in', true), false)
})

test('a private message from a room is not copied, one to somebody in a room is', () => {
  const occupant = 'room@rooms/nick'
  assert.equal(isEligible(message('chat', body + ofRoom, occupant), 'in', false), false)
  assert.equal(isEligible(message('chat', typing + ofRoom, occupant), 'in', false), false)
  assert.equal(isEligible(message('chat', body + ofRoom, 'romeo@localhost/one', occupant), 'out', false), true)
  assert.equal(isEligible(message('normal', mediated, 'room@rooms'), 'in', false), true)
  assert.equal(isEligible(message('normal', mediated, occupant), 'in', false), true)
})

test('somebody in a room is known by the full address and the mark of the sender', () => {
  assert.ok(isToOccupant(message('chat', body + ofRoom, 'romeo@localhost/one', 'room@rooms/nick')))
  assert.ok(!isToOccupant(message('chat', body + ofRoom, 'romeo@localhost/one', 'room@rooms')))
  assert.ok(!isToOccupant(message('chat', body, 'romeo@localhost/one', 'room@rooms/nick')))
})
