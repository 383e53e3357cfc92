/** Somebody between client and server, or in the server's place, who wants the password, or to be taken for the server (S36, S37, S49, S50). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { archiveWith, connect, createClient, memoryStore } from '@rookery/client/node'
import { NS } from '@rookery/protocol'
import { channelBindings } from '@rookery/protocol/xeps/sasl'
import * as sasl2 from '@rookery/protocol/xeps/sasl2'
import { type Element, el } from '@rookery/protocol/xml'
import { HostileServer } from '../harness/hostile-server.ts'
import { makeTrust } from '../harness/trust.ts'
import { edit, nothingProved, profiles, renamed, without } from '../support/between.ts'
import { failsToLogIn, optionsFor, reaches } from '../support/victim.ts'

const unverified = { kind: 'login', reason: 'not-verified' }
const plusless = renamed((names) => names.filter((name) => !name.endsWith('-PLUS')))

for (const [profile, more] of profiles) {
  test(`S36: ${profile}: mechanisms with -PLUS taken from the list, while the bindings are still told`, async () => {
    await using server = await HostileServer.start(more)
    server.script.features = plusless
    assert.partialDeepStrictEqual(await failsToLogIn(server), unverified)
    nothingProved(server)
    assert.deepEqual([...server.received('auth'), ...server.received('authenticate')], [])
  })

  test(`S36: ${profile}: -PLUS and bindings taken from the list: the server is told that we could (y), and refuses`, async () => {
    await using server = await HostileServer.start(more)
    server.script.features = (offered) => without('sasl-channel-binding')(plusless(offered))
    const error = await failsToLogIn(server)
    assert.equal(error['kind'], 'login')
    assert.notEqual(error['reason'], 'no-mechanism')
    const [said] = [...server.received('auth'), ...server.received('authenticate')]
    const data = said?.child('initial-response', sasl2.SASL2_NS) ?? said
    assert.match(Buffer.from(data?.text() ?? '', 'base64').toString(), /^y,,/)
    assert.deepEqual(server.received('response'), [])
  })

  test(`S36: ${profile}: a list of mechanisms that is not the one of the server (XEP-0474)`, async () => {
    const changes: ((names: readonly string[]) => readonly string[])[] = [
      (names) => names.filter((name) => name !== 'SCRAM-SHA-256-PLUS'),
      (names) => names.filter((name) => !name.startsWith('SCRAM-SHA-256')),
      (names) => [...names, 'X-OAUTH2'],
      (names) => names.filter((name) => name !== 'PLAIN'),
    ]
    for (const change of changes) {
      await using server = await HostileServer.start(more)
      server.script.features = renamed(change)
      assert.partialDeepStrictEqual(await failsToLogIn(server), unverified)
      nothingProved(server)
    }
  })

  test(`S36: ${profile}: a list of bindings that is not the one of the server (XEP-0474)`, async () => {
    const lists = [
      ['tls-server-end-point'],
      ['tls-exporter'],
      ['tls-exporter', 'tls-server-end-point', 'tls-unique'],
      [],
    ]
    for (const types of lists) {
      await using server = await HostileServer.start(more)
      server.script.features = (offered) => [
        ...without('sasl-channel-binding')(offered),
        ...(types.length === 0 ? [] : [channelBindings.build({ types })]),
      ]
      assert.partialDeepStrictEqual(await failsToLogIn(server), unverified)
      nothingProved(server)
    }
  })

  test(`S36: ${profile}: unknown bindings alone, from a server that does not prove its list`, async () => {
    await using server = await HostileServer.start({ ...more, downgradeProtection: false })
    server.script.features = (offered) => [
      ...without('sasl-channel-binding')(offered),
      channelBindings.build({ types: ['x-mine'] }),
    ]
    assert.partialDeepStrictEqual(await failsToLogIn(server), unverified)
    nothingProved(server)
  })

  test(`S36: ${profile}: PLAIN alone, offered after SCRAM has worked: in the same client, and after a restart`, async () => {
    await using server = await HostileServer.start(more)
    const store = memoryStore()
    const onlyPlain = (offered: readonly Element[]): readonly Element[] =>
      without('sasl-channel-binding')(renamed(() => ['PLAIN'])(offered))
    const first = await createClient(optionsFor(server, { store }))
    await first.connect()
    server.script.features = onlyPlain
    server.connection.break()
    const state = await reaches(first, 'failed')
    assert.partialDeepStrictEqual(
      { ...(state.name === 'failed' ? state.reason : {}) },
      { kind: 'login', reason: 'no-mechanism' },
    )
    await first.close()
    assert.partialDeepStrictEqual(await failsToLogIn(server, { store }), { kind: 'login', reason: 'no-mechanism' })
    for (const said of [...server.received('auth'), ...server.received('authenticate')])
      assert.match(said.attr('mechanism') ?? '', /^SCRAM/)
    server.script.features = (offered) => offered
    await using again = await connect(optionsFor(server, { store }))
    assert.equal(again.state.name, 'online')
  })

  test(`S36: ${profile}: PLAIN alone, offered after the certificate of the account has worked [XEP-0474 7]`, async () => {
    const { certificate: cert, key } = makeTrust().issue('romeo')
    await using server = await HostileServer.start({ ...more, mechanisms: ['EXTERNAL', 'PLAIN'] })
    server.script.features = without('sasl-channel-binding')
    const options = { store: memoryStore(), tls: { ca: server.trust.ca, cert, key } }
    await using first = await createClient(optionsFor(server, options))
    await first.connect()
    server.behaviour = { ...server.behaviour, mechanisms: ['PLAIN'] }
    server.connection.break()
    const state = await reaches(first, 'failed')
    assert.partialDeepStrictEqual(
      { ...(state.name === 'failed' ? state.reason : {}) },
      { kind: 'login', reason: 'no-mechanism' },
    )
    for (const said of [...server.received('auth'), ...server.received('authenticate')])
      assert.equal(said.attr('mechanism'), 'EXTERNAL')
  })

  test(`S36: ${profile}: no list, an empty one, and one of nonsense`, async () => {
    for (const names of [
      [],
      ['plain'],
      ['SCRAM-SHA-256-PLUS '],
      ['SCRAM-SHA-0', 'ANONYMOUS'],
      ['EXTERNAL'],
      ['DIGEST-MD5', 'CRAM-MD5', 'LOGIN'],
    ]) {
      await using server = await HostileServer.start(more)
      server.script.features = (offered) => without('sasl-channel-binding')(renamed(() => names)(offered))
      const error = await failsToLogIn(server)
      assert.ok(error['kind'] === 'login' || error['kind'] === 'connect', names.join())
      assert.deepEqual([...server.received('auth'), ...server.received('authenticate')], [])
    }
  })

  test(`S37: ${profile}: whoever ends TLS with another connection behind does not get in`, async () => {
    // the server sees another certificate and another connection than the client does
    for (const type of ['tls-exporter', 'tls-server-end-point']) {
      await using server = await HostileServer.start({ ...more, downgradeProtection: false })
      server.script.features = (offered, connection) => {
        if (type === 'tls-server-end-point') server.certificate = server.trust.issue('localhost')
        else if (connection.secure !== undefined)
          connection.secure.exportKeyingMaterial = (length) => Buffer.alloc(length, 7)
        return offered.map((one) =>
          one.name === 'sasl-channel-binding' ? channelBindings.build({ types: [type] }) : one,
        )
      }
      assert.partialDeepStrictEqual(await failsToLogIn(server), {
        kind: 'login',
        reason: 'refused',
        condition: 'not-authorized',
      })
    }
  })

  test(`S37: ${profile}: tls-unique offered on TLS 1.3, and tls-exporter before it, are not bound to`, async () => {
    for (const [version, type] of [
      ['TLSv1.3', 'tls-unique'],
      ['TLSv1.2', 'tls-exporter'],
    ] as const) {
      await using server = await HostileServer.start({
        ...more,
        tls: { maxVersion: version },
        downgradeProtection: false,
      })
      server.script.features = (offered) =>
        offered.map((one) => (one.name === 'sasl-channel-binding' ? channelBindings.build({ types: [type] }) : one))
      assert.partialDeepStrictEqual(await failsToLogIn(server), unverified)
      nothingProved(server)
    }
  })

  test(`S49: ${profile}: too few rounds, too many, none, an error, and somebody else's nonce: no proof is sent`, async () => {
    const changes: ((first: string) => string)[] = [
      (first) => first.replace(/i=\d+/, 'i=1'),
      (first) => first.replace(/i=\d+/, 'i=4095'),
      (first) => first.replace(/i=\d+/, 'i=4294967295'),
      (first) => first.replace(/i=\d+/, 'i=99999999999999999999'),
      (first) => first.replace(/i=\d+/, 'i=-4096'),
      (first) => first.replace(/i=\d+/, 'i=4e3'),
      (first) => first.replace(/,i=\d+/, ''),
      (first) => first.replace(/,s=[^,]*/, ''),
      () => 'e=other-error',
      () => '',
      (first) => first.replace(/^r=/, 'r=x'),
      (first) => first.replace(/^r=.{10}/, 'r=0123456789'),
      (first) => first.replace(/^r=.*?,s=/, 'r=,s='),
      (first) => `m=ext,${first}`,
      (first) => `${first},i=4096`,
      (first) => `v=${first}`,
      () => 'A'.repeat(100_000),
    ]
    await using server = await HostileServer.start(more)
    for (const change of changes) {
      edit(server, 'challenge', change)
      assert.partialDeepStrictEqual(await failsToLogIn(server), unverified, String(change))
      nothingProved(server)
    }
    await server.until('abort', changes.length)
  })

  test(`S49: ${profile}: the nonce of the client is taken again from nowhere: each login has its own`, async () => {
    await using server = await HostileServer.start(more)
    const firsts: string[] = []
    edit(server, 'challenge', (first) => {
      firsts.push(first)
      return firsts[0]
    })
    await using client = await connect(optionsFor(server))
    await client.disconnect()
    assert.partialDeepStrictEqual(await failsToLogIn(server), unverified)
    assert.equal(server.received('response').length, 1)
  })

  test(`S50: ${profile}: a success that proves nothing is none`, async () => {
    const changes: ((final: string) => string | undefined)[] = [
      () => undefined,
      () => '',
      () => 'v=',
      () => `v=${Buffer.alloc(32).toString('base64')}`,
      (final) => final.slice(0, -4),
      (final) => final.replace('v=', 'V='),
      (final) => `e=x,${final}`,
      () => 'e=invalid-proof',
      (final) => `${final}\0`,
    ]
    await using server = await HostileServer.start(more)
    for (const change of changes) {
      edit(server, 'success', change)
      assert.partialDeepStrictEqual(await failsToLogIn(server), unverified, String(change))
    }
    assert.deepEqual(server.received('iq'), [])
    assert.equal(server.connections.length, changes.length)
  })

  test(`S50: ${profile}: success without a challenge, and instead of a second one`, async () => {
    for (const late of [false, true]) {
      await using server = await HostileServer.start(more)
      server.script.receive = (element, connection) => {
        if (element.name !== (late ? 'response' : 'auth') && element.name !== (late ? 'response' : 'authenticate'))
          return false
        const said =
          profile === 'SASL'
            ? el('success', NS.sasl)
            : sasl2.success.build({
                additionalData: undefined,
                authorizationIdentifier: 'romeo@localhost/x',
                others: [],
              })
        connection.put(said)
        return true
      }
      assert.partialDeepStrictEqual(await failsToLogIn(server), unverified)
    }
  })

  test(`S50: ${profile}: a success of the other profile, and a stanza in its place`, async () => {
    for (const said of [
      profile === 'SASL'
        ? sasl2.success.build({ additionalData: undefined, authorizationIdentifier: 'romeo@localhost/x', others: [] })
        : el('success', NS.sasl),
      el('message', NS.client, { from: 'a@localhost' }),
      el('features', NS.streams),
      el('success', NS.client),
    ]) {
      await using server = await HostileServer.start(more)
      server.script.send = (element) => (element.name === 'success' ? said : element)
      assert.partialDeepStrictEqual(await failsToLogIn(server), { kind: 'connect', reason: 'bad-answer' })
    }
  })

  test(`S50: ${profile}: challenges without end`, async () => {
    await using server = await HostileServer.start(more)
    server.script.send = (element, _connection) => {
      if (element.name !== 'success') return element
      return element.ns === NS.sasl ? el('challenge', NS.sasl, {}, 'QUJD') : el('challenge', sasl2.SASL2_NS, {}, 'QUJD')
    }
    assert.partialDeepStrictEqual(await failsToLogIn(server), unverified)
    assert.ok(server.received('response').length < 3)
  })

  test(`S50: ${profile}: the session of somebody else is not taken`, async () => {
    for (const jid of ['juliet@localhost/x', 'romeo@e.example/x', 'romeo@localhost', 'localhost/x', 'nonsense@@/']) {
      await using server = await HostileServer.start(more)
      server.script.send = (element) => {
        if (profile === 'SASL2' && element.name === 'success')
          return element.withChildren(
            element.children.map((child) =>
              typeof child !== 'string' && child.name === 'authorization-identifier'
                ? child.withChildren([jid])
                : child,
            ),
          )
        if (profile === 'SASL' && element.name === 'iq' && element.child('bind', NS.bind) !== undefined)
          return element.withChildren([el('bind', NS.bind, {}, [el('jid', NS.bind, {}, jid)])])
        return element
      }
      // who asks for what was missed binds with the login, where the server takes it
      const use = profile === 'SASL2' ? [archiveWith({ catchUp: 'all' })] : []
      assert.partialDeepStrictEqual(await failsToLogIn(server, { use }), { kind: 'connect', reason: 'bad-answer' }, jid)
    }
  })
}
