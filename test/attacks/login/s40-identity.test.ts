/**
 * S40, S41, S42, S45: logging in as somebody else, by a mechanism that was not offered, on another host than the one that checked, or with
 * nonsense. ejabberd before 26.07 (authzid), jabberd2 CVE-2017-10807, Prosody CVE-2018-10847.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { expectSilence, expectStreamError } from '../harness/answers.ts'
import { attack } from '../harness/attack.ts'
import { login, open, plain, RawClient, SASL } from '../harness/client.ts'
import { startVictim, type Victim } from '../harness/server.ts'
import { authElement, base64, exchange, responseElement, scram } from './scram.ts'

const limits = { authFailuresPerAddress: 0, authFailuresPerStream: 0 }
let victim: Victim
/** TLS is required. */
let secure: Victim
before(async () => {
  ;[victim, secure] = await Promise.all([
    startVictim({ config: { limits, auth: { anonymous: ['b.example'] } } }),
    startVictim({ secure: true, config: { limits } }),
  ])
})
after(() => Promise.all([victim.stop(), secure.stop()]))

async function stream(host = 'a.example'): Promise<RawClient> {
  const client = await RawClient.connect({ port: victim.port })
  await client.open(host)
  return client
}

/** The account that a stream which has just succeeded is logged in to. */
async function boundAs(client: RawClient, host = 'a.example'): Promise<string> {
  await client.open(host)
  const jid = await client.bind()
  client.close()
  return jid.slice(0, jid.indexOf('/'))
}

/** Whom mallory would like to be. */
const others = [
  'v@a.example',
  'v',
  'V@A.EXAMPLE',
  'v@a.example/r',
  'v@b.example',
  'mallory@b.example',
  'mallory@e.example',
  'a.example',
  '@a.example',
  'mallory',
  'MALLORY',
  'mallory@a.example/r',
  'ｍallory@a.example',
  'MALLORY@a.example',
  'mallory@A.EXAMPLE',
  'mallory@a.example.',
  'mallory@a.example ',
  ' ',
]

test('S40 lets nobody act as another, nor under another spelling of the own name', (t) =>
  attack(t, victim, async ({ note }) => {
    const v = await login(victim, 'v@a.example')
    let refused = 0
    for (const authzid of others) {
      const client = await stream()
      const { condition } = await exchange(client, authElement('PLAIN', `${authzid}\0mallory\0secret-mallory`))
      assert.equal(condition, 'invalid-authzid', `PLAIN ${authzid}`)
      for (const mechanism of ['SCRAM-SHA-1', 'SCRAM-SHA-256', 'SCRAM-SHA-512']) {
        const outcome = await scram(client, { mechanism, user: 'mallory', authzid })
        assert.equal(outcome.condition, 'invalid-authzid', `${mechanism} ${authzid}`)
      }
      refused += 4
      // nobody is logged in
      client.send("<message to='v@a.example/r'><body>x</body></message>")
      await expectStreamError(client, 'not-authorized')
    }
    note(`${refused} attempts refused, with the right password`)
    for (const authzid of ['', 'mallory@a.example']) {
      const client = await stream()
      await exchange(client, authElement('PLAIN', `${authzid}\0mallory\0secret-mallory`))
      assert.equal(await boundAs(client), 'mallory@a.example')
      const by = await stream()
      const named = authzid === '' ? {} : { authzid }
      assert.ok((await scram(by, { mechanism: 'SCRAM-SHA-256', user: 'mallory', ...named })).isProved)
      assert.equal(await boundAs(by), 'mallory@a.example')
    }
    // whoever is meant must be so in both messages
    for (const [begun, ended] of [
      ['mallory@a.example', 'v@a.example'],
      ['', 'v@a.example'],
    ] as const) {
      const client = await stream()
      const named = begun === '' ? {} : { authzid: begun }
      const attempt = { mechanism: 'SCRAM-SHA-256', user: 'mallory', ...named, laterFlag: `n,a=${ended}` }
      assert.equal((await scram(client, attempt)).condition, 'not-authorized')
      client.close()
    }
    await expectSilence(v)
    v.close()
  }))

test('S40 takes a name only for the account that it is', (t) =>
  attack(t, victim, async () => {
    const names = [
      'v@a.example',
      'v@b.example',
      'v\0',
      'v/r',
      'v,',
      'v=',
      '"v"',
      'v&',
      '<v>',
      'v ',
      '__proto__',
      'toString',
    ]
    for (const name of names) {
      const client = await stream()
      const { condition } = await exchange(client, authElement('PLAIN', `\0${name}\0secret-v`))
      assert.ok(['not-authorized', 'malformed-request'].includes(condition), `${name}: ${condition}`)
      if (!name.includes('\0')) {
        const outcome = await scram(client, { mechanism: 'SCRAM-SHA-256', user: name, password: 'secret-v' })
        assert.ok(['not-authorized', 'malformed-request'].includes(outcome.condition), `${name}: ${outcome.condition}`)
      }
      client.close()
    }
    // other spellings are the same account, which is what one logs in to
    for (const name of ['V', 'ｖ']) {
      const client = await stream()
      assert.equal((await exchange(client, authElement('PLAIN', `\0${name}\0secret-v`))).condition, 'success')
      assert.equal(await boundAs(client), 'v@a.example')
    }
  }))

