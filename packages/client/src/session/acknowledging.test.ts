/** What we tell the server that we have (XEP-0198 section 4), where it takes time to keep it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as NS from '@rookery/protocol/namespaces'
import { el } from '@rookery/protocol/xml'
import { HostileServer } from '../../../../test/client/harness/hostile-server.ts'
import { next, online } from '../../test/online.ts'
import type { Change, Clock } from '../index.ts'
import { nodePlatform } from '../node/index.ts'
import { systemClock } from '../platform/clock.ts'

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

const message = () => el('message', NS.client, { from: 'juliet@localhost/a', to: 'romeo@localhost' })

/** Counts that the server was told, in order. */
const told = (server: HostileServer): number[] => server.received('a').map((element) => Number(element.attr('h')))

/** A clock on which what is to happen in the next turn never does, unless it is released. */
function still(): { readonly clock: Clock; isStill: boolean } {
  const made = {
    isStill: true,
    clock: {
      ...systemClock,
      after: (milliseconds: number, run: () => void) =>
        made.isStill && milliseconds === 0 ? () => undefined : systemClock.after(milliseconds, run),
    },
  }
  return made
}

test('what one read has brought is acknowledged once when a loop has done all of it', async () => {
  await using server = await HostileServer.start({ asksForAcks: false })
  let kept = 0
  const write = (changes: readonly Change[]): undefined => {
    kept += changes.filter(([key]) => key === 'session').length
  }
  const store = () => ({ read: () => [], write, close: () => undefined })
  const turns = still()
  await using client = await online(server, [], { store, platform: { ...nodePlatform, clock: turns.clock } })
  using _ = { [Symbol.dispose]: () => (turns.isStill = false) } // disconnecting takes one
  kept = 0
  void (async () => {
    for await (const _ of client.messages.read()) await undefined
  })()
  const { unacknowledged } = server.connection.session!
  for (let sent = 0; sent < 200; sent++) unacknowledged.push(message())
  server.connection.put(`${"<message from='juliet@localhost/a'/>".repeat(200)}<r xmlns='urn:xmpp:sm:3'/>`)
  await server.until((element) => element.name === 'a' && element.attr('h') === '200')
  assert.ok(told(server).length <= 2, `${told(server)}`)
  assert.ok(kept <= 2, `${kept} times`)
})

test('where little comes, what a loop has done is acknowledged at once', async () => {
  await using server = await HostileServer.start()
  const turns = still()
  await using client = await online(server, [], { platform: { ...nodePlatform, clock: turns.clock } })
  using _ = { [Symbol.dispose]: () => (turns.isStill = false) }
  void (async () => {
    for await (const _ of client.messages.read()) await undefined
  })()
  for (const h of ['1', '2', '3']) {
    server.route(message())
    await server.until((element) => element.name === 'a' && element.attr('h') === h)
  }
})

test('what a loop has done is acknowledged while it is busy with the next, and no more than that', async () => {
  await using server = await HostileServer.start()
  await using client = await online(server, [])
  let read = 0
  let go: () => void = () => undefined
  void (async () => {
    for await (const _ of client.messages.read()) if (++read === 6) await new Promise<void>((resolve) => (go = resolve))
  })()
  for (let sent = 0; sent < 10; sent++) server.route(message())
  await server.until((element) => element.name === 'a' && element.attr('h') === '5')
  await client.request('get', el('ping', 'urn:xmpp:ping'))
  assert.equal(Math.max(...told(server)), 5)
  go()
  await server.until((element) => element.name === 'a' && element.attr('h') === '11') // with the answer to the ping
})

test('what somebody still works on is not acknowledged when it comes again in another session', async () => {
  await using server = await HostileServer.start({ asksForAcks: false })
  await using client = await online(server, [])
  const said = el('message', NS.client, { from: 'juliet@localhost/a', to: 'romeo@localhost' }, [
    el('origin-id', 'urn:xmpp:sid:0', { id: 'one' }),
  ])
  let seen = 0
  let done: () => void = () => undefined
  client.on('message', () => {
    seen++
    return new Promise<void>((resolve) => (done = resolve))
  })
  server.connection.send(said)
  await client.request('get', el('ping', 'urn:xmpp:ping'))
  server.sessions.clear()
  server.connection.break()
  const state = await next(client, 'state', ({ name }) => name === 'online')
  assert.ok(state.name === 'online' && !state.resumed)

  const before = server.connection.session!.unacknowledged.size
  server.connection.send(said)
  server.connection.put(el('r', 'urn:xmpp:sm:3'))
  await client.request('get', el('ping', 'urn:xmpp:ping'))
  assert.equal(Math.max(0, ...told(server)) <= before, true)
  done()
  await server.until((element) => element.name === 'a' && Number(element.attr('h')) > before)
  assert.equal(seen, 1)
})

test('much that is small waits for its acknowledgement, and breaks nothing', async () => {
  await using server = await HostileServer.start()
  server.script.send = (element) => (element.name === 'a' ? undefined : element)
  await using client = await online(server, [])
  const states: string[] = []
  client.on('state', ({ name }) => states.push(name))
  const ping = () => client.request('get', el('ping', 'urn:xmpp:ping'))
  await Promise.all(Array.from({ length: 21_000 }, ping))
  assert.deepEqual(states, [])
  delete server.script.send
})

test('a request that comes before the stream is managed is answered, and the answer is counted as the server counts it', async () => {
  await using server = await HostileServer.start({ asksForAcks: false })
  const early = "<iq type='get' id='early' from='juliet@localhost/a'><odd xmlns='urn:example:odd'/></iq>"
  server.script.send = (element) => (element.name === 'enabled' ? [early, element] : element)
  await using client = await online(server, [])
  const message = client.messages.post('juliet@localhost', [])
  await message.reached('acked')
  assert.deepEqual(
    server
      .received('iq')
      .filter((iq) => iq.attr('id') === 'early')
      .map((iq) => iq.attr('type')),
    ['error'],
  )
  server.connection.break()
  await next(client, 'state', ({ name }) => name === 'online')
  await client.disconnect()
  assert.equal(server.received('message').length, 1)
})
