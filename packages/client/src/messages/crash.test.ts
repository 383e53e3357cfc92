/** A program that ends at any of the writes of its store, and the next one: what was kept or has arrived arrives once, in order. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { el } from '@rookery/protocol/xml'
import { HostileServer } from '../../../../test/client/harness/hostile-server.ts'
import { next, online } from '../../test/online.ts'
import { type Change, messages, type SentMessage } from '../index.ts'
import { createClient } from '../node/index.ts'

/** More than it takes to say three things. */
const most = 12

/** What a program keeps in `rows`, until it dies at the write behind so many: neither that nor any later one ends. */
function programWith(rows: Map<string, string>) {
  let left = Number.POSITIVE_INFINITY
  const { promise: death, resolve: die } = Promise.withResolvers<'dead'>()
  const write = async (changes: readonly Change[]): Promise<undefined> => {
    await undefined
    if (left-- <= 0) {
      die('dead')
      return await new Promise(() => undefined)
    }
    for (const [key, value] of changes)
      if (value === undefined) rows.delete(key)
      else rows.set(key, value)
  }
  const read = (): [string, string][] => [...rows].sort(([a], [b]) => (a < b ? -1 : 1))
  const dieAfter = (writes: number): Promise<'dead'> => {
    left = writes
    return death
  }
  return { store: () => ({ read, write, close: () => undefined }), dieAfter }
}

async function crashAt(writes: number, taken: number, goesOn: boolean): Promise<void> {
  await using server = await HostileServer.start({ asksForAcks: false })
  const arrived: (string | undefined)[] = []
  let isBefore = true
  let isDown = false
  // takes so many messages, nothing behind them, and acknowledges nothing
  server.script.receive = (element, { session }) => {
    const isMessage = element.name === 'message'
    if (isMessage && isBefore && arrived.length === taken) isDown = true
    if (isDown && element.name !== 'r') session!.handled--
    else if (isMessage) arrived.push(element.attr('id'))
    return isDown || (isBefore && element.name === 'r')
  }
  const rows = new Map<string, string>()
  const before = programWith(rows)
  const client = await online(server, [], { store: before.store, reconnect: false })
  const death = before.dieAfter(writes)
  const said: SentMessage[] = []
  for (let end: unknown; end !== 'dead' && said.length < 3; ) {
    // so that numbers of messages are not those of stanzas
    if (!isDown) await client.request('get', el('ping', 'urn:xmpp:ping'))
    const message = client.messages.post('juliet@localhost', [])
    said.push(message)
    end = await Promise.race([death, message.reached('sent')])
    const sent = said.filter(({ fate }) => fate === 'sent').length
    if (sent > 0) await server.until('message', sent)
  }
  const kept = [...rows.values()].join()
  server.connection.break()
  await next(client, 'state', ({ name }) => name === 'failed')
  const wanted = said.map(({ id }) => id).filter((id) => kept.includes(id) || arrived.includes(id))

  isBefore = isDown = false
  if (!goesOn) server.sessions.clear()
  await using after = await createClient({
    jid: 'romeo@localhost',
    password: 'secret',
    service: server.service.xmpp,
    plaintext: true,
    use: [messages],
    store: programWith(rows).store,
  })
  after.messages.reconcile(async (unsure) => new Set(unsure.filter(({ id }) => arrived.includes(id))))
  await after.connect()
  const last = after.messages.post('juliet@localhost', [])
  for (const message of [...after.messages.unacknowledged, last]) await message.reached('acked')
  assert.deepEqual(arrived, [...wanted, last.id], `${writes} writes`)
  assert.deepEqual(
    [...rows.keys()].filter((key) => key.startsWith('out/')),
    [],
  )
}

for (const goesOn of [true, false])
  for (const taken of [0, 1, 2, 3])
    test(`of three messages the server had ${taken}, and its session ${goesOn ? 'goes on' : 'is gone'}`, async () => {
      for (let writes = 0; writes < most; writes++) await crashAt(writes, taken, goesOn)
    })
