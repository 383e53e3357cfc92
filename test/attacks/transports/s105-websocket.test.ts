/** S105, S106, S107 for WebSocket: frames that are none or too much, pages of others, addresses and TLS that are only claimed. RFC 6455, RFC 7395. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { attack, volume } from '../harness/attack.ts'
import { login } from '../harness/client.ts'
import { startVictim, type Victim } from '../harness/server.ts'
import {
  WebSocketClient as Client,
  FRAMING,
  frame,
  opcodes,
  type WebSocketClient,
  webSocket,
} from '../harness/websocket.ts'

let victim: Victim
before(async () => {
  victim = await startVictim({ config: { limits: { bytesPerSecond: 0 } } })
})
after(() => victim.stop())

const open = `<open xmlns='${FRAMING}' to='a.example' version='1.0'/>`
const { text, binary, continuation, ping, pong, close } = opcodes

/** How a connection ends that has been greeted and then says this; before or after login. */
async function endOf(wire: string, isLoggedIn = false): Promise<{ code: number; said: string }> {
  const client = await webSocket(victim.httpPort)
  if (isLoggedIn) await client.login('mallory', 'web')
  client.raw.send(wire)
  const code = await client.closed(8000)
  return { code, said: client.texts.join('') }
}

/** What RFC 6455 itself calls a violation. */
const violations: readonly (readonly [what: string, wire: string, codes: readonly number[]])[] = [
  ['an unmasked frame', frame(text, open, { isMasked: false }), [1002]],
  ['a reserved opcode', frame(3, 'x'), [1002]],
  ['another one', frame(11, 'x'), [1002]],
  ['reserved bits: compression that was not agreed on', frame(text, open, { reserved: 4 }), [1002]],
  ['all reserved bits', frame(text, open, { reserved: 7 }), [1002]],
  ['a length of 2^63', frame(text, 'x', { length: 2n ** 63n }), [1002, 1009]],
  ['a length of 2^62', frame(text, 'x', { length: 2n ** 62n }), [1009, 1002]],
  ['a length of 1 GB', frame(text, 'x', { length: 2n ** 30n }), [1009]],
  ['a ping in fragments', frame(ping, 'x', { isFinal: false }), [1002]],
  ['a ping of 126 bytes', frame(ping, 'x'.repeat(126)), [1002]],
  ['a continuation of nothing', frame(continuation, 'x'), [1002]],
  ['a message inside of a message', frame(text, '<open', { isFinal: false }) + frame(text, 'x'), [1002]],
  ['a closing frame of one byte', frame(close, 'x'), [1002]],
  ['a closing code that is none', frame(close, String.fromCharCode(3, 231)), [1002]],
  ['text that is no UTF-8', frame(text, '<open xmlns="\u00ff\u00fe"/>'), [1007]],
  ['a binary frame', frame(binary, open), [1003]],
  [
    '10,000 fragments of a byte',
    frame(text, '<', { isFinal: false }) + frame(continuation, 'a', { isFinal: false }).repeat(10_000),
    [1008, 1009, 1002],
  ],
  [
    'a message without end',
    frame(text, '<a>', { isFinal: false }) + frame(continuation, 'x'.repeat(60_000), { isFinal: false }).repeat(20),
    [1009],
  ],
]

test('S105 ends a WebSocket whose frames are none, each with its code', (t) =>
  attack(
    t,
    victim,
    async ({ note }) => {
      const wrong: string[] = []
      for (const [what, wire, codes] of violations)
        for (const isLoggedIn of [false, true]) {
          const { code } = await endOf(wire, isLoggedIn)
          if (!codes.includes(code)) wrong.push(`${what}${isLoggedIn ? ', logged in' : ''}: ${code}`)
        }
      assert.deepEqual(wrong, [])
      note(`${violations.length} kinds of frames, before and after login`)
    },
    { patience: 12_000 },
  ))

/** What RFC 7395 and RFC 6120 call one. */
const elements: readonly (readonly [what: string, wire: string])[] = [
  ['two stanzas in a frame', "<message xmlns='jabber:client'/><message xmlns='jabber:client'/>"],
  ['half of a stanza', "<message xmlns='jabber:client'>"],
  ['text alone', 'hello'],
  [
    'a stream header',
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='a.example' version='1.0'>",
  ],
  ['a document type (S01)', "<!DOCTYPE s [<!ENTITY a 'ha'>]><message xmlns='jabber:client'/>"],
  ['a comment (S05)', "<!-- x --><message xmlns='jabber:client'/>"],
  ['a processing instruction', "<?x y?><message xmlns='jabber:client'/>"],
  ['no namespace', '<message to="v@a.example"><body>x</body></message>'],
  ['another namespace', "<message xmlns='jabber:server'/>"],
  ['text behind a stanza', "<message xmlns='jabber:client'/>x"],
]

