/**
 * S137: files and disk run out: those who are there go on, what cannot be kept is refused, and all is well again without a
 * restart. An I/O error of the disk is storage's own test (sqlite/failure.test.ts).
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { attack, MB } from '../harness/attack.ts'
import { login, RawClient } from '../harness/client.ts'
import { startVictim, type Victim } from '../harness/server.ts'

test('S137 goes on with the connections there are when files run out', async (t) => {
  await using victim = await startVictim({ openFiles: 100 })
  await attack(
    t,
    victim,
    async ({ note }) => {
      const v = await login(victim, 'v@a.example')
      const clients: RawClient[] = []
      for (let i = 0; i < 150; i++) clients.push(await RawClient.connect({ port: victim.port, from: '127.0.10.1' }))
      await new Promise((resolve) => setTimeout(resolve, 1000))
      const served = clients.filter(({ hasEnded }) => !hasEnded).length
      await v.fence()
      note(`100 files: ${served} of 150 connections are open, ${150 - served} were ended`)
      for (const client of clients) client.reset()
      // as soon as the server has seen them go there is room again
      const again = (): Promise<RawClient | undefined> => login(victim, 'mallory@a.example').catch(() => undefined)
      let mallory = await again()
      for (
        const deadline = Date.now() + 10_000;
        mallory === undefined && Date.now() < deadline;
        mallory = await again()
      )
        await new Promise((resolve) => setTimeout(resolve, 50))
      assert.ok(mallory !== undefined, 'there is room again')
      mallory.close()
      v.close()
    },
    { mayLogErrors: true },
  )
})

/** Sends messages to somebody who is away until some are refused; each that was not is stored. */
async function fill(victim: Victim, most: number): Promise<{ sent: number; refused: number }> {
  const mallory = await login(victim, 'mallory@a.example', { presence: true })
  const before = await victim.stored('v@a.example')
  const refused = new Set<string>()
  let sent = 0
  const body = 'x'.repeat(20_000)
  let stored = 0
  while (refused.size === 0 && sent < most) {
    let wire = ''
    for (let i = 0; i < 20; i++)
      wire += `<message type='chat' to='v@a.example' id='m${sent++}'><body>${body}</body></message>`
    mallory.send(wire)
    // commits hold nobody up: a refusal may come after the answers to later requests
    for (const deadline = Date.now() + 10_000; stored + refused.size < sent && Date.now() < deadline; ) {
      const answers = await mallory.fence(30_000)
      for (const [, id, error] of answers.matchAll(/<message [^>]*id='(m\d+)'[^>]*><error [^>]*>(.*?)<\/error>/gs)) {
        assert.match(error!, /internal-server-error|resource-constraint|service-unavailable/)
        refused.add(id!)
      }
      stored = (await victim.stored('v@a.example')) - before
    }
    assert.equal(stored, sent - refused.size, 'what was not refused is stored, what was is not')
  }
  mallory.close()
  return { sent, refused: refused.size }
}

/** Without an archive: with it on see s137-acknowledgements. */
const unlimited = {
  limits: { bytesPerSecond: 0, offlineMessages: 0, offlineBytes: 0 },
  features: { archive: false },
}

test('S137 refuses what a full database cannot keep, and keeps again when there is room', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'rookery-attack-'))
  t.after(() => rmSync(folder, { recursive: true }))
  await using victim = await startVictim({ sqlite: { folder, maxBytes: 3 * MB }, config: unlimited })
  await attack(
    t,
    victim,
    async ({ note }) => {
      const { sent, refused } = await fill(victim, 2000)
      assert.ok(refused > 0, `all of ${sent} messages fitted`)
      // who fetches messages makes room
      const v = await login(victim, 'v@a.example', { presence: true })
      await v.fence(30_000)
      const deadline = Date.now() + 5000
      while ((await victim.stored('v@a.example')) > 0 && Date.now() < deadline)
        await new Promise((resolve) => setTimeout(resolve, 50))
      v.close()
      await new Promise((resolve) => setTimeout(resolve, 200))
      const again = await fill(victim, 20)
      assert.equal(again.refused, 0, 'there is room again')
      note(`database of at most 3 MB: ${refused} of ${sent} messages refused, the others stored; then 20 more stored`)
    },
    { mayLogErrors: true, rss: 16 * MB },
  )
})

test('S137 refuses what a full disk cannot keep, and keeps again when there is room', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'rookery-attack-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'rookery-attack', folder], { stdio: 'pipe' })
  } catch (error) {
    rmSync(folder, { recursive: true })
    t.skip(`a small file system can be mounted by root only: ${String(error).split('\n').at(-2)}`)
    return
  }
  t.after(() => {
    execFileSync('umount', [folder])
    rmSync(folder, { recursive: true })
  })
  const filler = join(folder, 'filler')
  writeFileSync(filler, Buffer.alloc(12 * MB))
  await using victim = await startVictim({ sqlite: { folder: join(folder, 'data') }, config: unlimited })
  await attack(
    t,
    victim,
    async ({ note }) => {
      const { sent, refused } = await fill(victim, 2000)
      assert.ok(refused > 0, `all of ${sent} messages fitted`)
      rmSync(filler)
      const again = await fill(victim, 60)
      assert.equal(again.refused, 0, 'there is room again')
      note(`4 MB of disk: ${refused} of ${sent} messages refused, the others stored; with 12 MB more, 60 stored`)
    },
    { mayLogErrors: true, rss: 16 * MB, once: true },
  )
})
