/**
 * S74, S75, S76: sessions of others, ids that are guessed, counts that are none, and stream management out of its turn. XEP-0198 1.6.3 sections
 * 3 to 5 and 9; Openfire OF-1471, OF-2568; MongooseIM resume_session_with_wrong_h_does_not_leak_sessions. The rules one by one are tested beside the source.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { expectEnd, expectStreamError } from '../harness/answers.ts'
import { attack, volume } from '../harness/attack.ts'
import { login, RawClient } from '../harness/client.ts'
import { attributeOf, authenticated, Managed, managed, R, resume, SM } from '../harness/managed.ts'
import { startVictim, type Victim } from '../harness/server.ts'

let victim: Victim
before(async () => {
  victim = await startVictim({ config: { limits: { bytesPerSecond: 0 } } })
})
after(() => victim.stop())

const END = '</stream:stream>'
const notFound =
  /^<failed xmlns='urn:xmpp:sm:3'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'\/><\/failed>$/
const unexpected = /^<failed xmlns='urn:xmpp:sm:3'><unexpected-request xmlns='[^']*'\/><\/failed>$/
const chat = (to: string, body: string): string => `<message to='${to}' type='chat'><body>${body}</body></message>`

test('S74 gives a session to nobody but its owner, after login, on its host', (t) =>
  attack(t, victim, async ({ note }) => {
    const v = await managed(victim, 'v@a.example')
    const mallory = await login(victim, 'mallory@a.example')
    v.lose()
    mallory.send(chat('v@a.example', 'for v alone'))
    await mallory.fence()
    // others of the same host and of another one, the same local part among them
    for (const jid of ['mallory@a.example', 'mallory@b.example', 'v@b.example']) {
      const [thief, answer] = await resume(victim, jid, v, 0)
      assert.match(answer, notFound, jid)
      thief.send(END)
      await expectEnd(thief.raw)
      assert.equal(thief.raw.received.includes('for v'), false)
    }
    // nobody in particular
    const nobody = await RawClient.connect({ port: victim.port })
    await nobody.open()
    nobody.send(`<resume xmlns='${SM}' previd='${v.id}' h='0'/>`)
    assert.match(await new Managed(nobody).other(), unexpected) // [XEP-0198 3, 6]
    nobody.close()
    // who is logged in and bound already, as the owner even
    for (const jid of ['mallory@a.example', 'v@a.example']) {
      const bound = await managed(victim, jid, { resource: 'other', presence: false })
      bound.send(`<resume xmlns='${SM}' previd='${v.id}' h='0'/>`)
      assert.match(await bound.other(), unexpected)
      bound.send(END)
      await expectEnd(bound.raw)
    }
    const [again, answer] = await resume(victim, 'v@a.example', v)
    assert.match(answer, /^<resumed /)
    assert.deepEqual(await again.bodies(1), ['for v alone'])
    // used up by nobody: the id stays with the session, but it is the owner's
    const [thief, refused] = await resume(victim, 'mallory@a.example', v, 0)
    assert.match(refused, notFound)
    thief.send(END)
    // once the session is over, its id is worth nothing
    again.send(END)
    await expectEnd(again.raw)
    for (const jid of ['v@a.example', 'mallory@a.example']) {
      const [late, over] = await resume(victim, jid, v, 0)
      assert.match(over, notFound)
      late.send(END)
    }
    mallory.close()
    note(`id of ${v.id.length} characters`)
  }))

test('S74 ids are random, and guesses cost nobody anything', (t) =>
  attack(t, victim, async ({ note }) => {
    const ids = new Set<string>()
    for (let i = 0; i < 100; i++) {
      const one = await managed(victim, 'v@a.example', { presence: false })
      assert.match(one.id, /^[\w-]{22,}$/, '128 bits')
      ids.add(one.id)
      one.send(END)
      await expectEnd(one.raw)
    }
    assert.equal(ids.size, 100)
    for (const place of Array.from({ length: 22 }, (_, i) => i))
      assert.ok(new Set([...ids].map((id) => id[place])).size > 3, `character ${place} does not vary`)
    const v = await managed(victim, 'v@a.example')
    v.lose()
    const guesses = volume(5000, 1_000_000)
    const perStream = 1000
    for (let begun = 0; begun < guesses; begun += perStream) {
      const mallory = new Managed(await authenticated(victim, 'v@a.example'))
      let wire = ''
      for (let i = 0; i < perStream; i++)
        wire += `<resume xmlns='${SM}' previd='${randomBytes(16).toString('base64url')}' h='0'/>`
      mallory.send(wire)
      for (let i = 0; i < perStream; i++) assert.match(await mallory.other(), notFound)
      mallory.raw.close()
    }
    note(`${guesses} guessed ids`)
    const [again, answer] = await resume(victim, 'v@a.example', v)
    assert.match(answer, /^<resumed /)
    again.send(END)
    await expectEnd(again.raw)
  }))

/** No count of XEP-0198 4. */
const noCounts = ['-1', 'x', '', ' ', '1e3', '0x1', '1.0', '4294967296', '9007199254740993', '٣', 'NaN']

