import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Element } from '@rookery/protocol/xml'
import { createMemoryStorage } from '@rookery/storage/memory'
import { FakeClock } from '@rookery/testkit'
import { Managed, managed } from '../../test/managed-client.ts'
import { HOST, memoryServer, turns } from '../../test/memory-server.ts'

const chat = (to: string, body: string): string =>
  `<message to='${to}@${HOST}' type='chat' id='${body}'><body>${body}</body></message>`
const bodies = (stanzas: readonly Element[]): (string | undefined)[] =>
  stanzas.filter((one) => one.name === 'message').map((one) => one.childText('body'))

/** Nothing is kept but by the session. */
const options = { features: { archive: false } }

test('a session whose client is away outlives the server, with what waits for it', async () => {
  const storage = createMemoryStorage()
  const before = await memoryServer({ storage, ...options })
  const juliet = await managed(before, 'juliet')
  juliet.client.send(`<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>`)
  await juliet.all()
  await juliet.lose()
  const romeo = await before.login('romeo')
  romeo.send(chat('juliet', 'a'))
  await romeo.all()
  await before.server.stop()

  await using after = await memoryServer({ storage, ...options })
  const again = await after.login('romeo')
  again.send(chat('juliet', 'b')) // she is there for others, and gets it behind whatever may be older
  assert.deepEqual(await again.all(), [])
  const [resumed, answer] = await juliet.resume(after, 'juliet')
  assert.equal(answer?.name, 'resumed')
  assert.equal(answer?.attr('h'), '4') // presence, roster, two questions of the test
  const got = bodies(await resumed.all())
  await turns(20)
  assert.deepEqual([...got, ...bodies(await resumed.all())], ['a', 'b'])
  // she still wants to hear of her roster [RFC6121 2.1.6]
  resumed.client.send(`<iq type='set' id='s'><query xmlns='jabber:iq:roster'><item jid='x@y'/></query></iq>`)
  const [push] = (await resumed.all()).filter((one) => one.attr('type') === 'set')
  assert.ok(push?.child('query', 'jabber:iq:roster'))
  resumed.acknowledge()
  await resumed.all()
  await turns(20)
  assert.deepEqual(await after.stores.resumption.queue(juliet.id, 0, 10), [])
  assert.equal((await after.stores.offline.size('juliet')).count, 0)
})

test('a client that is connected when the server goes down may resume', async () => {
  const storage = createMemoryStorage()
  const before = await memoryServer({ storage, ...options })
  const juliet = await managed(before, 'juliet')
  const romeo = await before.login('romeo')
  romeo.send(chat('juliet', 'a'))
  await romeo.all()
  const stopped = before.server.stop()
  await juliet.client.closed()
  assert.equal(juliet.client.streamError, 'system-shutdown')
  await stopped
  await using after = await memoryServer({ storage, ...options })
  const [resumed, answer] = await juliet.resume(after, 'juliet')
  assert.equal(answer?.name, 'resumed')
  assert.deepEqual(bodies(await resumed.all()), ['a'])
})

test('a client that was connected when the process died learns what had been handled, and loses nothing', async () => {
  const storage = createMemoryStorage()
  const before = await memoryServer({ storage, ...options })
  const juliet = await managed(before, 'juliet')
  const romeo = await before.login('romeo')
  romeo.send(chat('juliet', 'a'))
  await romeo.all()
  assert.equal(await juliet.handled(), 2)
  // the process is gone without a word: another takes over what it had stored
  await using after = await memoryServer({ storage, ...options })
  const [late, answer] = await juliet.resume(after, 'juliet')
  assert.equal(answer?.name, 'failed')
  assert.equal(answer?.attr('h'), '2')
  await late.client.bind('one')
  late.client.send('<presence/>')
  await turns(10)
  assert.deepEqual(bodies(await late.client.all()), ['a'])
})

test('who does not come back after a restart is offline in the end', async () => {
  const storage = createMemoryStorage()
  const before = await memoryServer({ storage, ...options })
  const juliet = await managed(before, 'juliet')
  await juliet.lose()
  const romeo = await before.login('romeo')
  romeo.send(chat('juliet', 'a'))
  await romeo.all()
  await before.server.stop()
  await using after = await memoryServer({ storage, ...options })
  after.clock.advance(700_000)
  await turns(30)
  assert.equal((await after.stores.offline.size('juliet')).count, 1)
  const [, answer] = await juliet.resume(after, 'juliet')
  assert.equal(answer?.name, 'failed')
  assert.equal(answer?.attr('h'), '2')
})

test('of an account that was removed no session comes back (S52)', async () => {
  const storage = createMemoryStorage()
  const before = await memoryServer({ storage, ...options })
  const juliet = await managed(before, 'juliet')
  await juliet.lose()
  await before.server.accounts(HOST).remove('juliet')
  await turns(20)
  await before.server.stop()
  await using after = await memoryServer({ storage, ...options })
  const [, answer] = await juliet.resume(after, 'juliet')
  assert.equal(answer?.name, 'failed')
  assert.equal(answer?.attr('h'), undefined)
})

