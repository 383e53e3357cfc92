/** S06: bytes that are not UTF-8 must not get past the server in any form (Zoom CVE-2022-22784, Expat CVE-2022-25235). */
import { after, before, test } from 'node:test'
import { expectSilence, expectStreamError } from '../harness/answers.ts'
import { attack } from '../harness/attack.ts'
import { login, open, RawClient } from '../harness/client.ts'
import { startVictim, type Victim } from '../harness/server.ts'

let victim: Victim
before(async () => {
  victim = await startVictim()
})
after(() => victim.stop())

const message = (inside: string): string => `<message to='v@a.example/r' type='chat'>${inside}</message>`

const cases: readonly (readonly [name: string, wire: string])[] = [
  ['an unfinished sequence before the end of a name', message('<body><aaa\xeb/><\xeb><xml>x</xml></body>')],
  ['the bytes EB 3C 3E in a name', message('<body><aaa\xeb<>/></body>')],
  ['an overlong < of two bytes', message('<body>\xc0\xbcxml/></body>')],
  ['an overlong < of three bytes', message('<body>\xe0\x80\xbcxml/></body>')],
  ['an overlong < of four bytes', message('<body>\xf0\x80\x80\xbcxml/></body>')],
  ['a surrogate', message('<body>\xed\xa0\x80</body>')],
  ['a pair of surrogates', message('<body>\xed\xa0\xbd\xed\xb8\x80</body>')],
  ['beyond U+10FFFF', message('<body>\xf4\x90\x80\x80</body>')],
  ['a lone FF', message('<body>\xff</body>')],
  ['a lone FE', message("<body xml:lang='\xfe'>a</body>")],
  ['a lone continuation byte', message('<body>\x80</body>')],
  ['an unfinished sequence in an attribute', message("<x xmlns='urn:x' a='\xe2\x82'/>")],
  ['an unfinished sequence at the end of text', message('<body>\xe2\x82</body>')],
  ['an unfinished sequence in a namespace', message("<x xmlns='urn:\xf0\x9f\x98'/>")],
  ['a sequence cut by a tag', message('<body>\xf0\x9f<b/>\x98\x80</body>')],
]

test('S06 refuses bytes that are not UTF-8, the victim receives nothing', (t) =>
  attack(t, victim, async ({ note }) => {
    const v = await login(victim, 'v@a.example')
    for (const [, wire] of cases) {
      const mallory = await login(victim, 'mallory@a.example')
      mallory.send(wire)
      await expectStreamError(mallory, 'bad-format', 'not-well-formed')
    }
    await expectSilence(v)
    v.close()
    note(`${cases.length} sequences, each in one segment: ${cases.map(([name]) => name).join('; ')}`)
  }))

test('S06 refuses them when every byte comes in a segment of its own', (t) =>
  attack(t, victim, async ({ note }) => {
    const v = await login(victim, 'v@a.example')
    await Promise.all(
      cases.map(async ([, wire], index) => {
        const mallory = await login(victim, 'mallory@a.example', { resource: `r${index}` })
        for (const byte of wire) {
          if (mallory.hasEnded) break
          mallory.send(byte)
          await new Promise((resolve) => setTimeout(resolve, 2))
        }
        await expectStreamError(mallory, 'bad-format', 'not-well-formed')
      }),
    )
    await expectSilence(v)
    v.close()
    note(`${cases.length} sequences, byte by byte`)
  }))

test('S06 refuses them before login and in a stream header', (t) =>
  attack(t, victim, async () => {
    for (const wire of [
      open('a.exampl\xeb'),
      `${open('a.example')}<\xeb/>`,
      `${open('a.example')}<auth a='\xc0\xbc'/>`,
    ]) {
      const mallory = await RawClient.connect({ port: victim.port })
      mallory.send(wire)
      await expectStreamError(mallory, 'bad-format', 'not-well-formed')
    }
  }))