test('S75 ends the stream of a client that acknowledges nonsense, and that one alone', (t) =>
  attack(t, victim, async ({ note }) => {
    let streams = 0
    for (const h of noCounts) {
      const mallory = await managed(victim, 'mallory@a.example')
      mallory.raw.sendText(`<a xmlns='${SM}' h='${h}'/>`)
      await expectStreamError(mallory.raw, 'bad-format').catch((error) => assert.fail(`h='${h}': ${error}`))
      streams++
    }
    for (const element of [
      `<a xmlns='${SM}'/>`,
      `<a xmlns='${SM}' H='1'/>`,
      `<a xmlns='${SM}' xmlns:x='urn:x' x:h='1'/>`,
    ]) {
      const mallory = await managed(victim, 'mallory@a.example')
      mallory.send(element)
      await expectStreamError(mallory.raw, 'bad-format')
      streams++
    }
    // too much, less than before, and what would wrap
    for (const make of [(h: number) => h + 1, (h: number) => h - 2, () => 0, () => 999, () => 4_294_967_295]) {
      const mallory = await managed(victim, 'mallory@a.example')
      mallory.acknowledge()
      const h = make(mallory.h)
      mallory.acknowledge(h)
      const came = await mallory.raw.waitFor('</stream:stream>')
      assert.match(came, /<undefined-condition xmlns='urn:ietf:params:xml:ns:xmpp-streams'\/>/)
      const detail = /<handled-count-too-high xmlns='urn:xmpp:sm:3'[^>]*>/.exec(came)?.[0]
      assert.equal(attributeOf(detail, 'h'), String(h))
      assert.equal(attributeOf(detail, 'send-count'), String(mallory.h))
      await expectEnd(mallory.raw)
      assert.equal(mallory.raw.received, '', 'nothing follows the end of the stream')
      streams++
    }
    note(`${streams} streams ended`)
  }))

test('S75 a wrong count in <resume/> leaks no session, and leaves the right one as it is', (t) =>
  attack(t, victim, async ({ note }) => {
    const mallory = await login(victim, 'mallory@a.example')
    const v = await managed(victim, 'v@a.example')
    v.acknowledge()
    await v.all()
    v.lose()
    mallory.send(chat('v@a.example', 'still here'))
    await mallory.fence()
    const rounds = volume(100, 5000)
    for (let i = 0; i < rounds; i++) {
      const h = i % 2 === 0 ? String(v.h + 7 + i) : noCounts[i % noCounts.length]!
      const raw = await authenticated(victim, 'v@a.example')
      raw.sendText(`<resume xmlns='${SM}' previd='${v.id}' h='${h}'/>`)
      if (i % 2 === 0) {
        assert.match(await raw.waitFor('</stream:stream>'), /<undefined-condition .*<handled-count-too-high /)
        await expectEnd(raw)
      } else {
        assert.match(await new Managed(raw).other(), /^<failed [^>]*><bad-request /, h) // [XEP-0198 6]
        raw.close()
      }
      assert.equal(await victim.sessionsOf('v@a.example'), 1)
    }
    const [again, answer] = await resume(victim, 'v@a.example', v)
    assert.match(answer, /^<resumed /)
    assert.deepEqual(await again.bodies(1), ['still here'])
    again.send(END)
    await expectEnd(again.raw)
    mallory.close()
    note(`${rounds} wrong counts for one session`)
  }))

