/**
 * S38, S47, S48 with SASL2 (XEP-0388), FAST (XEP-0484), Bind 2 (XEP-0386) and pipelining (XEP-0509): what was sent once does not work twice, tokens end
 * with what they came from, nothing is done for who has not logged in, and nothing tells who is there.
 */
import assert from 'node:assert/strict'
import { createHmac, randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { expectEnd } from '../harness/answers.ts'
import { attack } from '../harness/attack.ts'
import { auth, bind, login, open, plain, RawClient } from '../harness/client.ts'
import { startVictim, type Victim } from '../harness/server.ts'
import { base64, firstMessage } from './scram.ts'

let victim: Victim
let secure: Victim
before(async () => {
  const limits = { authFailuresPerAddress: 0, authFailuresPerStream: 0, bytesPerSecond: 0 }
  ;[victim, secure] = await Promise.all([
    startVictim({ config: { limits }, accounts: ['boss@a.example'] }),
    startVictim({ config: { limits }, secure: true }),
  ])
})
after(() => Promise.all([victim.stop(), secure.stop()]))

const SASL2 = 'urn:xmpp:sasl:2'
const FAST = 'urn:xmpp:fast:0'
const agentOf = (id: string): string => `<user-agent id='${id}'><software>Attack</software></user-agent>`

interface Attempt {
  readonly mechanism: string
  readonly response: string
  readonly agent?: string
  readonly more?: string
}

const authenticate = ({ mechanism, response, agent, more = '' }: Attempt): string =>
  `<authenticate xmlns='${SASL2}' mechanism='${mechanism}'><initial-response>${response}</initial-response>${agent === undefined ? '' : agentOf(agent)}${more}</authenticate>`

const passwordOf = (local: string, agent: string, mechanism: string): string =>
  authenticate({
    mechanism: 'PLAIN',
    response: plain(local),
    agent,
    more: `<request-token xmlns='${FAST}' mechanism='${mechanism}'/>`,
  })

const hashed = (local: string, token: string, binding: Uint8Array = new Uint8Array()): string => {
  const proof = createHmac('sha256', token).update('Initiator').update(binding).digest()
  return Buffer.concat([Buffer.from(`${local}\0`), proof]).toString('base64')
}

const verdictOf = (wire: string): string =>
  /<failure [^>]*>\s*<([a-z-]+)/.exec(wire)?.[1] ?? (wire.includes('<success ') ? 'success' : wire)

const connect = async (to: Victim): Promise<RawClient> => {
  const client = await RawClient.connect({ port: to.port })
  await client.open()
  if (to.isSecure) {
    await client.startTls()
    await client.open()
  }
  return client
}

async function attempt(client: RawClient, wire: string): Promise<string> {
  client.send(wire)
  return client.waitFor(/<\/success>|<\/failure>|<\/challenge>|<\/continue>/)
}

/** A token that a password has brought. */
async function newToken(to: Victim, local: string, agent: string, mechanism: string): Promise<string> {
  const client = await connect(to)
  const answer = await attempt(client, passwordOf(local, agent, mechanism))
  const token = /<token [^>]*token='([^']+)'/.exec(answer)?.[1]
  assert.ok(token !== undefined, answer)
  client.close()
  return token
}

async function tryToken(
  to: Victim,
  what: Attempt & { readonly count?: number; readonly isLast?: boolean },
): Promise<string> {
  const client = await connect(to)
  const count = what.count === undefined ? '' : ` count='${what.count}'`
  const invalidate = what.isLast === true ? " invalidate='true'" : ''
  const fast = `<fast xmlns='${FAST}'${count}${invalidate}/>`
  const answer = await attempt(client, authenticate({ ...what, more: fast + (what.more ?? '') }))
  client.close()
  return verdictOf(answer)
}

const NONE = 'HT-SHA-256-NONE'

