import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { jid } from '@rookery/protocol/jid'
import type { RosterItem, RosterStore } from '@rookery/storage'
import { createMemoryStorage } from '@rookery/storage/memory'
import { turns } from '../../../test/memory-server.ts'
import { Pushes } from './pushes.ts'
import { Rosters } from './rosters.ts'

const item = (name: string, change: Partial<RosterItem> = {}): RosterItem => ({
  jid: `${name}@x`,
  groups: [],
  subscription: 'none',
  ask: false,
  approved: false,
  listed: true,
  ...change,
})

/** Real storage behind a gate: what is called waits until it opens. */
class Gate {
  readonly store: RosterStore
  readonly calls: string[] = []
  #open = Promise.resolve()
  #release: () => void = () => undefined

  constructor(store: RosterStore) {
    const through = <T>(name: string, call: () => Promise<T>): Promise<T> => {
      this.calls.push(name)
      return this.#open.then(call)
    }
    this.store = {
      load: (local) => through('load', () => store.load(local)),
      put: (local, changed) => through(`put ${changed.jid}`, () => store.put(local, changed)),
      remove: (local, contact) => through(`remove ${contact}`, () => store.remove(local, contact)),
      changesSince: (local, version) => through('changes', () => store.changesSince(local, version)),
    }
  }

  close(): void {
    this.#open = new Promise((resolve) => {
      this.#release = resolve
    })
  }

  async open(): Promise<void> {
    this.#release()
    await turns()
  }
}

let gate: Gate
let rosters: Rosters
let pushed: string[]

beforeEach(async () => {
  const storage = createMemoryStorage()
  await storage.open()
  gate = new Gate(storage.host('x').roster)
  const pushes = new Pushes({ of: () => [], find: () => undefined }, { id: () => 'id', bytes: () => new Uint8Array() })
  pushes.changed = (_local, contact, _before, _after, version) => {
    pushed.push(`${version} ${contact}`)
  }
  rosters = new Rosters('x', gate.store, pushes, { rosterItems: 10, rosterRequests: 2 }, () => false)
  pushed = []
})

test('a roster is loaded once, however many ask at the same time, and not again', async () => {
  await Promise.all([
    rosters.items('romeo'),
    rosters.item('romeo', jid('a@x')),
    rosters.isSubscriber('romeo', jid('b@x')),
  ])
  assert.equal(rosters.items('romeo') instanceof Promise, false)
  assert.deepEqual(gate.calls, ['load'])
})

test('nothing is seen, pushed or answered before it is durable', async () => {
  await rosters.items('romeo')
  gate.close()
  const order: string[] = []
  const changed = rosters.change('romeo', jid('a@x'), () => ({
    item: item('a'),
    durable: () => {
      order.push(`durable, ${pushed.length} pushed`)
      return undefined
    },
    pushed: () => {
      order.push(`pushed, ${pushed.length} pushed`)
      return undefined
    },
  }))
  await turns()
  assert.deepEqual([order, pushed], [[], []])
  assert.equal((await rosters.items('romeo')).size, 0)
  await gate.open()
  assert.equal(await changed, undefined)
  assert.deepEqual(order, ['durable, 0 pushed', 'pushed, 1 pushed'])
  assert.equal((await rosters.items('romeo')).size, 1)
})

test('a change is decided only when the one before it is there', async () => {
  gate.close()
  const seen: (string | undefined)[] = []
  const rename = (name: string) =>
    rosters.change('romeo', jid('a@x'), (before) => {
      seen.push(before?.name)
      return { item: item('a', { name }) }
    })
  const changes = [rename('one'), rename('two'), rename('three')]
  await turns()
  assert.deepEqual(seen, [])
  await gate.open()
  await Promise.all(changes)
  assert.deepEqual(seen, [undefined, 'one', 'two'])
  assert.deepEqual(pushed, ['1 a@x', '2 a@x', '3 a@x'])
})

test('accounts do not wait for each other, nor a change for what the one before reaches', async () => {
  await rosters.items('romeo')
  const first = rosters.change('romeo', jid('a@x'), () => ({
    item: item('a'),
    // as when a subscription of one account changes another's roster, and comes back
    pushed: () =>
      Promise.resolve(
        rosters.change('juliet', jid('romeo@x'), () => ({
          item: item('romeo'),
          pushed: () => rosters.change('romeo', jid('b@x'), () => ({ item: item('b') })) as Promise<undefined>,
        })),
      ).then(() => undefined),
  }))
  await Promise.all([first, rosters.change('romeo', jid('c@x'), () => ({ item: item('c') }))])
  assert.deepEqual(new Set((await rosters.items('romeo')).keys()), new Set(['a@x', 'b@x', 'c@x']))
})

test('nothing to do costs no write and no push', async () => {
  await rosters.items('romeo')
  assert.equal(
    rosters.change('romeo', jid('a@x'), () => undefined),
    undefined,
  )
  assert.equal(
    rosters.change('romeo', jid('a@x'), (before) => ({ item: before })),
    undefined,
  )
  assert.deepEqual([gate.calls, pushed], [['load'], []])
})

test('requests of strangers have a limit of their own', async () => {
  const ask = (name: string) =>
    rosters.change('romeo', jid(`${name}@x`), () => ({ item: item(name, { listed: false }) }))
  assert.equal(await ask('a'), undefined)
  assert.equal(await ask('b'), undefined)
  assert.notEqual(await ask('c'), undefined)
  assert.equal(await rosters.change('romeo', jid('a@x'), () => ({ item: item('a') })), undefined)
  assert.equal(await ask('c'), undefined)
})

test('what was forgotten while it was loaded is not kept', async () => {
  gate.close()
  const loading = rosters.items('romeo')
  rosters.forget('romeo')
  await gate.open()
  await loading
  assert.equal(rosters.peek('romeo'), undefined)
})
