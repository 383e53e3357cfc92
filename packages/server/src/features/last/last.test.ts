import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Element } from '@rookery/protocol/xml'
import { conditionOf, type MemoryServer, memoryServer, turns } from '../../../test/memory-server.ts'
import { formOf, readForm } from './goodbye.ts'

const NS = 'jabber:iq:last'
const ask = (to: string): string => `<iq type='get' id='l' to='${to}'><query xmlns='${NS}'/></iq>`
const query = (answer: Element): Element | undefined => answer.child('query', NS)

/** Romeo may see Juliet's presence. */
async function friends(server: MemoryServer): Promise<void> {
  await server.stores.roster.put('juliet', {
    jid: 'romeo@localhost',
    groups: [],
    subscription: 'from',
    ask: false,
    approved: false,
    listed: true,
  })
}

test('tells how long the server is up', async () => {
  await using server = await memoryServer()
  const romeo = await server.login('romeo')
  server.clock.advance(90_500)
  assert.equal(query(await romeo.ask(ask('localhost')))?.attr('seconds'), '90')
})

test('tells a contact how long somebody is away, and what they said when they left', async () => {
  await using server = await memoryServer()
  const romeo = await server.login('romeo')
  const juliet = await server.login('juliet')
  await friends(server)
  assert.equal(query(await romeo.ask(ask('juliet@localhost')))?.attr('seconds'), '0')
  juliet.send("<presence/><presence type='unavailable'><status>Heading Home</status></presence>")
  await juliet.all()
  await juliet.end()
  await turns()
  server.clock.advance(903_000)
  const away = query(await romeo.ask(ask('juliet@localhost')))
  assert.equal(away?.attr('seconds'), '903')
  assert.equal(away?.text(), 'Heading Home')
  const again = await server.login('juliet', 'two')
  assert.equal(query(await again.ask(ask('juliet@localhost')))?.attr('seconds'), '0')
  again.send('<presence/>')
  await again.all()
  again.destroy()
  await again.closed()
  await turns()
  const broken = query(await romeo.ask(ask('juliet@localhost')))
  assert.equal(broken?.attr('seconds'), '0')
  assert.equal(broken?.text(), '')
})

test('tells a stranger nothing, not even whether there is an account', async () => {
  await using server = await memoryServer()
  const romeo = await server.login('romeo')
  await (await server.login('juliet')).end()
  await turns()
  const there = await romeo.ask(ask('juliet@localhost'))
  assert.equal(conditionOf(there), 'service-unavailable')
  assert.deepEqual(there.child('error'), (await romeo.ask(ask('nobody@localhost'))).child('error'))
})

test('has no answer about somebody who never was here', async () => {
  await using server = await memoryServer()
  await server.server.accounts('localhost').create('juliet', 'secret-juliet')
  await friends(server)
  const romeo = await server.login('romeo')
  assert.equal(conditionOf(await romeo.ask(ask('juliet@localhost'))), 'item-not-found')
})

test('keeps nothing of an account that was removed', async () => {
  await using server = await memoryServer()
  const juliet = await server.login('juliet')
  await server.server.accounts('localhost').remove('juliet')
  await juliet.closed()
  await turns()
  assert.equal(await server.stores.documents.get('juliet', 'last'), undefined)
})

test('reads what it writes, and nothing else', () => {
  assert.deepEqual(readForm(formOf({ at: 5, status: 'a b' })), { at: 5, status: 'a b' })
  assert.deepEqual(readForm(formOf({ at: 5, status: '' })), { at: 5, status: '' })
  for (const bad of ['', ' ', 'x y', '5']) assert.equal(readForm(bad), undefined)
})
