import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DISCO_INFO_NS, DISCO_ITEMS_NS } from '@rookery/protocol/disco'
import { el } from '@rookery/protocol/xml'
import { type Feature, feature } from '@rookery/server'
import { conditionOf, memoryServer } from '../../../test/memory-server.ts'

const get = (kind: 'info' | 'items', to: string | undefined, node?: string): string =>
  `<iq type='get' id='q'${to === undefined ? '' : ` to='${to}'`}><query xmlns='http://jabber.org/protocol/disco#${kind}'${node === undefined ? '' : ` node='${node}'`}/></iq>`

const shop: Feature = feature({
  name: 'shop',
  summary: 'Has nodes and items.',
  specifications: [],
  needs: [],
  disco: { host: ['urn:shop'] },
  start: () => ({
    items: () => [el('item', DISCO_ITEMS_NS, { jid: 'shop.localhost' })],
    node: (node, { payload }) => (node === 'books' ? el('query', payload.ns) : undefined),
  }),
})

test('tells what the host is and offers', async () => {
  await using server = await memoryServer()
  const romeo = await server.login('romeo')
  const query = (await romeo.ask(get('info', 'localhost'))).child('query', DISCO_INFO_NS)
  const identity = query?.child('identity')
  assert.equal(identity?.attr('category'), 'server')
  assert.equal(identity?.attr('type'), 'im')
  const features = query?.childElements().flatMap((child) => (child.name === 'feature' ? [child.attr('var')] : []))
  for (const one of [DISCO_INFO_NS, DISCO_ITEMS_NS, 'urn:xmpp:ping', 'msgoffline']) assert.ok(features?.includes(one))
  assert.equal(new Set(features).size, features?.length)
  assert.equal((await romeo.ask(get('items', 'localhost'))).attr('type'), 'result')
})

test('asks the features for items and nodes, and mirrors the node', async () => {
  await using server = await memoryServer({ plugins: [shop] })
  const romeo = await server.login('romeo')
  const items = (await romeo.ask(get('items', 'localhost'))).child('query', DISCO_ITEMS_NS)
  assert.deepEqual(
    items?.childElements().map((item) => item.attr('jid')),
    ['shop.localhost'],
  )
  const node = await romeo.ask(get('info', 'localhost', 'books'))
  assert.equal(node.child('query', DISCO_INFO_NS)?.attr('node'), 'books')
  for (const name of ['other', '__proto__', ''])
    assert.equal(conditionOf(await romeo.ask(get('items', 'localhost', name))), 'item-not-found')
})

test('lists services elsewhere that the operator names', async () => {
  const items = [{ jid: 'rooms.example.org', name: 'Rooms' }, { jid: 'upload.example.org' }]
  await using server = await memoryServer({ features: { disco: { items } } })
  const romeo = await server.login('romeo')
  const answer = (await romeo.ask(get('items', 'localhost'))).child('query', DISCO_ITEMS_NS)
  assert.deepEqual(
    answer?.childElements().map((item) => [item.attr('jid'), item.attr('name')]),
    [
      ['rooms.example.org', 'Rooms'],
      ['upload.example.org', undefined],
    ],
  )
})

test('tells the owner about the account and what is connected', async () => {
  await using server = await memoryServer()
  const one = await server.login('romeo', 'one')
  await server.login('romeo', 'two')
  const identity = (await one.ask(get('info', undefined))).child('query', DISCO_INFO_NS)?.child('identity')
  assert.equal(identity?.attr('category'), 'account')
  assert.equal(identity?.attr('type'), 'registered')
  const items = (await one.ask(get('items', 'romeo@localhost'))).child('query', DISCO_ITEMS_NS)
  assert.deepEqual(
    items?.childElements().map((item) => item.attr('jid')),
    ['romeo@localhost/one', 'romeo@localhost/two'],
  )
  assert.equal(conditionOf(await one.ask(get('info', 'romeo@localhost', 'x'))), 'item-not-found')
})

test('tells a stranger about an account what it tells about one that does not exist', async () => {
  await using server = await memoryServer()
  const romeo = await server.login('romeo')
  await server.login('juliet')
  for (const kind of ['info', 'items'] as const) {
    for (const node of [undefined, 'x']) {
      const there = await romeo.ask(get(kind, 'juliet@localhost', node))
      const missing = await romeo.ask(get(kind, 'nobody@localhost', node))
      assert.equal(conditionOf(there), 'service-unavailable')
      assert.deepEqual(there.child('error'), missing.child('error'))
    }
  }
})
