/** What does not come is named, with what was there instead. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HostileServer } from '../../../test/client/harness/hostile-server.ts'
import { chat } from '../src/index.ts'
import { next, online } from './online.ts'
import { Bell, reaches, when, within } from './waiting.ts'

test('an event that does not come is named, with the state, and where it was waited for', async () => {
  await using server = await HostileServer.start()
  await using client = await online(server, [chat])
  const waiting = next(client, 'chat', ({ body }) => body === 'two', 100)
  client.chat.send(client.jid!, 'one')
  await assert.rejects(waiting, (error: Error) => {
    assert.match(error.message, /^event "chat": not within 0\.1 s; it is online/)
    assert.match(error.stack ?? '', /^Error: event "chat".*\n.*waiting\.test\.ts/)
    return true
  })
  await assert.rejects(reaches(client, 'failed', 1), /^Error: event "state": not within 0\.001 s; it is online$/)
})

test('an event that comes is given, the first for which it holds, and nobody listens any more', async () => {
  await using server = await HostileServer.start()
  await using client = await online(server, [])
  const looked: string[] = []
  const back = next(client, 'state', ({ name }) => looked.push(name) > 0 && name === 'online')
  server.connection.break()
  assert.deepEqual(await back, { name: 'online', resumed: true, jid: client.jid })
  const seen = looked.length
  await client.disconnect()
  assert.equal(looked.length, seen)
})

test('what is so already is not waited for', async () => {
  await using server = await HostileServer.start()
  await using client = await online(server, [])
  await when(client, 'state', () => true)
  assert.equal((await reaches(client, 'online', 0)).name, 'online')
  await new Bell().until(() => true)
})

test('a promise that does not settle, and a bell that nobody rings', async () => {
  const never = new Promise(() => undefined)
  await assert.rejects(
    within(never, 'the moon', () => 'it is dark', 1),
    /^Error: the moon: not within 0\.001 s; it is dark$/,
  )
  const bell = new Bell()
  let count = 0
  const twice = bell.until(() => count === 2, 'two rings')
  for (; count < 2; count++) bell.ring()
  bell.ring()
  await twice
  await assert.rejects(
    bell.until(() => count === 3, 'three rings', undefined, 1),
    /^Error: three rings: not within/,
  )
  await assert.rejects(within(Promise.reject(new Error('itself')), 'x'), /itself/)
})
