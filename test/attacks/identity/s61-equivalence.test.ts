/**
 * S61: all spellings of an address are one address, in every store: accounts, logins, rosters, block lists, delivery. libidn CVE-2015-2059, the
 * password change of ejabberd 25.08 that looked at case. RFC 7622, RFC 8265 (UsernameCaseMapped).
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { expectStanzaError } from '../harness/answers.ts'
import { attack } from '../harness/attack.ts'
import { BIND, login, open, RawClient, utf8 } from '../harness/client.ts'
import { startVictim, type Victim } from '../harness/server.ts'
import { changePassword, register } from '../login/accounts.ts'
import { authElement, exchange, scram } from '../login/scram.ts'

let victim: Victim
before(async () => {
  victim = await startVictim({
    config: {
      hosts: ['a.example', 'b.example', 'bücher.example'],
      features: { register: { open: true } },
      limits: { registrationsPerHour: 0, authFailuresPerAddress: 0, authFailuresPerStream: 0 },
    },
    accounts: ['v@bücher.example'],
  })
})
after(() => victim.stop())

/** Spellings of one name, the canonical one first. */
const classes: readonly (readonly string[])[] = [
  ['boss', 'BOSS', 'Boss', 'ｂｏｓｓ', 'ＢＯＳＳ'],
  ['å', 'Å', 'A\u030a', 'a\u030a'],
  ['straße', 'STRAßE', 'Straße'],
  ['strasse', 'STRASSE'],
  ['σίσυφος', 'Σίσυφος', 'Σίσυφος'.normalize('NFD')],
  ['\uab70', '\u13a0'],
  ['ϋ', '\u03ab', '\u03c5\u0308'],
  ['x.y-z_1', 'X.Y-Z_1'],
  ['a!#$%()*+,;=?[\\]^`{|}~', 'A!#$%()*+,;=?[\\]^`{|}~'],
]

/** What cannot be a name. */
const impossible = [
  'ﬁ',
  'ℂ',
  '\u212b',
  '한'.normalize('NFD'),
  'a＠b',
  'a@b',
  'a/b',
  'a:b',
  'a"b',
  "a'b",
  'a<b',
  'a>b',
  'a&b',
  'a b',
  ' ab',
  'ab\u00a0',
  'a\u200db',
  'a\u200cb',
  'a\u202eb',
  'a\u2066b',
  'a\ufeffb',
  'a\u00adb',
  'a\u0301\u200d',
  '\u0378',
  '\ue000',
  'a\u{1f600}',
  'Ⅳ',
  '²',
  '',
  'x'.repeat(1024),
  'é'.repeat(512),
]

const escaped = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll("'", '&apos;')
    .replaceAll('"', '&quot;')

test('S61 has one account for all spellings of a name: to register, to log in, to change the password', (t) =>
  attack(
    t,
    victim,
    async ({ note }) => {
      let spellings = 0
      for (const [canonical, ...others] of classes as [string, ...string[]][]) {
        const first = others.at(-1) ?? canonical
        assert.equal(await register(victim, utf8(`${escaped(first)}@a.example`), 'first'), 'result', first)
        for (const name of [canonical, ...others]) {
          spellings++
          assert.equal(await register(victim, utf8(`${escaped(name)}@a.example`), 'second'), 'conflict', name)
          for (const mechanism of ['PLAIN', 'SCRAM-SHA-1', 'SCRAM-SHA-256']) {
            const client = await RawClient.connect({ port: victim.port })
            await client.open()
            const { condition } =
              mechanism === 'PLAIN'
                ? await exchange(client, authElement('PLAIN', `\0${name}\0first`))
                : await scram(client, { mechanism, user: name, password: 'first' })
            assert.equal(condition, 'success', `${mechanism} ${name}`)
            await client.open()
            assert.equal(await client.bind('r'), `${utf8(escaped(canonical))}@a.example/r`, name)
            client.close()
          }
        }
        // changed under one spelling, it is changed under all
        const owner = await login(victim, `${canonical}@a.example`, { password: 'first' })
        assert.equal(await changePassword(owner, utf8(escaped(first)), 'third'), 'result')
        for (const name of [canonical, ...others]) {
          const client = await RawClient.connect({ port: victim.port })
          await client.open()
          assert.equal((await exchange(client, authElement('PLAIN', `\0${name}\0first`))).condition, 'not-authorized')
          assert.equal((await exchange(client, authElement('PLAIN', `\0${name}\0third`))).condition, 'success')
          client.close()
        }
        owner.close()
      }
      note(`${spellings} spellings of ${classes.length} names`)
      // what looks alike is not the same: Latin, Cyrillic and Greek o; ß and ss
      for (const name of ['bоss', 'bοss'])
        assert.equal(await register(victim, utf8(`${name}@a.example`), 'x'), 'result')
    },
    { once: true },
  ))

