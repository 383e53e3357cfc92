/** S27: a TLS client must not make the server compute handshake after handshake (Prosody CVE-2021-32920). */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { attack } from '../harness/attack.ts'
import { RawClient } from '../harness/client.ts'
import { startVictim, type Victim } from '../harness/server.ts'

let victim: Victim
before(async () => {
  victim = await startVictim({ secure: true })
})
after(() => victim.stop())

const renegotiate = (socket: TLSSocket): Promise<Error | null> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => resolve(new Error('no answer')), 3000)
    const done = (error: Error | null): void => {
      clearTimeout(timer)
      resolve(error)
    }
    socket.once('error', done)
    socket.once('close', () => done(new Error('closed')))
    if (!socket.renegotiate({ rejectUnauthorized: false }, done)) done(new Error('refused'))
  })

test('S27 refuses to negotiate TLS 1.2 anew', (t) =>
  attack(t, victim, async ({ note }) => {
    const outcomes: string[] = []
    for (const port of [victim.port, victim.tlsPort]) {
      const tls = { maxVersion: 'TLSv1.2' } as const
      const client = await RawClient.connect(port === victim.port ? { port } : { port, tls })
      if (port === victim.port) {
        await client.open()
        await client.startTls(tls)
      }
      assert.equal(client.tls?.getProtocol(), 'TLSv1.2')
      await client.open()
      const error = await renegotiate(client.tls)
      assert.ok(error !== null, 'renegotiation was carried out')
      outcomes.push(`${error.message}`)
      client.close()
    }
    note(outcomes.join('; '))
  }))

test('S27 speaks nothing older than TLS 1.2', (t) =>
  attack(t, victim, async () => {
    for (const maxVersion of ['TLSv1.1', 'TLSv1'] as const) {
      const old = { minVersion: 'TLSv1', maxVersion, ciphers: 'ALL@SECLEVEL=0' } as const
      await assert.rejects(RawClient.connect({ port: victim.tlsPort, tls: old }))
    }
  }))
