/** Going on with a session of which much waits (XEP-0198 section 5). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { writeElement } from '@rookery/protocol/xml'
import { HostileServer } from '../../../../test/client/harness/hostile-server.ts'
import { next, online } from '../../test/online.ts'

for (const sasl2 of [false, true])
  test(`everything that waited may come in one piece with the answer${sasl2 ? ' to the login' : ''}`, async () => {
    await using server = await HostileServer.start({ sasl2, asksForAcks: false })
    await using client = await online(server, [])
    const read: string[] = []
    const seen: string[] = []
    client.on('message', ({ body = '' }) => void read.push(body))
    const waited = Array.from(
      { length: 1_000 },
      (_, at) => `<message from='juliet@localhost/a'><body>${at}</body></message>`,
    )
    server.script.send = (element) => {
      const isAnswer = element.name === 'resumed' || element.child('resumed', 'urn:xmpp:sm:3') !== undefined
      if (isAnswer) seen.push(element.name)
      return isAnswer ? `${writeElement(element, 'jabber:client')}${waited.join('')}` : element
    }
    server.connection.break()
    const state = await next(client, 'state', ({ name }) => name === 'online' || name === 'failed')
    assert.ok(state.name === 'online' && state.resumed)
    await client.disconnect()
    assert.deepEqual(seen, [sasl2 ? 'success' : 'resumed'])
    assert.deepEqual(
      read,
      Array.from({ length: 1_000 }, (_, at) => `${at}`),
    )
  })

test('whoever says much before there is a session is not listened to', async () => {
  await using server = await HostileServer.start()
  server.script.features = (offered, connection) => {
    connection.put('<x/>'.repeat(8 << 20))
    return offered
  }
  await assert.rejects(online(server, [], { patience: 0 }), { kind: 'connect', reason: 'bad-answer' })
})
