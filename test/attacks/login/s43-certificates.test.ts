/**
 * S43: SASL EXTERNAL with client certificates: who somebody is says a parsed id-on-xmppAddr alone, never the subject. Openfire CVE-2025-59154 took
 * `OU="CN=admin,"` for a common name. RFC 6120 13.7.1.4, XEP-0178.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { expectSilence } from '../harness/answers.ts'
import { attack } from '../harness/attack.ts'
import { login, RawClient } from '../harness/client.ts'
import { startVictim, type Victim } from '../harness/server.ts'
import { removeAccount } from './accounts.ts'
import { Certificates, type Issued, type Wish, xmppAddr } from './certificates.ts'
import { authElement, exchange, offersOf, scram } from './scram.ts'

const certificates = new Certificates()
const authority = certificates.authority()
let victim: Victim
before(async () => {
  victim = await startVictim({
    secure: true,
    config: {
      tls: { clientCertificates: true, clientAuthorities: [authority.certFile] },
      limits: { authFailuresPerAddress: 0, authFailuresPerStream: 0 },
    },
    accounts: ['gone@a.example', 'cé@a.example'],
  })
})
after(async () => {
  await victim.stop()
  certificates.remove()
})

const issue = (wish: Wish): Issued => certificates.issue(authority, wish)

/** A stream opened with a certificate; undefined when the server does not go on with it. */
async function stream(
  who: Issued,
  host = 'a.example',
  version?: 'TLSv1.2',
): Promise<(RawClient & { features: string }) | undefined> {
  const tls = {
    cert: who.cert,
    key: who.key,
    servername: host,
    ...(version === undefined ? {} : { maxVersion: version }),
  }
  try {
    const client = await RawClient.connect({ port: victim.tlsPort, tls })
    return Object.assign(client, { features: await client.open(host) })
  } catch (error) {
    // TLS 1.3 lets the client know of it only with the first read
    assert.match(String(error), /the connection has ended|ECONNRESET|disconnected before secure|alert/)
    return undefined
  }
}

/** The outcome of EXTERNAL with an authzid: an address bound, `not offered`, or the condition. */
async function external(who: Issued, authzid: string, host = 'a.example', version?: 'TLSv1.2'): Promise<string> {
  const client = await stream(who, host, version)
  if (client === undefined) return 'disconnected'
  const isOffered = offersOf(client.features).mechanisms.includes('EXTERNAL')
  const { condition } = await exchange(client, authElement('EXTERNAL', authzid).replace('></auth>', '>=</auth>'))
  if (!isOffered) {
    assert.equal(condition, 'invalid-mechanism', 'what is not offered is not accepted')
    client.close()
    return 'not offered'
  }
  if (condition !== 'success') {
    client.close()
    return condition
  }
  await client.open(host)
  const jid = await client.bind('external')
  client.close()
  return jid
}

test('S43 logs in with a certificate that names the account', (t) =>
  attack(t, victim, async ({ note }) => {
    const good = issue({ subject: '/CN=whoever', names: [xmppAddr('v@a.example')] })
    for (const version of [undefined, 'TLSv1.2'] as const)
      for (const authzid of ['', 'v@a.example'])
        assert.equal(await external(good, authzid, 'a.example', version), 'v@a.example/external')
    const beside = [
      'DNS:evil.example',
      'email:mallory@a.example',
      xmppAddr('v@a.example'),
      'URI:xmpp:mallory@a.example',
    ]
    assert.equal(await external(issue({ names: beside }), ''), 'v@a.example/external')
    const umlaut = issue({ names: [xmppAddr('cé@a.example')] })
    assert.equal(await external(umlaut, ''), 'cé@a.example/external'.replace('é', Buffer.from('é').toString('latin1')))
    // STARTTLS leads to the same
    const client = await RawClient.connect({ port: victim.port })
    await client.open()
    await client.startTls({ cert: good.cert, key: good.key })
    assert.ok(offersOf(await client.open()).mechanisms.includes('EXTERNAL'))
    assert.equal((await exchange(client, authElement('EXTERNAL', 'v@a.example'))).condition, 'success')
    client.close()
    // and who has a certificate may use a password all the same, for whichever account it opens
    const by = await stream(good)
    assert.equal((await scram(by!, { mechanism: 'SCRAM-SHA-256', user: 'mallory' })).condition, 'success')
    by!.close()
    note('TLS 1.2 and 1.3, with and without authzid, STARTTLS and direct')
  }))

