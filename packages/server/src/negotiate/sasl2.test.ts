import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { NS } from '@rookery/protocol'
import { el } from '@rookery/protocol/xml'
import { feature } from '@rookery/server'
import { HOST, memoryServer, turns } from '../../test/memory-server.ts'
import { authenticate, BIND2, bindWith, failureIn, opened, PHONE, SASL2, tryLogin } from '../../test/sasl2-client.ts'

const bindFeature = (features: ReturnType<typeof el> | undefined) => features?.child('bind', NS.bind) !== undefined

describe('a login by XEP-0388', () => {
  test('is offered with what can be had inline', async () => {
    await using server = await memoryServer()
    const client = await opened(server, 'romeo')
    const offer = client.features!.child('authentication', SASL2)!
    assert.deepEqual(
      offer.childElements().map((child) => (child.name === 'mechanism' ? child.text() : child.name)),
      ['SCRAM-SHA-256', 'PLAIN', 'inline'],
    )
    const inline = offer.child('inline')!
    assert.ok(inline.child('bind', BIND2))
    assert.equal(inline.child('fast', 'urn:xmpp:fast:0')?.childText('mechanism'), 'HT-SHA-256-NONE')
  })

  test('is not offered, and not taken, in the clear [XEP-0388 6]', async () => {
    await using server = await memoryServer({ auth: { plainWithoutTls: false } })
    const client = await opened(server, 'romeo')
    assert.ok(client.features!.child('mechanisms', NS.sasl))
    assert.equal(client.features!.child('authentication', SASL2), undefined)
    assert.equal(client.features!.child('config-version', 'urn:xmpp:iap:0'), undefined)
    client.send(authenticate('romeo'))
    assert.equal(failureIn(await client.next()), 'invalid-mechanism')
  })

  test('has no stream restart: features follow, and a resource can be bound the old way', async () => {
    await using server = await memoryServer()
    const { client, answer } = await tryLogin(server, 'romeo', authenticate('romeo'))
    assert.equal(answer.name, 'success')
    assert.equal(answer.childText('authorization-identifier'), `romeo@${HOST}`)
    assert.ok(bindFeature(await client.next()))
    const bound = await client.ask(`<iq type='set' id='b'><bind xmlns='${NS.bind}'><resource>x</resource></bind></iq>`)
    assert.equal(bound.child('bind', NS.bind)?.childText('jid'), `romeo@${HOST}/x`)
    assert.deepEqual(await client.all(), [])
  })

  test('goes on over several steps', async () => {
    await using server = await memoryServer()
    const { client, answer } = await tryLogin(
      server,
      'romeo',
      authenticate('romeo', { mechanism: 'SCRAM-SHA-256', initial: 'n,,n=romeo,r=abcdef' }),
    )
    assert.equal(answer.name, 'challenge')
    client.send(`<response xmlns='${SASL2}'>${btoa('c=biws,r=wrong,p=AAAA')}</response>`)
    assert.equal(failureIn(await client.next()), 'malformed-request')
    // and may be tried again
    client.send(authenticate('romeo'))
    assert.equal((await client.next())?.name, 'success')
  })

  test('asks for the response that did not come with the request', async () => {
    await using server = await memoryServer()
    const client = await opened(server, 'romeo')
    client.send(`<authenticate xmlns='${SASL2}' mechanism='PLAIN'/>`)
    assert.equal((await client.next())?.name, 'challenge')
    client.send(`<response xmlns='${SASL2}'>${btoa('\0romeo\0secret-romeo')}</response>`)
    assert.equal((await client.next())?.name, 'success')
  })

  test('can be aborted, and tried again', async () => {
    await using server = await memoryServer()
    const client = await opened(server, 'romeo')
    client.send(`<authenticate xmlns='${SASL2}' mechanism='PLAIN'/>`)
    assert.equal((await client.next())?.name, 'challenge')
    client.send(`<abort xmlns='${SASL2}'><text>no</text></abort>`)
    assert.equal(failureIn(await client.next()), 'aborted')
    client.send(authenticate('romeo'))
    assert.equal((await client.next())?.name, 'success')
  })

  test('that fails says why', async () => {
    await using server = await memoryServer({ limits: { authFailuresPerStream: 0 } })
    const client = await opened(server, 'romeo')
    const agent = "<user-agent id='phone'/>"
    const cases: [string, string][] = [
      [authenticate('romeo', { initial: '\0romeo\0wrong' }), 'not-authorized'],
      [authenticate('romeo', { initial: '\0nobody\0wrong' }), 'not-authorized'],
      [authenticate('romeo', { initial: 'juliet@localhost\0romeo\0secret-romeo' }), 'invalid-authzid'],
      [authenticate('romeo', { initial: 'romeo' }), 'malformed-request'],
      [authenticate('romeo', { mechanism: 'plain' }), 'invalid-mechanism'],
      [authenticate('romeo', { mechanism: 'ANONYMOUS' }), 'invalid-mechanism'],
      [`<authenticate xmlns='${SASL2}'/>`, 'invalid-mechanism'],
      [`<authenticate xmlns='${SASL2}' mechanism='PLAIN'>${agent}</authenticate>`, 'malformed-request'],
      [
        `<authenticate xmlns='${SASL2}' mechanism='PLAIN'><initial-response>=</initial-response></authenticate>`,
        'incorrect-encoding',
      ],
      [authenticate('romeo', { inline: bindWith() + bindWith() }), 'malformed-request'],
      [authenticate('romeo', { inline: "<fast xmlns='urn:xmpp:fast:0' count='many'/>" }), 'malformed-request'],
      [`<response xmlns='${SASL2}'/>`, 'malformed-request'],
      [`<next xmlns='${SASL2}' task='UPGR-SCRAM-SHA-512'/>`, 'malformed-request'],
      [`<abort xmlns='${SASL2}'/>`, 'aborted'],
    ]
    for (const [sent, condition] of cases) {
      client.send(sent)
      assert.equal(failureIn(await client.next()), condition, sent)
    }
    client.send(authenticate('romeo'))
    assert.equal((await client.next())?.name, 'success')
  })

  test('has so many tries on one stream [S29]', async () => {
    await using server = await memoryServer({ limits: { authFailuresPerStream: 2 } })
    const client = await opened(server, 'romeo')
    for (let i = 0; i < 2; i++) client.send(authenticate('romeo', { initial: '\0romeo\0wrong' }))
    await client.closed()
    assert.equal(client.streamError, 'policy-violation')
  })

  test('that fails runs nothing of what was asked for with it, nor what follows it [S48]', async () => {
    await using server = await memoryServer()
    const juliet = await server.login('juliet')
    juliet.send('<presence/>')
    await juliet.all()
    const client = await opened(server, 'romeo')
    client.send(
      authenticate('romeo', { initial: '\0romeo\0wrong', agent: PHONE, inline: bindWith('<tag>Lute</tag>') }) +
        `<iq type='set' id='b'><bind xmlns='${NS.bind}'/></iq>` +
        `<message to='${juliet.jid}'><body>I am in</body></message>`,
    )
    assert.equal(failureIn(await client.next()), 'not-authorized')
    await client.closed()
    assert.equal(client.streamError, 'not-authorized')
    assert.deepEqual(await juliet.all(), [])
    assert.deepEqual(await server.stores.documents.list('romeo'), [])
  })

  test('is not to be disturbed: anything else ends the stream [XEP-0388 2.4]', async () => {
    for (const other of [
      "<iq type='get' id='r'><query xmlns='jabber:iq:register'/></iq>",
      `<auth xmlns='${NS.sasl}' mechanism='PLAIN'>${btoa('\0romeo\0secret-romeo')}</auth>`,
      authenticate('romeo'),
      '<message/>',
    ]) {
      await using server = await memoryServer({ features: { register: { open: true } } })
      const client = await opened(server, 'romeo')
      client.send(`<authenticate xmlns='${SASL2}' mechanism='PLAIN'/>${other}`)
      assert.equal((await client.next())?.name, 'challenge')
      await client.closed()
      assert.equal(client.streamError, 'not-authorized', other)
    }
  })

  test('happens once on a stream [XEP-0388 4.9]', async () => {
    await using server = await memoryServer()
    const client = await opened(server, 'romeo')
    client.send(authenticate('romeo') + authenticate('romeo'))
    assert.equal((await client.next())?.name, 'success')
    assert.equal((await client.next())?.name, 'features')
    await client.closed()
    assert.equal(client.streamError, 'unsupported-stanza-type')
  })

  test('as another account than the stream was opened for is refused where that is named [XEP-0388 4.4]', async () => {
    await using server = await memoryServer()
    await server.server.accounts(HOST).create('juliet', 'secret-juliet')
    const answers: (string | undefined)[] = []
    for (const [from, authzid] of [
      [`romeo@${HOST}`, `romeo@${HOST}`],
      [`juliet@${HOST}`, `romeo@${HOST}`],
      [`juliet@${HOST}`, ''],
      ['nobody', `romeo@${HOST}`],
    ] as const) {
      const client = await opened(server, 'romeo')
      client.destroy()
      const other = server.connect()
      other.send(
        `<stream:stream xmlns='jabber:client' xmlns:stream='${NS.streams}' version='1.0' to='${HOST}' from='${from}'>` +
          authenticate('romeo', { initial: `${authzid}\0romeo\0secret-romeo` }),
      )
      await other.next()
      const answer = await other.next()
      answers.push(failureIn(answer) ?? answer?.name ?? other.streamError)
    }
    assert.deepEqual(answers, ['success', 'invalid-authzid', 'success', 'invalid-from'])
  })

  test('goes on for a guest, who has no token and no client', async () => {
    await using server = await memoryServer({ auth: { anonymous: [HOST] } })
    const client = await opened(server, 'romeo')
    client.send(
      authenticate('', {
        mechanism: 'ANONYMOUS',
        initial: '',
        agent: PHONE,
        inline: `${bindWith()}<request-token xmlns='urn:xmpp:fast:0' mechanism='HT-SHA-256-NONE'/>`,
      }),
    )
    const answer = await client.next()
    assert.equal(answer?.name, 'success')
    assert.match(answer?.childText('authorization-identifier') ?? '', new RegExp(`^[a-z0-9_-]+@${HOST}/.`))
    assert.equal(answer?.child('token', 'urn:xmpp:fast:0'), undefined)
    assert.ok(answer?.child('bound', BIND2))
  })

  test('of a client that has gone meanwhile leaves nothing behind', async () => {
    await using server = await memoryServer({ auth: { rememberPlain: false } })
    const client = await opened(server, 'romeo')
    client.send(authenticate('romeo', { agent: PHONE, inline: bindWith() }))
    await turns(1)
    client.destroy()
    const other = await server.login('romeo', 'other')
    await turns(50)
    const list = await other.ask("<iq type='get' id='l'><list xmlns='urn:xmpp:cam:0'/></iq>")
    const connected = list
      .child('clients', 'urn:xmpp:cam:0')
      ?.childElements()
      .filter((each) => each.attr('connected') === 'true')
    assert.equal(connected?.length, 1)
  })
})

