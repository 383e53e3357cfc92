import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { NS } from '@rookery/protocol'
import { TcpStream, type XmppStream } from '@rookery/protocol/stream'
import type { XmlLimits } from '@rookery/protocol/xml'
import {
  createServer,
  feature,
  type Server,
  type ServerOptions,
  type Transport,
  type TransportSink,
} from '@rookery/server'
import { FakeClock } from '@rookery/testkit'
import { type MemoryServer, memoryServer, turns } from '../test/memory-server.ts'

/** A client's end that does nothing by itself. */
class Wire implements Transport {
  createStream(limits: XmlLimits): XmppStream {
    return new TcpStream(limits)
  }
  remoteAddress = '127.0.0.1'
  tls: undefined
  canStartTls = true
  startsWithTls = false
  pending = 0
  text = ''
  /** Whether the client reads. */
  isReading = true
  isPaused = false
  fate: 'open' | 'ended' | 'destroyed' = 'open'
  sink!: TransportSink
  secured: (error?: Error) => void = () => assert.fail('nobody starts TLS')

  attach(sink: TransportSink): void {
    this.sink = sink
  }
  write(wire: string): boolean {
    this.text += wire
    if (!this.isReading) this.pending += wire.length
    return this.isReading
  }
  pause(): void {
    this.isPaused = true
  }
  resume(): void {
    this.isPaused = false
  }
  end(): void {
    if (this.fate === 'open') this.fate = 'ended'
  }
  destroy(): void {
    this.fate = 'destroyed'
    this.sink?.closed()
  }
  startTls(_host: string, done: (error?: Error) => void): void {
    this.secured = done
  }
  /** What has been written since it was looked at. */
  take(): string {
    const text = this.text
    this.text = ''
    return text
  }
}

const HEADER = `<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='${NS.streams}' to='localhost' version='1.0'>`
const auth = (name: string, password = 'secret') =>
  `<auth xmlns='${NS.sasl}' mechanism='PLAIN'>${btoa(`\0${name}\0${password}`)}</auth>`
const BIND = `<iq type='set' id='b'><bind xmlns='${NS.bind}'><resource>one</resource></bind></iq>`
const PING = `<iq type='get' id='p' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>`

/** A server with an account of romeo, and clients of it. */
async function setUp(options: ServerOptions = {}) {
  const clock = new FakeClock()
  const server = await createServer({
    clock,
    ...options,
    tls: { required: false },
    auth: { iterations: 4096, hashes: ['SHA-256'], plainWithoutTls: true, ...options.auth },
  })
  await server.open()
  await server.accounts('localhost').create('romeo', 'secret')
  const connect = (address = '127.0.0.1'): Wire => {
    const wire = new Wire()
    wire.remoteAddress = address
    server.attach(wire)
    return wire
  }
  const login = async (resource = 'one'): Promise<Wire> => {
    const wire = connect()
    for (const text of [HEADER, auth('romeo'), HEADER, BIND.replace('one', resource)]) {
      wire.sink.data(text)
      await turns()
    }
    assert.match(wire.take(), new RegExp(`<jid>romeo@localhost/${resource}</jid>`))
    return wire
  }
  /** Ends without waiting for clients that do nothing by themselves. */
  const wires = { connect, login }
  return { clock, server, ...wires, [Symbol.asyncDispose]: () => stop(server) }
}

const stop = (server: Server): Promise<void> => server.stop()

async function say(wire: Wire, ...texts: string[]): Promise<string> {
  for (const text of texts) {
    wire.sink.data(text)
    await turns()
  }
  return wire.take()
}

/** Waits for something that is computed elsewhere. */
async function until(wire: Wire, pattern: RegExp): Promise<string> {
  while (!pattern.test(wire.text)) await turns(1)
  return wire.take()
}

const gone = (...wires: Wire[]): void => {
  for (const wire of wires) wire.destroy()
}

const seconds = (clock: FakeClock, count: number): void => {
  for (let i = 0; i < count; i++) clock.advance(1000)
}

