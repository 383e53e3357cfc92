/** S22: whatever way a connection ends, nothing of it stays (CVE-2026-43506). */
import { after, before, test } from 'node:test'
import { attack, volume } from '../harness/attack.ts'
import { auth, open, RawClient, TLS } from '../harness/client.ts'
import { startVictim, type Victim } from '../harness/server.ts'

let victim: Victim
before(async () => {
  // the limits on failed logins and stalled handshakes are S29's and S24's; here they only would be in the way
  victim = await startVictim({ config: { limits: { authFailuresPerAddress: 0, negotiationSeconds: 3 } } })
})
after(() => victim.stop())

type Ending = (client: RawClient) => Promise<void> | void

const endings: readonly (readonly [string, Ending])[] = [
  ['closed at once', (client) => client.close()],
  ['reset at once', (client) => client.reset()],
  [
    'header, then reset',
    (client) => {
      client.send(open('a.example'))
      client.reset()
    },
  ],
  [
    'features, then closed',
    async (client) => {
      await client.open()
      client.close()
    },
  ],
  [
    'features, then reset',
    async (client) => {
      await client.open()
      client.reset()
    },
  ],
  [
    'malformed XML',
    async (client) => {
      await client.open()
      client.send('<a></b>')
      await client.waitForEnd(5000)
    },
  ],
  [
    'half of an element, then reset',
    async (client) => {
      await client.open()
      client.send(`<auth xmlns='x'>${'a'.repeat(5000)}`)
      client.reset()
    },
  ],
  [
    'unknown host',
    async (client) => {
      client.send(open('nowhere.example'))
      await client.waitForEnd(5000)
    },
  ],
  [
    'failed login, then reset',
    async (client) => {
      await client.open()
      client.send(auth('mallory', 'wrong'))
      await client.waitFor('</failure>')
      client.reset()
    },
  ],
  [
    'reset while the password is checked',
    async (client) => {
      await client.open()
      client.send(auth('mallory', 'wrong'))
      await new Promise((resolve) => setImmediate(resolve))
      client.reset()
    },
  ],
  [
    'STARTTLS, then reset',
    async (client) => {
      await client.open()
      client.send(`<starttls xmlns='${TLS}'/>`)
      await client.waitFor('<proceed')
      client.reset()
    },
  ],
  [
    'half of a ClientHello, then reset',
    async (client) => {
      await client.open()
      client.send(`<starttls xmlns='${TLS}'/>`)
      await client.waitFor('<proceed')
      client.send('\x16\x03\x01\x02\x00\x01')
      client.reset()
    },
  ],
  [
    'rubbish instead of a ClientHello',
    async (client) => {
      await client.open()
      client.send(`<starttls xmlns='${TLS}'/>`)
      await client.waitFor('<proceed')
      client.send('GET / HTTP/1.0\r\n\r\n')
      await client.waitForEnd(5000)
    },
  ],
  [
    'TLS, then reset',
    async (client) => {
      await client.open()
      await client.startTls()
      client.reset()
    },
  ],
  [
    'half-open: FIN of one side, silence of the other',
    async (client) => {
      await client.open()
      client.socket.end()
      await client.waitForEnd(5000)
    },
  ],
]

test('S22 keeps nothing of connections that ended, however they ended', async (t) => {
  const total = volume(5000, 200_000)
  const place = (index: number): { port: number; from: string } => ({
    port: victim.port,
    from: `127.0.1.${1 + (index % 50)}`,
  })
  const run = async (count: number): Promise<void> => {
    let next = 0
    const worker = async (): Promise<void> => {
      while (next < count) {
        const index = next++
        const [, end] = endings[index % endings.length]!
        await end(await RawClient.connect(place(index)))
      }
    }
    await Promise.all(Array.from({ length: 40 }, worker))
  }
  // what is made once: compiled code, caches, arenas of the allocator; over when two rounds add next to nothing
  let rounds = 0
  let before = await victim.vitals()
  for (let settled = 0; settled < 2 && rounds < 12; rounds++) {
    await run(2500)
    const now = await victim.vitals()
    settled = now.rss < before.rss * 1.01 ? settled + 1 : 0
    before = now
  }
  await attack(
    t,
    victim,
    async ({ note }) => {
      await run(total)
      note(
        `after ${rounds * 2500} to settle, ${total} connections in ${endings.length} ways: ${endings.map(([name]) => name).join('; ')}`,
      )
    },
    // within 5 % of where they were
    { heap: before.heap / 20, rss: before.rss / 20 },
  )
})