describe('the version of the offers (XEP-0509)', () => {
  const withVersion = (value: string) => `<config-version xmlns='urn:xmpp:iap:0' scheme='opaque' value='${value}'/>`

  test('is the same on every stream with the same offers, and another with others', async () => {
    await using server = await memoryServer()
    await using other = await memoryServer({ auth: { hashes: ['SHA-512'] } })
    const versions = []
    for (const each of [server, server, other])
      versions.push((await opened(each, 'romeo')).features!.child('config-version', 'urn:xmpp:iap:0')?.attr('value'))
    assert.equal(versions[0], versions[1])
    assert.notEqual(versions[0], versions[2])
    assert.ok(versions[0])
  })

  test('lets a login pass that goes by it, and aborts one that does not, without prejudice', async () => {
    await using server = await memoryServer({ limits: { authFailuresPerStream: 1 } })
    const client = await opened(server, 'romeo')
    const value = client.features!.child('config-version', 'urn:xmpp:iap:0')!.attr('value')!
    for (let i = 0; i < 3; i++) {
      client.send(authenticate('romeo', { inline: withVersion('b2xk') }))
      const refused = await client.next()
      assert.equal(failureIn(refused), 'aborted')
      assert.ok(refused?.child('config-version-mismatch', 'urn:xmpp:iap:0'))
    }
    client.send(authenticate('romeo', { inline: withVersion(value) }))
    assert.equal((await client.next())?.name, 'success')
  })
})