describe('rate', () => {
  const limits = { bytesPerSecond: 1000, burstBytes: 2000 }

  test('above it the client is read no more, until its time has come', async () => {
    await using s = await setUp({ limits })
    const wire = await s.login()
    s.clock.advance(10_000)
    const filler = ' '.repeat(2500)
    assert.match(await say(wire, filler + PING), /id='p'/)
    assert.equal(wire.isPaused, true)
    // what still comes from the socket waits
    assert.equal(await say(wire, PING), '')
    s.clock.advance(400)
    await turns()
    assert.equal(wire.isPaused, true)
    s.clock.advance(10_000)
    await turns()
    assert.match(wire.take(), /id='p'/)
    assert.equal(wire.isPaused, false)
    gone(wire)
  })

  test('within it nobody is paused', async () => {
    await using s = await setUp({ limits })
    const wire = await s.login()
    for (let i = 0; i < 20; i++) {
      s.clock.advance(1000)
      assert.match(await say(wire, PING + ' '.repeat(900 - PING.length)), /id='p'/)
      assert.equal(wire.isPaused, false)
    }
    gone(wire)
  })

  test('a pause that ends after TLS was started lets nobody pass who must wait', async () => {
    await using s = await setUp({ limits, auth: { iterations: 400_000 } })
    const wire = s.connect()
    await say(wire, HEADER, `<starttls xmlns='${NS.tls}'/>${' '.repeat(4000)}`)
    wire.secured()
    s.clock.advance(10_000)
    await turns()
    assert.equal(wire.isPaused, false)
    // a login that takes its time holds the stream: the bind behind it is not read before
    assert.match(await say(wire, HEADER), /features/)
    wire.sink.data(auth('romeo', 'wrong') + auth('romeo'))
    await turns(1)
    assert.equal(wire.isPaused, true)
    gone(wire)
  })
})

describe('time', () => {
  test('to log in is limited, whatever is sent meanwhile (S24)', async () => {
    await using s = await setUp()
    const silent = s.connect()
    const opened = s.connect()
    const slow = s.connect()
    await say(opened, HEADER)
    const bound = await s.login()
    for (let i = 0; i < 30; i++) {
      slow.sink.data(HEADER.slice(i, i + 1))
      seconds(s.clock, 1)
    }
    assert.equal(silent.fate, 'open')
    seconds(s.clock, 2)
    await turns()
    for (const wire of [silent, opened, slow]) {
      assert.match(wire.text, /<stream:error><connection-timeout.*<\/stream:stream>$/)
      assert.equal(wire.fate, 'ended')
    }
    assert.equal(bound.fate, 'open')
    assert.equal(bound.text, '')
    gone(silent, opened, slow, bound)
  })

  test('to read is limited for a client that leaves bytes behind (S81)', async () => {
    await using s = await setUp({ limits: { writeTimeoutSeconds: 5 } })
    const wire = await s.login()
    wire.isReading = false
    await say(wire, PING)
    seconds(s.clock, 3)
    wire.pending = 0
    wire.sink.drained()
    seconds(s.clock, 60)
    assert.equal(wire.fate, 'open')
    await say(wire, PING)
    seconds(s.clock, 5)
    assert.equal(wire.fate, 'open')
    seconds(s.clock, 3)
    assert.equal(wire.fate, 'destroyed')
  })
})

