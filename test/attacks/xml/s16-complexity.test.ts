/** S16: little XML that takes much memory. Prosody CVE-2026-43507, ejabberd 26.04, libexpat CVE-2025-59375. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { expectSilence, expectStreamError } from '../harness/answers.ts'
import { attack, MB } from '../harness/attack.ts'
import { login, open, RawClient, utf8 } from '../harness/client.ts'
import { startVictim, type Victim } from '../harness/server.ts'

let victim: Victim
before(async () => {
  victim = await startVictim({
    config: { limits: { sessionsPerAccount: 100, bytesPerSecond: 0 } },
  })
})
after(() => victim.stop())

const numbered = (count: number, make: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => make(index)).join('')

const complex: readonly (readonly [what: string, wire: string])[] = [
  ['87,000 elements', `<message to='v@a.example/r'>${'<a/>'.repeat(87_000 * 0.75)}`],
  ['20,000 attributes', `<message to='v@a.example/r'><a ${numbered(20_000, (i) => `a${i}='' `)}/></message>`],
  ['10,000 namespaces', `<message to='v@a.example/r'>${numbered(10_000, (i) => `<a xmlns='urn:${i}'/>`)}</message>`],
  ['10,000 declarations on one element', `<message ${numbered(10_000, (i) => `xmlns:p${i}='urn:${i}' `)}/>`],
  ['4,096 different names', `<message to='v@a.example/r'>${numbered(4096, (i) => `<a${i}/>`)}</message>`],
  ['elements and text by turns', `<message to='v@a.example/r'>${'a<b/>'.repeat(40_000)}`],
]

test('S16 refuses more elements, attributes and namespaces than a stanza can need', (t) =>
  attack(
    t,
    victim,
    async ({ note }) => {
      const v = await login(victim, 'v@a.example')
      for (const [what, wire] of complex) {
        const mallory = await login(victim, 'mallory@a.example')
        mallory.send(wire.slice(0, 262_000))
        try {
          await expectStreamError(mallory, 'policy-violation')
        } catch (cause) {
          throw new Error(what, { cause })
        }
      }
      for (const wire of [`<a>${'<b/>'.repeat(64)}`, `<a ${numbered(65, (i) => `a${i}='' `)}/>`]) {
        const early = await RawClient.connect({ port: victim.port })
        early.send(open('a.example') + wire)
        await expectStreamError(early, 'policy-violation')
      }
      await expectSilence(v)
      v.close()
      note(complex.map(([what]) => what).join('; '))
    },
    { peak: 24 * MB },
  ))

test('S16 spends memory in proportion to what it has received', async (t) => {
  const count = 20
  await attack(
    t,
    victim,
    async ({ note }) => {
      // all that a stanza may have, but for its end
      for (const [what, wire] of [
        ['4,095 empty elements', `<message>${'<a/>'.repeat(4095)}`],
        [
          '128 elements of 200 attributes',
          `<message>${numbered(128, () => `<a ${numbered(200, (i) => `a${i}='' `)}/>`)}`,
        ],
        ['260 kB of text', `<message>${'a'.repeat(260_000)}`],
        ['1,300 texts of 200 bytes', `<message>${`${'é'.repeat(50)}<a/>`.repeat(1300)}`],
      ] as const) {
        const before = await victim.vitals()
        const clients = await Promise.all(
          Array.from({ length: count }, (_, index) => login(victim, 'mallory@a.example', { resource: `r${index}` })),
        )
        for (const client of clients) client.send(utf8(wire))
        const bytes = utf8(wire).length * count
        let heap = 0
        // until all has been read
        const deadline = Date.now() + 20_000
        const isComing = (): boolean => heap < bytes * 0.8 && Date.now() < deadline
        for (let previous = -MB; isComing() || heap > previous + MB / 4; ) {
          await new Promise((resolve) => setTimeout(resolve, 200))
          previous = heap
          heap = (await victim.vitals()).heap - before.heap
        }
        note(
          `${count} unfinished stanzas, ${what}: ${(heap / count / 1000).toFixed(0)} kB each, ${(heap / bytes).toFixed(1)} bytes for each received`,
        )
        // the limit of elements keeps the smallest ones, too, under 8 bytes for each byte that a stanza may have
        assert.ok(heap / count < 8 * 262_144, `${heap / count} bytes for each connection`)
        for (const client of clients) client.reset()
        while ((await victim.vitals()).sessions > before.sessions)
          await new Promise((resolve) => setTimeout(resolve, 50))
      }
    },
    { peak: 96 * MB },
  )
})