test('S47 a login by token that was there already is refused, however it comes again', (t) =>
  attack(t, victim, async ({ note }) => {
    const agent = randomUUID()
    const token = await newToken(victim, 'v', agent, NONE)
    const what = { mechanism: NONE, response: hashed('v', token), agent }
    assert.equal(await tryToken(victim, { ...what, count: 5 }), 'success')
    for (const count of [5, 4, 1, 0])
      assert.equal(await tryToken(victim, { ...what, count }), 'not-authorized', `${count}`)
    assert.equal(await tryToken(victim, { ...what, count: 6 }), 'success')
    // many times at the same moment
    const all = await Promise.all(Array.from({ length: 20 }, () => tryToken(victim, { ...what, count: 7 })))
    assert.equal(all.filter((verdict) => verdict === 'success').length, 1)
    for (const count of ['-1', 'x', '9007199254740993', '1e9', '']) {
      const client = await connect(victim)
      const answer = await attempt(client, authenticate({ ...what, more: `<fast xmlns='${FAST}' count='${count}'/>` }))
      assert.notEqual(verdictOf(answer), 'success', `count='${count}'`)
      client.close()
    }
    // the token of one client is not that of another, nor of somebody else
    for (const other of [
      { ...what, agent: randomUUID() },
      { mechanism: NONE, response: what.response },
      { ...what, response: hashed('mallory', token) },
      { ...what, response: hashed('v', `${token}x`) },
      { ...what, response: hashed('v', '') },
      { ...what, response: base64('v\0') },
      { ...what, response: base64('v') },
      { ...what, mechanism: 'HT-SHA-512-NONE' },
      { ...what, mechanism: 'HT-SHA-256-EXPR' },
    ])
      assert.notEqual(await tryToken(victim, { ...(other as Attempt), count: 100 }), 'success', JSON.stringify(other))
    // and a password is no token, nor the other way round
    const client = await connect(victim)
    assert.equal(
      verdictOf(await attempt(client, authenticate({ mechanism: 'PLAIN', response: plain('v', token), agent }))),
      'not-authorized',
    )
    client.close()
    assert.equal(await tryToken(victim, { ...what, count: 200 }), 'success', 'nothing of this has harmed it')
    note('one login of 20 at the same moment')
  }))

test('S47 a token ends when it is given back, revoked, or the password changes; and so does what it began', (t) =>
  attack(t, victim, async () => {
    const agents = [randomUUID(), randomUUID(), randomUUID()]
    const tokens: string[] = []
    for (const agent of agents) tokens.push(await newToken(victim, 'boss', agent, NONE))
    const use = (i: number, more: object = {}): Promise<string> =>
      tryToken(victim, { mechanism: NONE, response: hashed('boss', tokens[i]!), agent: agents[i]!, ...more })
    assert.equal(await use(0, { count: 1, isLast: true }), 'success')
    for (const count of [1, 2, undefined]) assert.match(await use(0, { count }), /not-authorized|credentials-expired/)
    // by another device
    const owner = await login(victim, 'boss@a.example')
    owner.send("<iq type='get' id='l'><list xmlns='urn:xmpp:cam:0'/></iq>")
    const list = await owner.waitFor(/<iq [^>]*id='l'.*?<\/iq>/s)
    const ids = [...list.matchAll(/<client [^>]*\bid='([^']+)'/g)].map(([, id]) => id!)
    assert.ok(ids.length >= 2, list)
    for (const id of agents) assert.ok(!list.includes(id), 'what a client calls itself is a secret of its own')
    for (const id of ids) {
      owner.send(`<iq type='set' id='k${id}'><revoke xmlns='urn:xmpp:cam:0' id='${id}'/></iq>`)
      await owner.waitFor(new RegExp(`<iq [^>]*id='k${id}'[^>]*(/>|>.*?</iq>)`, 's'))
    }
    for (const i of [1, 2]) assert.match(await use(i, { count: 10 }), /not-authorized|credentials-expired/)
    // and by another password
    tokens[0] = await newToken(victim, 'v', agents[0]!, NONE)
    const v = await login(victim, 'v@a.example')
    v.send(
      "<iq type='set' id='p'><query xmlns='jabber:iq:register'><username>v</username><password>other</password></query></iq>",
    )
    assert.match(await v.waitFor(/<iq [^>]*id='p'[^>]*(\/>|>.*?<\/iq>)/s), /type='result'/)
    const late = await tryToken(victim, {
      mechanism: NONE,
      response: hashed('v', tokens[0]),
      agent: agents[0]!,
      count: 11,
    })
    assert.match(late, /not-authorized|credentials-expired/)
    v.send(
      "<iq type='set' id='q'><query xmlns='jabber:iq:register'><username>v</username><password>secret-v</password></query></iq>",
    )
    await v.waitFor(/<iq [^>]*id='q'[^>]*(\/>|>.*?<\/iq>)/s)
    v.close()
    owner.close()
  }))

