/** S14, S15, S17: byte order marks, whitespace without end, nesting without end, tokens without end. Expat CVE-2024-8176, Wildfire JM-980. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { expectEnd, expectSilence, expectStreamError } from '../harness/answers.ts'
import { attack, MB, volume } from '../harness/attack.ts'
import { login, open, RawClient } from '../harness/client.ts'
import { startVictim, type Victim } from '../harness/server.ts'
import { readWithOwn } from './infoset.ts'
import { message } from './refused.ts'

/** Bytes a second, so that the shaper can be seen at work within seconds. */
const rate = 1_000_000
const burst = 1_000_000

let victim: Victim
let shaped: Victim
before(async () => {
  // what is delivered is compared: the archive would add its id
  victim = await startVictim({
    config: { limits: { negotiationSeconds: 2, bytesPerSecond: 0 }, features: { archive: false } },
  })
  shaped = await startVictim({ config: { limits: { bytesPerSecond: rate, burstBytes: burst } } })
})
after(() => Promise.all([victim.stop(), shaped.stop()]))

test('S14 tolerates a UTF-8 byte order mark before the header, and nowhere else', (t) =>
  attack(t, victim, async () => {
    const marked = await RawClient.connect({ port: victim.port })
    marked.send(`\xef\xbb\xbf${open('a.example')}`)
    await marked.waitFor('</stream:features>')
    marked.close()
    const bytewise = await RawClient.connect({ port: victim.port })
    for (const byte of `\xef\xbb\xbf${open('a.example')}`) {
      bytewise.send(byte)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await bytewise.waitFor('</stream:features>')
    bytewise.send('\xef\xbb\xbf')
    await expectStreamError(bytewise, 'bad-format', 'not-well-formed')
    const twice = await RawClient.connect({ port: victim.port })
    twice.send(`\xef\xbb\xbf\xef\xbb\xbf${open('a.example')}`)
    await expectStreamError(twice, 'not-well-formed')
  }))

test('S14 lets the byte rate hold for whitespace, and keeps none of it', (t) =>
  attack(
    t,
    shaped,
    async ({ note }) => {
      const mallory = await login(shaped, 'mallory@a.example')
      const total = volume(4, 10) * 1_000_000
      const start = performance.now()
      assert.equal(await mallory.flood('\n'.repeat(65_536), total), Math.ceil(total / 65_536) * 65_536)
      await mallory.fence(60_000)
      const seconds = (performance.now() - start) / 1000
      // a lower bound, which no busy machine can break
      assert.ok(seconds > (total - burst) / rate - 0.2, `${total} bytes were read in ${seconds} s`)
      note(`${total / 1e6} MB of line feeds at ${rate / 1e6} MB/s took ${seconds.toFixed(1)} s`)
      mallory.close()
    },
    { peak: 16 * MB },
  ))

const deep = (depth: number): string => '<a>'.repeat(depth)
const shut = (depth: number): string => '</a>'.repeat(depth)

test('S15 refuses what is nested too deeply, and hands on what is nested as deeply as allowed', (t) =>
  attack(t, victim, async ({ note }) => {
    const v = await login(victim, 'v@a.example')
    for (const depth of [254, 255]) {
      const mallory = await login(victim, 'mallory@a.example')
      const inside = `<x xmlns='urn:x'>${deep(depth - 1)}${shut(depth - 1)}</x>`
      mallory.send(message(inside))
      await mallory.fence()
      assert.deepEqual(readWithOwn(await v.fence())?.[0]?.[2], readWithOwn(inside))
      // nothing can be taken over as it came: the writer itself goes down
      mallory.send(message(inside.replace('<a>', '<a><![CDATA[]]>')))
      await mallory.fence()
      assert.deepEqual(readWithOwn(await v.fence())?.[0]?.[2], readWithOwn(inside))
      mallory.close()
    }
    for (const wire of [
      message(deep(256)),
      `<message to='v@a.example/r'>${deep(10_000)}`,
      `<message to='v@a.example/r'>${deep(10_000)}${shut(10_000)}</message>`,
    ]) {
      const mallory = await login(victim, 'mallory@a.example')
      mallory.send(wire)
      await expectStreamError(mallory, 'policy-violation')
    }
    const early = await RawClient.connect({ port: victim.port })
    early.send(open('a.example') + deep(65))
    await expectStreamError(early, 'policy-violation')
    const closing = await login(victim, 'mallory@a.example')
    closing.send(shut(10_000))
    await expectStreamError(closing, 'not-well-formed')
    await expectSilence(v)
    v.close()
    note('255 deep arrive; 257 and 10,000 deep, and 65 before login, do not; nor do 10,000 end tags')
  }))

test('S17 cuts a token that does not end at the limit of its bytes', (t) =>
  attack(
    t,
    victim,
    async ({ note }) => {
      const v = await login(victim, 'v@a.example')
      const endless: readonly (readonly [start: string, filling: string])[] = [
        ['<message ', ' '],
        ["<message to='v@a.example/r'><body>", 'a'],
        ["<message to='v@a.example/r'><body>", '&#x41;'],
        ["<message to='", 'v'],
        ['<', 'm'],
        ["<message to='v@a.example/r' ", 'a'],
        ["<message to='v@a.example/r'><![CDATA[", ']]'],
        ["<message to='v@a.example/r'><body></body", ' '],
      ]
      for (const [start, filling] of endless) {
        for (const stage of ['header', 'opened', 'bound'] as const) {
          if (stage === 'header' && (start.includes('[CDATA') || start.includes('<body>'))) continue
          const mallory =
            stage === 'bound'
              ? await login(victim, 'mallory@a.example')
              : await RawClient.connect({ port: victim.port })
          if (stage === 'opened') await mallory.open()
          mallory.send(start)
          const sent = await mallory.flood(filling.repeat(1000), stage === 'bound' ? 300_000 : 12_000)
          await expectStreamError(mallory, 'policy-violation')
          assert.ok(sent > 0)
        }
      }
      await expectSilence(v)
      v.close()
      note(`${endless.length} endless tokens, before the header, before login and after`)
    },
    { peak: 24 * MB },
  ))

test('S17 cuts one that comes a byte at a time when the time to log in is up', (t) =>
  attack(t, victim, async () => {
    const start = performance.now()
    await Promise.all(
      ['<message ', '<auth xmlns="x">aaa', "<auth a='", '<![CDATA['].map(async (token, index) => {
        const mallory = await RawClient.connect({ port: victim.port })
        if (index > 0) await mallory.open()
        mallory.send(token)
        const drip = setInterval(() => mallory.send('a'), 100)
        await expectEnd(mallory, 12_000)
        clearInterval(drip)
        mallory.close()
      }),
    )
    assert.ok(performance.now() - start > 1900, 'not before its time')
  }))
