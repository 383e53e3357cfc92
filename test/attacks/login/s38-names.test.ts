/**
 * S38, S39: whether an account exists must not show in what SCRAM says, nor in how long it takes. Openfire OF-1381, OF-3258 and PR #3443; Prosody
 * CVE-2021-32921, Openfire OF-3257, ejabberd 26.07 for comparisons that take longer the more is right.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { SaslCrypto } from '@rookery/protocol/sasl'
import { createServer, type ServerConfigInput } from '@rookery/server'
import { createCrypto } from '../../../packages/server/src/crypto.ts'
import { attack, volume } from '../harness/attack.ts'
import { plain, RawClient } from '../harness/client.ts'
import { startVictim, type Victim } from '../harness/server.ts'
import { removeAccount } from './accounts.ts'
import { authElement, exchange, firstMessage, scram } from './scram.ts'

const mechanisms = ['SCRAM-SHA-1', 'SCRAM-SHA-256', 'SCRAM-SHA-512']
const folder = mkdtempSync(join(tmpdir(), 'attacks-names-'))
let victim: Victim
const start = (iterations: number, accounts: readonly string[] = []): Promise<Victim> =>
  startVictim({
    sqlite: { folder },
    config: { auth: { iterations }, limits: { authFailuresPerAddress: 0 } },
    accounts,
  })
before(async () => {
  victim = await start(4096, ['gone@a.example'])
  await removeAccount(victim, 'gone@a.example')
})
after(async () => {
  await victim.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** Salt and iteration count that a name is told. */
async function told(user: string, mechanism: string): Promise<{ salt: string; iterations: string }> {
  const client = await RawClient.connect({ port: victim.port })
  await client.open()
  const { condition, data } = await exchange(
    client,
    authElement(mechanism, firstMessage({ mechanism, user }, 'abcdefghijkl')),
  )
  assert.equal(condition, 'challenge', `${user}: the first message is always answered`)
  const [, salt, iterations] = /^r=[^,]+,s=([^,]+),i=(\d+),h=/.exec(data) ?? []
  client.close()
  return { salt: salt!, iterations: iterations! }
}

const names = ['v', 'mallory', 'gone', 'nobody', 'nobody2', 'é', 'admin']

async function toldAll(): Promise<Record<string, unknown>> {
  const all: Record<string, unknown> = {}
  for (const mechanism of mechanisms)
    for (const name of names) all[`${name} ${mechanism}`] = await told(name, mechanism)
  return all
}

test('S38 tells every name a salt that stays the same, over connections and restarts', (t) => {
  return attack(t, victim, async ({ note }) => {
    const first = await toldAll()
    assert.deepEqual(await toldAll(), first)
    const salts = Object.values(first).map((one) => (one as { salt: string }).salt)
    assert.equal(new Set(salts).size, salts.length, 'no two are the same: not of two names, nor of two hashes')
    assert.deepEqual(new Set(salts.map(({ length }) => length)), new Set([salts[0]!.length]))
    const counts = new Set(Object.values(first).map((one) => (one as { iterations: string }).iterations))
    assert.deepEqual(counts, new Set(['4096']))
    const before = { salts: first }
    const spelled = await told('V', 'SCRAM-SHA-256')
    assert.deepEqual(spelled, first['v SCRAM-SHA-256'], 'other spellings are the same name')
    assert.deepEqual(await told('NOBODY', 'SCRAM-SHA-256'), first['nobody SCRAM-SHA-256'], 'of nobody, too')
    Object.assign(kept, before)
    note(`${salts.length} salts, twice the same`)
  })
})

const kept: { salts?: Record<string, unknown> } = {}

test('S38 answers a wrong password and an unknown name with the same bytes', (t) =>
  attack(t, victim, async () => {
    for (const mechanism of [...mechanisms, 'PLAIN']) {
      const answers = new Set<string>()
      for (const user of names) {
        const client = await RawClient.connect({ port: victim.port })
        await client.open()
        const { answer, condition } =
          mechanism === 'PLAIN'
            ? await exchange(client, authElement('PLAIN', `\0${user}\0wrong`))
            : await scram(client, { mechanism, user, password: 'wrong' })
        assert.equal(condition, 'not-authorized', `${mechanism} ${user}`)
        answers.add(answer)
        client.close()
      }
      assert.equal(answers.size, 1, `${mechanism}: ${[...answers].join('\n')}`)
    }
  }))

/** Two-sample Kolmogorov–Smirnov test: the probability of samples that differ so much if nothing differs. */
function sameness(a: readonly number[], b: readonly number[]): number {
  const all = [...a, ...b].sort((x, y) => x - y)
  const below = (list: readonly number[], x: number): number => list.filter((one) => one <= x).length / list.length
  const distance = Math.max(...all.map((x) => Math.abs(below(a, x) - below(b, x))))
  const lambda = distance * Math.sqrt((a.length * b.length) / (a.length + b.length))
  let sum = 0
  for (let k = 1; k <= 100; k++) sum += 2 * (-1) ** (k - 1) * Math.exp(-2 * k * k * lambda * lambda)
  return Math.min(1, Math.max(0, sum))
}