describe('time without progress', () => {
  test('a stanza that comes a byte at a time is cut, one after another is not (S17)', async () => {
    await using s = await setUp({ limits: { stanzaSeconds: 10 } })
    const slow = await s.login()
    const busy = await s.login('two')
    await say(slow, '<message><body>')
    for (let second = 0; second < 10; second++) {
      slow.sink.data('x')
      busy.sink.data(`${PING}<iq type='get' id='q' to='localhost'>`)
      seconds(s.clock, 1)
      busy.sink.data("<ping xmlns='urn:xmpp:ping'/></iq>")
    }
    assert.equal(slow.fate, 'open')
    seconds(s.clock, 2)
    assert.match(slow.text, /<stream:error><policy-violation.*<\/stream:stream>$/)
    await turns()
    assert.doesNotMatch(busy.text, /stream:error/)
    gone(slow, busy)
  })

  test('a silent client is asked for a sign of life, then taken for gone [RFC6120 4.6]', async () => {
    await using s = await setUp({ limits: { idleSeconds: 20 } })
    const wire = await s.login()
    seconds(s.clock, 19)
    assert.equal(wire.text, '')
    seconds(s.clock, 3)
    await turns()
    const id = /<iq type='get' id='([^']+)' from='localhost' to='romeo@localhost\/one'><ping/.exec(wire.take())?.[1]
    assert.ok(id)
    seconds(s.clock, 10)
    await say(wire, `<iq type='result' id='${id}' to='localhost'/>`)
    seconds(s.clock, 40)
    assert.equal(wire.fate, 'open')
    seconds(s.clock, 20)
    assert.match(wire.text, /<stream:error><connection-timeout/)
    gone(wire)
  })

  test('nobody is asked where silence is not limited', async () => {
    await using s = await setUp({ limits: { idleSeconds: 0 } })
    const wire = await s.login()
    seconds(s.clock, 3600)
    await turns()
    assert.equal(wire.text, '')
    assert.equal(wire.fate, 'open')
    gone(wire)
  })
})

describe('limits', () => {
  test('of stream headers (S28)', async () => {
    await using s = await setUp({ limits: { streamRestarts: 3 } })
    const wire = await s.login()
    gone(wire)
    const strict = s.connect()
    const again = async (): Promise<string> => {
      await say(strict, `<starttls xmlns='${NS.tls}'/>`)
      strict.secured()
      return say(strict, HEADER)
    }
    await say(strict, HEADER)
    assert.match(await again(), /features/)
    assert.match(await again(), /features/)
    assert.match(await again(), /policy-violation/)
    gone(strict)
  })

  test('of bytes that wait for a client: it is cut, and nobody else', async () => {
    await using s = await setUp({ limits: { outboundBytes: 65_536 } })
    const wire = await s.login()
    await s.server.accounts('localhost').create('juliet', 'secret')
    const juliet = s.connect()
    await say(juliet, HEADER, auth('juliet'), HEADER, BIND)
    wire.isReading = false
    const message = `<message to='romeo@localhost/one'><body>${'x'.repeat(30_000)}</body></message>`
    await say(juliet, message, message)
    assert.equal(wire.fate, 'open')
    await say(juliet, message)
    assert.equal(wire.fate, 'destroyed')
    assert.match(await say(juliet, PING), /id='p'/)
    gone(juliet)
  })

  test('of bytes that wait for a client: what it asked for comes on top, one answer at a time', async () => {
    await using s = await setUp({ limits: { outboundBytes: 65_536 } })
    const wire = await s.login()
    await say(wire, `<iq type='set' id='s'><vCard xmlns='vcard-temp'><NOTE>${'x'.repeat(100_000)}</NOTE></vCard></iq>`)
    const get = `<iq type='get' id='g'><vCard xmlns='vcard-temp'/></iq>`
    wire.isReading = false
    await say(wire, get.repeat(4))
    assert.equal(wire.fate, 'open')
    assert.equal(wire.isPaused, true)
    let got = 0
    for (let i = 0; i < 12; i++) {
      wire.pending = 0
      wire.sink.drained()
      await turns()
      got += wire.take().split('</vCard>').length - 1
    }
    assert.equal(got, 4)
    assert.equal(wire.fate, 'open')
    assert.equal(wire.isPaused, false)
    gone(wire)
  })

  test('of connections: whoever leaves, in whatever way, makes room', async () => {
    await using s = await setUp({ limits: { connectionsPerAddress: 1, preAuthConnectionsPerAddress: 1 } })
    const ends: Record<string, (wire: Wire) => unknown> = {
      'the client ends its stream': (wire) => say(wire, '</stream:stream>').then(() => wire.destroy()),
      'the connection breaks': (wire) => wire.sink.closed(),
      'it breaks twice': (wire) => {
        wire.sink.closed()
        wire.sink.closed()
      },
      'an error ends the stream': (wire) => say(wire, '<!-- -->').then(() => wire.destroy()),
      'the time is up': (wire) => {
        for (let i = 0; i < 40; i++) s.clock.advance(1000)
        wire.destroy()
      },
      'TLS cannot be started': (wire) =>
        say(wire, `<starttls xmlns='${NS.tls}'/>`).then(() => wire.secured(new Error('no cipher'))),
    }
    for (const [name, end] of Object.entries(ends))
      for (const stage of ['connected', 'opened', 'bound']) {
        if (stage === 'bound' && /time|TLS/.test(name)) continue
        if (stage === 'connected' && /TLS/.test(name)) continue
        const wire = stage === 'bound' ? await s.login() : s.connect()
        if (stage === 'opened') await say(wire, HEADER)
        const refused = s.connect()
        assert.equal(refused.fate, 'destroyed', `${name} when ${stage}: a second one was let in`)
        await end(wire)
        const next = s.connect()
        assert.equal(next.fate, 'open', `${name} when ${stage}: nobody is let in any more`)
        gone(next)
      }
  })

  test('of failed logins, on a stream and from an address (S29)', async () => {
    await using s = await setUp({ limits: { authFailuresPerStream: 2, authFailuresPerAddress: 3 } })
    const wire = s.connect()
    await say(wire, HEADER)
    wire.sink.data(auth('romeo', 'wrong'))
    assert.doesNotMatch(await until(wire, /not-authorized/), /stream:error/)
    assert.equal(wire.fate, 'open')
    wire.sink.data(auth('romeo', 'wrong'))
    await until(wire, /not-authorized.*policy-violation/)
    assert.equal(wire.fate, 'ended')
    const other = s.connect()
    await say(other, HEADER, `<auth xmlns='${NS.sasl}' mechanism='NONE'/>`)
    assert.equal(s.connect().fate, 'destroyed')
    const elsewhere = s.connect('192.0.2.7')
    assert.equal(elsewhere.fate, 'open')
    gone(wire, other, elsewhere)
  })
})