test('S47 a token that is bound to a channel proves nothing on another', (t) =>
  attack(t, secure, async () => {
    const agent = randomUUID()
    const mechanism = 'HT-SHA-256-EXPR'
    const token = await newToken(secure, 'v', agent, mechanism)
    const exported = (client: RawClient): Buffer =>
      (client.socket as TLSSocket).exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0))
    const fast = `<fast xmlns='${FAST}' count='1'/>`
    const first = await connect(secure)
    const second = await connect(secure)
    const own = hashed('v', token, exported(first))
    // seen on one connection, said on the other
    const tryOn = async (client: RawClient, response: string, what = mechanism): Promise<string> =>
      verdictOf(await attempt(client, authenticate({ mechanism: what, response, agent, more: fast })))
    assert.equal(await tryOn(second, own), 'not-authorized')
    assert.equal(await tryOn(second, hashed('v', token)), 'not-authorized')
    assert.equal(await tryOn(second, hashed('v', token, new Uint8Array(32))), 'not-authorized')
    // to the mechanism that binds to nothing
    assert.notEqual(await tryOn(second, hashed('v', token), NONE), 'success')
    assert.equal(await tryOn(first, own), 'success')
    first.close()
    second.close()
  }))

test('S48 nothing that is sent along with a login happens when the login fails', (t) =>
  attack(t, victim, async ({ note }) => {
    const v = await login(victim, 'v@a.example', { presence: true })
    const wrong = plain('mallory', 'wrong')
    const message = "<message to='v@a.example' type='chat'><body>early</body></message>"
    const later = `<presence to='v@a.example'/>${message}<iq type='set' id='r'><query xmlns='jabber:iq:roster'><item jid='x@y'/></query></iq>`
    const bind2 =
      "<bind xmlns='urn:xmpp:bind:0'><tag>t</tag><enable xmlns='urn:xmpp:sm:3' resume='true'/><enable xmlns='urn:xmpp:carbons:2'/></bind>"
    const attempts = [
      authenticate({ mechanism: 'PLAIN', response: wrong, more: bind2 }) + later,
      authenticate({
        mechanism: 'PLAIN',
        response: wrong,
        agent: randomUUID(),
        more: `<request-token xmlns='${FAST}' mechanism='${NONE}'/>${bind2}`,
      }) + later,
      authenticate({
        mechanism: 'PLAIN',
        response: wrong,
        more: "<resume xmlns='urn:xmpp:sm:3' previd='x' h='0'/>",
      }) + later,
      authenticate({
        mechanism: 'SCRAM-SHA-256',
        response: base64(firstMessage({ mechanism: 'SCRAM-SHA-256', user: 'mallory' }, 'abcdefgh')),
        more: bind2,
      }) + later,
      authenticate({ mechanism: 'X', response: wrong, more: bind2 }) + later,
      auth('mallory', 'wrong') + open('a.example') + bind('r') + later,
      `${auth('mallory', 'wrong')}<stream:stream to='a.example' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>${bind('r')}${later}`,
      bind2 + later,
      `<resume xmlns='urn:xmpp:sm:3' previd='x' h='0'/>${later}`,
      `<success xmlns='${SASL2}'/>${later}`,
    ]
    for (const [index, wire] of attempts.entries()) {
      for (const isOne of [true, false]) {
        const client = await RawClient.connect({ port: victim.port })
        // all of it in one segment, with the stream header; or after the features
        if (isOne) client.send(open('a.example') + wire)
        else {
          await client.open()
          client.send(wire)
        }
        await client.waitForEnd(1000)
        const came = client.take()
        assert.doesNotMatch(came, /<success|<bound|<enabled|<jid>|type='result'/, `attempt ${index}: ${came}`)
        client.close()
      }
      assert.equal(await victim.sessionsOf('mallory@a.example'), 0)
    }
    assert.equal(await v.fence(), '')
    assert.equal(await victim.stored('v@a.example'), 0)
    // and when it does not fail, all of it does, in order
    const client = await RawClient.connect({ port: victim.port })
    client.send(
      open('a.example') + authenticate({ mechanism: 'PLAIN', response: plain('mallory'), more: bind2 }) + later,
    )
    await client.waitFor(/<iq [^>]*type='result'[^>]*id='r'|<iq [^>]*id='r'[^>]*type='result'/)
    assert.match(await v.fence(), /<presence .*<body>early<\/body>/s)
    client.send('</stream:stream>')
    await expectEnd(client)
    v.close()
    note(`${attempts.length} pipelines, in one segment and in two`)
  }))

