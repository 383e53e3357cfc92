import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jid } from '@rookery/protocol/jid'
import { iq, StanzaError } from '@rookery/protocol/stanza'
import { el } from '@rookery/protocol/xml'
import { createMemoryStorage } from '@rookery/storage/memory'
import { turns } from '../../../test/memory-server.ts'
import type { Session } from '../../session.ts'
import { Names } from './names.ts'
import { Queries } from './queries.ts'

const account = jid('juliet@localhost')
const full = jid('juliet@localhost/balcony')

/** An archive of a hundred messages of 20 kB, and a client that takes what it was sent only when the test says so. */
async function setUp() {
  const storage = createMemoryStorage()
  await storage.open()
  const store = storage.host('localhost').archive
  const stanza = `<message from='romeo@localhost'><body>${'x'.repeat(20_000)}</body></message>`
  for (let id = 1; id <= 100; id++)
    await store.append('juliet', { id, at: id, peer: 'romeo@localhost', isOut: false, stanza })
  const sent: string[] = []
  let waiting: ((sent: boolean) => void)[] = []
  const take = (isThere: boolean): void => {
    const all = waiting
    waiting = []
    for (const done of all) done(isThere)
  }
  const link = { flushed: (done: (sent: boolean) => void) => void waiting.push(done) }
  const session = { jid: full, isEnded: false, link, sendWire: (wire: string) => void sent.push(wire) }
  const noted: number[] = []
  const names = new Names(Buffer.alloc(16))
  const queries = new Queries({
    store,
    names: () => names,
    sessions: { of: () => [], find: () => undefined },
    sizes: { usual: 50, most: 100 },
    given: (_, __, entries) => void noted.push(entries.length),
  })
  const payload = el('query', 'urn:xmpp:mam:2')
  const request = { iq: iq(full, account, 'set', 'q', payload), payload, from: full, to: account }
  const answer = queries.answer({ ...request, session: session as unknown as Session })
  await turns()
  return { answer, sent, take, noted }
}

test('sends no more than its client takes', async () => {
  const { answer, sent, take, noted } = await setUp()
  const first = sent.length
  assert.ok(first > 0 && first < 6)
  await turns(20)
  assert.equal(sent.length, first)
  take(true)
  await turns()
  assert.equal(sent.length, 2 * first)
  while (noted.length === 0) {
    take(true)
    await turns(1)
  }
  assert.equal(sent.length, 50)
  assert.ok(!((await answer) instanceof StanzaError))
  assert.deepEqual(noted, [50])
})

test('does not say that a page was given to a client that is gone', async () => {
  const { answer, sent, take, noted } = await setUp()
  const first = sent.length
  take(false)
  const given = await answer
  assert.ok(given instanceof StanzaError && given.type === 'wait')
  assert.equal(sent.length, first)
  assert.deepEqual(noted, [])
})
