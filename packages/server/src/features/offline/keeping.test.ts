import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NS } from '@rookery/protocol'
import { jid } from '@rookery/protocol/jid'
import { Message } from '@rookery/protocol/stanza'
import { Element, parseElement, toWire } from '@rookery/protocol/xml'
import { delayed } from '../../stored-stanza.ts'
import { isKept } from './keeping.ts'

const host = jid('localhost')

function message(type: string, content: string): Message {
  const element = parseElement(toWire(`<message xmlns='${NS.client}' type='${type}' id='1'>${content}</message>`))
  assert.ok(element instanceof Element)
  return new Message(element, jid('romeo@localhost/one'), jid('juliet@localhost'))
}

const typing = "<composing xmlns='http://jabber.org/protocol/chatstates'/>"
const noStore = "<no-store xmlns='urn:xmpp:hints'/>"
const store = "<store xmlns='urn:xmpp:hints'/>"
const secret = "<encrypted xmlns='urn:xmpp:omemo:2'>x</encrypted>"

for (const [type, content, kept] of [
  ['chat', '<body>hi</body>', true],
  ['normal', '<subject>hi</subject>', true],
  ['strange', '<body>hi</body>', true],
  ['chat', secret, true],
  ['chat', `<body>hi</body>${typing}`, true],
  ['chat', typing, false],
  ['chat', `<thread>t</thread>${typing}`, false],
  ['chat', `<body>hi</body>${noStore}`, false],
  ['chat', `${typing}${store}`, true],
  ['chat', `<body>hi</body>${noStore}${store}`, false],
  ['chat', '', false],
  ['headline', '<body>hi</body>', false],
  ['headline', `<body>hi</body>${store}`, false],
  ['groupchat', '<body>hi</body>', false],
  ['error', `<body>hi</body>${store}`, false],
] as const)
  test(`${kept ? 'keeps' : 'does not keep'} type ${type} with ${content || 'nothing'}`, () =>
    assert.equal(isKept(message(type, content)), kept))

test('keeps what came, and adds when it came', () => {
  const kept = message('chat', '<body>ä &lt; b</body>').wire()
  const given = parseElement(delayed(kept, Date.UTC(2026, 0, 2, 3, 4, 5), host))
  assert.ok(given instanceof Element)
  assert.equal(given.childText('body', ''), 'ä < b')
  assert.equal(given.attr('from'), 'romeo@localhost/one')
  assert.equal(given.attr('to'), 'juliet@localhost')
  assert.equal(given.child('delay', 'urn:xmpp:delay')?.attr('stamp'), '2026-01-02T03:04:05Z')
  assert.equal(given.child('delay', 'urn:xmpp:delay')?.attr('from'), 'localhost')
})