test('S43 never takes the subject for an identity', (t) =>
  attack(t, victim, async ({ note }) => {
    const v = await login(victim, 'v@a.example')
    const subjects = [
      '/CN=v@a.example',
      '/CN=v',
      '/OU=CN=v@a.example,/CN=mallory',
      '/O=CN\\=v@a.example, OU\\=x/CN=mallory@a.example',
      '/CN=mallory@a.example/CN=v@a.example',
      '/CN=v@a.example/CN=mallory@a.example',
      '/emailAddress=v@a.example/CN=x',
      '/UID=v@a.example',
      '/CN=x/1.3.6.1.5.5.7.8.5=v@a.example',
      '/CN=x/subjectAltName=v@a.example',
    ]
    for (const subject of subjects)
      for (const authzid of ['', 'v@a.example'])
        assert.equal(await external(issue({ subject }), authzid), 'not offered', subject)
    // names of another kind
    for (const names of [
      ['email:v@a.example'],
      ['DNS:v.a.example', 'DNS:a.example'],
      ['URI:xmpp:v@a.example'],
      ['RID:1.3.6.1.5.5.7.8.5'],
    ])
      assert.equal(await external(issue({ names }), 'v@a.example'), 'not offered', names.join())
    // the subject says v, the name says mallory
    for (const subject of subjects) {
      const mallory = issue({ subject, names: [xmppAddr('mallory@a.example')] })
      assert.equal(await external(mallory, ''), 'mallory@a.example/external', subject)
      assert.equal(await external(mallory, 'v@a.example'), 'invalid-authzid', subject)
    }
    note(`${subjects.length} subjects, alone and beside the name of somebody else`)
    await expectSilence(v)
    v.close()
  }))

test('S43 makes whoever has several addresses say which, and allows those alone', (t) =>
  attack(t, victim, async () => {
    const both = issue({ names: [xmppAddr('mallory@a.example'), xmppAddr('v@a.example'), xmppAddr('v@b.example')] })
    assert.equal(await external(both, ''), 'invalid-authzid')
    for (const name of ['mallory', 'v'])
      assert.equal(await external(both, `${name}@a.example`), `${name}@a.example/external`)
    for (const other of [
      'juliet@a.example',
      'v',
      '@a.example',
      'a.example',
      'v@a.example/r',
      'v@b.example',
      'mallory@b.example',
      'V@A.EXAMPLE',
    ])
      assert.equal(await external(both, other), 'invalid-authzid', other)
    // one of them is meant where the other host has but one
    assert.equal(await external(both, '', 'b.example'), 'v@b.example/external')
    assert.equal(await external(both, 'mallory@a.example', 'b.example'), 'invalid-authzid')
  }))

test('S43 refuses addresses of other hosts, of nobody, and broken ones', (t) =>
  attack(
    t,
    victim,
    async ({ note }) => {
      await removeAccount(victim, 'gone@a.example')
      const refused = ['not offered', 'not-authorized', 'invalid-authzid']
      const addresses = [
        'v@b.example',
        'v@e.example',
        'v@a.example.evil',
        'v@a.example/r',
        'a.example',
        'v',
        '@a.example',
        'nobody@a.example',
        'gone@a.example',
        'mallory@v@a.example',
        'v @a.example',
        'v\u202e@a.example',
        'v@xn--a.example',
        '*@a.example',
      ]
      for (const address of addresses)
        for (const authzid of ['', address, 'v@a.example'])
          assert.ok(
            refused.includes(await external(issue({ names: [xmppAddr(address)] }), authzid)),
            `${address} as ${authzid}`,
          )
      // NUL, where C would stop reading
      for (const [before, after] of [
        ['v@a.exampleX.evil', 'v@a.example\0.evil'],
        ['vX@a.example', 'v\0@a.example'],
        ['Xv@a.example', '\0v@a.example'],
        ['v@a.exampleX', 'v@a.example\0'],
        ['v@a.exampleX', 'v@a.example '],
        ['Xv@a.example', ' v@a.example'],
      ] as const) {
        const nul = certificates.forge(
          authority,
          issue({ names: [xmppAddr(before)] }),
          Buffer.from(before),
          Buffer.from(after),
        )
        for (const authzid of ['', 'v@a.example'])
          assert.ok(refused.includes(await external(nul, authzid)), JSON.stringify(after))
      }
      const broken = certificates.forge(
        authority,
        issue({ names: [xmppAddr('vX@a.example')] }),
        Buffer.from('vX@a'),
        Buffer.from([0x76, 0xff, 0x40, 0x61]),
      )
      assert.equal(await external(broken, ''), 'not offered')
      const nul = certificates.forge(
        authority,
        issue({ subject: '/CN=v@a.exampleX.evil' }),
        Buffer.from('exampleX'),
        Buffer.from('example\0'),
      )
      assert.equal(await external(nul, 'v@a.example'), 'not offered')
      // another string type than UTF8String
      for (const form of ['IA5', 'PRINTABLE', 'BMP', 'OCT'])
        assert.equal(
          await external(
            issue({ names: [xmppAddr(form === 'PRINTABLE' ? 'v a.example' : 'v@a.example', form)] }),
            'v@a.example',
          ),
          'not offered',
          form,
        )
      note(`${addresses.length} addresses, 5 with NUL, 4 of another type`)
    },
    { once: true },
  ))

