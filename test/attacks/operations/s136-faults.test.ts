/** S136: a feature that throws costs one stanza, not the session, let alone the process (MongooseIM 3.4.1 is the counter-example). */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { expectStanzaError, expectStreamError } from '../harness/answers.ts'
import { attack } from '../harness/attack.ts'
import { bind, login, open, RawClient } from '../harness/client.ts'
import { FAULT } from '../harness/faults.ts'
import { attributeOf, managed, R, resume } from '../harness/managed.ts'
import { startVictim, type Victim } from '../harness/server.ts'

let victim: Victim
before(async () => {
  victim = await startVictim()
})
after(() => victim.stop())

const fault = (at: string, how: string): string => `<fault xmlns='${FAULT}' at='${at}' how='${how}'/>`
const ways = ['throw', 'reject'] as const

test('S136 answers internal-server-error where a feature that decides fails, and goes on', (t) =>
  attack(
    t,
    victim,
    async ({ note }) => {
      const mallory = await login(victim, 'mallory@a.example', { presence: true })
      let count = 0
      const cases: (readonly [string, string])[] = []
      for (const how of ways) {
        cases.push([`request to the host, ${how}`, `<iq type='get' id='f' to='a.example'>${fault('', how)}</iq>`])
        cases.push([`request to an account, ${how}`, `<iq type='set' id='f' to='v@a.example'>${fault('', how)}</iq>`])
        for (const at of ['screen', 'archive']) {
          cases.push([`message, ${at}, ${how}`, `<message id='f' to='mallory@a.example/r'>${fault(at, how)}</message>`])
        }
        cases.push([`request, screen, ${how}`, `<iq type='get' id='f' to='v@a.example'>${fault('screen', how)}</iq>`])
        cases.push([`message to the host, ${how}`, `<message id='f' to='a.example'>${fault('host', how)}</message>`])
        cases.push([
          `message to nobody home, ${how}`,
          `<message id='f' type='chat' to='v@b.example'>${fault('fallback', how)}<no-store xmlns='urn:xmpp:hints'/></message>`,
        ])
      }
      cases.push(['message, stamp', `<message id='f' to='mallory@a.example/r'>${fault('stamp', 'throw')}</message>`])
      const silent: string[] = []
      for (const [what, wire] of cases) {
        mallory.send(wire)
        // where a commit was waited for, the answer may come after that to a later request
        let answer = await mallory.fence()
        for (let wait = 0; wait < 50 && answer === ''; wait++) {
          await new Promise((resolve) => setTimeout(resolve, 20))
          answer = await mallory.fence()
        }
        if (!/id='f'/.test(answer) || !/<internal-server-error /.test(answer))
          silent.push(`${what}: ${answer || 'no answer'}`)
        count++
      }
      note(`${count} faults: ${cases.map(([what]) => what).join('; ')}`)
      assert.deepEqual(silent, [])
      mallory.close()
    },
    { mayLogErrors: true },
  ))

test('S136 delivers a message where a feature that only watches fails', (t) =>
  attack(
    t,
    victim,
    async () => {
      const mallory = await login(victim, 'mallory@a.example', { presence: true })
      for (const at of ['copy', 'notify']) {
        mallory.send(`<message id='f' to='mallory@a.example/r'>${fault(at, 'throw')}</message>`)
        const came = await mallory.fence()
        assert.match(came, new RegExp(`<message [^>]*id='f'[^>]*><fault [^>]*at='${at}'`))
        assert.ok(!came.includes("type='error'"), came)
      }
      mallory.close()
    },
    { mayLogErrors: true },
  ))

test('S136 survives features that fail when a session opens or ends', (t) =>
  attack(
    t,
    victim,
    async () => {
      const ending = await login(victim, 'mallory@a.example', { resource: 'fault-ended', presence: true })
      ending.close()
      const opening = await RawClient.connect({ port: victim.port })
      await opening.open()
      await opening.authenticate('mallory')
      opening.send(bind('fault-opened'))
      // whether it may bind or not: it is answered, or its stream is ended
      await opening.waitFor(/<\/iq>|<\/stream:stream>/)
      opening.close()
      const next = await login(victim, 'mallory@a.example', { resource: 'next' })
      next.send(`<iq type='get' id='f' to='a.example'>${fault('', 'throw')}</iq>`)
      await expectStanzaError(next, 'f', 'cancel', 'internal-server-error')
      next.close()
    },
    { mayLogErrors: true },
  ))

test('S136 ends the stream alone of which a feature fails before there is a session', (t) =>
  attack(
    t,
    victim,
    async () => {
      for (const how of ways) {
        const early = await RawClient.connect({ port: victim.port })
        early.send(open('a.example') + fault('', how))
        await expectStreamError(early, 'internal-server-error')
        const later = await RawClient.connect({ port: victim.port })
        await later.open()
        await later.authenticate('mallory')
        later.send(fault('', how))
        await expectStreamError(later, 'internal-server-error')
      }
    },
    { mayLogErrors: true },
  ))

test('S136 makes a session available although a feature fails at it', (t) =>
  attack(
    t,
    victim,
    async () => {
      for (const how of ways) {
        const client = await login(victim, 'mallory@a.example', { resource: `fault-available-${how}` })
        client.send('<presence/>')
        await client.fence()
        client.send(`<message to='mallory@a.example' type='chat' id='m'><body/></message>`)
        await client.waitFor(/<message [^>]*id='m'[^>]*>/)
        client.close()
      }
    },
    { mayLogErrors: true },
  ))

test('S136 a feature that fails when a client goes or comes back costs nobody the session', (t) =>
  attack(
    t,
    victim,
    async () => {
      const mallory = await login(victim, 'mallory@a.example')
      const v = await managed(victim, 'v@a.example', { resource: 'fault-away' })
      v.acknowledge()
      await v.all()
      for (let i = 0; i < 5; i++) {
        v.lose()
        mallory.send(`<message to='v@a.example' type='chat'><body>m${i}</body></message>`)
        await mallory.fence()
        const [again, answer] = await resume(victim, 'v@a.example', v)
        assert.match(answer, /^<resumed /)
        assert.deepEqual(await again.bodies(1), [`m${i}`])
        Object.assign(v, { raw: again.raw, h: again.h })
      }
      v.acknowledge()
      await v.all()
      v.send('</stream:stream>')
      assert.ok(await v.raw.waitForEnd(5000))
      mallory.close()
    },
    { mayLogErrors: true },
  ))

test('S136 a message that could not be archived is refused, and counts as handled: its sender knows', (t) =>
  attack(
    t,
    victim,
    async () => {
      const v = await login(victim, 'v@a.example', { presence: true })
      const mallory = await managed(victim, 'mallory@a.example')
      const before = await mallory.handled()
      for (const how of ways)
        mallory.send(
          `<message id='f' to='v@a.example/r' type='chat'><body>x</body>${fault('archive', how)}</message>${R}`,
        )
      const counts = [attributeOf(await mallory.other(), 'h'), attributeOf(await mallory.other(), 'h')]
      assert.ok(Number(counts[1]) <= before + 2)
      const refused = (await mallory.all()).filter((one) => one.startsWith('<message') && one.includes("type='error'"))
      assert.equal(refused.length, 2)
      assert.equal(await v.fence(), '')
      assert.equal(await mallory.handled(), before + 3)
      mallory.send('</stream:stream>')
      await mallory.raw.waitForEnd(5000)
      v.close()
    },
    { mayLogErrors: true },
  ))