test('S38 takes as long for a name that is not there (figures only)', (t) =>
  attack(t, victim, async ({ note }) => {
    for (const mechanism of ['SCRAM-SHA-256', 'PLAIN']) {
      const times: [number[], number[]] = [[], []]
      for (let i = 0; i < volume(40, 1000); i++)
        for (const [index, user] of ['v', 'nobody'].entries()) {
          const client = await RawClient.connect({ port: victim.port })
          await client.open()
          const began = performance.now()
          if (mechanism === 'PLAIN') await exchange(client, authElement('PLAIN', `\0${user}\0wrong`))
          else await scram(client, { mechanism, user, password: 'wrong' })
          times[index]!.push(performance.now() - began)
          client.close()
        }
      const median = (list: number[]): string => list.toSorted((a, b) => a - b)[list.length >> 1]!.toFixed(2)
      note(
        `${mechanism}: median ${median(times[0])} ms known, ${median(times[1])} ms unknown, p = ${sameness(...times).toFixed(3)}`,
      )
    }
  }))

test('S38 keeps all that over a restart with another iteration count', async (t) => {
  await victim.stop()
  victim = await start(5000)
  await attack(t, victim, async ({ note }) => {
    const { salts: before } = kept
    assert.ok(before !== undefined)
    // accounts that are there keep their keys
    const now = await toldAll()
    for (const key of Object.keys(before))
      if (key.startsWith('v ') || key.startsWith('mallory ')) assert.deepEqual(now[key], before[key], key)
    const salt = (all: Record<string, unknown>, key: string): string => (all[key] as { salt: string }).salt
    for (const key of Object.keys(before)) assert.equal(salt(now, key), salt(before, key), key)
    // a count that only accounts have, or only strangers, would give them away
    const counts = new Map<string, number>()
    for (let i = 0; i < 40; i++) {
      const { iterations } = await told(`stranger${i}`, 'SCRAM-SHA-256')
      counts.set(iterations, (counts.get(iterations) ?? 0) + 1)
    }
    note(`iteration counts of 40 strangers: ${[...counts].map(([count, times]) => `${times} × ${count}`).join(', ')}`)
    assert.ok(counts.has('4096'), 'strangers look like old accounts')
    await victim.addAccount('fresh@a.example')
    assert.equal((await told('fresh', 'SCRAM-SHA-256')).iterations, '5000')
    assert.ok(counts.has('5000'), 'strangers look like new accounts')
    // whoever has a count keeps it
    for (let i = 0; i < 5; i++)
      assert.deepEqual(await told(`stranger${i}`, 'SCRAM-SHA-256'), await told(`stranger${i}`, 'SCRAM-SHA-256'))
  })
})

/** A server in this process whose comparisons are ours. */
async function withEqual(equal: SaslCrypto['equal'], use: (port: number) => Promise<void>): Promise<void> {
  const config: ServerConfigInput = {
    hosts: ['a.example'],
    listen: { address: ['127.0.0.1'], c2s: 0, tls: false, http: false, https: false },
    tls: { required: false },
    auth: { iterations: 4096, plainWithoutTls: true, rememberPlain: false },
  }
  await using server = await createServer({ ...config, crypto: { ...createCrypto(), equal } })
  await server.start()
  await server.accounts('a.example').create('v', 'secret-v')
  await use(server.endpoints[0]!.port)
}

async function tryAll(port: number, password: string): Promise<string[]> {
  const outcomes: string[] = []
  for (const mechanism of [...mechanisms, 'PLAIN']) {
    const client = await RawClient.connect({ port })
    await client.open()
    const { condition } =
      mechanism === 'PLAIN'
        ? await exchange(client, `${authElement('PLAIN', Buffer.from(plain('v', password), 'base64'))}`)
        : await scram(client, { mechanism, user: 'v', password })
    outcomes.push(condition)
    client.close()
  }
  return outcomes
}

test('S39 leaves every decision on a secret to the comparison that takes the same time', async () => {
  // if it says yes to everything, a wrong password is right; if it says no, a right one is wrong: nothing else compares
  await withEqual(
    (a, b) => a.length === b.length,
    async (port) => assert.deepEqual(await tryAll(port, 'wrong'), Array(4).fill('success')),
  )
  await withEqual(
    () => false,
    async (port) => assert.deepEqual(await tryAll(port, 'secret-v'), Array(4).fill('not-authorized')),
  )
  // and that one is Node's
  const source = (file: string): string => readFileSync(new URL(`../../../packages/${file}`, import.meta.url), 'utf8')
  assert.match(source('server/src/crypto.ts'), /equal: \(a, b\) => a\.length === b\.length && timingSafeEqual\(a, b\)/)
  assert.match(source('server/src/accounts.ts'), /timingSafeEqual/, 'the password that is remembered')
})

test('S39 takes as long whatever the matching prefix (figures only)', async (t) => {
  const { equal } = createCrypto()
  const right = Buffer.alloc(64, 7)
  const wrongs = [0, 31, 63].map((at) => Buffer.from(right).fill(8, at, at + 1))
  const times = wrongs.map((): number[] => [])
  for (let round = 0; round < 400; round++)
    for (const [index, wrong] of wrongs.entries()) {
      const began = process.hrtime.bigint()
      for (let i = 0; i < 200; i++) equal(right, wrong)
      times[index]!.push(Number(process.hrtime.bigint() - began) / 200)
    }
  const median = (list: number[]): string => list.toSorted((a, b) => a - b)[list.length >> 1]!.toFixed(0)
  t.diagnostic(`first difference at octet 0, 31, 63: ${times.map((list) => `${median(list)} ns`).join(', ')}`)
})
