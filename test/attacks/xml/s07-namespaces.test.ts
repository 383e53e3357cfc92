/**
 * S07–S09: namespaces and prefixes that look like something else. Expat CVE-2022-25236, Cisco CVE-2022-20917, ejabberd #2190. That a room strips
 * forged muc#user children comes with multi-user chat; that nothing else is fooled by a prefix is shown here.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { expectEnd, expectSilence, expectStanzaError, expectStreamError } from '../harness/answers.ts'
import { attack } from '../harness/attack.ts'
import { login, open, type RawClient, STREAMS } from '../harness/client.ts'
import { startVictim, type Victim } from '../harness/server.ts'
import { type Info, readWithSaxes } from './infoset.ts'
import { expectRefused, message } from './refused.ts'

let victim: Victim
before(async () => {
  // what is delivered is compared: the archive would add its id
  victim = await startVictim({ config: { features: { archive: false } } })
})
after(() => victim.stop())

/** The children of the one stanza that has reached the victim since. */
async function childrenOf(v: RawClient): Promise<readonly (Info | string)[]> {
  const stanzas = readWithSaxes(await v.fence())
  assert.equal(stanzas?.length, 1, 'one stanza arrives')
  return stanzas[0]![2]
}

test('S07 keeps strange namespaces apart from known ones', (t) =>
  attack(t, victim, async ({ note }) => {
    note(
      await expectRefused(victim, [
        { stage: 'bound', wire: "<message xmlns='jabber:client&#x1;evil'/>", conditions: ['not-well-formed'] },
        { stage: 'bound', wire: message("<x xmlns='urn:x\x01y'/>"), conditions: ['not-well-formed'] },
        // not a stanza: another namespace than jabber:client
        { stage: 'bound', wire: "<message xmlns='jabber:client&#10;'/>", conditions: ['unsupported-stanza-type'] },
        { stage: 'bound', wire: "<message xmlns='jabber:client}'/>", conditions: ['unsupported-stanza-type'] },
        { stage: 'bound', wire: "<message xmlns=' jabber:client'/>", conditions: ['unsupported-stanza-type'] },
        { stage: 'bound', wire: "<message xmlns=''/>", conditions: ['unsupported-stanza-type'] },
        {
          stage: 'opened',
          wire: "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl}' mechanism='PLAIN'/>",
          conditions: ['unsupported-stanza-type'],
        },
      ]),
    )
    const v = await login(victim, 'v@a.example')
    const mallory = await login(victim, 'mallory@a.example')
    for (const ns of [
      'a&#10;b',
      'urn:x}y',
      '}',
      '{',
      '{urn:x}y',
      'urn:xmpp:ping}ping',
      'a&quot;b',
      'a&amp;b',
      '%7D',
      ' urn:xmpp:ping',
    ]) {
      const child = `<ping xmlns='${ns}'/>`
      mallory.send(message(child))
      mallory.send(`<iq type='get' id='i' to='a.example'>${child}</iq>`)
      // not the ping that it resembles
      await expectStanzaError(mallory, 'i', 'cancel', 'service-unavailable')
      assert.deepEqual(await childrenOf(v), readWithSaxes(child))
      const prefixed = `<y:ping xmlns:y='${ns}' y:a='1' b='2'><y:c/></y:ping>`
      mallory.send(`<message xmlns:z='${ns}' z:a='1' to='v@a.example/r'>${prefixed}</message>`)
      await mallory.fence()
      assert.deepEqual(await childrenOf(v), readWithSaxes(prefixed))
    }
    mallory.close()
    v.close()
  }))

