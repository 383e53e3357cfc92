/** The frame itself: it must notice what it is there to notice. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { attack } from './attack.ts'
import { login, type RawClient } from './client.ts'
import { startVictim, type Victim } from './server.ts'

let victim: Victim
before(async () => {
  victim = await startVictim()
})
after(() => victim.stop())

/** A session with a resource that makes the feature `faults` misbehave. */
async function visit(resource: string): Promise<void> {
  const client = await login(victim, 'mallory@a.example', { resource })
  client.close()
}

test('forgives memory that is kept once', async (t) => {
  let visits = 0
  const keeping = (): Promise<void> => {
    visits++
    return visit('fault-kept-once')
  }
  await attack(t, victim, keeping, { patience: 300 })
  assert.equal(visits, 2)
})

test('notices memory that stays in use each time', (t) =>
  assert.rejects(
    attack(t, victim, () => visit('fault-leak'), { patience: 300 }),
    /^AssertionError.*: \+[23]\.\d MB stay in use$/,
  ))

test('notices it at once of what cannot be repeated', (t) =>
  assert.rejects(
    attack(t, victim, () => visit('fault-leak'), { patience: 300, once: true }),
    /^AssertionError.*: \+[23]\.\d MB stay in use$/,
  ))

test('notices memory that stays with the process each time, though JavaScript has none of it', (t) =>
  assert.rejects(
    attack(t, victim, () => visit('fault-leak-native'), { patience: 300 }),
    /^AssertionError.*: \+\d+\.\d MB of memory stay with the process$/,
  ))

test('notices memory that is needed meanwhile each time', (t) =>
  assert.rejects(
    attack(t, victim, () => visit('fault-hoard'), { patience: 300 }),
    /^AssertionError.*: memory grew by \+\d+\.\d MB meanwhile$/,
  ))

test('notices a connection and a session that stay', async (t) => {
  let left: RawClient | undefined
  const leaking = async (): Promise<void> => {
    left = await login(victim, 'mallory@a.example')
  }
  await assert.rejects(
    attack(t, victim, leaking, { patience: 300 }),
    /left behind: 1 open files, 1 sessions, 1 TCPSocketWrap/,
  )
  left?.close()
})

test('notices an error that was logged', (t) =>
  assert.rejects(
    attack(t, victim, () => visit('fault-ended')),
    /errors were logged/,
  ))

test('a server that cannot start leaves no process behind, for which this file would wait', () =>
  assert.rejects(startVictim({ config: { hosts: ['not a domain'] } }), /domain|host/i))
