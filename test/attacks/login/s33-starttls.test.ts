/**
 * S33, S35: what is said before TLS must not count under it ("Why TLS is better without STARTTLS", 2021: 40 bugs of this kind). The server's side.
 * The other direction (bytes glued to `<proceed/>`, S33; STARTTLS taken out of the features, S34) comes with the client library.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { expectEnd, expectSilence, expectStreamError } from '../harness/answers.ts'
import { attack } from '../harness/attack.ts'
import { auth, bind, login, open, RawClient, TLS } from '../harness/client.ts'
import { startVictim, type Victim } from '../harness/server.ts'
import { authElement, exchange, finalMessage, firstMessage, offersOf, responseElement } from './scram.ts'

let victim: Victim
/** TLS is possible, not required. */
let relaxed: Victim
before(async () => {
  ;[victim, relaxed] = await Promise.all([startVictim({ secure: true }), startVictim()])
})
after(() => Promise.all([victim.stop(), relaxed.stop()]))

const startTls = `<starttls xmlns='${TLS}'/>`
const message = "<message to='v@a.example/r' type='chat'><body>injected</body></message>"

test('S33 throws away what came in the clear together with <starttls/>', (t) =>
  attack(t, victim, async ({ note }) => {
    const v = await login(victim, 'v@a.example')
    const session = open('a.example') + auth('mallory') + open('a.example') + bind('x') + message
    const injected = [
      auth('mallory'),
      auth('mallory') + session,
      session,
      '</stream:stream>',
      '<',
      ' \n ',
      '\x16\x03\x01',
    ]
    for (const wire of injected) {
      const client = await RawClient.connect({ port: victim.port })
      await client.open()
      client.send(startTls + wire)
      assert.match(await client.waitFor(/<proceed[^>]*\/>/), /^<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'\/>$/)
      await client.upgrade()
      const features = await client.open()
      // the header and the features of a stream on which nobody has logged in, and nothing before or after
      assert.match(features, /^<\?xml version='1\.0'\?><stream:stream [^>]*><stream:features>/, wire)
      assert.match(features, /<mechanism>SCRAM-SHA-256-PLUS</)
      assert.doesNotMatch(features, /<(success|failure|iq)|<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/)
      client.send(message)
      await expectStreamError(client, 'not-authorized')
    }
    note(`${injected.length} things glued to <starttls/>: none had an effect`)
    await expectSilence(v)
    v.close()
  }))

test('S33 does not finish under TLS what began in the clear', (t) =>
  attack(t, victim, async () => {
    const [begin, end] = [auth('mallory').slice(0, 30), auth('mallory').slice(30)]
    const client = await RawClient.connect({ port: victim.port })
    await client.open()
    client.send(startTls + begin)
    await client.waitFor(/<proceed[^>]*\/>/)
    await client.upgrade()
    client.send(end)
    const came = await expectStreamError(client, 'not-well-formed', 'bad-format', 'invalid-xml')
    assert.doesNotMatch(came, /<(success|failure)/)
    // the other way round: a stream that is open in the clear is not the one under TLS
    const late = await RawClient.connect({ port: victim.port })
    await late.open()
    await late.startTls()
    late.send(auth('mallory'))
    assert.doesNotMatch(
      await expectStreamError(
        late,
        'not-well-formed',
        'bad-format',
        'invalid-xml',
        'invalid-namespace',
        'bad-namespace-prefix',
      ),
      /<success/,
    )
  }))

test('S33 takes what is said in the clear after <proceed/> for TLS, and ends', (t) =>
  attack(t, victim, async () => {
    const v = await login(victim, 'v@a.example')
    for (const wire of [auth('mallory'), open('a.example') + auth('mallory') + message, startTls]) {
      const client = await RawClient.connect({ port: victim.port })
      await client.open()
      client.send(startTls)
      await client.waitFor(/<proceed[^>]*\/>/)
      client.send(wire)
      await expectEnd(client)
      assert.doesNotMatch(client.received, /<(success|failure|stream)/)
    }
    await expectSilence(v)
    v.close()
  }))

test('S35 begins a new stream under TLS: new id, features computed anew, nothing kept', (t) =>
  attack(t, victim, async () => {
    const ids = new Set<string>()
    for (let i = 0; i < 5; i++) {
      const client = await RawClient.connect({ port: victim.port })
      const inClear = await client.open()
      assert.deepEqual(offersOf(inClear), { mechanisms: [], bindings: [] }, 'nothing but TLS is offered in the clear')
      assert.match(inClear, /<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required\/><\/starttls>/)
      await client.startTls()
      const underTls = await client.open()
      assert.doesNotMatch(underTls, /<starttls/)
      assert.ok(offersOf(underTls).mechanisms.length >= 7)
      await client.authenticate('mallory')
      const id = (text: string): string => /<stream:stream [^>]*\bid='([^']*)'/.exec(text)![1]!
      for (const one of [id(inClear), id(underTls)]) {
        assert.ok(one.length >= 16, 'an id that cannot be guessed')
        assert.ok(!ids.has(one), 'no id comes twice')
        ids.add(one)
      }
      client.send(startTls)
      await expectStreamError(client, 'not-authorized')
    }
  }))

test('S35 forgets a login that began before TLS', (t) =>
  attack(t, relaxed, async () => {
    const attempt = { mechanism: 'SCRAM-SHA-256', user: 'mallory', flag: 'y' }
    const client = await RawClient.connect({ port: relaxed.port })
    await client.open()
    const first = firstMessage(attempt, 'abcdefghijklmnop')
    const { data } = await exchange(client, authElement(attempt.mechanism, first))
    await client.startTls()
    await client.open()
    // otherwise whoever changed the offers in the clear would have them hold under TLS
    const answer = await exchange(client, responseElement(finalMessage(attempt, first, data).text))
    assert.equal(answer.condition, 'malformed-request')
    client.close()
  }))