test('S75 a message and a wrong count in one segment: the end of the stream is the end', (t) =>
  attack(t, victim, async () => {
    for (let i = 0; i < 20; i++) {
      const mallory = await managed(victim, 'mallory@a.example')
      mallory.acknowledge()
      await mallory.all()
      mallory.send(`${chat('mallory@a.example', 'x')}<a xmlns='${SM}' h='99999'/>`)
      await mallory.raw.waitFor('</stream:stream>')
      await expectEnd(mallory.raw)
      assert.equal(mallory.raw.received, '')
      // what it had not acknowledged was kept for it
      const next = await login(victim, 'mallory@a.example', { resource: 'n' })
      next.send('<presence/>')
      await next.waitFor('<body>x</body>')
      next.send(END)
      await expectEnd(next)
    }
  }))

test('S76 enables once, after binding, and resumes before; whoever tries otherwise goes on', (t) =>
  attack(t, victim, async () => {
    const raw = await authenticated(victim, 'mallory@a.example')
    const mallory = new Managed(raw)
    // before binding; acknowledgements of nothing
    assert.match(await mallory.enable(), unexpected)
    mallory.send(`${R}<a xmlns='${SM}' h='5'/>`)
    mallory.send(`<resume xmlns='${SM}' previd='' h='0'/>`)
    assert.match(await mallory.other(), notFound)
    await raw.bind('r')
    assert.match(await mallory.enable(`resume='perhaps'`), /^<failed [^>]*><bad-request /)
    assert.match(await mallory.enable(`resume='1' max='-5'`), /^<failed [^>]*><bad-request /)
    assert.match(await mallory.enable(`resume='1'`), /^<enabled [^>]*id=/)
    for (let i = 0; i < 100; i++) assert.match(await mallory.enable(), unexpected)
    assert.equal(await mallory.handled(), 0)
    await mallory.all()
    assert.equal(await mallory.handled(), 1, 'counting goes on')
    mallory.send(`<resume xmlns='${SM}' previd='${mallory.id}' h='0'/>`)
    assert.match(await mallory.other(), unexpected)
    // nothing that XEP-0198 knows
    mallory.send(`<enabled xmlns='${SM}'/>`)
    await expectStreamError(raw, 'unsupported-stanza-type')
    // guests do not come back, and the old version of the protocol is not spoken
    const old = await login(victim, 'mallory@a.example')
    old.send(`<enable xmlns='urn:xmpp:sm:2' resume='true'/>`)
    await expectStreamError(old, 'unsupported-stanza-type')
  }))

test('S135 a session waits for as long as is allowed, whatever was asked for', (t) =>
  attack(t, victim, async () => {
    for (const max of [
      '0',
      '1',
      '600',
      '601',
      '2147483647',
      '4294967296',
      '9007199254740993',
      '-1',
      '1e3',
      'NaN',
      '',
      'x',
      '1.5',
    ]) {
      const mallory = new Managed(await login(victim, 'mallory@a.example'))
      const answer = await mallory.enable(`resume='true' max='${max}'`)
      if (answer.startsWith('<failed')) assert.match(answer, /<bad-request /, max)
      else assert.ok(Number(attributeOf(answer, 'max')) <= Math.min(600, Number(max)), `${max}: ${answer}`)
      mallory.send(END)
      await expectEnd(mallory.raw)
    }
  }))

test('S76 requests in any number get an answer each, and their bytes are bounded like all', (t) =>
  attack(t, victim, async ({ note }) => {
    const mallory = await managed(victim, 'mallory@a.example')
    const requests = volume(20_000, 1_000_000)
    const begun = await mallory.handled()
    mallory.send(R.repeat(requests))
    for (let i = 0; i < requests; i++) assert.equal(attributeOf(await mallory.other(60_000), 'h'), String(begun))
    mallory.send(END)
    await expectEnd(mallory.raw)
    // one that does not read what it asks for
    const deaf = await managed(victim, 'mallory@a.example', { resource: 'deaf' })
    deaf.raw.socket.pause()
    const sent = await deaf.raw.flood(`<presence/>${R}`.repeat(1000), 20_000_000)
    note(`${requests} requests answered; ${sent} bytes of requests by a client that does not read`)
    deaf.raw.reset()
    const [again, answer] = await resume(victim, 'mallory@a.example', deaf)
    if (answer.startsWith('<resumed')) again.send(END)
    again.raw.close()
  }))
