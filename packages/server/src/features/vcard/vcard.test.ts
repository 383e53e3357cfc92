import assert from 'node:assert/strict'
import { test } from 'node:test'
import { writeElement } from '@rookery/protocol/xml'
import { conditionOf, memoryServer } from '../../../test/memory-server.ts'

const card =
  "<vCard xmlns='vcard-temp' version='2.0'><FN>Juliet &amp; Nurse</FN><PHOTO><BINVAL>aGk=</BINVAL></PHOTO></vCard>"
const iq = (type: 'get' | 'set', content: string, to?: string): string =>
  `<iq type='${type}' id='v'${to === undefined ? '' : ` to='${to}'`}>${content}</iq>`
const blank = "<vCard xmlns='vcard-temp'/>"

test('keeps a card, and shows it to its owner and to others unchanged', async () => {
  await using server = await memoryServer()
  const juliet = await server.login('juliet')
  const romeo = await server.login('romeo')
  assert.equal(conditionOf(await juliet.ask(iq('get', blank))), 'item-not-found')
  assert.equal((await juliet.ask(iq('set', card))).attr('type'), 'result')
  for (const answer of [await juliet.ask(iq('get', blank)), await romeo.ask(iq('get', blank, 'juliet@localhost'))]) {
    const given = answer.child('vCard', 'vcard-temp')
    assert.ok(given !== undefined)
    assert.equal(writeElement(given, ''), card)
  }
  await juliet.ask(iq('set', blank))
  assert.equal(conditionOf(await juliet.ask(iq('get', blank))), 'item-not-found')
})

test('a user without a card is like one that does not exist', async () => {
  await using server = await memoryServer()
  await server.login('juliet')
  const romeo = await server.login('romeo')
  const there = await romeo.ask(iq('get', blank, 'juliet@localhost'))
  const missing = await romeo.ask(iq('get', blank, 'nobody@localhost'))
  assert.equal(conditionOf(there), 'service-unavailable')
  assert.deepEqual(there.child('error'), missing.child('error'))
})

test('refuses a card that is too large, and one for somebody else', async () => {
  await using server = await memoryServer({ limits: { vcardBytes: 1000 } })
  const juliet = await server.login('juliet')
  const romeo = await server.login('romeo')
  const large = `<vCard xmlns='vcard-temp'><DESC>${'x'.repeat(1000)}</DESC></vCard>`
  assert.equal(conditionOf(await juliet.ask(iq('set', large))), 'policy-violation')
  assert.equal(conditionOf(await romeo.ask(iq('set', card, 'juliet@localhost'))), 'service-unavailable')
  assert.equal(conditionOf(await juliet.ask(iq('get', blank))), 'item-not-found')
})

test('shows cards to nobody but subscribers where that is wanted', async () => {
  await using server = await memoryServer({ features: { vcard: { visibleTo: 'subscribers' } } })
  const juliet = await server.login('juliet')
  const romeo = await server.login('romeo')
  await juliet.ask(iq('set', card))
  assert.equal(conditionOf(await romeo.ask(iq('get', blank, 'juliet@localhost'))), 'service-unavailable')
})