test('S61 takes nothing for a name that is none', (t) =>
  attack(t, victim, async ({ note }) => {
    const mallory = await login(victim, 'mallory@a.example')
    for (const name of impossible) {
      const shown = JSON.stringify(name.slice(0, 20))
      if (name.length < 500) {
        assert.equal(await register(victim, utf8(`${escaped(name)}@a.example`), 'x'), 'not-acceptable', shown)
        const client = await RawClient.connect({ port: victim.port })
        await client.open()
        const { condition } = await exchange(client, authElement('PLAIN', `\0${name}\0x`))
        assert.ok(['malformed-request', 'not-authorized'].includes(condition), `${shown}: ${condition}`)
        client.close()
      }
      // an address with a slash in the name is another address: host with resource
      if (name.includes('/')) continue
      mallory.sendText(`<iq type='get' id='i' to='${escaped(name)}@a.example'><query xmlns='urn:x'/></iq>`)
      await expectStanzaError(mallory, 'i', 'modify', 'jid-malformed')
      mallory.sendText(
        `<iq type='set' id='i'><query xmlns='jabber:iq:roster'><item jid='${escaped(name)}@a.example'/></query></iq>`,
      )
      assert.match(await mallory.waitFor(/<iq [^>]*id='i'.*?<\/iq>/s), /<(jid-malformed|bad-request) /, shown)
      mallory.sendText(
        `<iq type='set' id='i'><block xmlns='urn:xmpp:blocking'><item jid='${escaped(name)}@a.example'/></block></iq>`,
      )
      assert.match(await mallory.waitFor(/<iq [^>]*id='i'.*?<\/iq>/s), /<(jid-malformed|bad-request) /, shown)
    }
    for (const address of [
      'a@b@c',
      'v@a.example/',
      '/r',
      'v@',
      '@',
      'v@.',
      'v@a..example',
      'v@[::g]',
      'v@xn--a.example',
      `${'v@a.example/\u202e\u0007'.slice(0, 13)}\ue000\u0378`,
      `v@a.example/${'x'.repeat(1024)}`,
      `v@${'a.'.repeat(600)}b`,
    ]) {
      mallory.sendText(`<message to='${escaped(address)}' id='m' type='chat'><body>x</body></message>`)
      assert.match(
        await mallory.waitFor(/<message [^>]*id='m'.*?<\/message>/s),
        /<jid-malformed /,
        JSON.stringify(address.slice(0, 40)),
      )
    }
    assert.equal(await mallory.fence(), '')
    note(`${impossible.length} names, 12 addresses`)
    mallory.close()
  }))

