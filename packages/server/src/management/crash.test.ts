/** A process that dies while clients are connected, of accounts with an archive: what they had not acknowledged comes again, and nothing else. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Element } from '@rookery/protocol/xml'
import { createMemoryStorage } from '@rookery/storage/memory'
import { type Managed, managed } from '../../test/managed-client.ts'
import { HOST, type MemoryClient, type MemoryServer, memoryServer, turns } from '../../test/memory-server.ts'

const chat = (to: string, body: string): string =>
  `<message to='${to}' type='chat' id='${body}'><body>${body}</body></message>`
const bodies = (stanzas: readonly Element[]): (string | undefined)[] =>
  stanzas.filter((one) => one.name === 'message').map((one) => one.childText('body'))

async function say(client: MemoryClient, to: string, ...said: readonly string[]): Promise<void> {
  for (const body of said) client.send(chat(to, body))
  await client.all()
}

async function take(client: Managed, ...expected: readonly string[]): Promise<void> {
  assert.deepEqual(bodies(await client.all()), expected)
  client.acknowledge()
  await client.all()
  await turns(10)
}

/** A client that asks no archive comes back, in vain, and logs in anew. */
async function comeBack(server: MemoryServer, before: Managed, resource: string): Promise<Element[]> {
  const [again, answer] = await before.resume(server, 'juliet')
  assert.equal(answer?.name, 'failed')
  await again.client.bind(resource)
  await again.enable()
  again.h = 0
  again.client.send('<presence/>')
  await turns(10)
  const given = (await again.all()).filter((one) => one.name === 'message')
  again.acknowledge()
  await again.all()
  return given
}

const JULIET = `juliet@${HOST}`

test('what a client had not acknowledged when the process died comes again, once, with its id and its time', async () => {
  const storage = createMemoryStorage()
  const before = await memoryServer({ storage })
  const juliet = await managed(before, 'juliet')
  const romeo = await before.login('romeo')
  await say(romeo, JULIET, 'a', 'b')
  await take(juliet, 'a', 'b')
  await say(romeo, JULIET, 'c', 'd')
  assert.deepEqual(bodies(await juliet.all()), ['c', 'd'])

  await using after = await memoryServer({ storage })
  await say(await after.login('nurse'), JULIET, 'e')
  const given = await comeBack(after, juliet, 'one')
  assert.deepEqual(bodies(given), ['c', 'd', 'e'])
  for (const one of given) {
    assert.ok(one.child('stanza-id', 'urn:xmpp:sid:0'))
    assert.ok(one.child('delay', 'urn:xmpp:delay'))
  }
  assert.deepEqual(bodies(await comeBack(after, juliet, 'two')), [])
  assert.equal((await after.stores.offline.size('juliet')).count, 0)
})

test('what one of the clients had is not given to another after a crash', async () => {
  const storage = createMemoryStorage()
  const before = await memoryServer({ storage })
  const [phone, desk] = [await managed(before, 'juliet', 'phone'), await managed(before, 'juliet', 'desk')]
  const romeo = await before.login('romeo')
  await say(romeo, JULIET, 'a', 'b')
  await take(phone, 'a', 'b')
  assert.deepEqual(bodies(await desk.all()), ['a', 'b']) // and says nothing

  await using after = await memoryServer({ storage })
  assert.deepEqual(bodies(await comeBack(after, desk, 'desk')), [])
})

test('what a client had is not given to it again, although it came behind something that another has not said to have', async () => {
  const storage = createMemoryStorage()
  const before = await memoryServer({ storage })
  const [phone, desk] = [await managed(before, 'juliet', 'phone'), await managed(before, 'juliet', 'desk')]
  const romeo = await before.login('romeo')
  await say(romeo, `${JULIET}/desk`, 'a')
  await say(romeo, JULIET, 'b')
  await take(phone, 'b')
  assert.deepEqual(bodies(await desk.all()), ['a', 'b'])

  await using after = await memoryServer({ storage })
  assert.deepEqual(bodies(await comeBack(after, phone, 'phone')), [])
})

test('what a client had is not given to it again when another, which had something older, has gone a moment ago', async () => {
  for (const way of ['detached', 'ended'] as const) {
    const storage = createMemoryStorage()
    const before = await memoryServer({ storage })
    const phone = await managed(before, 'juliet', 'phone')
    const desk = await managed(before, 'juliet', 'desk')
    const romeo = await before.login('romeo')
    await say(romeo, `${JULIET}/desk`, 'a')
    await say(romeo, JULIET, 'b')
    await take(phone, 'b')
    if (way === 'detached') await desk.lose()
    else desk.client.send('<nonsense xmlns="urn:x"/>') // ends it with an error
    await turns(20)

    await using after = await memoryServer({ storage })
    const given = bodies(await comeBack(after, phone, 'phone'))
    assert.deepEqual(given, way === 'detached' ? [] : ['a'])
  }
})