describe('after the end', () => {
  test('nothing is read, however it ended', async () => {
    await using s = await setUp()
    for (const end of [
      '</stream:stream>',
      '<!-- -->',
      `<message from='tybalt@localhost/x'/>`,
      '<unknown xmlns="urn:x"/>',
    ]) {
      const wire = await s.login()
      const answer = await say(wire, end + PING)
      assert.match(answer, /<\/stream:stream>$/)
      assert.doesNotMatch(answer, /id='p'/)
      assert.equal(wire.fate, 'ended')
      assert.equal(await say(wire, PING, HEADER), '')
      gone(wire)
    }
  })

  test('an error before any header comes after one all the same [RFC6120 4.9.1.2]', async () => {
    await using s = await setUp()
    const wires = [
      'GET / HTTP/1.1\r\n',
      HEADER.replace('localhost', 'elsewhere.example'),
      HEADER.replace(NS.streams, 'urn:x'),
    ]
    const conditions = ['not-well-formed', 'host-unknown', 'invalid-namespace']
    for (const [index, text] of wires.entries()) {
      const wire = s.connect()
      const answer = await say(wire, text)
      assert.match(
        answer,
        new RegExp(`^<\\?xml.*<stream:stream [^>]*from='localhost'[^>]*><stream:error><${conditions[index]}`),
      )
      gone(wire)
    }
  })

  test('the session is gone at once', async () => {
    await using s = await setUp()
    const wire = await s.login()
    wire.sink.closed()
    const next = await s.login()
    assert.equal(next.fate, 'open')
    gone(wire, next)
  })
})

describe('before its time', () => {
  test('a stanza, or what nobody offered, ends the stream (S32)', async () => {
    await using s = await setUp()
    for (const [text, condition] of [
      [`<message to='romeo@localhost'/>`, 'not-authorized'],
      [BIND, 'not-authorized'],
      [`<proceed xmlns='urn:x'/>`, 'unsupported-stanza-type'],
    ] as const) {
      const wire = s.connect()
      assert.match(await say(wire, HEADER, text), new RegExp(`<stream:error><${condition}`))
      gone(wire)
    }
    const bare = s.connect()
    await say(bare, HEADER, auth('romeo'), HEADER)
    assert.match(await say(bare, `<message to='romeo@localhost'/>`), /not-authorized/)
    gone(bare)
  })

  test('the host of a stream cannot change after the login (S42)', async () => {
    await using s = await setUp({ hosts: ['localhost', 'example.test'] })
    const wire = s.connect()
    await say(wire, HEADER, auth('romeo'))
    assert.match(await say(wire, HEADER.replace('localhost', 'example.test')), /not-authorized/)
    gone(wire)
  })
})

