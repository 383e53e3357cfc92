import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Element } from '@rookery/protocol/xml'
import { createMemoryStorage } from '@rookery/storage/memory'
import { conditionOf, type MemoryServer, memoryServer, turns } from '../../../test/memory-server.ts'

const bodies = (messages: readonly Element[]): (string | undefined)[] => messages.map((one) => one.childText('body'))
const chat = (body: string, to = 'juliet@localhost'): string =>
  `<message to='${to}' type='chat'><body>${body}</body></message>`

async function kept(server: MemoryServer): Promise<number> {
  return (await server.stores.offline.size('juliet')).count
}

async function both(server: MemoryServer) {
  await server.server.accounts('localhost').create('juliet', 'secret-juliet')
  return server.login('romeo')
}

test('delivers what was kept with the moment it came, oldest first, once', async () => {
  await using server = await memoryServer()
  const romeo = await both(server)
  romeo.send(chat('one'))
  await romeo.all()
  server.clock.advance(3_600_000)
  romeo.send(chat('two', 'juliet@localhost/elsewhere'))
  assert.deepEqual(await romeo.messages(), [])
  server.clock.advance(1000)
  const juliet = await server.login('juliet')
  juliet.send('<presence/>')
  await turns()
  const messages = await juliet.messages()
  assert.deepEqual(bodies(messages), ['one', 'two'])
  assert.deepEqual(
    messages.map((one) => one.child('delay', 'urn:xmpp:delay')?.attr('stamp')),
    ['2026-01-01T00:00:00Z', '2026-01-01T01:00:00Z'],
  )
  assert.equal(messages[1]?.attr('to'), 'juliet@localhost/elsewhere')
  assert.equal(await kept(server), 0)
  await juliet.end()
  const again = await server.login('juliet')
  again.send('<presence/>')
  await turns()
  assert.deepEqual(await again.messages(), [])
})

test('gives nothing to a resource without presence or with a negative priority', async () => {
  await using server = await memoryServer()
  const romeo = await both(server)
  romeo.send(chat('one'))
  await romeo.all()
  const juliet = await server.login('juliet')
  await turns()
  assert.deepEqual(await juliet.messages(), [])
  juliet.send('<presence><priority>-1</priority></presence>')
  await turns()
  romeo.send(chat('two'))
  assert.deepEqual(await romeo.messages(), [])
  assert.deepEqual(await juliet.messages(), [])
  assert.equal(await kept(server), 2)
  juliet.send('<presence><priority>0</priority></presence>')
  await turns()
  assert.deepEqual(bodies(await juliet.messages()), ['one', 'two'])
})

test('tells the sender when nothing is kept: the queue is full, or the message is not worth it', async () => {
  await using server = await memoryServer({ limits: { offlineMessages: 2 }, features: { archive: false } })
  const romeo = await both(server)
  for (const body of ['one', 'two', 'three']) romeo.send(chat(body))
  const [refused, ...others] = await romeo.messages()
  assert.equal(conditionOf(refused), 'service-unavailable')
  assert.equal(others.length, 0)
  romeo.send(chat('hi', 'nobody@localhost'))
  const [missing] = await romeo.messages()
  assert.deepEqual(refused?.child('error'), missing?.child('error'), 'as for an account that does not exist')
  const typing = "<composing xmlns='http://jabber.org/protocol/chatstates'/>"
  romeo.send(`<message to='juliet@localhost' type='chat'>${typing}</message>`)
  assert.equal(conditionOf((await romeo.messages())[0]), 'service-unavailable')
  assert.equal(await kept(server), 2)
})

test('delivers a long queue in pages, live messages behind it', async () => {
  await using server = await memoryServer({ limits: { offlineMessages: 0, burstBytes: 10_000_000 } })
  const romeo = await both(server)
  const text = 'x'.repeat(20_000)
  const sent = Array.from({ length: 100 }, (_, index) => `${index} ${text}`)
  for (const body of sent) romeo.send(chat(body))
  await romeo.all()
  const juliet = await server.login('juliet')
  juliet.send('<presence/>')
  await turns(2)
  romeo.send(chat('live'))
  await romeo.all()
  await turns(200)
  const got = bodies(await juliet.messages())
  assert.deepEqual(got, [...sent, 'live'])
  assert.equal(await kept(server), 0)
})