test('S43 reads the extension and nothing that looks like it', (t) =>
  attack(t, victim, async () => {
    // SubjectAltName ::= SEQUENCE { [0] { OID, [0] { UTF8String } } }, as text so that openssl takes it for the value of an attribute
    const address = Buffer.from('v@a.example')
    const oid = Buffer.from('06082b06010505070805', 'hex')
    const tlv = (tag: number, ...parts: Buffer[]): Buffer => {
      const body = Buffer.concat(parts)
      return Buffer.concat([Buffer.from([tag, body.length]), body])
    }
    const names = tlv(0x30, tlv(0xa0, oid, tlv(0xa0, tlv(0x0c, address))))
    const extension = Buffer.concat([Buffer.from('0603551d11', 'hex'), tlv(0x04, names)])
    const filler = 'x'.repeat(extension.length)
    // a whole extension as the value of an attribute of the subject
    const smuggled = (wish: Wish): Issued =>
      certificates.forge(
        authority,
        issue({ ...wish, subject: `/CN=${filler}` }),
        Buffer.concat([Buffer.from([0x0c, extension.length]), Buffer.from(filler)]),
        Buffer.concat([Buffer.from([0x30, extension.length]), extension]),
      )
    for (const authzid of ['', 'v@a.example']) {
      assert.equal(await external(smuggled({}), authzid), 'not offered')
      assert.notEqual(
        await external(smuggled({ names: [xmppAddr('mallory@a.example')] }), authzid),
        'v@a.example/external',
      )
      // inside of another extension
      const other = issue({ extensions: [`1.2.3.4=DER:${tlv(0x30, extension).toString('hex')}`] })
      assert.equal(await external(other, authzid), 'not offered')
      const issuer = issue({ extensions: ['issuerAltName=otherName:1.3.6.1.5.5.7.8.5;UTF8:v@a.example'] })
      assert.equal(await external(issuer, authzid), 'not offered')
    }
  }))

test('S43 ends the connection of whoever shows a certificate that proves nothing', (t) =>
  attack(t, victim, async ({ note }) => {
    const names = [xmppAddr('v@a.example')]
    const stranger = certificates.authority()
    const doubtful: [string, Issued][] = [
      ['self-signed', certificates.selfSigned({ names })],
      ['of another authority', certificates.issue(stranger, { names })],
      ['expired', issue({ names, isExpired: true })],
      ['for servers only', issue({ names, extensions: ['extendedKeyUsage=serverAuth'] })],
      ['signed by somebody who is no authority', certificates.issue(issue({ key: 'rsa' }), { names })],
    ]
    for (const [kind, who] of doubtful)
      for (const version of [undefined, 'TLSv1.2'] as const)
        assert.equal(await external(who, 'v@a.example', 'a.example', version), 'disconnected', kind)
    note(doubtful.map(([kind]) => kind).join(', '))
    const client = await RawClient.connect({ port: victim.tlsPort, tls: {} })
    assert.ok(!offersOf(await client.open()).mechanisms.includes('EXTERNAL'), 'not offered to who shows none')
    assert.equal((await exchange(client, authElement('EXTERNAL', 'v@a.example'))).condition, 'invalid-mechanism')
    client.close()
  }))
