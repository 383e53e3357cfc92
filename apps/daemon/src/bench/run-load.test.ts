import assert from 'node:assert/strict'
import { createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { sourceAddress } from './load-connection.ts'
import { runLoad } from './run-load.ts'

const header =
  "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='1' version='1.0'>"
const mechanisms = "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms>"

interface Behaviour {
  /** What becomes of a message: its wire form for the receiver, or an error to the sender. */
  readonly messages?: 'deliver' | 'bounce' | 'swallow'
  readonly login?: 'accept' | 'refuse'
  /** Cut everything that is sent into pieces of this many bytes, one per tick. */
  readonly pieces?: number
}

/** A server that knows its lines: enough to log in anybody and to pass messages on. */
async function startScript({ messages = 'deliver', login = 'accept', pieces }: Behaviour = {}): Promise<{
  port: number
  [Symbol.asyncDispose](): Promise<void>
}> {
  const online = new Map<string, (text: string) => void>()
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => {})
    let user = ''
    let headers = 0
    let input = ''
    let queue = ''
    const send = (text: string): void => {
      if (pieces === undefined) socket.write(text)
      else if ((queue += text) === text) setImmediate(trickle)
    }
    const trickle = (): void => {
      socket.write(queue.slice(0, pieces))
      queue = queue.slice(pieces)
      if (queue !== '') setImmediate(trickle)
    }
    const answer = (unit: string): void => {
      if (unit.includes('<stream:stream')) {
        const feature = headers++ === 0 ? mechanisms : "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
        send(`${header}<stream:features>${feature}</stream:features>`)
      } else if (unit.includes('<auth')) {
        user =
          Buffer.from(/>([^<]+)</.exec(unit)?.[1] ?? '', 'base64')
            .toString()
            .split('\0')[1] ?? ''
        const failure = "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>"
        send(login === 'accept' ? "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>" : failure)
      } else if (unit.includes('jabber:iq:register')) send("<iq type='result' id='r'/>")
      else if (unit.includes('<ping')) send(`<iq type="result" id="${/id='([^']+)'/.exec(unit)?.[1]}"/>`)
      else if (unit.includes('<bind')) {
        online.set(user, send)
        send("<iq type='result' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>x</jid></bind></iq>")
      } else if (unit.includes('<message') && messages === 'deliver') {
        online.get(/to='([^@]+)@/.exec(unit)?.[1] ?? '')?.(unit)
      } else if (unit.includes('<message') && messages === 'bounce') send("<message type='error'><error/></message>")
    }
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => {
      input += text
      const ends = ["'>", '</auth>', '</iq>', '<presence/>', '</message>', '</stream:stream>']
      for (;;) {
        const wanted = input.startsWith('<?xml') ? ends.slice(0, 1) : ends.slice(1)
        const stops = wanted.map((end) => [input.indexOf(end), end.length] as const).filter(([at]) => at >= 0)
        const [at, length] = stops.sort(([a], [b]) => a - b)[0] ?? [-1, 0]
        if (at < 0) break
        answer(input.slice(0, at + length))
        input = input.slice(at + length)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: address !== null && typeof address === 'object' ? address.port : 0,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

test('registers and logs in every user', async () => {
  await using server = await startScript()
  for (const mode of ['register', 'login'] as const) {
    const result = await runLoad({ mode, port: server.port, users: 30, concurrency: 7 })
    assert.deepEqual([result.ready, result.failed, result.reasons], [30, 0, []])
    assert.ok(result.loginsPerSecond > 0)
  }
})

test('chat delivers what it sends and loses nothing, with its own processes measured', async () => {
  await using server = await startScript()
  const result = await runLoad({
    mode: 'chat',
    port: server.port,
    users: 6,
    window: 3,
    seconds: 1,
    pids: [process.pid],
  })
  assert.deepEqual([result.ready, result.errors, result.lost], [6, 0, 0])
  assert.ok((result.deliveredPerSecond ?? 0) > 0)
  assert.ok((result.p50Ms ?? 0) > 0 && (result.p99Ms ?? 0) >= (result.p50Ms ?? 0))
  if (process.platform === 'linux') assert.ok((result.rssAfterMb ?? 0) > 0)
})

test('stanzas that arrive in pieces are counted once', async () => {
  await using server = await startScript({ pieces: 7 })
  for (const mode of ['chat', 'ping'] as const) {
    const result = await runLoad({ mode, port: server.port, users: 4, window: 2, settleSeconds: 0.1, seconds: 1 })
    assert.deepEqual([result.ready, result.errors, result.lost], [4, 0, 0])
    assert.ok((result.deliveredPerSecond ?? 0) > 0)
  }
})

test('messages that come back as errors are errors, not deliveries', async () => {
  await using server = await startScript({ messages: 'bounce', pieces: 9 })
  const result = await runLoad({
    mode: 'chat',
    port: server.port,
    users: 2,
    window: 4,
    settleSeconds: 0.1,
    seconds: 0.2,
  })
  assert.deepEqual([result.deliveredPerSecond, result.errors, result.lost], [0, 8, 0])
})

test('messages that vanish are reported as lost', async () => {
  await using server = await startScript({ messages: 'swallow' })
  const result = await runLoad({
    mode: 'chat',
    port: server.port,
    users: 2,
    window: 4,
    settleSeconds: 0.1,
    seconds: 0.2,
  })
  assert.deepEqual([result.deliveredPerSecond, result.lost], [0, 8])
})

test('a refused login is a result that says why', async () => {
  await using server = await startScript({ login: 'refuse' })
  const result = await runLoad({ mode: 'login', port: server.port, users: 3 })
  assert.deepEqual([result.ready, result.failed], [0, 3])
  assert.match(result.reasons[0]?.[0] ?? '', /login refused.*not-authorized/)
})

test('a missing STARTTLS and a silent port are results too', async () => {
  await using server = await startScript()
  const plain = await runLoad({ mode: 'login', port: server.port, users: 1, tls: true })
  assert.match(plain.reasons[0]?.[0] ?? '', /no STARTTLS/)
  const { port } = server
  await server[Symbol.asyncDispose]()
  const closed = await runLoad({ mode: 'login', port, users: 1 })
  assert.match(closed.reasons[0]?.[0] ?? '', /ECONNREFUSED/)
})

test('many connections come from several loopback addresses', () => {
  assert.equal(sourceAddress(0, '127.0.0.1'), undefined)
  assert.equal(sourceAddress(20_000, '127.0.0.1'), '127.0.0.2')
  assert.equal(sourceAddress(59_999, '127.0.0.1'), '127.0.0.3')
  assert.equal(sourceAddress(20_000, '::1'), undefined)
})