test('what a client got that has logged out is not given to another after a crash', async () => {
  const storage = createMemoryStorage()
  const before = await memoryServer({ storage })
  const [phone, desk] = [await managed(before, 'juliet', 'phone'), await managed(before, 'juliet', 'desk')]
  phone.client.send('<presence><priority>5</priority></presence>')
  const romeo = await before.login('romeo')
  await say(romeo, JULIET, 'a', 'b')
  await take(phone, 'a', 'b')
  await phone.client.end()
  await turns(10)
  await say(romeo, JULIET, 'c')
  assert.deepEqual(bodies(await desk.all()), ['c'])

  await using after = await memoryServer({ storage })
  assert.deepEqual(bodies(await comeBack(after, desk, 'desk')), ['c'])
})

test('what a client of higher priority had is not given to one that was away when the process died', async () => {
  const storage = createMemoryStorage()
  const before = await memoryServer({ storage })
  const [phone, desk] = [await managed(before, 'juliet', 'phone'), await managed(before, 'juliet', 'desk')]
  phone.client.send('<presence><priority>5</priority></presence>')
  await phone.all()
  await desk.lose()
  const romeo = await before.login('romeo')
  await say(romeo, JULIET, 'a')
  await take(phone, 'a')
  await say(romeo, JULIET, 'b')

  await using after = await memoryServer({ storage })
  const [resumed, answer] = await desk.resume(after, 'juliet')
  assert.equal(answer?.name, 'resumed')
  assert.deepEqual(bodies(await resumed.all()), ['b']) // the phone has not said that it has that
})

test('what waits in the session of a client that was away is not given to others besides', async () => {
  const storage = createMemoryStorage()
  const before = await memoryServer({ storage })
  const [phone, desk] = [await managed(before, 'juliet', 'phone'), await managed(before, 'juliet', 'desk')]
  await desk.lose()
  const romeo = await before.login('romeo')
  await say(romeo, JULIET, 'a')
  await say(romeo, `${JULIET}/phone`, 'b')
  assert.deepEqual(bodies(await phone.all()), ['a', 'b'])

  await using after = await memoryServer({ storage })
  assert.deepEqual(bodies(await comeBack(after, phone, 'phone')), ['b'])
  const [resumed] = await desk.resume(after, 'juliet')
  assert.deepEqual(bodies(await resumed.all()), ['a'])
})

test('what its sender tries again after a crash comes once', async () => {
  const storage = createMemoryStorage()
  const before = await memoryServer({ storage })
  const juliet = await managed(before, 'juliet')
  const said = `<message to='${JULIET}' type='chat' id='a'><body>a</body><origin-id xmlns='urn:xmpp:sid:0' id='a'/></message>`
  const romeo = await before.login('romeo')
  romeo.send(said)
  await romeo.all()
  assert.deepEqual(bodies(await juliet.all()), ['a'])

  await using after = await memoryServer({ storage })
  const again = await after.login('romeo')
  again.send(said)
  await again.all()
  assert.deepEqual(bodies(await comeBack(after, juliet, 'one')), ['a'])
})

test('a client that asks its archive after a crash is not given it besides', async () => {
  const storage = createMemoryStorage()
  const before = await memoryServer({ storage })
  const juliet = await managed(before, 'juliet')
  await say(await before.login('romeo'), JULIET, 'a')
  assert.deepEqual(bodies(await juliet.all()), ['a'])

  await using after = await memoryServer({ storage })
  const [again] = await juliet.resume(after, 'juliet')
  await again.client.bind('one')
  await again.client.ask(`<iq type='set' id='q'><query xmlns='urn:xmpp:mam:2'/></iq>`)
  await again.client.messages()
  again.client.send('<presence/>')
  await turns(10)
  assert.deepEqual(bodies(await again.client.messages()), [])
})

test('clients that do not say what they have are taken to have it, also after a crash', async () => {
  const storage = createMemoryStorage()
  const before = await memoryServer({ storage })
  const juliet = await before.login('juliet')
  juliet.send('<presence/>')
  await say(await before.login('romeo'), JULIET, 'a')
  assert.deepEqual(bodies(await juliet.messages()), ['a'])

  await using after = await memoryServer({ storage })
  const again = await after.login('juliet')
  again.send('<presence/>')
  await turns(10)
  assert.deepEqual(bodies(await again.messages()), [])
})

test('a disk that takes nothing after a crash does not keep the server from starting', async () => {
  const storage = createMemoryStorage()
  const before = await memoryServer({ storage })
  const juliet = await managed(before, 'juliet')
  assert.equal(await juliet.handled(), 2)
  const { resumption } = storage.host(HOST)
  const put = resumption.put.bind(resumption)
  resumption.put = () => Promise.reject(new Error('the disk is full'))

  await using after = await memoryServer({ storage })
  resumption.put = put
  const [, answer] = await juliet.resume(after, 'juliet')
  assert.equal(answer?.name, 'failed')
  assert.equal(answer?.attr('h'), '2')
})
