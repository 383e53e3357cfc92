/** S23, S24: connections without number, and connections without haste. Prosody advisory 735dd9d3, Openfire OF-3171. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { expectEnd } from '../harness/answers.ts'
import { attack, bounds, isFull, MB } from '../harness/attack.ts'
import { login, open, plain, RawClient, SASL, TLS } from '../harness/client.ts'
import { startVictim, type Victim } from '../harness/server.ts'

/** Connections of one address that have not logged in, by default. */
const limit = 200

let victim: Victim
let hasty: Victim
before(async () => {
  victim = await startVictim()
  hasty = await startVictim({ config: { limits: { negotiationSeconds: 2 } } })
})
after(() => Promise.all([victim.stop(), hasty.stop()]))

/** So many connections from one address, once those above the limit are ended; how many of them have ended. */
async function crowd(count: number, port: number): Promise<{ clients: RawClient[]; refused: number }> {
  const clients: RawClient[] = []
  for (let i = 0; i < count; i += 100)
    clients.push(
      ...(await Promise.all(Array.from({ length: 100 }, () => RawClient.connect({ port, from: '127.0.4.1' })))),
    )
  const ended = (): number => clients.filter(({ hasEnded }) => hasEnded).length
  for (const deadline = Date.now() + 10_000; ended() < count - limit && Date.now() < deadline; )
    await new Promise((resolve) => setTimeout(resolve, 50))
  // nor are there more
  await new Promise((resolve) => setTimeout(resolve, 300))
  return { clients, refused: ended() }
}

test('S23 turns away one address that opens too many connections, and serves the next', (t) =>
  attack(t, victim, async ({ note }) => {
    const count = isFull ? 10_000 : 1000
    const { clients, refused } = await crowd(count, victim.port)
    assert.equal(refused, count - limit, 'all above the limit for those who are not logged in')
    const start = performance.now()
    const other = await RawClient.connect({ port: victim.port, from: '127.0.4.2' })
    await other.open()
    const waited = performance.now() - start
    assert.ok(waited < bounds.service, `the next address waited for ${waited} ms`)
    note(`${refused} of ${count} refused; another address was served within ${waited.toFixed(0)} ms`)
    other.close()
    for (const client of clients) client.reset()
  }))

test('S23 counts connections that have not even finished their TLS handshake', (t) =>
  attack(t, victim, async ({ note }) => {
    const count = isFull ? 10_000 : 1000
    const { clients, refused } = await crowd(count, victim.tlsPort)
    note(`${refused} of ${count} silent connections to the TLS port refused`)
    for (const client of clients) client.reset()
    assert.equal(refused, count - limit, 'all above the limit for those who are not logged in')
  }))

test('S23 counts those who are logged in, too', async (t) => {
  await using small = await startVictim({ config: { limits: { connectionsPerAddress: 10, sessionsPerAccount: 100 } } })
  await attack(t, small, async () => {
    const sessions = await Promise.all(
      Array.from({ length: 10 }, (_, i) => login(small, 'mallory@a.example', { resource: `r${i}`, from: '127.0.4.3' })),
    )
    const eleventh = await RawClient.connect({ port: small.port, from: '127.0.4.3' })
    await expectEnd(eleventh)
    const other = await login(small, 'v@a.example', { from: '127.0.4.4' })
    // one goes: there is room for one again, as soon as the server has seen it go
    sessions[0]?.close()
    const again = (): Promise<RawClient | undefined> =>
      login(small, 'mallory@a.example', { resource: 'again', from: '127.0.4.3' }).catch(() => undefined)
    let next = await again()
    for (const deadline = Date.now() + 10_000; next === undefined && Date.now() < deadline; next = await again())
      await new Promise((resolve) => setTimeout(resolve, 50))
    assert.ok(next !== undefined, 'there is room for one again')
    sessions[0] = next
    for (const client of [...sessions, other]) client.close()
  })
})

test('S24 ends what has not logged in in time, however busy it looks', (t) =>
  attack(
    t,
    hasty,
    async ({ note }) => {
      const hello = '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'
      const slow: readonly (readonly [what: string, port: number, before: readonly string[], drip: string])[] = [
        ['nothing at all', hasty.port, [], ''],
        ['a header, a byte at a time', hasty.port, [], open('a.example')],
        ['whitespace', hasty.port, [open('a.example')], ' '.repeat(1000)],
        [
          '<auth>, a byte at a time',
          hasty.port,
          [open('a.example')],
          `<auth xmlns='${SASL}' mechanism='PLAIN'>${plain('mallory')}`,
        ],
        [
          'a login that is never answered',
          hasty.port,
          [
            open('a.example'),
            `<auth xmlns='${SASL}' mechanism='SCRAM-SHA-256'>biwsbj1tYWxsb3J5LHI9YWJjZGVmZ2hpamtsbW5vcA==</auth>`,
          ],
          '',
        ],
        [
          'logged in, but bound to nothing',
          hasty.port,
          [open('a.example'), `<auth xmlns='${SASL}' mechanism='PLAIN'>${plain('mallory')}</auth>`, open('a.example')],
          ' '.repeat(1000),
        ],
        [
          'a ClientHello after STARTTLS, a byte at a time',
          hasty.port,
          [open('a.example'), `<starttls xmlns='${TLS}'/>`],
          hello + 'x'.repeat(500),
        ],
        ['a ClientHello to the TLS port, a byte at a time', hasty.tlsPort, [], hello + 'x'.repeat(500)],
        ['nothing to the TLS port', hasty.tlsPort, [], ''],
      ]
      await Promise.all(
        slow.map(async ([what, port, firsts, drip], index) => {
          const mallory = await RawClient.connect({ port, from: `127.0.5.${index + 1}` })
          const start = performance.now()
          for (const wire of firsts) {
            mallory.send(wire)
            await new Promise((resolve) => setTimeout(resolve, 100))
          }
          let at = 0
          const dripping = setInterval(() => mallory.send(drip.slice(at, ++at)), 100)
          // 2 s, a second until somebody looks, 5 s for whoever does not close his own side; without a limit it takes minutes
          const ended = await mallory.waitForEnd(20_000)
          clearInterval(dripping)
          const seconds = (performance.now() - start) / 1000
          note(`${what}: ${seconds.toFixed(1)} s`)
          assert.ok(ended, `${what}: still there after ${seconds.toFixed(1)} s`)
          assert.ok(seconds > 1.8, `${what}: ended before its time, ${mallory.received}`)
          mallory.close()
        }),
      )
    },
    { peak: 16 * MB },
  ))