describe('one round trip', () => {
  test('is enough from the stream header to a bound session', async () => {
    await using server = await memoryServer()
    await server.server.accounts(HOST).create('romeo', 'secret-romeo')
    const client = server.connect()
    // all that the client says before it hears anything
    client.send(
      `<stream:stream xmlns='jabber:client' xmlns:stream='${NS.streams}' version='1.0' to='${HOST}'>` +
        authenticate('romeo', { agent: PHONE, inline: bindWith('<tag>Lute</tag>') }),
    )
    const names = []
    for (let i = 0; i < 3; i++) names.push((await client.next())?.name)
    assert.deepEqual(names, ['features', 'success', 'features'])
    client.send("<iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>")
    assert.equal((await client.next())?.attr('type'), 'result')
  })
})

describe('a resource bound with the login (XEP-0386)', () => {
  const session = (events: string[], wait = false) =>
    feature({
      name: 'probe',
      summary: 'x',
      specifications: [],
      needs: ['sessions'],
      start: ({ sessions }) => ({
        bindInline: [
          {
            namespace: 'urn:x:inline',
            enable(_, request) {
              events.push(request.name)
              return el('enabled', 'urn:x:inline')
            },
          },
          {
            namespace: 'urn:x:broken',
            enable: () => {
              throw new Error('no')
            },
          },
        ],
        bound: (bound) => {
          events.push('bound')
          // somebody sends to the session before its client knows of it
          sessions.find(bound.jid)?.sendWire("<presence from='early@x'/>")
          const told = el('told', 'urn:x:told')
          return wait ? turns(3).then(() => told) : told
        },
      }),
    })

  for (const wait of [false, true])
    test(`is told in the success, before anything else reaches it${wait ? ', though a feature waits' : ''}`, async () => {
      const events: string[] = []
      await using server = await memoryServer({ plugins: [session(events, wait)], features: { archive: false } })
      const inline =
        "<first xmlns='urn:x:inline'/><second xmlns='urn:x:inline'/><x xmlns='urn:x:broken'/><y xmlns='urn:x:unknown'/>"
      const { client, answer } = await tryLogin(
        server,
        'romeo',
        authenticate('romeo', { inline: bindWith(`<tag>Lute</tag>${inline}`) }),
      )
      assert.match(client.jid, new RegExp(`^romeo@${HOST}/Lute/.+`))
      const bound = answer.child('bound', BIND2)!
      assert.deepEqual(
        bound.childElements().map(({ name }) => name),
        ['told', 'enabled'],
      )
      assert.deepEqual(events, ['bound', 'first'])
      const features = await client.next()
      assert.equal(features?.name, 'features')
      assert.equal(bindFeature(features), false)
      assert.equal((await client.next())?.attr('from'), 'early@x')
    })

  test('names the features that can be turned on', async () => {
    await using server = await memoryServer({ plugins: [session([])] })
    const client = await opened(server, 'romeo')
    const offered = client.features!.child('authentication', SASL2)!.child('inline')!.child('bind', BIND2)!
    const names = offered
      .child('inline')
      ?.childElements()
      .map((each) => each.attr('var'))
    assert.ok(names?.includes('urn:x:inline'))
  })

  test('is stable for a client, says nothing of its id, and differs for another tag, client or account', async () => {
    await using server = await memoryServer()
    const resource = async (local: string, agent: string | undefined, tag: string) => {
      const inline = bindWith(tag === '' ? '' : `<tag>${tag}</tag>`)
      const { client, answer } = await tryLogin(server, local, authenticate(local, { agent, inline }))
      assert.ok(answer.child('bound', BIND2))
      await client.end()
      return client.jid.slice(client.jid.indexOf('/') + 1)
    }
    const first = await resource('romeo', PHONE, 'Lute')
    assert.equal(await resource('romeo', PHONE, 'Lute'), first)
    assert.ok(first.startsWith('Lute/'))
    for (const part of [PHONE, PHONE.slice(0, 8), Buffer.from(PHONE).toString('base64').slice(0, 8)])
      assert.ok(!first.includes(part))
    const others = [
      await resource('romeo', PHONE, 'Harp'),
      await resource('romeo', '0d9e8f7a-6b5c-4d3e-8f1a-2b3c4d5e6f70', 'Lute'),
      await resource('juliet', PHONE, 'Lute'),
      await resource('romeo', undefined, 'Lute'),
      await resource('romeo', undefined, 'Lute'),
      await resource('romeo', PHONE, ''),
    ]
    assert.equal(new Set([first, ...others].map((each) => each.split('/').at(-1))).size, 7)
    // a tag that no resource can have is left out
    assert.doesNotMatch(await resource('romeo', PHONE, 'x'.repeat(1020)), /x{1020}/)
  })

  test('replaces the earlier session of the same client', async () => {
    await using server = await memoryServer()
    const login = () =>
      tryLogin(server, 'romeo', authenticate('romeo', { agent: PHONE, inline: bindWith('<tag>a</tag>') }))
    const first = await login()
    const other = await tryLogin(
      server,
      'romeo',
      authenticate('romeo', { agent: PHONE, inline: bindWith('<tag>b</tag>') }),
    )
    await first.client.closed()
    assert.equal(first.client.streamError, 'conflict')
    assert.equal(other.client.isClosed, false)
  })

  test('of an account with too many sessions ends the stream', async () => {
    await using server = await memoryServer({ limits: { sessionsPerAccount: 1 } })
    await server.login('romeo')
    const client = await opened(server, 'romeo')
    client.send(authenticate('romeo', { inline: bindWith() }))
    await client.closed()
    assert.equal(client.streamError, 'resource-constraint')
  })
})
