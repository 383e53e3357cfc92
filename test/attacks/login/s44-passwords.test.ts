/**
 * S44, S46: passwords are changed by their owner alone, and the last change is the one that holds. Openfire CVE-2009-1595 (jabber:iq:auth with
 * another name), Openfire OF-3322 (changes at the same time).
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { expectStanzaError, expectStreamError } from '../harness/answers.ts'
import { attack } from '../harness/attack.ts'
import { login, RawClient } from '../harness/client.ts'
import { startVictim, type Victim } from '../harness/server.ts'
import { ask, changePassword, REGISTER, registration } from './accounts.ts'
import { authElement, exchange, finalMessage, firstMessage, responseElement, scram } from './scram.ts'

const mechanisms = ['SCRAM-SHA-1', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'PLAIN', 'PLAIN']
const accounts = Array.from({ length: 8 }, (_, index) => `race${index}`)

let victim: Victim
before(async () => {
  victim = await startVictim({
    config: { limits: { authFailuresPerAddress: 0, authFailuresPerStream: 0, connectionsPerAddress: 0 } },
    accounts: accounts.map((name) => `${name}@a.example`),
  })
})
after(() => victim.stop())

/** What each mechanism says to a password; PLAIN twice: the second time it may be remembered. */
async function tryAll(user: string, password: string, host = 'a.example'): Promise<string[]> {
  const client = async (mechanism: string): Promise<string> => {
    const stream = await RawClient.connect({ port: victim.port, from: '127.0.21.1' })
    await stream.open(host)
    const { condition } =
      mechanism === 'PLAIN'
        ? await exchange(stream, authElement('PLAIN', `\0${user}\0${password}`))
        : await scram(stream, { mechanism, user, password })
    stream.close()
    return condition
  }
  const outcomes: string[] = []
  for (const mechanism of mechanisms) outcomes.push(await client(mechanism))
  return outcomes
}

const works = Array(mechanisms.length).fill('success')
const fails = Array(mechanisms.length).fill('not-authorized')

test("S44 lets nobody change another user's password", (t) =>
  attack(t, victim, async ({ note }) => {
    const mallory = await login(victim, 'mallory@a.example')
    const set = (id: string, to: string, payload: string): string =>
      `<iq type='set' id='${id}'${to === '' ? '' : ` to='${to}'`}>${payload}</iq>`
    const query = (username: string): string =>
      `<query xmlns='${REGISTER}'><username>${username}</username><password>stolen</password></query>`
    for (const to of ['', 'a.example', 'mallory@a.example'])
      for (const username of ['v', 'V', 'ｖ', 'v@a.example', 'v@b.example', 'mallory@b.example', 'v/r', ' v'])
        for (const id of ['reg']) {
          mallory.sendText(set(id, to, query(username)))
          await expectStanzaError(mallory, id, 'auth', 'forbidden')
        }
    const both = query('mallory').replace('<password>', '<username>v</username><password>')
    const elsewhere = [
      ['v@a.example', query('v')],
      ['v@a.example/r', query('v')],
      ['b.example', query('v')],
      ['b.example', query('mallory')],
      ['v@b.example', query('v')],
    ] as const
    for (const [to, payload] of elsewhere) {
      mallory.send(set('reg', to, payload))
      await expectStanzaError(mallory, 'reg', 'cancel', 'service-unavailable')
    }
    assert.ok(['forbidden', 'bad-request', 'result'].includes(await ask(mallory, set('reg', '', both))))
    // removal names nobody: whoever asks is removed, so a name beside it is none
    mallory.send(set('reg', 'v@a.example', `<query xmlns='${REGISTER}'><remove/></query>`))
    await expectStanzaError(mallory, 'reg', 'cancel', 'service-unavailable')
    // another's name as the sender is found out by S53
    mallory.send(set('reg', '', query('v')).replace('<iq', "<iq from='v@a.example'"))
    await expectStreamError(mallory, 'invalid-from')
    for (const host of ['a.example', 'b.example']) assert.deepEqual(await tryAll('v', 'secret-v', host), works)
    assert.deepEqual(await tryAll('v', 'stolen'), fails)
    assert.deepEqual(await tryAll('mallory', 'secret-mallory', 'b.example'), works)
    note('the old passwords work, with every mechanism, on both hosts')
  }))

test('S44 knows no jabber:iq:auth, neither before login nor after', (t) =>
  attack(t, victim, async () => {
    const query = (name: string): string =>
      `<query xmlns='jabber:iq:auth'><username>${name}</username><password>secret-${name}</password><resource>x</resource></query>`
    const mallory = await login(victim, 'v@a.example', { resource: 'auth' })
    for (const type of ['get', 'set'])
      for (const to of ['a.example', 'v@a.example', 'b.example', 'mallory@a.example']) {
        mallory.send(`<iq type='${type}' id='auth' to='${to}'>${query('mallory')}</iq>`)
        await expectStanzaError(mallory, 'auth', 'cancel', 'service-unavailable')
      }
    mallory.close()
    for (const type of ['get', 'set']) {
      const stranger = await RawClient.connect({ port: victim.port })
      const features = await stranger.open()
      assert.doesNotMatch(features, /iq-auth/)
      stranger.send(`<iq type='${type}' id='auth' to='a.example'>${query('v')}</iq>`)
      await expectStreamError(stranger, 'not-authorized')
    }
    // nor registration, which is closed here, as a way around
    const stranger = await RawClient.connect({ port: victim.port })
    await stranger.open()
    assert.equal(await ask(stranger, registration('v', 'stolen')), 'service-unavailable')
    const remove = `<iq type='set' id='reg'><query xmlns='${REGISTER}'><remove/></query></iq>`
    assert.equal(await ask(stranger, remove), 'service-unavailable')
    stranger.close()
    assert.deepEqual(await tryAll('v', 'secret-v'), works)
  }))

