import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jid } from '@rookery/protocol/jid'
import { FakeClock } from '@rookery/testkit'
import { turns } from '../../../test/memory-server.ts'
import { Outbox, type Unseen } from './outbox.ts'
import type { Registration } from './registration.ts'
import type { Outcome } from './verdict.ts'

const phone: Registration = { service: jid('push.example'), node: 'phone', options: undefined, resource: 'phone' }
const tablet: Registration = { ...phone, node: 'tablet' }
const another = (unseen: Unseen): void => void unseen.messages++

function started(answer: () => Outcome | 'crowded' | Promise<Outcome> = () => 'sent', accounts = 10) {
  const clock = new FakeClock()
  const sent: [string | undefined, number][] = []
  const gone: (string | undefined)[] = []
  const outbox = new Outbox({
    clock,
    interval: 1000,
    accounts,
    send: async (_, { node }, { messages }) => {
      sent.push([node, messages])
      return answer()
    },
    gone: (_, { node }) => gone.push(node),
  })
  return { clock, outbox, sent, gone }
}

test('tells at once, then at most once in the interval, with a count that grows', async () => {
  const { clock, outbox, sent } = started()
  for (let i = 0; i < 100; i++) outbox.add('juliet', [phone, tablet], another)
  await turns()
  assert.deepEqual(sent, [
    ['phone', 1],
    ['tablet', 1],
  ])
  clock.advance(999)
  await turns()
  assert.equal(sent.length, 2)
  clock.advance(1)
  await turns()
  assert.deepEqual(sent.slice(2), [
    ['phone', 100],
    ['tablet', 100],
  ])
  clock.advance(60_000)
  await turns()
  assert.equal(sent.length, 4)
})

test('a slow answer holds back the next notification to the same place, and no other', async () => {
  let answer: (outcome: Outcome) => void = () => undefined
  const { clock, outbox, sent } = started(() => new Promise((resolve) => (answer = resolve)))
  outbox.add('juliet', [phone], another)
  outbox.add('juliet', [phone], another)
  outbox.add('nurse', [tablet], another)
  clock.advance(10_000)
  await turns()
  assert.deepEqual(sent, [
    ['phone', 1],
    ['tablet', 1],
  ])
  answer('sent')
  await turns()
  assert.equal(sent.length, 2) // that was the tablet's
})

test('who comes back starts from nothing, and is not told any more', async () => {
  const { clock, outbox, sent } = started()
  outbox.add('juliet', [phone], another)
  outbox.add('juliet', [phone], another)
  await turns()
  outbox.seen('juliet')
  clock.advance(10_000)
  await turns()
  assert.deepEqual(sent, [['phone', 1]])
  outbox.add('juliet', [phone], another)
  await turns()
  assert.deepEqual(sent.at(-1), ['phone', 1])
})

test('what failed is tried again a few times, ever later; the next message tries anew', async () => {
  const { clock, outbox, sent, gone } = started(() => 'later')
  outbox.add('juliet', [phone], another)
  const times: number[] = []
  for (let second = 0; second <= 3600; second++) {
    await turns(1)
    if (sent.length > times.length) times.push(second)
    clock.advance(1000)
  }
  assert.deepEqual(times, [0, 5, 15, 35, 75])
  outbox.add('juliet', [phone], another)
  await turns()
  assert.deepEqual(sent.at(-1), ['phone', 2])
  assert.deepEqual(gone, [])
})

test('a registration that fails for days is given up', async () => {
  const { clock, outbox, gone } = started(() => 'later')
  for (let hour = 0; hour < 30 && gone.length === 0; hour++) {
    outbox.add('juliet', [phone], another)
    await turns(2)
    clock.advance(3_600_000)
    await turns(2)
  }
  assert.deepEqual(gone, ['phone'])
})

test('one that is gone is named once', async () => {
  const { clock, outbox, sent, gone } = started(() => 'gone')
  outbox.add('juliet', [phone], another)
  outbox.add('juliet', [phone], another)
  await turns()
  clock.advance(10_000)
  await turns()
  assert.deepEqual(gone, ['phone'])
  assert.equal(sent.length, 1)
})

test('neither accounts nor the places of one are remembered without end', async () => {
  const { outbox, sent } = started(() => 'sent', 5)
  for (let i = 0; i < 100; i++) {
    outbox.add(`user${i}`, [phone], another)
    await turns(1)
  }
  outbox.add('user99', [phone], another) // remembered: waits for its turn
  outbox.add('user1', [phone], another) // forgotten: begins anew
  await turns()
  assert.equal(sent.length, 101)
  assert.deepEqual(sent.at(-1), ['phone', 1])
})

test('after the stop nothing is sent', async () => {
  const { clock, outbox, sent } = started()
  outbox.add('juliet', [phone], another)
  outbox.add('juliet', [phone], another)
  outbox.stop()
  outbox.add('juliet', [phone], another)
  clock.advance(10_000)
  await turns()
  assert.equal(sent.length, 1)
})