test('what comes while older messages are delivered was not delayed, though it was stored behind them', async () => {
  await using server = await memoryServer({
    limits: { offlineMessages: 0, burstBytes: 10_000_000 },
    features: { archive: false },
  })
  const romeo = await both(server)
  for (let i = 0; i < 100; i++) romeo.send(chat('x'.repeat(20_000)))
  await romeo.all()
  server.clock.advance(1000)
  const juliet = await server.login('juliet')
  juliet.send('<presence/>')
  await turns(2)
  romeo.send(chat('live'))
  await romeo.all()
  await turns(200)
  const messages = await juliet.messages()
  assert.equal(messages.length, 101)
  assert.equal(messages.at(-1)?.childText('body'), 'live')
  const stamps = messages.map((one) => one.child('delay', 'urn:xmpp:delay')?.attr('stamp'))
  assert.deepEqual(new Set(stamps.slice(0, -1)), new Set(['2026-01-01T00:00:00Z']))
  assert.equal(stamps.at(-1), undefined)
})

test('gives the queue to one of two resources that come at once', async () => {
  await using server = await memoryServer()
  const romeo = await both(server)
  for (let i = 0; i < 50; i++) romeo.send(chat(String(i)))
  await romeo.all()
  const one = await server.login('juliet', 'one')
  const two = await server.login('juliet', 'two')
  one.send('<presence/>')
  two.send('<presence/>')
  await turns(20)
  const got = [...(await one.messages()), ...(await two.messages())]
  assert.equal(got.length, 50)
  assert.equal(new Set(bodies(got)).size, 50)
})

test('what is handed back by a session that ends goes to another one that is there', async () => {
  await using server = await memoryServer()
  const romeo = await both(server)
  for (let i = 0; i < 40; i++) romeo.send(chat(String(i)))
  await romeo.all()
  const one = await server.login('juliet', 'one')
  const two = await server.login('juliet', 'two')
  one.send('<presence><priority>5</priority></presence>')
  two.send('<presence/>')
  await turns(1)
  one.destroy()
  await one.closed()
  romeo.send(chat('live'))
  await romeo.all()
  await turns(50)
  const got = bodies(await two.messages())
  assert.equal(got.at(-1), 'live')
  assert.equal(await kept(server), 0)
})

/** Reading waits for the test. */
async function slowStorage() {
  const storage = createMemoryStorage()
  const { offline } = storage.host('localhost')
  const read = offline.read.bind(offline)
  let open: () => void = () => undefined
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  offline.read = async (...given) => {
    await gate
    return read(...given)
  }
  const host = Object.assign(Object.create(storage.host('localhost')), { offline })
  storage.host = () => host
  return { storage, open: () => open() }
}

test('a message that waited in a session that ended is kept with the time it came', async () => {
  const { storage, open } = await slowStorage()
  await using server = await memoryServer({ storage })
  const romeo = await both(server)
  const one = await server.login('juliet', 'one')
  one.send('<presence/>')
  await turns()
  romeo.send(chat('live'))
  await romeo.all()
  assert.deepEqual(await one.messages(), [])
  server.clock.advance(60_000)
  one.destroy()
  await one.closed()
  await turns()
  assert.equal(await kept(server), 1)
  open()
  const two = await server.login('juliet', 'two')
  two.send('<presence/>')
  await turns(20)
  const messages = await two.messages()
  assert.deepEqual(bodies(messages), ['live'])
  assert.equal(messages[0]?.child('delay', 'urn:xmpp:delay')?.attr('stamp'), '2026-01-01T00:00:00Z')
})

test('a message that waited in a session that ended is not given twice to another', async () => {
  const { storage, open } = await slowStorage()
  await using server = await memoryServer({ storage })
  const romeo = await both(server)
  const one = await server.login('juliet', 'one')
  const two = await server.login('juliet', 'two')
  one.send('<presence/>')
  await turns()
  two.send('<presence/>')
  await turns()
  romeo.send(chat('live'))
  await romeo.all()
  one.destroy()
  await one.closed()
  open()
  await turns(20)
  assert.deepEqual(bodies(await two.messages()), ['live'])
  assert.equal(await kept(server), 0)
})
