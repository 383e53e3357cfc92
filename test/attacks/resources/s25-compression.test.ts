/**
 * S25, S26, S28, S32: what must not be had before login. zlib bombs (CVE-2014-2741 and seven more), ejabberd CVE-2014-8760, XEP-0205.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { expectSilence, expectStreamError } from '../harness/answers.ts'
import { attack } from '../harness/attack.ts'
import { auth, BIND, login, open, PING, RawClient, SASL } from '../harness/client.ts'
import { startVictim, type Victim } from '../harness/server.ts'

let victim: Victim
let secure: Victim
before(async () => {
  victim = await startVictim()
  secure = await startVictim({ secure: true })
})
after(() => Promise.all([victim.stop(), secure.stop()]))

const compress = "<compress xmlns='http://jabber.org/protocol/compress'><method>zlib</method></compress>"

test('S25 offers no compression, and refuses it when asked', (t) =>
  attack(t, secure, async () => {
    const client = await RawClient.connect({ port: secure.port })
    const offers = [await client.open()]
    await client.startTls()
    assert.equal(client.tls?.isSessionReused(), false)
    offers.push(await client.open())
    client.send(compress)
    assert.match(await client.waitFor('</failure>'), refusal)
    client.send(auth('mallory'))
    await client.waitFor(/<success[^>]*>/)
    offers.push(await client.open())
    client.send(compress)
    assert.match(await client.waitFor('</failure>'), refusal)
    await client.bind()
    client.send(compress)
    assert.match(await client.waitFor('</failure>'), refusal)
    client.close()
    for (const offer of offers) assert.ok(!offer.includes('compress'), offer)
  }))

const refusal = /<failure xmlns='http:\/\/jabber\.org\/protocol\/compress'><unsupported-method\/><\/failure>$/

test('S26 lets nobody log in before TLS where TLS is required', (t) =>
  attack(t, secure, async () => {
    const client = await RawClient.connect({ port: secure.port })
    const features = await client.open()
    assert.match(features, /<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required\/><\/starttls>/)
    assert.ok(!features.includes('<mechanism'), features)
    client.send(compress)
    assert.match(await client.waitFor('</failure>'), refusal)
    for (const mechanism of ['PLAIN', 'SCRAM-SHA-1', 'SCRAM-SHA-256', 'EXTERNAL', 'ANONYMOUS']) {
      const data = mechanism === 'PLAIN' ? auth('mallory') : `<auth xmlns='${SASL}' mechanism='${mechanism}'>=</auth>`
      const other = await RawClient.connect({ port: secure.port, from: '127.0.6.1' })
      await other.open()
      other.send(data)
      assert.match(await other.waitFor('</failure>'), /<encryption-required\/>/)
      other.send(bindRequest)
      await expectStreamError(other, 'not-authorized')
    }
    client.close()
  }))

const bindRequest = `<iq type='set' id='b'><bind xmlns='${BIND}'/></iq>`

test('S28 answers a flood of stream headers on one connection with policy-violation', (t) =>
  attack(t, victim, async ({ note }) => {
    const header = open('a.example').slice("<?xml version='1.0'?>".length)
    const flood = await RawClient.connect({ port: victim.port })
    flood.send(open('a.example') + header.repeat(1000))
    await expectStreamError(flood, 'policy-violation')
    // closed and opened again: the first end is the last
    const closing = await RawClient.connect({ port: victim.port })
    closing.send(`${open('a.example')}</stream:stream>${open('a.example')}`.repeat(1000))
    await closing.waitFor('</stream:stream>')
    assert.ok(await closing.waitForEnd(5000))
    assert.ok(!closing.received.includes('<stream:stream'), closing.received)
    // a restart that nothing has asked for, in the middle of a login
    const within = await RawClient.connect({ port: victim.port })
    within.send(open('a.example'))
    for (let i = 0; i < 1000 && !within.hasEnded; i++)
      within.send(`<auth xmlns='${SASL}' mechanism='SCRAM-SHA-1'>${open('a.example').slice(21)}`)
    await expectStreamError(within, 'policy-violation', 'not-well-formed')
    note('1,000 headers: nested, after a closing tag, and inside <auth/>')
  }))

test('S32 takes no stanza from whoever has not logged in', (t) =>
  attack(t, victim, async ({ note }) => {
    const v = await login(victim, 'v@a.example')
    const stanzas = [
      "<message to='v@a.example'><body>a</body></message>",
      "<message to='v@a.example/r' from='v@a.example'><body>a</body></message>",
      "<presence to='v@a.example/r'/>",
      "<presence to='v@a.example' type='subscribe'/>",
      `<iq type='get' id='i' to='v@a.example/r'><ping xmlns='${PING}'/></iq>`,
      `<iq type='get' id='i' to='a.example'><ping xmlns='${PING}'/></iq>`,
      "<iq type='get' id='i'><query xmlns='jabber:iq:roster'/></iq>",
      "<iq type='result' id='i' to='v@a.example/r'/>",
      bindRequest,
    ]
    for (const stanza of stanzas) {
      const mallory = await RawClient.connect({ port: victim.port })
      mallory.send(open('a.example') + stanza)
      await expectStreamError(mallory, 'not-authorized')
      // logged in, but without a resource
      const early = await RawClient.connect({ port: victim.port })
      await early.open()
      await early.authenticate('mallory')
      if (stanza === bindRequest) early.close()
      else {
        early.send(stanza)
        await expectStreamError(early, 'not-authorized')
      }
      assert.equal(await victim.stored('v@a.example'), 0)
    }
    await expectSilence(v)
    v.close()
    note(`${stanzas.length} stanzas before login, ${stanzas.length - 1} before binding`)
  }))
