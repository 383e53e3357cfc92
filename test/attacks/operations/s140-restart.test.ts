/**
 * S140: the daemon is reloaded and restarted under load. Nobody is cut off by a reload; over a restart, in order or by SIGKILL, sessions are resumed
 * with exactly what their clients have not acknowledged, and what was acknowledged to senders is there.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { volume } from '../harness/attack.ts'
import { RawClient } from '../harness/client.ts'
import { Daemon } from '../harness/daemon.ts'
import { attributeOf, bodyOf, type Managed, managed, R, resume } from '../harness/managed.ts'

const settings = `
log: { level: warn, format: json }
tls: { required: false }
auth: { iterations: 4096, plainWithoutTls: true }
features: { register: { open: true } }
limits: { bytesPerSecond: 0, registrationsPerHour: 0, connectionsPerAddress: 0, preAuthConnectionsPerAddress: 0 }
`
const perAccount = 10
/** So many at a time. */
const atOnce = 50

async function each<T, U>(list: readonly T[], work: (item: T, index: number) => Promise<U>): Promise<U[]> {
  const results: U[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    for (let i = next++; i < list.length; i = next++) results[i] = await work(list[i]!, i)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return results
}

async function register(port: number, local: string): Promise<void> {
  const client = await RawClient.connect({ port })
  await client.open()
  const form = `<username>${local}</username><password>secret-${local}</password>`
  client.send(`<iq type='set' id='r'><query xmlns='jabber:iq:register'>${form}</query></iq>`)
  assert.match(await client.waitFor(/<iq [^>]*id='r'[^>]*(\/>|>.*?<\/iq>)/s), /type='result'/)
  client.close()
}

const bodies = (stanzas: readonly string[]): string[] =>
  stanzas.flatMap((one) => (one.startsWith('<message') ? (bodyOf(one) ?? []) : []))

interface Person {
  readonly jid: string
  client: Managed
  /** What came, in order. */
  readonly got: string[]
}

/** To all accounts, with what is there when it is acknowledged. */
async function say(sender: Managed, accounts: readonly string[], text: string): Promise<void> {
  for (const account of accounts) sender.send(`<message type='chat' to='${account}'><body>${text}</body></message>`)
  sender.send(R)
  await sender.other(60_000)
}

test('S140 sessions outlive a reload, a restart and a SIGKILL', { timeout: 600_000 }, async (t) => {
  await using daemon = await Daemon.make(settings)
  await daemon.start()
  const sessions = volume(500, 10_000)
  const accounts = Array.from({ length: sessions / perAccount }, (_, i) => `u${i}@a.example`)
  await each([...accounts.map((_, i) => `u${i}`), 'mallory'], (local) => register(daemon.port, local))
  const seats = accounts.flatMap((jid) => Array.from({ length: perAccount }, (_, k) => ({ jid, resource: `r${k}` })))
  const people = await each(
    seats,
    async ({ jid, resource }): Promise<Person> => ({
      jid,
      client: await managed(daemon, jid, { resource }),
      got: [],
    }),
  )
  let mallory = await managed(daemon, 'mallory@a.example')
  const read = async (): Promise<void> => {
    await each(people, async (person) => {
      person.got.push(...bodies(await person.client.all(60_000)))
    })
  }
  await read()

  // a reload cuts nobody off
  daemon.signal('SIGHUP')
  await say(mallory, accounts, 'm1')
  await read()
  for (const { got, client } of people) {
    assert.deepEqual(got, ['m1'])
    assert.equal(client.raw.hasEnded, false)
  }
  // every other one says so
  for (const [i, { client }] of people.entries()) if (i % 2 === 0) client.acknowledge()
  // m2 is under way when it goes down: read by nobody, so not counted
  const counts = people.map(({ client }) => client.h)
  await say(mallory, accounts, 'm2')
  const down = await daemon.end('SIGTERM')
  const shut = people.filter(({ client }) => client.raw.received.includes('<system-shutdown ')).length
  assert.equal(shut, sessions, 'everybody is told')
  const up = await daemon.start()

  const back = async (h: (person: Person, index: number) => number): Promise<number> => {
    const begun = performance.now()
    await each(people, async (person, i) => {
      const { id } = person.client
      const [next, answer] = await resume(daemon, person.jid, { id, h: h(person, i) })
      assert.match(answer, /^<resumed /, `${person.jid}: ${answer}`)
      person.client = next
    })
    return performance.now() - begun
  }
  const resumed = await back((_, i) => counts[i]!)
  const [again, answer] = await resume(daemon, 'mallory@a.example', mallory)
  assert.match(answer, /^<resumed /)
  assert.equal(attributeOf(answer, 'h'), String(2 + 2 * accounts.length))
  mallory = again
  await say(mallory, accounts, 'm3')
  await read()
  for (const { got } of people) assert.deepEqual(got, ['m1', 'm2', 'm3'])

  // their connections break, more comes, and then the process dies without a word
  for (const { client } of people) client.lose()
  await say(mallory, accounts, 'm4')
  await daemon.end('SIGKILL')
  const after = await daemon.start()
  await back(({ client }) => client.h)
  await read()
  for (const { got } of people) assert.deepEqual(got, ['m1', 'm2', 'm3', 'm4'])
  const [late, over] = await resume(daemon, 'mallory@a.example', mallory)
  assert.match(over, /^<failed /, 'she was connected when it died')
  assert.equal(attributeOf(over, 'h'), String(2 + 4 * accounts.length), 'and learns what had been handled')
  t.diagnostic(
    `${sessions} sessions of ${accounts.length} accounts: down in ${down.toFixed(0)} ms, up in ${up.toFixed(0)} ms, all resumed ${resumed.toFixed(0)} ms later; up in ${after.toFixed(0)} ms after a SIGKILL`,
  )
  for (const { client } of people) client.raw.close()
  late.raw.close()
  assert.doesNotMatch(daemon.output, /"level":"error"/)
})