test('S46 ends 100 changes at once with exactly one password, the same for every mechanism', (t) =>
  attack(
    t,
    victim,
    async ({ note }) => {
      const sessions = await Promise.all(
        Array.from({ length: 10 }, (_, i) =>
          login(victim, 'race0@a.example', { resource: `r${i}`, password: 'secret-race0' }),
        ),
      )
      const passwords = Array.from({ length: 100 }, (_, index) => `new-${index}`)
      let logins = 0
      let isOver = false
      // those who log in meanwhile
      const others = Array.from({ length: 4 }, async (_, index) => {
        for (let i = index; !isOver; i++) {
          await tryAll('race0', i % 2 === 0 ? 'secret-race0' : passwords[(i * 7) % 100]!)
          logins += mechanisms.length
        }
      })
      const answers = await Promise.all(
        passwords.map(async (password, index) => {
          const session = sessions[index % sessions.length]!
          session.send(registration('race0', password).replace("id='reg'", `id='c${index}'`))
          return session
            .waitFor(new RegExp(`<iq [^>]*id='c${index}'[^>]*(?:/>|>.*?</iq>)`, 's'), 30_000)
            .catch(() => '')
        }),
      ).finally(() => {
        isOver = true
      })
      void answers
      await Promise.all(others)
      const outcomes = new Map<string, string[]>()
      for (const password of ['secret-race0', ...passwords]) {
        const stream = await RawClient.connect({ port: victim.port, from: '127.0.21.2' })
        await stream.open()
        const { condition } = await exchange(stream, authElement('PLAIN', `\0race0\0${password}`))
        stream.close()
        if (condition === 'success') outcomes.set(password, await tryAll('race0', password))
      }
      assert.equal(outcomes.size, 1, `these work: ${[...outcomes.keys()].join(', ')}`)
      const [[password, all]] = [...outcomes] as [[string, string[]]]
      assert.deepEqual(all, works)
      assert.notEqual(password, 'secret-race0')
      // of each session the last change is the one that can hold
      assert.ok(Number(password.slice(4)) >= 90, password)
      note(`100 changes on 10 sessions, ${logins} logins meanwhile: ${password} works, nothing else`)
      // and of changes one after the other the last
      assert.equal(await changePassword(sessions[0]!, 'race0', 'the-last'), 'result')
      assert.deepEqual(await tryAll('race0', 'the-last'), works)
      assert.deepEqual(await tryAll('race0', password), fails)
      for (const session of sessions) session.close()
    },
    { once: true },
  ))

test('S46 forgets the old password for good, also if it was being checked while it was changed', (t) =>
  attack(
    t,
    victim,
    async ({ note }) => {
      let late = 0
      for (const user of accounts.slice(1)) {
        const session = await login(victim, `${user}@a.example`, { password: `secret-${user}` })
        // a password that no login has made anybody remember
        assert.equal(await changePassword(session, user, 'old'), 'result')
        const streams = await Promise.all(
          Array.from({ length: 6 }, () => RawClient.connect({ port: victim.port, from: '127.0.21.3' })),
        )
        await Promise.all(streams.map((stream) => stream.open()))
        const changed = changePassword(session, user, 'new')
        const checks = streams.map((stream) => exchange(stream, authElement('PLAIN', `\0${user}\0old`)))
        assert.equal(await changed, 'result')
        for (const { condition } of await Promise.all(checks)) if (condition === 'success') late++
        assert.deepEqual(await tryAll(user, 'old'), fails, 'the old password is worth nothing any more')
        assert.deepEqual(await tryAll(user, 'new'), works)
        for (const stream of [...streams, session]) stream.close()
      }
      note(`${late} logins with the old password just before the change`)
    },
    { once: true },
  ))

test('S46 takes no proof of a password that was changed after the challenge', (t) =>
  attack(
    t,
    victim,
    async () => {
      const session = await login(victim, 'mallory@b.example')
      const attempt = { mechanism: 'SCRAM-SHA-256', user: 'mallory' }
      const stream = await RawClient.connect({ port: victim.port })
      await stream.open('b.example')
      const first = firstMessage(attempt, 'abcdefghijklmnop')
      const { data } = await exchange(stream, authElement(attempt.mechanism, first))
      // logged in before the change, bound after it
      const unbound = await RawClient.connect({ port: victim.port })
      await unbound.open('b.example')
      await unbound.authenticate('mallory', 'b.example')
      assert.equal(await changePassword(session, 'mallory', 'new'), 'result')
      const outcome = await exchange(stream, responseElement(finalMessage(attempt, first, data).text))
      assert.equal(outcome.condition, 'not-authorized')
      stream.close()
      unbound.send("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>")
      await expectStreamError(unbound, 'not-authorized')
      assert.deepEqual(await tryAll('mallory', 'new', 'b.example'), works)
      session.close()
    },
    { once: true },
  ))