test('after many crashes in a row a client still learns what had been handled', async () => {
  const storage = createMemoryStorage()
  let server = await memoryServer({ storage, ...options })
  for (let round = 0; round < 60; round++) {
    server.clock.advance(1000 * round)
    const juliet = await managed(server, 'juliet')
    await juliet.handled()
    const clock = new FakeClock(server.clock.now() + 1000)
    server = await memoryServer({ storage, clock, ...options }) // the one before is gone without a word
    const [, answer] = await juliet.resume(server, 'juliet')
    assert.equal(answer?.attr('h'), '2', `round ${round}`)
  }
  await server.server.stop()
})

test('what a process that died had archived, and not given to a client that was away, it gets all the same, once', async () => {
  const storage = createMemoryStorage()

  const before = await memoryServer({ storage, ...archived })
  const juliet = await managed(before, 'juliet')
  await juliet.lose()
  const romeo = await before.login('romeo')
  const said = (id: string): string =>
    `<message to='juliet@${HOST}' type='chat' id='${id}'><body>${id}</body><origin-id xmlns='urn:xmpp:sid:0' id='${id}'/></message>`
  romeo.send(said('a'))
  await romeo.all()
  romeo.send(said('b'))
  await romeo.all()
  // as if the process had died between the archive and the session
  const { entries } = await before.stores.archive.page('juliet', {}, { limit: 9 })
  const [id] = entries.map((entry) => entry.id)
  const [first] = await before.stores.resumption.queue(juliet.id, 0, 10)
  await before.stores.resumption.remove(juliet.id)
  const stored = { id: juliet.id, local: 'juliet', resource: 'one', handled: 2, acknowledged: juliet.h, reached: 0 }
  const state = JSON.stringify({
    since: 0,
    through: id! - 1,
    priority: 0,
    presence: `<presence from='juliet@${HOST}/one'/>`,
    slots: {},
  })
  await before.stores.resumption.put({ ...stored, until: before.clock.now() + 600_000, state })
  await before.stores.resumption.enqueue(juliet.id, [
    { seq: juliet.h + 1, at: 0, id: id!, isTaken: false, stanza: first!.stanza },
  ])
  await using after = await memoryServer({ storage, ...archived })
  const again = await after.login('romeo')
  for (const id of ['a', 'b', 'a', 'b']) again.send(said(id))
  assert.deepEqual(await again.all(), [])
  const [resumed, answer] = await juliet.resume(after, 'juliet')
  assert.equal(answer?.name, 'resumed')
  const messages = (await resumed.all()).filter((one) => one.name === 'message')
  assert.deepEqual(bodies(messages), ['a', 'b']) // of the two one had been given
  const ids = messages.map((one) => one.child('stanza-id', 'urn:xmpp:sid:0')?.attr('id'))
  assert.equal(new Set(ids).size, 2)
  assert.equal(await after.stores.archive.count('juliet', {}), 2)
})

const archived = { features: { archive: true } }

test('what waits behind older messages outlives the process with its session, and goes to no other', async () => {
  const storage = createMemoryStorage()
  const before = await memoryServer({ storage, ...archived })
  await before.server.accounts(HOST).create('juliet', 'secret-juliet')
  const romeo = await before.login('romeo')
  romeo.send(chat('juliet', 'old'))
  await romeo.all()
  const phone = new Managed(await before.login('juliet', 'phone'))
  await phone.enable()
  phone.client.send('<presence/>')
  await turns(20)
  romeo.send(chat('juliet', 'live')) // waits: what is older has not been acknowledged
  await romeo.all()
  await phone.lose()
  romeo.send(chat('juliet', 'away'))
  await romeo.all()
  await before.server.stop()

  await using after = await memoryServer({ storage, ...archived })
  const desk = await after.login('juliet', 'desk')
  desk.send('<presence/>')
  await turns(20)
  assert.deepEqual(bodies(await desk.all()), [])
  const [resumed, answer] = await phone.resume(after, 'juliet')
  assert.equal(answer?.name, 'resumed')
  const got = bodies(await resumed.all())
  resumed.acknowledge()
  await turns(20)
  assert.deepEqual([...got, ...bodies(await resumed.all())], ['old', 'live', 'away'])
  resumed.acknowledge()
  await resumed.all()
  assert.deepEqual(bodies(await desk.all()), [])
  assert.deepEqual(await after.stores.resumption.queue(phone.id, 0, 9), [])
})

test('what one client has taken is not handed back from the session of another, before a restart or after', async () => {
  for (const options of [archived, { features: { archive: false } }]) {
    const storage = createMemoryStorage()
    const before = await memoryServer({ storage, ...options })
    const phone = await managed(before, 'juliet', 'phone')
    const desk = await managed(before, 'juliet', 'desk')
    const romeo = await before.login('romeo')
    romeo.send(chat('juliet', 'a'))
    await romeo.all()
    await desk.lose()
    romeo.send(chat('juliet', 'b'))
    await romeo.all()
    assert.deepEqual(bodies(await phone.all()), ['a', 'b'])
    phone.acknowledge()
    await phone.all()
    await before.server.stop()

    await using after = await memoryServer({ storage, ...options })
    const [resumed] = await phone.resume(after, 'juliet')
    after.clock.advance(700_000) // the other one does not come back
    await turns(30)
    assert.deepEqual(bodies(await resumed.all()), [])
    assert.equal((await after.stores.offline.size('juliet')).count, 0)
  }
})