test('S41 accepts no mechanism that was not offered', (t) =>
  attack(t, victim, async ({ note }) => {
    const names = [
      'ANONYMOUS',
      'X-NONE',
      'plain',
      'Plain',
      'PLAIN ',
      ' PLAIN',
      '',
      'EXTERNAL',
      'SCRAM-SHA-256-PLUS',
      'scram-sha-256',
      'SCRAM-SHA-224',
    ]
    const unknown = [
      'DIGEST-MD5',
      'CRAM-MD5',
      'GSSAPI',
      'OAUTHBEARER',
      'X-OAUTH2',
      'HT-SHA-256-NONE',
      'toString',
      '__proto__',
      'PLAIN\0',
    ]
    const offers = await stream()
    offers.close()
    for (const name of [...names, ...unknown.slice(0, -1)]) {
      const client = await stream()
      const { condition } = await exchange(client, authElement(name, Buffer.from(plain('mallory'), 'base64')))
      assert.equal(condition, 'invalid-mechanism', name)
      client.send("<message to='v@a.example/r'/>")
      await expectStreamError(client, 'not-authorized')
    }
    const without = await stream()
    without.send(`<auth xmlns='${SASL}'>${plain('mallory')}</auth>`)
    assert.match(await without.waitFor('</failure>'), /<invalid-mechanism\/>|<malformed-request\/>/)
    without.close()
    note(`${names.length + unknown.length} names refused`)
  }))

test('S41 hears of no password in the clear where TLS is required', (t) =>
  attack(t, secure, async () => {
    for (const mechanism of ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS', 'ANONYMOUS', 'EXTERNAL']) {
      const client = await RawClient.connect({ port: secure.port })
      assert.doesNotMatch(await client.open(), /<mechanism/)
      const { condition } = await exchange(client, authElement(mechanism, Buffer.from(plain('mallory'), 'base64')))
      assert.equal(condition, 'encryption-required', mechanism)
      client.send("<message to='v@a.example/r'/>")
      await expectStreamError(client, 'not-authorized')
    }
  }))

test('S42 stays on the host that has checked the password', (t) =>
  attack(t, victim, async ({ note }) => {
    const v = await login(victim, 'v@b.example')
    const hosts = ['b.example', 'e.example', '', 'a.example.evil', 'mallory@a.example', 'v@b.example', 'xn--a']
    for (const host of hosts) {
      const client = await stream()
      await exchange(client, authElement('PLAIN', '\0mallory\0secret-mallory'))
      client.send(`${open(host)}<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>`)
      client.send("<message to='v@b.example/r'><body>x</body></message>")
      await expectStreamError(client, 'not-authorized', 'host-unknown')
    }
    const unnamed = await stream()
    await exchange(unnamed, authElement('PLAIN', '\0mallory\0secret-mallory'))
    unnamed.send(open('x').replace(" to='x'", ''))
    await expectStreamError(unnamed, 'not-authorized', 'host-unknown')
    // an anonymous guest of one host is nobody on another
    const guest = await stream('b.example')
    assert.equal((await exchange(guest, authElement('ANONYMOUS', 'guest'))).condition, 'success')
    guest.send(open('a.example'))
    await expectStreamError(guest, 'not-authorized')
    // before anybody has logged in a new header is none, as a child of the first
    const early = await stream()
    early.send(open('b.example').slice("<?xml version='1.0'?>".length))
    early.send(`${authElement('PLAIN', '\0mallory\0secret-mallory')}</stream:stream>`)
    await expectStreamError(early, 'unsupported-stanza-type', 'invalid-xml', 'not-well-formed')
    const same = await stream()
    await exchange(same, authElement('PLAIN', '\0mallory\0secret-mallory'))
    assert.equal(await boundAs(same, 'A.EXAMPLE'), 'mallory@a.example')
    note(`${hosts.length + 2} hosts refused after login`)
    await expectSilence(v)
    v.close()
  }))

test('S42 has accounts of the same name on two hosts for two accounts', (t) =>
  attack(t, victim, async () => {
    // what was remembered of the one does not open the other: harness accounts have the same passwords, so it is the JID that tells
    for (const host of ['a.example', 'b.example']) {
      const client = await stream(host)
      await exchange(client, authElement('PLAIN', '\0mallory\0secret-mallory'))
      assert.equal(await boundAs(client, host), `mallory@${host}`)
    }
    const canary = await stream('a.example')
    assert.equal((await exchange(canary, authElement('PLAIN', '\0romeo\0secret-romeo'))).condition, 'not-authorized')
    canary.close()
  }))

