/** What we tell the server that we have (XEP-0198 section 4), where it takes time to keep it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as NS from '@rookery/protocol/namespaces'
import { el } from '@rookery/protocol/xml'
import { HostileServer } from '../../../../test/client/harness/hostile-server.ts'
import { online } from '../../test/online.ts'
import type { Change } from '../index.ts'

test('counts never go back, and none is told before it is kept', async () => {
  await using server = await HostileServer.start()
  const disk = new Map<string, string | undefined>()
  const write = async (changes: readonly Change[]): Promise<undefined> => {
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
    for (const [key, value] of changes) disk.set(key, value)
  }
  const early: number[] = []
  server.script.receive = (element) => {
    if (element.name !== 'a') return
    const { handled } = JSON.parse(disk.get('session') ?? '{"handled":0}')
    if (handled < Number(element.attr('h'))) early.push(handled)
    return
  }
  const store = () => ({ read: () => [], write, close: () => undefined })
  await using client = await online(server, [], { store })
  const reading = (async () => {
    let read = 0
    for await (const _ of client.messages.read()) {
      for (let turn = 0; turn < read % 4; turn++) await new Promise(setImmediate)
      if (++read === 200) break
    }
  })()
  for (let sent = 0; sent < 200; sent++) {
    server.route(el('message', NS.client, { from: 'juliet@localhost/a', to: client.jid!.toString() }))
    if (sent % 5 === 0) await new Promise(setImmediate)
  }
  await reading
  await client.disconnect()
  const counts = server.received('a').map((element) => Number(element.attr('h')))
  assert.deepEqual(
    counts,
    counts.toSorted((a, b) => a - b),
  )
  assert.equal(counts.at(-1), 200)
  assert.deepEqual(early, [])
})

test('what came with the session is in the count that is kept', async () => {
  await using server = await HostileServer.start()
  server.script.send = (element) =>
    element.name === 'enabled'
      ? [element, el('presence', NS.client, { from: 'juliet@localhost/a' }), el('r', element.ns)]
      : element
  const disk = new Map<string, string | undefined>()
  const write = (changes: readonly Change[]): undefined => {
    for (const [key, value] of changes) disk.set(key, value)
  }
  await using _ = await online(server, [], { store: () => ({ read: () => [], write, close: () => undefined }) })
  const told = await server.until('a')
  assert.equal(told.attr('h'), '1')
  assert.equal(JSON.parse(disk.get('session')!).handled, 1)
})
