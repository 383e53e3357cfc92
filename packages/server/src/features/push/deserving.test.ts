import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NS } from '@rookery/protocol'
import { jid } from '@rookery/protocol/jid'
import { type MessageType, message } from '@rookery/protocol/stanza'
import { authenticated, Element, parseElement } from '@rookery/protocol/xml'
import { plainTextOf, worthOf } from './deserving.ts'

const juliet = jid('juliet@capulet.example')

function written(content: string, type: MessageType = 'chat', from = 'romeo@montague.example/orchard') {
  const element = parseElement(`<message xmlns='${NS.client}'>${content}</message>`, authenticated)
  assert.ok(element instanceof Element)
  return message(jid(from), juliet, { type }, element.childElements())
}

const worth = (...args: Parameters<typeof written>) => worthOf(written(...args), juliet)

test('text, whatever hides it, and invitations are worth a notification', () => {
  for (const content of [
    '<body>Art thou there?</body>',
    "<encrypted xmlns='eu.siacs.conversations.axolotl'><header sid='1'/><payload>x</payload></encrypted>",
    "<encrypted xmlns='urn:xmpp:omemo:2'><header sid='1'/><payload>x</payload></encrypted>",
    "<openpgp xmlns='urn:xmpp:openpgp:0'>x</openpgp>",
    "<x xmlns='jabber:x:encrypted'>x</x>",
    "<x xmlns='jabber:x:conference' jid='ball@rooms.example'/>",
    "<x xmlns='http://jabber.org/protocol/muc#user'><invite from='nurse@capulet.example'/></x>",
  ])
    assert.equal(worth(content), 'message', content)
  assert.equal(worth('<body>Art thou there?</body>', 'normal'), 'message')
  assert.equal(worth('<body>Art thou there?</body>', 'groupchat', 'ball@rooms.example/romeo'), 'message')
})

test('who calls is put through at once', () => {
  assert.equal(worth("<propose xmlns='urn:xmpp:jingle-message:0' id='1'/>"), 'call')
  assert.equal(worth("<body>A call</body><invite xmlns='urn:xmpp:call-invites:0' id='1'/>"), 'call')
})

test('what says nothing to a person is not worth it [map 37]', () => {
  for (const content of [
    '',
    '<body/>',
    "<composing xmlns='http://jabber.org/protocol/chatstates'/>",
    "<received xmlns='urn:xmpp:receipts' id='1'/>",
    "<displayed xmlns='urn:xmpp:chat-markers:0' id='1'/>",
    "<retract xmlns='urn:xmpp:jingle-message:0' id='1'/>",
    "<encrypted xmlns='eu.siacs.conversations.axolotl'><header sid='1'/></encrypted>",
    "<event xmlns='http://jabber.org/protocol/pubsub#event'/>",
    "<sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'/></sent>",
    "<body xmlns='urn:example:other'>Art thou there?</body>",
  ])
    assert.equal(worth(content), undefined, content)
})

test('errors, headlines, own messages and the history of a room are not worth it', () => {
  assert.equal(worth('<body>x</body>', 'error'), undefined)
  assert.equal(worth('<body>x</body>', 'headline'), undefined)
  assert.equal(worth('<body>x</body>', 'chat', 'juliet@capulet.example/phone'), undefined)
  assert.equal(worth('<subject>The ball</subject>', 'groupchat', 'ball@rooms.example'), undefined)
  const old = "<body>x</body><delay xmlns='urn:xmpp:delay' stamp='2002-09-10T23:08:25Z'/>"
  assert.equal(worth(old, 'groupchat', 'ball@rooms.example/romeo'), undefined)
  assert.equal(worth(old), 'message')
})

test('the text beside an encrypted content is none of the sender', () => {
  assert.equal(plainTextOf(written('<body>hi</body>')), 'hi')
  const secret = "<body>You cannot read this</body><openpgp xmlns='urn:xmpp:openpgp:0'>x</openpgp>"
  assert.equal(plainTextOf(written(secret)), undefined)
})