test('S45 refuses malformed SASL and takes a right login after it', (t) =>
  attack(t, victim, async ({ note }) => {
    const raw = (mechanism: string, content: string): string =>
      `<auth xmlns='${SASL}' mechanism='${mechanism}'>${content}</auth>`
    const good = plain('mallory')
    const encoding: string[] = [
      `${good.slice(0, 8)} ${good.slice(8)}`,
      `${good.slice(0, 8)}\n${good.slice(8)}`,
      ` ${good}`,
      `${good.replace(/=+$/, '')}=x`,
      good.replace(/=+$/, '') === good ? `${good}=` : good.replace(/=+$/, ''),
      `${good}=`,
      '==',
      '===',
      'A',
      '====',
      '!!!!',
      'AGEAYg-_',
      'AG\xc3\xa9A',
      '&#x41;&#x20;&#x41;A',
    ]
    const bytes = (...parts: (string | number[])[]): string =>
      Buffer.concat(parts.map((part) => Buffer.from(part as string))).toString('base64')
    const malformed: [string, string][] = [
      ['PLAIN', '='],
      ['PLAIN', bytes('mallory')],
      ['PLAIN', bytes('\0mallory')],
      ['PLAIN', bytes('\0mallory\0')],
      ['PLAIN', bytes('\0\0secret-mallory')],
      ['PLAIN', bytes('\0mallory\0secret-mallory\0')],
      ['PLAIN', bytes('\0\0\0\0')],
      ['PLAIN', bytes('\0mallory\0', [0xff, 0xfe])],
      ['PLAIN', bytes('\0', [0xc0, 0x80], 'mallory\0secret-mallory')],
      ['PLAIN', bytes('\0mallory\0', [0xed, 0xa0, 0x80])],
      ['PLAIN', bytes('\0mal\u00ad\u202elory\0secret-mallory')],
      ['PLAIN', bytes('\0mallory\0secret\u0007')],
      ['PLAIN', bytes('\0mal lory\0x')],
      ['SCRAM-SHA-256', '='],
      ['SCRAM-SHA-256', bytes('x')],
      ['SCRAM-SHA-256', bytes('n,,n=mallory')],
      ['SCRAM-SHA-256', bytes('n,,n=,r=abc')],
      ['SCRAM-SHA-256', bytes('n,,n=mallory,r=')],
      ['SCRAM-SHA-256', bytes('n,,n=mal\0lory,r=abc')],
      ['SCRAM-SHA-256', bytes('n,,n=mal=lory,r=abc')],
      ['SCRAM-SHA-256', bytes('n,,m=x,n=mallory,r=abc')],
      ['SCRAM-SHA-256', bytes('n,,r=abc,n=mallory')],
      ['SCRAM-SHA-256', bytes('n,,n=mallory,r=a b')],
      ['SCRAM-SHA-256', bytes('x,,n=mallory,r=abc')],
      ['SCRAM-SHA-256', bytes('n=mallory,r=abc')],
      ['SCRAM-SHA-256', bytes('n,,n=mallory,r=', [0xff])],
      ['SCRAM-SHA-256', bytes('n,,n=mallory\u202e,r=abc')],
    ]
    for (const content of encoding) {
      const client = await stream()
      client.send(raw('PLAIN', content))
      const answer = await client.waitFor(/<\/failure>|<success/)
      assert.match(answer, /<incorrect-encoding\/>/, JSON.stringify(content))
      client.close()
    }
    const client = await stream()
    for (const [mechanism, content] of malformed) {
      client.send(raw(mechanism, content))
      const answer = await client.waitFor(/<\/failure>|<success|<challenge/)
      assert.match(answer, /<malformed-request\/>/, `${mechanism} ${Buffer.from(content, 'base64')}`)
    }
    // the second message
    for (const final of [
      '',
      'x',
      'c=biws,r=abc',
      'c=biws,r=abc,p=',
      'c=biws,r=abc,p=AAAA',
      'p=AAAA',
      'c=biws,p=AAAA,r=x',
    ])
      for (const first of ['n,,n=mallory,r=abcdefghijkl', 'n,,n=nobody,r=abcdefghijkl']) {
        assert.equal((await exchange(client, authElement('SCRAM-SHA-256', first))).condition, 'challenge')
        const { condition } = await exchange(client, responseElement(final))
        assert.equal(condition, 'malformed-request', final)
      }
    for (const wire of [responseElement('x'), `<response xmlns='${SASL}'/>`]) {
      client.send(wire)
      assert.match(
        await client.waitFor(/<\/failure>|<success|<challenge/),
        /<(malformed-request|incorrect-encoding)\/>/,
        wire,
      )
    }
    const { condition } = await exchange(client, raw('PLAIN', good))
    assert.equal(condition, 'success')
    client.close()
    note(`${encoding.length} encodings, ${malformed.length} first messages, 14 second ones refused; then a login`)
    // an initial response beyond the limit before login
    for (const mechanism of ['PLAIN', 'SCRAM-SHA-256']) {
      const big = await stream()
      big.send(raw(mechanism, base64('x'.repeat(1_000_000))))
      await expectStreamError(big, 'policy-violation')
    }
    // an empty password or name never matches, not even where there is none
    const empty = await stream()
    assert.equal((await exchange(empty, authElement('PLAIN', '\0nobody\0'))).condition, 'malformed-request')
    empty.close()
  }))
