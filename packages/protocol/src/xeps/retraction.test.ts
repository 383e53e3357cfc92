/** Which message a retraction is about, in both ways of writing it. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { Element, parseElement } from '../xml/index.ts'
import { isTombstone, retractedBy } from './retraction.ts'

function message(content: string): Element {
  const element = parseElement(`<message xmlns='jabber:client'>${content}</message>`)
  assert.ok(element instanceof Element)
  return element
}

const retract0 = "<retract xmlns='urn:xmpp:message-retract:0'/>"

for (const [content, id] of [
  ["<retract xmlns='urn:xmpp:message-retract:1' id='slip'/>", 'slip'],
  [`<apply-to xmlns='urn:xmpp:fasten:0' id='slip'>${retract0}</apply-to>`, 'slip'],
  ["<retract xmlns='urn:xmpp:message-retract:1'/>", undefined],
  [retract0, undefined],
  [`<apply-to xmlns='urn:xmpp:fasten:0'>${retract0}</apply-to>`, undefined],
  [`<apply-to xmlns='urn:xmpp:fasten:0' id='slip' clear='true'>${retract0}</apply-to>`, undefined],
  ["<apply-to xmlns='urn:xmpp:fasten:0' id='slip'><applause xmlns='urn:example:applause'/></apply-to>", undefined],
  ["<retracted xmlns='urn:xmpp:message-retract:1' id='slip'/>", undefined],
  ['<body>I take it back</body>', undefined],
] as const)
  it(`${content} takes back ${id ?? 'nothing'}`, () => assert.equal(retractedBy(message(content)), id))

const retracted0 = "<retracted xmlns='urn:xmpp:message-retract:0'/>"

for (const [content, is] of [
  ["<retracted xmlns='urn:xmpp:message-retract:1' id='slip'/>", true],
  [retracted0, true],
  [`<moderated xmlns='urn:xmpp:message-moderate:0'>${retracted0}</moderated>`, true],
  [retract0, false],
  ['<body>I take it back</body>', false],
] as const)
  it(`${content} ${is ? 'stands' : 'does not stand'} for what was taken back`, () =>
    assert.equal(isTombstone(message(content)), is))
