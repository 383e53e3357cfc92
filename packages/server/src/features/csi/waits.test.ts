import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jid } from '@rookery/protocol/jid'
import { Iq, Message, Presence, presenceType } from '@rookery/protocol/stanza'
import { Element, parseElement, toWire } from '@rookery/protocol/xml'
import { LATER, NOW, type Policy, type Wait, waitOf } from './waits.ts'

const romeo = jid('romeo@localhost/ü')
const own = jid('juliet@localhost/phone')
const policy: Policy = { presence: true, chatStates: true, quietNodes: new Set(['urn:example:mood']) }

function wait(text: string, from = romeo, policyUsed = policy): Wait {
  const element = parseElement(toWire(text.replace(/^<(\w+)/, "<$1 xmlns='jabber:client'")))
  assert.ok(element instanceof Element, text)
  const stanza =
    element.name === 'message'
      ? new Message(element, from, own)
      : element.name === 'presence'
        ? new Presence(element, from, own, presenceType(element.attr('type')) ?? 'available')
        : new Iq(element, from, own, 'set')
  return waitOf(stanza.wire(), element.name === 'presence' ? undefined : stanza, own.wire, policyUsed)
}

const typing = "<composing xmlns='http://jabber.org/protocol/chatstates'/>"
const room = (content: string): string => `<x xmlns='http://jabber.org/protocol/muc#user'>${content}</x>`
const event = (node: string): string =>
  `<event xmlns='http://jabber.org/protocol/pubsub#event'><items node='${node}'><item/></items></event>`
const copy = (content: string): string =>
  `<received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'>${content}</message></forwarded></received>`

for (const stanza of [
  '<presence/>',
  "<presence type='unavailable'><status>gone</status></presence>",
  `<presence>${room('<item/>')}</presence>`,
  `<message type='chat'>${typing}</message>`,
  `<message type='groupchat'><thread>t</thread>${typing}<no-store xmlns='urn:xmpp:hints'/></message>`,
])
  test(`waits, and gives way to a newer one: ${stanza}`, () => {
    const found = wait(stanza)
    assert.ok(typeof found === 'string', String(found))
    assert.equal(wait(stanza), found)
    assert.notEqual(wait(stanza, jid('romeo@localhost/two')), found)
  })

for (const stanza of [
  `<message type='headline'>${event('urn:example:mood')}</message>`,
  `<message type='chat'>${copy(typing)}</message>`,
])
  test(`waits: ${stanza}`, () => assert.equal(wait(stanza), LATER))

for (const stanza of [
  "<iq type='set' id='1'><ping xmlns='urn:xmpp:ping'/></iq>",
  "<presence type='subscribe'/>",
  "<presence type='unsubscribed'/>",
  "<presence type='error'/>",
  `<presence>${room("<status code='110'/>")}</presence>`,
  `<presence type="unavailable">${room('<status code="110"/><status code="307"/>')}</presence>`,
  '<message/>',
  '<message><body>hi</body></message>',
  `<message type='chat'><body>hi</body>${typing}</message>`,
  "<message type='chat'><encrypted xmlns='urn:xmpp:omemo:2'/></message>",
  "<message type='groupchat'><subject/></message>",
  "<message type='chat'><received xmlns='urn:xmpp:receipts' id='1'/></message>",
  "<message type='chat'><propose xmlns='urn:xmpp:jingle-message:0' id='1'/></message>",
  `<message type='chat'>${typing}<store xmlns='urn:xmpp:hints'/></message>`,
  `<message type='error'>${typing}</message>`,
  `<message type='headline'>${event('urn:xmpp:mds:displayed:0')}</message>`,
  `<message type='headline'><body>hi</body>${event('urn:example:mood')}</message>`,
  // may have been kept while the client was away, and then it is not to be lost
  `<message>${event('urn:example:mood')}</message>`,
  `<message type='chat'>${copy('<body>hi</body>')}</message>`,
  `<message type='chat'>${copy('')}</message>`,
])
  test(`goes at once: ${stanza}`, () => assert.equal(wait(stanza), NOW))

test('the own presence comes back at once', () => assert.equal(wait('<presence/>', own), NOW))

test('what the operator wants at once', () => {
  assert.equal(wait('<presence/>', romeo, { ...policy, presence: false }), NOW)
  assert.equal(wait(`<message>${typing}</message>`, romeo, { ...policy, chatStates: false }), NOW)
  assert.equal(wait(`<message>${copy(typing)}</message>`, romeo, { ...policy, chatStates: false }), NOW)
})

test('what comes without its stanza goes at once, unless it is presence', () => {
  assert.equal(waitOf(`<message from='a@b'>${typing}</message>`, undefined, own.wire, policy), NOW)
  assert.equal(waitOf("<presence to='x'/>", undefined, own.wire, policy), NOW)
  assert.equal(waitOf("<presence from='a@b/c' to='x'/>", undefined, own.wire, policy), 'pa@b/c')
})