test('what was told at a resumption is told after a crash as well', async () => {
  const storage = createMemoryStorage()
  const before = await memoryServer({ storage, ...options })
  const juliet = await managed(before, 'juliet')
  juliet.client.send(`<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>`)
  await turns(10)
  await juliet.lose()
  const [again, resumed] = await juliet.resume(before, 'juliet')
  const h = resumed?.attr('h')
  await using after = await memoryServer({ storage, ...options }) // the one before is gone without a word
  const [, answer] = await again.resume(after, 'juliet')
  assert.equal(answer?.name, 'failed')
  assert.equal(answer?.attr('h'), h)
})

test('a client that is turned out can ask how far it had come', async () => {
  await using server = await memoryServer(options)
  const juliet = await managed(server, 'juliet')
  juliet.acknowledge(999)
  await juliet.client.closed()
  await turns(20)
  const [, answer] = await juliet.resume(server, 'juliet')
  assert.equal(answer?.name, 'failed')
  assert.equal(answer?.attr('h'), '2')
})

test('a session that ends over a message hands nothing back that others get', async () => {
  await using server = await memoryServer({ ...archived, management: { stanzas: 64 }, limits: { offlineMessages: 0 } })
  const desk = await managed(server, 'juliet', 'desk')
  const phone = await managed(server, 'juliet', 'phone')
  const romeo = await server.login('romeo')
  const said: string[] = []
  const got: (string | undefined)[] = []
  for (let i = 0; i < 100; i++) {
    said.push(`m${i}`)
    romeo.send(chat('juliet', `m${i}`))
    if (i % 20 < 19) continue
    await romeo.all()
    got.push(...bodies(await phone.all()))
    phone.acknowledge()
  }
  await desk.client.closed()
  await turns(50)
  got.push(...bodies(await phone.all()))
  assert.deepEqual(got, said)
})

test('a session whose client was away gets what it lacks in the order of the archive, whoever tries again', async () => {
  const storage = createMemoryStorage()
  const before = await memoryServer({ storage, ...archived })
  const juliet = await managed(before, 'juliet')
  await juliet.lose()
  const [romeo, nurse] = [await before.login('romeo'), await before.login('nurse')]
  for (const [client, body] of [
    [romeo, 'a'],
    [nurse, 'b'],
    [romeo, 'c'],
    [nurse, 'd'],
  ] as const) {
    client.send(chat('juliet', body))
    await client.all()
  }
  const stored = await before.stores.resumption.get(juliet.id)
  const queue = await before.stores.resumption.queue(juliet.id, 0, 9)
  await before.server.stop()
  // as if the process had died before it had stored any but the first
  await storage.open()
  const { resumption } = storage.host(HOST)
  await resumption.remove(juliet.id)
  await resumption.put({ ...stored!, acknowledged: juliet.h })
  await resumption.enqueue(juliet.id, [{ ...queue.find(({ stanza }) => stanza.includes('>a<'))!, seq: juliet.h + 1 }])

  await using after = await memoryServer({ storage, ...archived })
  const late = await after.login('nurse')
  late.send(chat('juliet', 'e'))
  await late.all()
  const [resumed, answer] = await juliet.resume(after, 'juliet')
  assert.equal(answer?.name, 'resumed')
  const got = bodies(await resumed.all())
  assert.deepEqual(got, ['a', 'b', 'c', 'd', 'e'])
})

test('what is older goes first, however early the connection breaks', async () => {
  for (const archive of [true, false])
    for (let early = 0; early < 12; early++) {
      const storage = createMemoryStorage({ commit: () => turns(2) })
      await using server = await memoryServer({ storage, features: { archive } })
      await server.server.accounts(HOST).create('juliet', 'secret-juliet')
      const romeo = await server.login('romeo')
      romeo.send(chat('juliet', 'old'))
      await romeo.all()
      const juliet = new Managed(await server.login('juliet', 'one'))
      await juliet.enable()
      juliet.client.send('<presence/>')
      await turns(early)
      juliet.client.destroy()
      for (const body of ['new', 'newer']) romeo.send(chat('juliet', body))
      await romeo.all()
      await turns(30)
      const [resumed, answer] = await juliet.resume(server, 'juliet', 0)
      assert.ok(answer?.name === 'resumed')
      if (answer.attr('h') === '0') resumed.client.send('<presence/>') // it had not come
      const got: (string | undefined)[] = []
      for (let i = 0; i < 3; i++) {
        await turns(60)
        got.push(...bodies(await resumed.all()))
        resumed.acknowledge()
      }
      assert.deepEqual(got, ['old', 'new', 'newer'], `archive ${archive}, after ${early} turns`)
    }
})