test('S48 a second login inside of the first, or two at once, is refused', (t) =>
  attack(t, victim, async () => {
    const scram = authenticate({
      mechanism: 'SCRAM-SHA-256',
      response: base64(firstMessage({ mechanism: 'SCRAM-SHA-256', user: 'v' }, 'abcdefgh')),
    })
    const good = authenticate({ mechanism: 'PLAIN', response: plain('mallory') })
    for (const wire of [
      scram + good,
      scram + auth('mallory'),
      good + authenticate({ mechanism: 'PLAIN', response: plain('v') }),
      good + auth('v'),
    ]) {
      const client = await RawClient.connect({ port: victim.port })
      await client.open()
      client.send(`${wire}<bind xmlns='urn:xmpp:bind:0'/>`)
      await client.waitForEnd(500)
      const came = client.take()
      assert.ok(!came.includes('v@a.example'), came)
      assert.equal((came.match(/<success/g) ?? []).length <= 1, true, came)
      client.close()
    }
  }))

/** What differs from connection to connection. */
const constant = (wire: string, name: string): string =>
  wire
    .replaceAll(name, 'NAME')
    .replaceAll(/\bid='[^']*'/g, '')
    .replaceAll(/from='NAME[^']*'/g, '')
    .replaceAll(/to='NAME[^']*'/g, '')

test('S38 with SASL2 and tokens nothing tells whether a name is there', (t) =>
  attack(t, victim, async ({ note }) => {
    const agent = randomUUID()
    await newToken(victim, 'boss', agent, NONE) // the boss has one, mallory has none
    const names = ['boss', 'mallory', 'nobody', 'nobody2']
    let compared = 0
    const same = (answers: readonly string[], what: string): void => {
      assert.equal(new Set(answers).size, 1, `${what}: ${[...new Set(answers)].join('\n')}`)
      compared++
    }
    // the features, for who says who it is
    const features: string[] = []
    for (const name of names) {
      const client = await RawClient.connect({ port: victim.port })
      client.send(open('a.example').replace('<stream:stream ', `<stream:stream from='${name}@a.example' `))
      features.push(constant(await client.waitFor('</stream:features>'), name))
      client.close()
    }
    same(features, 'features')
    // SCRAM: the salt is that of SASL as it was, the same for each name
    for (const name of names) {
      const response = base64(firstMessage({ mechanism: 'SCRAM-SHA-256', user: name }, 'abcdefghijkl'))
      const salts = new Set<string>()
      for (let i = 0; i < 2; i++) {
        const client = await connect(victim)
        const answer = await attempt(client, authenticate({ mechanism: 'SCRAM-SHA-256', response }))
        const data = Buffer.from(/<challenge[^>]*>([^<]*)</.exec(answer)![1]!, 'base64').toString()
        salts.add(/s=([^,]+),i=(\d+)/.exec(data)!.slice(1).join(' '))
        client.close()
        const old = await RawClient.connect({ port: victim.port })
        await old.open()
        old.send(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-256'>${response}</auth>`)
        const first = Buffer.from(
          />([^<]+)<\/challenge>/.exec(await old.waitFor('</challenge>'))![1]!,
          'base64',
        ).toString()
        salts.add(/s=([^,]+),i=(\d+)/.exec(first)!.slice(1).join(' '))
        old.close()
      }
      assert.equal(salts.size, 1, name)
    }
    // failures
    const request = `<request-token xmlns='${FAST}' mechanism='${NONE}'/>`
    const ways: readonly (readonly [string, (name: string) => string])[] = [
      ['PLAIN', (name) => authenticate({ mechanism: 'PLAIN', response: plain(name, 'wrong') })],
      [
        'PLAIN with an agent',
        (name) => authenticate({ mechanism: 'PLAIN', response: plain(name, 'wrong'), agent, more: request }),
      ],
      [
        'a token, of the client that has one',
        (name) =>
          authenticate({
            mechanism: NONE,
            response: hashed(name, 'wrong'),
            agent,
            more: `<fast xmlns='${FAST}' count='1'/>`,
          }),
      ],
      [
        'a token, of another client',
        (name) =>
          authenticate({
            mechanism: NONE,
            response: hashed(name, 'wrong'),
            agent: randomUUID(),
            more: `<fast xmlns='${FAST}' count='1'/>`,
          }),
      ],
      ['a token, of no client', (name) => authenticate({ mechanism: NONE, response: hashed(name, 'wrong') })],
      ['EXTERNAL', (name) => authenticate({ mechanism: 'EXTERNAL', response: base64(`${name}@a.example`) })],
    ]
    for (const [what, wire] of ways) {
      const answers: string[] = []
      for (const name of names) {
        const client = await connect(victim)
        answers.push(constant(await attempt(client, wire(name)), name))
        client.close()
      }
      same(answers, what)
    }
    note(`${compared} answers compared over ${names.length} names`)
  }))
