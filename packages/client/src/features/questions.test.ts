import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { startTestServer, type TestServer } from '@rookery/testkit'
import { next, online } from '../../test/online.ts'
import { last, ping, presence, RequestError, roster, time, vcard, version } from '../index.ts'

const forbidden = (error: unknown): boolean => error instanceof RequestError && error.condition === 'forbidden'
const features = [last, ping, presence, roster, time, version] as const

/** Two who see each other's addresses, of whom one is not a contact of the other. */
async function two(server: TestServer) {
  const romeo = await online(server, features)
  const juliet = await online(server, features, { software: 'Balcony', version: '1.5' })
  for (const [one, other] of [
    [romeo, juliet],
    [juliet, romeo],
  ] as const) {
    const seen = next(other, 'presence:changed', ({ jid }) => jid.equals(one.jid!))
    one.presence.showTo(other.jid!)
    await seen
  }
  return { romeo, juliet }
}

describe('questions', () => {
  test('a ping takes time, and reaches the server and other devices', async () => {
    await using server = await startTestServer()
    const { romeo, juliet } = await two(server)
    for (const whom of [undefined, server.domain, juliet.jid!]) {
      const took = await romeo.ping(whom)
      assert.ok(took >= 0 && took < 10_000)
    }
    await Promise.all([romeo.close(), juliet.close()])
  })

  test('software says its name and its version, and nothing of the system', async () => {
    await using server = await startTestServer()
    const { romeo, juliet } = await two(server)
    assert.deepEqual(await romeo.version(juliet.jid!), { name: 'Balcony', version: '1.5' })
    assert.deepEqual(await juliet.version(romeo.jid!), { name: 'Rookery', version: '' })
    assert.equal((await romeo.version(server.domain)).name, 'Rookery')
    await Promise.all([romeo.close(), juliet.close()])
  })

  test('time and idleness are told to those alone who may see our presence', async () => {
    await using server = await startTestServer()
    const { romeo, juliet } = await two(server)
    await assert.rejects(romeo.time(juliet.jid!), forbidden)
    await assert.rejects(romeo.last(juliet.jid!), forbidden)
    const asked = next(juliet, 'subscription:request')
    romeo.roster.subscribe(juliet.jid!)
    await asked
    const approved = next(juliet, 'roster', ({ changed }) => changed[0]?.subscription === 'from')
    juliet.roster.approve(romeo.jid!)
    await approved
    juliet.presence.set({ idleSince: Date.now() - 60_000 })
    const { at, offset } = await romeo.time(juliet.jid!)
    assert.ok(Math.abs(at - Date.now()) < 60_000)
    assert.equal(offset, -new Date().getTimezoneOffset() + 0)
    const { seconds } = await romeo.last(juliet.jid!)
    assert.ok(seconds >= 60 && seconds < 120, `${seconds}`)
    const upFor = await romeo.last(server.domain)
    assert.ok(upFor.seconds >= 0)
    await Promise.all([romeo.close(), juliet.close()])
  })

  test('cards are changed part by part, and read by others', async () => {
    await using server = await startTestServer()
    await using romeo = await online(server, [vcard])
    await using juliet = await online(server, [vcard])
    assert.deepEqual(await romeo.vcard.get(), {})
    assert.deepEqual(await romeo.vcard.get(juliet.jid!.bare), {})
    await juliet.vcard.set({ fullName: 'Juliet Capulet', nicknames: ['Jule'], note: 'What is in a name?' })
    await juliet.vcard.change({ nicknames: undefined, title: 'Heiress' })
    assert.deepEqual(await romeo.vcard.get(juliet.jid!.bare), {
      fullName: 'Juliet Capulet',
      title: 'Heiress',
      note: 'What is in a name?',
    })
  })
})
