import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { Shares } from './shares.ts'

const total = 400_000

/** A socket to which megabytes have come: each read finds 64 kB. What is in them can be told apart. */
class Flood extends Duplex {
  given = 0

  override _read(): void {
    const from = this.given
    this.given = Math.min(from + 65_536, total)
    this.push(
      this.given > from
        ? Buffer.from(Uint8Array.from({ length: this.given - from }, (_, i) => (from + i) % 251))
        : null,
    )
  }
}

/** Takes a millisecond at least for each kilobyte, on any machine. */
function work(bytes: Buffer): void {
  const end = performance.now() + bytes.length / 1024
  while (performance.now() < end);
}

/** In promises, one after the other. */
async function workLater(bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; at += 1024) {
    await undefined
    work(bytes.subarray(at, at + 1024))
  }
}

class Taken {
  readonly flood: Flood = new Flood()
  readonly shares: Shares
  bytes: number[] = []
  /** What was taken in one turn of the event loop after the other. */
  readonly turns: number[] = [0]

  constructor(take: (bytes: Buffer, taken: Taken) => unknown) {
    this.shares = new Shares(this.flood as unknown as Socket, (bytes) => {
      for (const byte of bytes) this.bytes.push(byte)
      this.turns[this.turns.length - 1]! += bytes.length
      take(bytes, this)
    })
  }

  async turnUntil(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      await turn()
      this.turns.push(0)
    }
  }

  get isInOrder(): boolean {
    return this.bytes.every((byte, i) => byte === i % 251)
  }
}

describe('what comes all at once is taken in shares, with turns for others between them', () => {
  for (const [who, take] of [
    ['somebody who is slow', work],
    ['somebody who is slow in promises', workLater],
    [
      'somebody who says again and again that there may be more',
      (bytes: Buffer, { shares }: Taken) => {
        shares.resume()
        work(bytes)
        queueMicrotask(() => shares.resume())
      },
    ],
  ] as const)
    test(who, async () => {
      const taken = new Taken(take)
      await taken.turnUntil(() => taken.bytes.length === total)
      assert.ok(taken.isInOrder)
      // a millisecond for each kilobyte: not more than ten in a turn, and what is taken in any case; before the first nothing is known
      const [, ...known] = taken.turns.filter((bytes) => bytes > 0)
      assert.ok(Math.max(...known) <= 11 * 1024 + 1, String(known))
    })

  test('somebody who is fast has it in fewer', async () => {
    const [fast, slow] = [new Taken(() => undefined), new Taken(work)]
    for (const taken of [fast, slow]) await taken.turnUntil(() => taken.bytes.length === total)
    assert.ok(fast.turns.length < slow.turns.length, `${fast.turns.length}, ${slow.turns.length}`)
  })
})

test('what is paused takes nothing, and does not read more than a socket holds', async () => {
  const taken = new Taken((_, { shares }) => shares.pause())
  await taken.turnUntil(() => taken.turns.length === 20)
  const before = taken.bytes.length
  assert.ok(before > 0)
  assert.equal(taken.turns.filter((bytes) => bytes > 0).length, 1)
  assert.ok(taken.flood.given <= before + taken.flood.readableHighWaterMark + 65_536, String(taken.flood.given))
  for (let last = 0; taken.bytes.length > last; await turn()) {
    last = taken.bytes.length
    taken.shares.resume()
    await taken.turnUntil(() => taken.bytes.length > last || last === total)
  }
  assert.equal(taken.bytes.length, total)
  assert.ok(taken.isInOrder)
})

test('what came before the socket broke is taken', async () => {
  const taken = new Taken(work)
  const { flood, shares } = taken
  await taken.turnUntil(() => taken.bytes.length > 0)
  const broken = once(flood, 'error', { signal: AbortSignal.timeout(30_000) }).catch((error: unknown) => error)
  flood.on('error', () => shares.takeRest())
  flood.destroy(new Error('reset'))
  await broken
  assert.equal(taken.bytes.length, flood.given)
  assert.ok(flood.given < total)
  assert.ok(taken.isInOrder)
})

test('what is stopped takes nothing any more', async () => {
  const taken = new Taken(work)
  await taken.turnUntil(() => taken.bytes.length > 0)
  const before = taken.bytes.length
  taken.shares.stop()
  await taken.turnUntil(() => taken.turns.length > 20)
  assert.equal(taken.bytes.length, before)
})