test('S61 delivers to one session, keeps one contact and one blocked address, however it is spelled', (t) =>
  attack(
    t,
    victim,
    async () => {
      assert.equal(await register(victim, utf8('jürgen@a.example'), 'x'), 'result')
      const canonical = utf8('jürgen@a.example')
      const j = await login(victim, 'jürgen@a.example', { password: 'x', presence: true })
      const mallory = await login(victim, 'mallory@b.example', { presence: true })
      const spellings = [
        'jürgen@a.example',
        'JÜRGEN@a.example',
        'ju\u0308rgen@A.EXAMPLE',
        'ｊürgen@a.example.',
        'Jürgen@ａ.example',
        'jürgen@a。example',
      ]
      for (const [index, spelling] of spellings.entries()) {
        for (const resource of ['', '/r', '/ｒ'.normalize('NFKC')]) {
          mallory.sendText(`<message to='${spelling}${resource}' type='chat'><body>${index}</body></message>`)
          await mallory.fence()
          assert.match(await j.fence(), new RegExp(`<body>${index}</body>`), spelling)
        }
        // a contact
        mallory.sendText(
          `<iq type='set' id='i'><query xmlns='jabber:iq:roster'><item jid='${spelling}' name='n${index}'/></query></iq>`,
        )
        assert.match(await mallory.waitFor(/<iq [^>]*id='i'[^>]*?(\/>|>.*?<\/iq>)/s), /type='result'/)
        mallory.sendText(
          `<iq type='set' id='i'><block xmlns='urn:xmpp:blocking'><item jid='${spelling}'/></block></iq>`,
        )
        assert.match(await mallory.waitFor(/<iq [^>]*id='i'[^>]*?(\/>|>.*?<\/iq>)/s), /type='result'/)
        mallory.send("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>")
        const roster = await mallory.waitFor(/<iq [^>]*id='r'.*?<\/iq>/s)
        assert.deepEqual(
          [...roster.matchAll(/<item [^>]*jid='([^']*)'/g)].map(([, jid]) => jid),
          [canonical],
        )
        assert.match(roster, new RegExp(`name='n${index}'`))
        mallory.send("<iq type='get' id='b'><blocklist xmlns='urn:xmpp:blocking'/></iq>")
        const blocked = await mallory.waitFor(/<iq [^>]*id='b'.*?<\/iq>/s)
        assert.deepEqual(
          [...blocked.matchAll(/<item [^>]*jid='([^']*)'/g)].map(([, jid]) => jid),
          [canonical],
        )
        // and taken off by another spelling
        const other = spellings[(index + 1) % spellings.length]!
        mallory.sendText(
          `<iq type='set' id='i'><unblock xmlns='urn:xmpp:blocking'><item jid='${other}'/></unblock></iq>`,
        )
        assert.match(await mallory.waitFor(/<iq [^>]*id='i'[^>]*?(\/>|>.*?<\/iq>)/s), /type='result'/)
        mallory.send("<iq type='get' id='b'><blocklist xmlns='urn:xmpp:blocking'/></iq>")
        assert.doesNotMatch(await mallory.waitFor(/<iq [^>]*id='b'[^>]*?(\/>|>.*?<\/iq>)/s), /<item/)
        await mallory.fence()
        await j.fence()
      }
      j.close()
      mallory.close()
    },
    { once: true },
  ))

test('S61 knows a host by all its names, and a resource by its own', (t) =>
  attack(t, victim, async () => {
    const host = utf8('bücher.example')
    for (const name of [
      'bücher.example',
      'xn--bcher-kva.example',
      'XN--BCHER-KVA.EXAMPLE',
      'BÜCHER.example',
      'bu\u0308cher.example.',
    ]) {
      const client = await RawClient.connect({ port: victim.port })
      client.send(utf8(open(name)))
      const features = await client.waitFor('</stream:features>')
      assert.ok(features.includes(`from='${host}'`), `${name}: ${features}`)
      assert.equal((await exchange(client, authElement('PLAIN', '\0v\0secret-v'))).condition, 'success')
      await client.open(utf8('bücher.example'))
      assert.equal(await client.bind('r'), `v@${host}/r`)
      client.close()
    }
    // resources: OpaqueString, where case counts
    const bound = async (resource: string): Promise<string> => {
      const client = await RawClient.connect({ port: victim.port })
      await client.open()
      await client.authenticate('v')
      client.sendText(`<iq type='set' id='bind'><bind xmlns='${BIND}'><resource>${resource}</resource></bind></iq>`)
      const answer = await client.waitFor('</iq>')
      client.close()
      return /<jid>[^/]*\/([^<]*)<\/jid>/.exec(answer)?.[1] ?? /<error [^>]*><([a-z-]+)/.exec(answer)![1]!
    }
    assert.equal(await bound('R'), 'R')
    assert.equal(await bound('a/b@c'), 'a/b@c')
    assert.equal(await bound('e\u0301'), utf8('é'))
    assert.equal(await bound('a\u3000b'), 'a b')
    for (const resource of ['a\u0007', '\u0378', '\ue000', 'x'.repeat(1024), 'é'.repeat(512)]) {
      if (resource.includes('\u0007')) continue // not XML at all
      assert.equal(await bound(resource), 'bad-request', JSON.stringify(resource.slice(0, 10)))
    }
    assert.equal((await bound('x'.repeat(1023))).length, 1023)
  }))
