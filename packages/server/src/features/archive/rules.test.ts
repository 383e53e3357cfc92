import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jid } from '@rookery/protocol/jid'
import { Message } from '@rookery/protocol/stanza'
import { Element, parseElement, toWire } from '@rookery/protocol/xml'
import { isArchivedType, isWorthKeeping } from './rules.ts'

function message(type: string, content: string): Message {
  const element = parseElement(toWire(`<message xmlns='jabber:client' type='${type}' id='1'>${content}</message>`))
  assert.ok(element instanceof Element)
  return new Message(element, jid('romeo@localhost/one'), jid('juliet@localhost'))
}

const body = '<body>hi</body>'
const hint = (name: string): string => `<${name} xmlns='urn:xmpp:hints'/>`
const typing = "<composing xmlns='http://jabber.org/protocol/chatstates'/>"

for (const [type, content, isKept] of [
  ['chat', body, true],
  ['normal', body, true],
  ['strange', body, true],
  ['headline', body, false],
  ['headline', body + hint('store'), true],
  ['headline', body + hint('store') + hint('no-store'), false],
  ['groupchat', body, false],
  ['groupchat', body + hint('store'), false],
  ['error', body, false],
  ['error', body + hint('store'), false],
  ['chat', '', false],
  ['chat', '<body/>', true],
  ['normal', '<subject>hi</subject>', true],
  ['chat', '<thread>t</thread>', false],
  ['chat', typing, false],
  ['chat', body + typing, true],
  ['chat', typing + hint('store'), true],
  ['chat', body + hint('no-store'), false],
  ['chat', body + hint('no-permanent-store'), false],
  ['chat', body + hint('no-store') + hint('store'), false],
  ['chat', body + hint('no-copy'), true],
  ['chat', "<received xmlns='urn:xmpp:receipts' id='1'/>", true],
  ['chat', "<request xmlns='urn:xmpp:receipts'/>", false],
  ['chat', "<displayed xmlns='urn:xmpp:chat-markers:0' id='1'/>", true],
  ['chat', "<markable xmlns='urn:xmpp:chat-markers:0'/>", false],
  ['chat', "<retract xmlns='urn:xmpp:message-retract:1' id='1'/>", true],
  ['chat', "<reactions xmlns='urn:xmpp:reactions:0' id='1'><reaction>👋</reaction></reactions>", true],
  ['chat', "<encrypted xmlns='urn:xmpp:omemo:2'/>", true],
  ['normal', "<event xmlns='http://jabber.org/protocol/pubsub#event'/>", false],
  ['normal', "<data xmlns='http://jabber.org/protocol/ibb' sid='1' seq='0'/>", false],
  ['normal', "<x xmlns='jabber:x:conference' jid='room@rooms.example'/>", true],
  ['chat', "<new-thing xmlns='urn:example:new-thing'/>", true],
  ['chat', "<stanza-id xmlns='urn:xmpp:sid:0' id='1' by='a@b'/><delay xmlns='urn:xmpp:delay' stamp=''/>", false],
] as const)
  test(`${isKept ? 'keeps' : 'does not keep'} type ${type} with ${content || 'nothing'}`, () => {
    const found = message(type, content)
    assert.equal(isArchivedType(found) && isWorthKeeping(found), isKept)
  })