test('S105 ends a stream whose messages are no elements', (t) =>
  attack(
    t,
    victim,
    async ({ note }) => {
      const v = await login(victim, 'v@a.example', { presence: true })
      for (const [what, wire] of elements) {
        const { code, said } = await endOf(frame(text, wire), true)
        assert.match(said, /<stream:error [^>]*>|<stream:error>/, `${what}: ${code} ${said}`)
        assert.match(said, /<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'\/>$/, what)
      }
      assert.equal(await v.fence(), '', 'nothing came of it')
      // one that is empty is nothing to anybody
      const quiet = await webSocket(victim.httpPort)
      await quiet.login('mallory', 'web')
      quiet.send('')
      quiet.send("<iq xmlns='jabber:client' type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>")
      await quiet.until(() => quiet.texts.some((one) => one.includes("id='p'")) || quiet.closeCode !== undefined)
      quiet.raw.close()
      v.close()
      note(`${elements.length} messages`)
    },
    { patience: 12_000 },
  ))

test('S105 pings without end are cut off, and cost no memory where nobody reads the answers', (t) =>
  attack(
    t,
    victim,
    async ({ note }) => {
      const { code } = await endOf(frame(ping, 'x'.repeat(125)).repeat(20_000), true)
      assert.ok([1008, 1006].includes(code), `${code}`)
      const { code: pongs } = await endOf(frame(pong, 'x'.repeat(125)).repeat(20_000), true)
      assert.ok([1008, 1006].includes(pongs), `${pongs}`)
      const deaf: WebSocketClient[] = []
      for (let i = 0; i < 20; i++) {
        const client = await webSocket(victim.httpPort)
        await client.login('mallory', `deaf${i % 10}`)
        client.raw.socket.pause()
        client.raw.send(frame(ping, 'x'.repeat(125)).repeat(90))
        deaf.push(client)
      }
      for (const client of deaf) client.raw.socket.destroy()
      note('20,000 pings, 20,000 pongs, 20 clients that do not read')
    },
    { patience: 12_000 },
  ))

test('S105 compression is not agreed on', (t) =>
  attack(t, victim, async () => {
    const client = await webSocket(victim.httpPort, {
      headers: { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' },
    })
    // a bomb of zeros, as a browser would have compressed it
    client.raw.send(frame(text, '\u00ed\u00c1\u0001\u0001'.repeat(1000), { reserved: 4 }))
    assert.equal(await client.closed(), 1002)
  }))

test('S105 connections that are half a WebSocket do not stay (S22, S24)', (t) =>
  attack(
    t,
    victim,
    async ({ note }) => {
      const rounds = volume(200, 20_000)
      for (let i = 0; i < rounds; i++) {
        const client = await webSocket(victim.httpPort)
        if (i % 4 === 0) client.raw.reset()
        else if (i % 4 === 1) {
          client.raw.send(frame(text, open).slice(0, 9))
          client.raw.close()
        } else if (i % 4 === 2) {
          await client.open()
          client.raw.reset()
        } else {
          client.send(open)
          client.raw.send(frame(close, ''))
          client.raw.close()
        }
      }
      note(`${rounds} connections`)
    },
    { patience: 15_000 },
  ))

const upgrade = (headers: Record<string, string | undefined>, path?: string): Promise<number> =>
  Client.connect(victim.httpPort, { headers, ...(path === undefined ? {} : { path }) }).then((client) => {
    if (typeof client === 'number') return client
    client.raw.close()
    return 101
  })

test('S106 pages of others may not connect, with or without cookies; programs may', (t) =>
  attack(t, victim, async ({ note }) => {
    const foreign = [
      'https://evil.example',
      'http://a.example', // without TLS anybody may have written it
      'https://a.example.evil.example',
      'https://evil.example/a.example',
      'https://a.example@evil.example',
      'https://xa.example',
      'null',
      'file://',
      'chrome-extension://abcdef',
      'a.example',
      'https://',
      'javascript:alert(1)',
      `https://${'a'.repeat(5000)}`,
    ]
    for (const origin of foreign) {
      assert.equal(await upgrade({ Origin: origin }), 403, origin)
      assert.equal(await upgrade({ Origin: origin, Cookie: 'session=1' }), 403, origin)
    }
    for (const origin of [
      'https://a.example',
      'https://b.example',
      'https://a.example:8443',
      'http://localhost:3000',
      undefined,
    ])
      assert.equal(await upgrade({ Origin: origin }), 101, origin)
    note(`${foreign.length} origins`)
  }))

test('S105 a handshake that is none is refused', (t) =>
  attack(t, victim, async () => {
    assert.equal(await upgrade({ 'Sec-WebSocket-Protocol': undefined }), 400)
    assert.equal(await upgrade({ 'Sec-WebSocket-Protocol': 'chat, mqtt' }), 400)
    assert.equal(await upgrade({ 'Sec-WebSocket-Key': undefined }), 400)
    assert.equal(await upgrade({ 'Sec-WebSocket-Key': 'short' }), 400)
    assert.ok([400, 426].includes(await upgrade({ 'Sec-WebSocket-Version': '99' })))
    assert.equal(await upgrade({}, '/other'), 404)
    assert.ok([404, 400].includes(await upgrade({}, '/xmpp-websocket/../../etc/passwd')))
    assert.equal(await upgrade({ 'Sec-WebSocket-Protocol': 'mqtt, xmpp' }), 101)
  }))

test('S107 where TLS is required, none is claimed by who may not claim it', async (t) => {
  await using strict = await startVictim({ secure: true })
  await attack(t, strict, async ({ note }) => {
    const ask = async (headers: Record<string, string>): Promise<number> => {
      const client = await Client.connect(strict.httpPort, { headers })
      if (typeof client === 'number') return client
      client.raw.close()
      return 101
    }
    // a proxy on this machine is believed, and must have seen TLS all the way
    assert.equal(await ask({ 'X-Forwarded-For': '192.0.2.7', 'X-Forwarded-Proto': 'https' }), 101)
    for (const headers of [
      { 'X-Forwarded-For': '192.0.2.7' },
      { 'X-Forwarded-For': '192.0.2.7', 'X-Forwarded-Proto': 'http' },
      { 'X-Forwarded-For': '192.0.2.7', 'X-Forwarded-Proto': 'https, http' },
      { 'X-Forwarded-For': '192.0.2.7', 'X-Forwarded-Proto': 'HTTPS2' },
      { 'X-Forwarded-For': '', 'X-Forwarded-Proto': '' },
      { Via: '1.1 somewhere' },
      { Forwarded: 'for=192.0.2.7;proto=https' },
    ])
      assert.equal(await ask(headers as Record<string, string>), 403, JSON.stringify(headers))
    note('9 claims')
  })
})

test('S107 addresses are believed of proxies that are trusted, of nobody else', async (t) => {
  await using wary = await startVictim({
    config: { http: { trustedProxies: ['127.0.0.77'] }, limits: { preAuthConnectionsPerAddress: 3 } },
  })
  await attack(t, wary, async ({ note }) => {
    // the limit counts by the address: a claim in a header does not get around it
    const connect = async (from: string, claimed: string): Promise<WebSocketClient | number> => {
      const headers = { 'X-Forwarded-For': claimed, 'X-Forwarded-Proto': 'https' }
      return Client.connect(wary.httpPort, { from, headers }).catch(() => 0)
    }
    const liars: WebSocketClient[] = []
    for (let i = 0; i < 10; i++) {
      const client = await connect('127.0.0.66', `192.0.2.${i}`)
      if (typeof client !== 'number') liars.push(client)
    }
    let open = 0
    for (const client of liars) {
      const isOpen = await client
        .open()
        .then(() => true)
        .catch(() => false)
      if (isOpen) open++
    }
    assert.ok(open <= 3, `${open} streams of one address`)
    const honest: WebSocketClient[] = []
    for (let i = 0; i < 10; i++) {
      const client = await connect('127.0.0.77', `192.0.2.${i}`)
      assert.ok(typeof client !== 'number')
      await client.open()
      honest.push(client)
    }
    note(`${open} streams of 10 tries by one who claims addresses, 10 through a proxy`)
    for (const client of [...liars, ...honest]) client.raw.reset()
  })
})
