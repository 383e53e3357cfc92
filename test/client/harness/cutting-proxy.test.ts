/** The proxy carries everything, knows stanzas, and breaks, freezes and refuses as it is told; and what it takes apart is what went in. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { NS } from '@rookery/protocol'
import { STREAM_END, StreamHeader } from '@rookery/protocol/stream'
import { Element } from '@rookery/protocol/xml'
import { WebSocket } from 'ws'
import { startTestServer, type TestServer } from '../../../packages/testkit/src/index.ts'
import { CuttingProxy } from './cutting-proxy.ts'
import { HandClient } from './hand-client.ts'
import { type Piece, TcpPieces } from './pieces.ts'
import { makeTrust } from './trust.ts'
import type { Cut } from './valve.ts'
import { frameOf, WebSocketPieces } from './websocket.ts'

const ping = (id: string): string => `<iq type='get' id='${id}' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>`

const serverWithRomeo = async (): Promise<TestServer> => {
  const server = await startTestServer()
  await server.createAccount({ local: 'romeo', password: 'secret' })
  return server
}

const online = async (client: HandClient, resource = 'one'): Promise<HandClient> => {
  await client.open()
  assert.equal(await client.login('SCRAM-SHA-256'), undefined)
  await client.bind(resource)
  return client
}

const nameOf = ({ what }: Piece): string => {
  if (what instanceof Element) return what.name
  if (what instanceof StreamHeader) return 'header'
  return what === STREAM_END ? 'end' : 'bytes'
}

test('takes a stream apart, wherever it is cut, without losing a byte', () => {
  const header = `<?xml version='1.0'?><stream:stream xmlns='${NS.client}' xmlns:stream='${NS.streams}' version='1.0'>`
  const wire = `${header}<a x='>'><b>&gt;</b></a> ${header}<message><body>]] > x</body></message>\n</stream:stream>`
  for (let at = 1; at < wire.length; at++) {
    const pieces = new TcpPieces()
    const found = [wire.slice(0, at), wire.slice(at)].flatMap((part) => pieces.split(Buffer.from(part)))
    assert.equal(Buffer.concat(found.map(({ bytes }) => bytes)).toString(), wire)
    const names = found.map(nameOf).filter((name) => name !== 'bytes')
    assert.deepEqual(names, ['header', 'a', 'header', 'message', 'end'], `cut at ${at}`)
  }
})

test('takes frames of any length apart, wherever they are cut', () => {
  const texts = ['<a/>', `<b>${'x'.repeat(200)}</b>`, `<c>${'x'.repeat(70_000)}</c>`]
  const wire = Buffer.concat(texts.map((text) => frameOf(Buffer.from(text))))
  for (let at = 1; at < wire.length; at += 997) {
    const pieces = new WebSocketPieces()
    const found = [wire.subarray(0, at), wire.subarray(at)].flatMap((part) => pieces.split(part))
    assert.deepEqual(found.map(nameOf), ['a', 'b', 'c'])
    assert.equal(Buffer.concat(found.map(({ bytes }) => bytes)).equals(wire), true)
  }
})

test('carries a login, and knows what it was', async () => {
  await using server = await serverWithRomeo()
  await using proxy = await CuttingProxy.to(server.port)
  const client = await online(HandClient.tcp(proxy.port))
  client.send(ping('1'))
  await client.expect('iq')
  const names = proxy.link.seen.toClient.map(({ name }) => name)
  assert.deepEqual(names, ['features', 'challenge', 'success', 'features', 'iq', 'iq'])
  assert.equal(proxy.link.counts.toServer.stanzas, 2)
})

test('breaks before, within and after any stanza, in both directions', async () => {
  await using server = await serverWithRomeo()
  await using proxy = await CuttingProxy.to(server.port)
  const answersOf = async (cut: Cut): Promise<string[]> => {
    proxy.connect = (link) => link.cut({ how: 'end', ...cut })
    const client = await online(HandClient.tcp(proxy.port))
    client.send(ping('1') + ping('2'))
    const ids: string[] = []
    for (let next = await client.next(); next !== undefined; next = await client.next()) ids.push(next.attr('id') ?? '')
    return ids
  }
  assert.deepEqual(await answersOf({ direction: 'toClient', stanza: 3, where: 'before' }), ['1'])
  assert.deepEqual(await answersOf({ direction: 'toClient', stanza: 3, where: 'within' }), ['1'])
  assert.deepEqual(await answersOf({ direction: 'toClient', stanza: 3, where: 'after' }), ['1', '2'])
  assert.deepEqual(await answersOf({ direction: 'toServer', stanza: 2, where: 'before' }), [])
  assert.deepEqual(proxy.link.counts.toServer.stanzas, 2)
  assert.equal(proxy.link.seen.toServer.at(-1)?.firstElement()?.name, 'bind')
})

test('tells nobody while it is frozen, and goes on when it thaws', async () => {
  await using server = await serverWithRomeo()
  await using proxy = await CuttingProxy.to(server.port)
  const client = await online(HandClient.tcp(proxy.port))
  proxy.link.freeze()
  client.send(ping('1'))
  await online(HandClient.tcp(proxy.port), 'two') // time enough
  const [first] = proxy.links
  assert.equal(
    first?.seen.toServer.some((one) => one.attr('id') === '1'),
    false,
  )
  first?.thaw()
  assert.equal((await client.expect('iq')).attr('id'), '1')
  first?.freeze()
  await server.stop()
  assert.equal(client.isClosed, false)
  first?.thaw()
  await client.closed()
})

test('refuses, and takes connections again on the same port', async () => {
  await using server = await serverWithRomeo()
  await using proxy = await CuttingProxy.to(server.port)
  const knock = (): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect(proxy.port, '127.0.0.1')
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
      socket.once('connect', () => {
        socket.destroy()
        resolve('connected')
      })
    })
  assert.equal(await knock(), 'connected')
  await proxy.refuse()
  assert.equal(await knock(), 'ECONNREFUSED')
  await proxy.accept()
  assert.equal(await knock(), 'connected')
  await proxy.linked(2)
})

test('ends the TLS of a client, so that its stanzas can be seen', async () => {
  await using server = await serverWithRomeo()
  const trust = makeTrust()
  await using proxy = await CuttingProxy.to(server.port, { certificate: trust.issue('localhost') })
  const client = await HandClient.tls(proxy.port, { ca: trust.ca })
  assert.equal((await client.open()).child('starttls', NS.tls), undefined)
  await client.login('SCRAM-SHA-256')
  await client.bind()
  assert.equal(proxy.link.seen.toServer.at(-1)?.name, 'iq')
  proxy.link.break()
  await client.closed()
  assert.equal(client.problem?.code, 'ECONNRESET')
})

test('carries TLS that begins behind STARTTLS as bytes', async () => {
  await using server = await serverWithRomeo()
  await using proxy = await CuttingProxy.to(server.port)
  const plain = HandClient.tcp(proxy.port)
  await plain.open()
  plain.send(`<starttls xmlns='${NS.tls}'/>`)
  await plain.expect('proceed')
  const socket = plain.socket.removeAllListeners('data')
  const secure = new HandClient(connectTls({ socket, rejectUnauthorized: false }))
  assert.notEqual((await secure.open()).child('mechanisms', NS.sasl), undefined)
  assert.deepEqual(
    proxy.link.seen.toServer.map(({ name }) => name),
    ['starttls'],
  )
})

test('carries WebSocket, and breaks between its frames', async () => {
  await using server = await serverWithRomeo()
  await using proxy = await CuttingProxy.to(server.httpPort, { transport: 'websocket' })
  proxy.connect = (link) => link.cut({ direction: 'toClient', element: 1, where: 'after', how: 'end' })
  const socket = new WebSocket(`ws://127.0.0.1:${proxy.port}/xmpp-websocket`, 'xmpp')
  const inbox: string[] = []
  socket.on('open', () =>
    socket.send(`<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0'/>`),
  )
  socket.on('message', (data) => inbox.push(String(data).slice(0, 16)))
  await new Promise((resolve) => socket.once('close', resolve))
  assert.deepEqual(inbox, ["<open xmlns='urn", '<stream:features'])
})
