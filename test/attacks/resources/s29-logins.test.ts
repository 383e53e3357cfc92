/** S29, S30: floods of logins: attempts without end, and password hashing as an amplifier. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { expectStreamError } from '../harness/answers.ts'
import { attack, MB, volume } from '../harness/attack.ts'
import { auth, login, open, RawClient, SASL } from '../harness/client.ts'
import { startVictim, type Victim } from '../harness/server.ts'

let victim: Victim
let busy: Victim
before(async () => {
  victim = await startVictim({ config: { auth: { iterations: 10_000 } } })
  busy = await startVictim({
    config: {
      auth: { iterations: 50_000, rememberPlain: false, queuedHashing: volume(30, 1000) },
      limits: { authFailuresPerAddress: 0 },
    },
  })
})
after(() => Promise.all([victim.stop(), busy.stop()]))

const count = (text: string, what: string): number => text.split(what).length - 1

test('S29 gives a stream five attempts to log in', (t) =>
  attack(t, victim, async ({ note }) => {
    for (const [index, attempt] of [
      `<auth xmlns='${SASL}' mechanism='SCRAM-SHA-1'>biwsbj1tYWxsb3J5LHI9YWJjZGVmZ2hpamtsbW5vcA==</auth><abort xmlns='${SASL}'/>`,
      `<abort xmlns='${SASL}'/>`,
      auth('mallory', 'wrong'),
      auth('nobody', 'wrong'),
      `<auth xmlns='${SASL}' mechanism='NONE'/>`,
      `<auth xmlns='${SASL}' mechanism='PLAIN'>!</auth>`,
      `<response xmlns='${SASL}'/>`,
    ].entries()) {
      const mallory = await RawClient.connect({ port: victim.port, from: `127.0.7.${index + 1}` })
      mallory.send(open('a.example') + attempt.repeat(1000))
      const came = await expectStreamError(mallory, 'policy-violation')
      assert.equal(count(came, '<failure'), 5, attempt)
    }
    note('1,000 attempts each: aborted, wrong password, unknown name, unknown mechanism, not base64, out of turn')
  }))

test('S29 turns away an address that has failed twenty times, however many streams it has open already', (t) =>
  attack(t, victim, async ({ note }) => {
    const streams = await Promise.all(
      Array.from({ length: 150 }, () => RawClient.connect({ port: victim.port, from: '127.0.7.100' })),
    )
    for (const stream of streams) stream.send(open('a.example') + auth('v', 'wrong').repeat(5))
    await Promise.all(streams.map((stream) => stream.waitForEnd(20_000)))
    const failures = streams.reduce((sum, { received }) => sum + count(received, '<failure'), 0)
    note(`${streams.length} streams opened at once, 5 attempts each: ${failures} answered`)
    // each that was open before has one more attempt on its way
    assert.ok(failures <= 20 + streams.length, `${failures} attempts`)
    let refused = 0
    const more = volume(300, 10_000)
    for (let i = 0; i < more; i++) {
      const stream = await RawClient.connect({ port: victim.port, from: '127.0.7.100' }).catch(() => undefined)
      if (stream === undefined || (await stream.waitForEnd(1000))) refused++
      stream?.close()
    }
    assert.equal(refused, more)
    note(`${more} further connections: all refused`)
    const other = await login(victim, 'v@a.example', { from: '127.0.7.101' })
    other.close()
    for (const stream of streams) stream.close()
  }))

test('S30 hashes some passwords at a time and tells the rest to come back later', (t) =>
  attack(
    t,
    busy,
    async ({ note }) => {
      const streams = await Promise.all(
        Array.from({ length: volume(150, 5000) }, (_, index) =>
          RawClient.connect({ port: busy.port, from: `127.0.8.${1 + (index % 100)}` }),
        ),
      )
      for (const [index, stream] of streams.entries())
        stream.send(open('a.example') + (index % 2 === 0 ? auth('mallory') : auth(`nobody${index}`, 'x')))
      const answer = /<success|<\/failure>/
      const answers = await Promise.all(streams.map((stream) => stream.waitFor(answer, 60_000)))
      const outcomes = new Map<string, number>()
      for (const text of answers) {
        const outcome = /<failure[^>]*><([a-z-]+)/.exec(text)?.[1] ?? 'success'
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      }
      note(
        `${streams.length} logins at once: ${[...outcomes].map(([outcome, times]) => `${times} ${outcome}`).join(', ')}`,
      )
      assert.deepEqual([...outcomes.keys()].sort(), ['not-authorized', 'success', 'temporary-auth-failure'])
      for (const stream of streams) stream.close()
      // and it has recovered
      const late = await login(busy, 'v@a.example', { from: '127.0.8.200' })
      late.close()
    },
    { rss: volume(8, 80) * MB },
  ))

test('S30 does not hold its own overload against an address', async (t) => {
  await using small = await startVictim({
    config: { auth: { iterations: 50_000, rememberPlain: false, queuedHashing: 1 } },
    canary: true,
  })
  await attack(t, small, async ({ note }) => {
    const streams = await Promise.all(
      Array.from({ length: 100 }, () => RawClient.connect({ port: small.port, from: '127.0.9.1' })),
    )
    for (const stream of streams) stream.send(open('a.example') + auth('v'))
    const answers = await Promise.all(streams.map((stream) => stream.waitFor(/<success|<\/failure>/, 60_000)))
    const overloaded = answers.filter((text) => text.includes('temporary-auth-failure')).length
    assert.ok(overloaded > 20, `${overloaded}`)
    note(`${overloaded} of 100 right passwords were told to come back later`)
    for (const stream of streams) stream.close()
    const again = await login(small, 'v@a.example', { from: '127.0.9.1' })
    again.close()
  })
})
