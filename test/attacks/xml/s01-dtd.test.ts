/**
 * S01–S03: DTDs, entities and what they were good for. ejabberd CVE-2011-1753, Prosody CVE-2011-2205 and CVE-2022-0217,
 * fast-xml-parser CVE-2026-26278. The same for server, component, BOSH and WebSocket streams comes with those transports (issue 3
 * and those of federation), PubSub payloads with PubSub.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, constants, openSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { expectSilence, expectStreamError } from '../harness/answers.ts'
import { attack, MB } from '../harness/attack.ts'
import { login, open, RawClient } from '../harness/client.ts'
import { startVictim, type Victim } from '../harness/server.ts'

let victim: Victim
before(async () => {
  victim = await startVictim()
})
after(() => victim.stop())

const laughs = `<!DOCTYPE s [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>`

/** Sends a DTD wherever one can stand, over TCP and direct TLS, before and after login. */
async function everywhere(dtd: string): Promise<void> {
  const header = open('a.example')
  const declaration = "<?xml version='1.0'?>"
  const wires = [dtd + header, declaration + dtd + header.slice(declaration.length), header + dtd, `${header}<a>${dtd}`]
  for (const wire of wires)
    for (const tls of [undefined, {}]) {
      const mallory = await RawClient.connect(tls === undefined ? { port: victim.port } : { port: victim.tlsPort, tls })
      mallory.send(wire)
      await expectStreamError(mallory, 'restricted-xml')
    }
  for (const wire of [dtd, `<message to='v@a.example/r'><body>${dtd}&c;</body></message>`]) {
    const mallory = await login(victim, 'mallory@a.example')
    mallory.send(wire)
    await expectStreamError(mallory, 'restricted-xml')
  }
}

test('S01 refuses a DTD wherever it stands', (t) =>
  attack(
    t,
    victim,
    async ({ note }) => {
      const v = await login(victim, 'v@a.example')
      for (let round = 0; round < 5; round++) await everywhere(laughs)
      await expectSilence(v)
      v.close()
      note('4 places before login over TCP and direct TLS, 2 after; five times')
    },
    { heap: 1 * MB, peak: 16 * MB },
  ))

test('S02 fetches no external entity, reads no file', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'rookery-attack-'))
  let requests = 0
  const web = createServer((_, response) => {
    requests++
    response.end()
  })
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(web.address() as AddressInfo).port}/x`
  // whoever opens this for reading waits there, and is found
  const fifo = join(folder, 'secret')
  execFileSync('mkfifo', [fifo])
  try {
    await attack(t, victim, async () => {
      await everywhere(`<!DOCTYPE s SYSTEM '${url}'>`)
      await everywhere(`<!DOCTYPE s PUBLIC 'x' '${url}'>`)
      await everywhere(`<!DOCTYPE s [<!ENTITY e SYSTEM 'file://${fifo}'><!ENTITY % p SYSTEM '${url}'> %p;]>`)
    })
    assert.equal(requests, 0)
    assert.throws(() => closeSync(openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK)), { code: 'ENXIO' })
  } finally {
    web.close()
    await rm(folder, { recursive: true })
  }
})

test('S03 refuses one large entity used often', (t) =>
  attack(t, victim, async () => {
    const entity = `<!DOCTYPE s [<!ENTITY a "${'x'.repeat(100_000)}">]>`
    for (const wire of [entity + open('a.example'), `${open('a.example')}${entity}`]) {
      const mallory = await RawClient.connect({ port: victim.port })
      mallory.send(wire)
      mallory.send('&a;'.repeat(1000))
      await expectStreamError(mallory, 'restricted-xml')
    }
  }))

test('S03 counts character references as the bytes they are on the wire', (t) =>
  attack(t, victim, async ({ note }) => {
    const v = await login(victim, 'v@a.example')
    const mallory = await login(victim, 'mallory@a.example')
    const references = (count: number): string =>
      `<message to='v@a.example/r' id='many'><body>${'&#x41;'.repeat(count)}</body></message>`
    mallory.send(references(40_000)) // 240 kB
    const came = await v.waitFor('</message>', 30_000)
    const body = /<body>(.*)<\/body>/s.exec(came)?.[1] ?? ''
    assert.equal(body.replaceAll('&#x41;', 'A'), 'A'.repeat(40_000))
    mallory.close()
    const again = await login(victim, 'mallory@a.example') // a new allowance of the byte rate
    again.send(references(60_000)) // 360 kB, of 60 kB of text
    await expectStreamError(again, 'policy-violation')
    await expectSilence(v)
    v.close()
    note('40,000 references (240 kB) arrive, 60,000 (360 kB) exceed the limit of 262,144 bytes')
  }))
