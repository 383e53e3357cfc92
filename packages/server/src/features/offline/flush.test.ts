import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jid } from '@rookery/protocol/jid'
import { message, presence } from '@rookery/protocol/stanza'
import { el } from '@rookery/protocol/xml'
import type { OfflineStore } from '@rookery/storage'
import { createMemoryStorage } from '@rookery/storage/memory'
import { FakeClock } from '@rookery/testkit'
import { turns } from '../../../test/memory-server.ts'
import { Delivery } from '../../delivery.ts'
import { Lane } from '../../lane.ts'
import { Session, type SessionLink } from '../../session.ts'
import { Spool } from '../../spool.ts'
import { Flushes } from './flush.ts'

const unlimited = { count: 1_000_000, bytes: 1_000_000_000 }

/** A client that takes what it was sent only when the test says so. */
class SlowLink implements SessionLink {
  readonly remoteAddress = '127.0.0.1'
  readonly isSecure = false
  readonly taken: string[] = []
  #waiting: string[] = []
  #done: ((sent: boolean) => void)[] = []

  write(wire: string): undefined {
    this.#waiting.push(wire)
  }
  flushed(done: (sent: boolean) => void): void {
    this.#done.push(done)
  }
  close(): void {}

  get waitingBytes(): number {
    return this.#waiting.reduce((sum, wire) => sum + wire.length, 0)
  }
  settle(sent: boolean): void {
    const done = this.#done
    if (sent) this.taken.push(...this.#waiting)
    this.#waiting = []
    this.#done = []
    for (const one of done) one(sent)
  }
}

async function setUp(resources: readonly string[]) {
  const storage = createMemoryStorage()
  await storage.open()
  const store: OfflineStore = storage.host('localhost').offline
  const sessions: Session[] = []
  const links: SlowLink[] = []
  for (const resource of resources) {
    const link = new SlowLink()
    const full = jid(`juliet@localhost/${resource}`)
    const session = new Session(full, link, new Lane(1_000_000, () => undefined), 0, 1_000_000)
    session.setPresence(presence(full, undefined, 'available'), 0)
    sessions.push(session)
    links.push(link)
  }
  const errors: unknown[] = []
  const clock = new FakeClock()
  let last = 0
  const spool = new Spool(store, { usual: unlimited, expected: unlimited })
  const flushes = new Flushes({
    spool,
    clock,
    sessions: () => sessions.filter((session) => !session.isEnded),
    wireOf: (_, entry) => entry.stanza,
    lastId: () => last,
    failed: (_, error) => errors.push(error),
  })
  const put = (stanza: string): Promise<unknown> => spool.append('juliet', { id: ++last, stanza, at: 0 })
  const append = (count: number, size = 1): Promise<unknown> =>
    Promise.all(Array.from({ length: count }, (_, index) => put(`${index}${'x'.repeat(size)}`)))
  return { store, spool, clock, sessions, links, flushes, put, append, errors }
}

test('keeps what is not known to have left, and gives it to the next session', async () => {
  const { store, sessions, links, flushes, append } = await setUp(['one', 'two'])
  await append(100, 5000)
  flushes.begin('juliet')
  await turns()
  links[0]!.settle(true)
  await turns()
  const left = links[0]!.taken.length
  assert.ok(left > 0 && left < 100)
  assert.equal((await store.size('juliet')).count, 100 - left)
  sessions[0]!.markEnded()
  links[0]!.settle(false)
  for (let i = 0; i < 100; i++) {
    await turns(2)
    links[1]!.settle(true)
  }
  assert.deepEqual(
    [...links[0]!.taken, ...links[1]!.taken].map((wire) => Number.parseInt(wire, 10)),
    Array.from({ length: 100 }, (_, index) => index),
  )
  assert.equal((await store.size('juliet')).count, 0)
})

test('has little under way to a client that does not read', async () => {
  const { links, flushes, append } = await setUp(['one'])
  await append(300, 10_000)
  flushes.begin('juliet')
  await turns(20)
  assert.ok(links[0]!.waitingBytes < 80_000)
})

test('delivers what is stored meanwhile, and then what waited', async () => {
  const { sessions, links, flushes, append, put } = await setUp(['one'])
  await append(3)
  flushes.begin('juliet')
  const live = message(undefined, sessions[0]!.jid, {}, [el('body', 'jabber:client', {}, 'live')])
  await turns()
  sessions[0]!.sendMessage(new Delivery(live, 0, 'nowhere'), live.wire())
  flushes.note('juliet')
  await put('late')
  flushes.begin('juliet')
  for (let i = 0; i < 5; i++) {
    links[0]!.settle(true)
    await turns()
  }
  links[0]!.settle(true)
  assert.deepEqual(links[0]!.taken, ['0x', '1x', '2x', 'late', live.wire()])
  assert.ok(flushes.isIdle)
})

test('does not look again where nothing was left, until something is stored', async () => {
  const { store, links, flushes, put } = await setUp(['one'])
  let reads = 0
  const read = store.read.bind(store)
  store.read = (...given) => {
    reads++
    return read(...given)
  }
  flushes.begin('juliet')
  await turns()
  flushes.begin('juliet')
  await turns()
  assert.equal(reads, 1)
  flushes.note('juliet')
  await put('new')
  flushes.begin('juliet')
  await turns()
  links[0]!.settle(true)
  assert.deepEqual(links[0]!.taken, ['new'])
})

test('stops at a session that does not take messages any more', async () => {
  const { store, sessions, links, flushes, append } = await setUp(['one'])
  await append(100, 5000)
  flushes.begin('juliet')
  await turns()
  sessions[0]!.setPresence(undefined, 0)
  for (let i = 0; i < 10; i++) {
    links[0]!.settle(true)
    await turns()
  }
  assert.ok((await store.size('juliet')).count > 0)
  assert.ok(flushes.isIdle)
})

test('gives nothing again that could not be removed, and removes it with the next', async () => {
  const { store, sessions, links, flushes, put, append, errors } = await setUp(['one'])
  await append(1)
  const { remove } = store
  store.remove = () => Promise.reject(new Error('the disk is full'))
  flushes.begin('juliet')
  await turns()
  const live = message(undefined, sessions[0]!.jid, {}, [])
  sessions[0]!.sendMessage(new Delivery(live, 0, 'nowhere'), live.wire())
  links[0]!.settle(true)
  await turns()
  links[0]!.settle(true)
  assert.equal(errors.length, 1)
  assert.deepEqual(links[0]!.taken, ['0x', live.wire()])
  store.remove = remove
  flushes.note('juliet')
  await put('new')
  flushes.begin('juliet')
  await turns()
  links[0]!.settle(true)
  await turns()
  assert.deepEqual(links[0]!.taken, ['0x', live.wire(), 'new'])
  assert.equal((await store.size('juliet')).count, 0)
})

test('keeps what is new behind what cannot be read for a while', async () => {
  const { store, clock, sessions, links, flushes, append, errors } = await setUp(['one'])
  await append(2)
  const { read } = store
  store.read = () => Promise.reject(new Error('the disk is broken'))
  flushes.begin('juliet')
  await turns()
  const live = message(undefined, sessions[0]!.jid, {}, [])
  sessions[0]!.sendMessage(new Delivery(live, 0, 'nowhere'), live.wire())
  clock.advance(1000)
  await turns()
  assert.equal(errors.length, 2)
  store.read = read
  clock.advance(1000)
  await turns()
  for (let i = 0; i < 3; i++) {
    links[0]!.settle(true)
    await turns()
  }
  assert.deepEqual(links[0]!.taken, ['0x', '1x', live.wire()])
  assert.ok(flushes.isIdle)
})

test('leaves alone what a session has, until that lets go of it', async () => {
  const { spool, links, flushes, append } = await setUp(['one'])
  spool.whenFree((local) => flushes.freed(local))
  await append(3)
  spool.give('juliet', 2)
  flushes.begin('juliet')
  await turns()
  links[0]!.settle(true)
  await turns()
  assert.deepEqual(links[0]!.taken, ['0x', '2x'])
  assert.equal(await spool.hasFree('juliet'), false)
  spool.release('juliet', 2)
  await turns()
  links[0]!.settle(true)
  assert.deepEqual(links[0]!.taken, ['0x', '2x', '1x'])
})

test('goes past none that is on its way', async () => {
  const { spool, links, flushes, append } = await setUp(['one'])
  spool.whenFree((local) => flushes.freed(local))
  await append(4)
  spool.expect('juliet', 2)
  spool.expect('juliet', 4)
  flushes.begin('juliet')
  await turns()
  spool.release('juliet', 2) // while the first is under way
  links[0]!.settle(true)
  await turns()
  spool.release('juliet', 4)
  for (let i = 0; i < 4; i++) {
    links[0]!.settle(true)
    await turns()
  }
  assert.deepEqual(links[0]!.taken, ['0x', '1x', '2x', '3x'])
  assert.ok(flushes.isIdle)
})