describe('a session', () => {
  const presenceOf = async (server: MemoryServer) => {
    const older = await server.login('romeo', 'one')
    const newer = await server.login('romeo', 'one')
    return { older, newer }
  }

  test('takes over the resource of an older one [RFC6120 7.7.2.2]', async () => {
    await using server = await memoryServer()
    const { older, newer } = await presenceOf(server)
    await older.closed()
    assert.equal(older.streamError, 'conflict')
    newer.send(`<message to='romeo@localhost/one' id='m'/>`)
    assert.deepEqual(
      (await newer.messages()).map((message) => message.attr('id')),
      ['m'],
    )
  })

  test('may not be one too many [RFC6120 7.6.2.1]', async () => {
    await using server = await memoryServer({ limits: { sessionsPerAccount: 2 } })
    const one = await server.login('romeo', 'one')
    await server.login('romeo', 'two')
    const three = server.connect()
    await three.open()
    three.send(`<auth xmlns='${NS.sasl}' mechanism='PLAIN'>${btoa('\0romeo\0secret-romeo')}</auth>`)
    await three.next()
    await three.open()
    const bind = (resource: string) =>
      `<iq type='set' id='b'><bind xmlns='${NS.bind}'><resource>${resource}</resource></bind></iq>`
    const refused = await three.ask(bind('three'))
    assert.ok(refused.child('error')?.child('resource-constraint', NS.stanzaErrors))
    // the same name is no new one, and the stream can go on
    assert.equal((await three.ask(bind('one'))).attr('type'), 'result')
    await one.closed()
  })

  test('is given a resource when it names none, or an impossible one is refused', async () => {
    await using server = await memoryServer()
    const names = new Set<string>()
    for (let i = 0; i < 3; i++) {
      const client = await server.login('romeo', '')
      names.add(client.jid)
      assert.match(client.jid, /^romeo@localhost\/.{20,}$/)
    }
    assert.equal(names.size, 3)
    const odd = await server.login('romeo', '&#xad;').catch(() => undefined)
    assert.ok(odd === undefined || odd.jid === '')
  })

  test('cannot speak for anybody else (S53)', async () => {
    await using server = await memoryServer()
    for (const from of ['juliet@localhost', 'romeo@localhost/two', 'localhost', 'not a jid@@', '']) {
      const romeo = await server.login('romeo')
      romeo.send(`<message from='${from}' to='romeo@localhost'/>`)
      await romeo.closed()
      assert.equal(romeo.streamError, 'invalid-from', from)
    }
    const romeo = await server.login('romeo')
    for (const from of ['romeo@localhost', 'ROMEO@LocalHost/one'])
      romeo.send(`<message from='${from}' to='romeo@localhost/one' id='m'/>`)
    assert.deepEqual(
      (await romeo.messages()).map((message) => message.attr('from')),
      ['romeo@localhost/one', 'romeo@localhost/one'],
    )
  })

  test('that ends tells the features, and one that fails stops nobody', async () => {
    const ended: string[] = []
    const watcher = (name: string, fault?: Error) =>
      feature({
        name,
        summary: 'Of a test.',
        specifications: [],
        needs: [],
        start: () => ({
          session: {
            ended: (session) => {
              ended.push(`${name} ${session.jid} ${session.isEnded}`)
              if (fault !== undefined) throw fault
              return undefined
            },
          },
        }),
      })
    await using server = await memoryServer({ plugins: [watcher('first', new Error('boom')), watcher('second')] })
    const romeo = await server.login('romeo')
    romeo.destroy()
    await turns(10)
    assert.deepEqual(ended, ['first romeo@localhost/one true', 'second romeo@localhost/one true'])
  })
})
