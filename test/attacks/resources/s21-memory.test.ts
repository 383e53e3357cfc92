/** S21: memory of those who have not logged in (Prosody CVE-2021-32918), and of those who have. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { expectStreamError } from '../harness/answers.ts'
import { attack, MB, volume } from '../harness/attack.ts'
import { login, open, RawClient } from '../harness/client.ts'
import { startVictim, type Victim } from '../harness/server.ts'

let victim: Victim
before(async () => {
  victim = await startVictim()
})
after(() => victim.stop())

test('S21 cuts whoever sends megabytes before logging in', async (t) => {
  const count = volume(200, 2000)
  await attack(
    t,
    victim,
    async ({ note }) => {
      const before = await victim.vitals()
      const written = await Promise.all(
        Array.from({ length: count }, async (_, index) => {
          const mallory = await RawClient.connect({ port: victim.port, from: `127.0.3.${1 + (index % 50)}` })
          mallory.send(`${open('a.example')}<a xmlns='urn:x'>`)
          const sent = await mallory.flood('a'.repeat(65_536), 9_000_000)
          await expectStreamError(mallory, 'policy-violation')
          return sent
        }),
      )
      // They still linger. The catalogue says 64 kB for each connection: that is the chunk which Node keeps of a socket that
      // is read no further while the reason is on its way; the socket itself comes on top.
      const kept = ((await victim.vitals()).heap - before.heap) / count
      const mean = written.reduce((sum, bytes) => sum + bytes, 0) / count
      note(
        `${count} connections, ${(mean / 1e6).toFixed(1)} MB written by each before it was cut; ${(kept / 1000).toFixed(0)} kB kept for each`,
      )
      assert.ok(kept < 96_000, `${kept} bytes for each connection`)
    },
    // beside these what has not been collected yet
    { peak: 48 * MB + count * 80_000 },
  )
})

test('S21 reads a logged-in client no faster than its rate, and buffers nothing', (t) =>
  attack(
    t,
    victim,
    async ({ note }) => {
      const v = await login(victim, 'v@a.example', { presence: true })
      const mallory = await login(victim, 'mallory@a.example')
      const start = performance.now()
      const stanza = `<message to='${v.jid}' type='headline'><body>${'x'.repeat(10_000)}</body></message>`
      const writing = mallory.flood(stanza, 20_000_000)
      await new Promise((resolve) => setTimeout(resolve, 4000))
      const came = (await v.fence()).length
      const seconds = (performance.now() - start) / 1000
      // much more waits in the buffers of both kernels
      const left = mallory.socket.bytesWritten - mallory.socket.writableLength
      note(
        `${(left / 1e6).toFixed(1)} MB left the attacker in ${seconds.toFixed(1)} s, ${(came / 1e3).toFixed(0)} kB were read`,
      )
      // what may come at once, the rate, and the chunk that exceeded it; as delivered a stanza is a little longer
      assert.ok(came < (200_000 + 20_000 * seconds + 65_536) * 1.1, `${came} bytes in ${seconds} s`)
      assert.ok(came > 10_000, 'something was read')
      mallory.reset()
      v.close()
      await writing
    },
    { peak: 16 * MB },
  ))