test("S08 lets no element of the stream itself through to the victim's stream", (t) =>
  attack(t, victim, async () => {
    const v = await login(victim, 'v@a.example')
    const mallory = await login(victim, 'mallory@a.example')
    const condition = "<conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
    for (const inside of [
      `<stream:error xmlns:stream='${STREAMS}'>${condition}</stream:error><body/>`,
      `<stream:error>${condition}</stream:error>`,
      `<error xmlns='${STREAMS}'>${condition}</error>`,
      `<stream:stream to='a.example' version='1.0' xmlns:stream='${STREAMS}' xmlns='jabber:client'/>`,
      `<stream:features/>`,
      `<x xmlns='urn:x'><stream:stream><stream:error/></stream:stream></x>`,
      `<s:error xmlns:s='${STREAMS}'/>`,
    ]) {
      mallory.send(message(inside))
      await mallory.fence()
      const came = await v.fence()
      assert.ok(came.startsWith('<message '), came)
      assert.ok(!came.includes('stream:'), `no prefix of the stream: ${came}`)
      assert.deepEqual(readWithSaxes(came)?.[0]?.[2], readWithSaxes(inside))
    }
    mallory.close()
    for (const [wire, condition] of [
      [open('a.example').slice("<?xml version='1.0'?>".length), undefined],
      ['<stream:features/>', 'unsupported-stanza-type'],
    ] as const) {
      const attacker = await login(victim, 'mallory@a.example')
      // a second header never ends: it is judged once its closing tag or a limit has come
      attacker.send(condition === undefined ? `${wire}${message('<body>inside</body>')}</stream:stream>` : wire)
      await expectStreamError(attacker, condition ?? 'unsupported-stanza-type')
    }
    await expectSilence(v)
    v.close()
    // an error of the client's own stream ends it, and is not answered with another [RFC6120 4.9.1.1]
    for (const wire of ['<stream:error/>', `<error xmlns='${STREAMS}'/>`]) {
      const attacker = await login(victim, 'mallory@a.example')
      attacker.send(wire)
      await expectEnd(attacker)
      assert.ok(attacker.received.endsWith('</stream:stream>'), attacker.received)
      assert.ok(!attacker.received.includes('stream:error'), attacker.received)
    }
  }))

test('S09 is not fooled by prefixes: a stanza means the same however it is written', (t) =>
  attack(t, victim, async () => {
    const v = await login(victim, 'v@a.example')
    const mallory = await login(victim, 'mallory@a.example')
    const harmless = "<m:x xmlns:m='urn:m'><m:item affiliation='owner'/></m:x>"
    const forged = `${harmless}<m:x xmlns:m='http://jabber.org/protocol/muc#user'><m:item affiliation='owner'/></m:x>`
    for (const wire of [
      message(forged),
      `<c:message xmlns:c='jabber:client' to='v@a.example/r'>${forged}</c:message>`,
      `<c:message xmlns:c='jabber:client' xmlns='urn:other' to='v@a.example/r' from='mallory@a.example/r'>${forged}</c:message>`,
    ]) {
      mallory.send(wire)
      await mallory.fence()
      const [stanza] = readWithSaxes(await v.fence()) ?? []
      assert.equal(stanza?.[0], '{jabber:client}message')
      assert.deepEqual(
        stanza[1].filter(([name]) => name === 'from' || name === 'to'),
        [
          ['from', 'mallory@a.example/r'],
          ['to', 'v@a.example/r'],
        ],
      )
      assert.deepEqual(stanza[2], readWithSaxes(harmless)) // words of a room are not passed on, however they are written [S59]
    }
    // attributes with a prefix are not the stanza's own
    mallory.send(
      `<message xmlns:p='urn:p' p:from='admin@a.example' p:to='admin@a.example' to='v@a.example/r'><body/></message>`,
    )
    await mallory.fence()
    const [stanza] = readWithSaxes(await v.fence()) ?? []
    assert.equal(new Map(stanza?.[1]).get('from'), 'mallory@a.example/r')
    assert.equal(new Map(stanza?.[1]).get('{urn:p}from'), 'admin@a.example')
    mallory.send(`<iq type='get' id='pi' to='a.example'><p:ping xmlns:p='urn:xmpp:ping'/></iq>`)
    assert.match(await mallory.waitFor(/<iq [^>]*\/>/), /type='result'/)
    mallory.send(`<c:message xmlns:c='jabber:client' from='admin@a.example' to='v@a.example/r'/>`)
    await expectStreamError(mallory, 'invalid-from')
    await expectSilence(v)
    v.close()
  }))
