/** S138: the wall clock is set forward and back, over 2038 too: archives keep their order, sessions their time, and nobody is cut off. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { whole } from '../harness/archive.ts'
import { attack } from '../harness/attack.ts'
import { login } from '../harness/client.ts'
import { managed, resume } from '../harness/managed.ts'
import { startVictim } from '../harness/server.ts'

const hour = 3_600_000
const year = 365 * 24 * hour
/** Forward and back; past 2038 and back; what a machine without a battery does. */
const steps = [0, hour, -2 * hour, hour, 20 * year, -20 * year, -50 * year, 50 * year]
const chat = (to: string, body: string): string => `<message to='${to}' type='chat'><body>${body}</body></message>`

test('S138 archives keep the order in which messages came, each once, whatever the clock says', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'rookery-attack-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  await using victim = await startVictim({ sqlite: { folder }, config: { limits: { bytesPerSecond: 0 } } })
  await attack(
    t,
    victim,
    async ({ note }) => {
      const v = await login(victim, 'v@a.example', { presence: true })
      const mallory = await login(victim, 'mallory@a.example')
      const sent: string[] = []
      for (const step of steps) {
        await victim.stepClock(step)
        for (let i = 0; i < 15; i++) {
          sent.push(`m${sent.length}`)
          mallory.send(chat('v@a.example', sent.at(-1)!))
        }
        await mallory.fence()
      }
      const came = await v.fence()
      assert.deepEqual(
        [...came.matchAll(/<body>(m\d+)<\/body>/g)].map(([, body]) => body),
        sent,
      )
      for (const client of [v, mallory])
        for (const [way, max] of [
          ['forward', 7],
          ['backward', 11],
        ] as const) {
          const all = await whole(client, way, max)
          assert.deepEqual(
            all.map(({ body }) => body),
            sent,
            way,
          )
          assert.equal(new Set(all.map(({ id }) => id)).size, sent.length)
          for (const { stamp } of all) assert.ok(Number.isFinite(Date.parse(stamp)), stamp)
        }
      note(`${sent.length} messages while the clock went ${steps.map((step) => step / hour).join(', ')} hours`)
      for (const client of [v, mallory]) client.close()
    },
    { once: true },
  )
})

test('S138 a session waits for its client as long as it said, not as the clock says', async (t) => {
  await using victim = await startVictim({ config: { management: { ackSeconds: 60 }, features: { archive: false } } })
  const over = await managed(victim, 'v@a.example', { enable: "resume='true' max='0'" })
  over.lose() // what is known of sessions that are over is looked through now and then
  await attack(t, victim, async () => {
    const mallory = await login(victim, 'mallory@a.example')
    for (const step of [hour, -hour, 20 * year]) {
      const v = await managed(victim, 'v@a.example')
      // connected: nobody is taken for silent
      await victim.stepClock(step)
      await new Promise((resolve) => setTimeout(resolve, 1100))
      await v.all()
      v.lose()
      mallory.send(chat('v@a.example', 'missed'))
      await mallory.fence()
      await victim.stepClock(-step)
      const [again, answer] = await resume(victim, 'v@a.example', v)
      assert.match(answer, /^<resumed /)
      assert.deepEqual(await again.bodies(1), ['missed'])
      await again.all()
      again.acknowledge()
      again.send('</stream:stream>')
      await again.raw.waitForEnd(5000)
    }
    // one that has little time does not get more
    const brief = await managed(victim, 'v@a.example', { enable: "resume='1' max='1'" })
    brief.lose()
    await victim.stepClock(-hour)
    for (const deadline = Date.now() + 15_000; (await victim.sessionsOf('v@a.example')) > 0; ) {
      assert.ok(Date.now() < deadline, 'it is over after a second')
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    mallory.close()
  })
})

describe('S138 over a restart', { concurrency: 2 }, () => {
  for (const [what, step] of [
    ['an hour back', -hour],
    ['an hour ahead', hour],
    ['20 years back', -20 * year],
    ['20 years ahead', 20 * year],
  ] as const)
    test(`S138 sessions and messages outlive a restart with the clock ${what}`, async (t) => {
      const folder = mkdtempSync(join(tmpdir(), 'rookery-attack-'))
      t.after(() => rmSync(folder, { recursive: true, force: true }))
      const before = await startVictim({ canary: false, sqlite: { folder } })
      const v = await managed(before, 'v@a.example')
      v.lose()
      const mallory = await managed(before, 'mallory@a.example')
      mallory.send(chat('v@a.example', 'missed'))
      await mallory.handled()
      await before.kill()
      mallory.raw.close()
      await using victim = await startVictim({ canary: false, sqlite: { folder }, clockStep: step })
      const [again, answer] = await resume(victim, 'v@a.example', v)
      assert.match(answer, /^<resumed /)
      assert.deepEqual(await again.bodies(1), ['missed'])
      again.acknowledge()
      again.send(chat('v@a.example', 'later'))
      await again.bodies(1)
      const reader = await login(victim, 'v@a.example', { resource: 'reader' })
      for (const way of ['forward', 'backward'] as const)
        assert.deepEqual(
          (await whole(reader, way, 10)).map(({ body }) => body),
          ['missed', 'later'],
        )
      reader.close()
      again.raw.close()
    })
})
