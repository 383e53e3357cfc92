import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { after, describe, type TestContext, test } from 'node:test'
import { createServer as createTlsServer, type TlsOptions as ServerOptions, TLSSocket } from 'node:tls'
import { findBinding } from '@rookery/protocol/sasl'
import { makeCertificate, type Wanted } from '../../../server/test/certificates.ts'
import { Bell } from '../../test/waiting.ts'
import { ConnectError, UsageError } from '../contract/errors.ts'
import type { OpenOptions, Transport } from '../contract/platform.ts'
import { nodePlatform } from './node-platform.ts'

const domain = 'example.org'
const authority = makeCertificate({ name: 'Authority' })
const signed = (wanted: Partial<Wanted> = {}): { cert: string; key: string } => {
  const { certificate: cert, key } = makeCertificate({ name: domain, issuer: authority, ...wanted })
  return { cert, key }
}

const sockets = new Set<Socket>()
after(() => {
  for (const socket of sockets) socket.destroy()
})

async function listen(t: TestContext, server: Server): Promise<number> {
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}

/** A server of TLS and the next connection to it. */
async function tlsServer(t: TestContext, options: ServerOptions): Promise<{ port: number; next: Promise<TLSSocket> }> {
  const server = createTlsServer(options)
  const next = new Promise<TLSSocket>((resolve) => server.once('secureConnection', resolve))
  server.on('secureConnection', (socket: TLSSocket) => socket.on('error', () => undefined))
  return { port: await listen(t, server), next }
}

class Opened {
  transport!: Transport
  text = ''
  reason: ConnectError | undefined
  calls = 0
  readonly #bell = new Bell()

  static async to(url: string, options: Partial<OpenOptions> = {}): Promise<Opened> {
    const opened = new Opened()
    opened.transport = await nodePlatform.open(url, {
      domain,
      signal: new AbortController().signal,
      plaintext: false,
      tls: { ca: authority.certificate },
      received: (wire) => {
        opened.text += wire
        opened.#bell.ring()
      },
      closed: (reason) => {
        opened.calls++
        opened.reason = reason as ConnectError | undefined
        opened.#bell.ring()
      },
      ...options,
    })
    sockets.add(opened.transport as unknown as Socket)
    return opened
  }

  until(isSo: () => boolean): Promise<undefined> {
    return this.#bell.until(isSo)
  }
}

const refused = async (promise: Promise<unknown>): Promise<ConnectError> => {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof ConnectError, String(error))
  return error
}

describe('TLS from the first byte', () => {
  test('names the domain, not where the records have sent us, and the protocol', async (t) => {
    const { port, next } = await tlsServer(t, { ...signed(), ALPNProtocols: ['xmpp-client'] })
    const { transport } = await Opened.to(`xmpps://127.0.0.1:${port}`)
    const server = await next
    assert.equal((server as unknown as { servername: string }).servername, domain)
    assert.equal(server.alpnProtocol, 'xmpp-client')
    assert.equal(transport.isSecure, true)
    assert.equal(transport.channel?.tlsVersion, 'TLSv1.3')
    assert.equal(transport.startTls, undefined)
    assert.equal(transport.channel?.hasCertificate, false)
    transport.destroy()
  })

  test('a domain in other letters is asked for in ASCII', async (t) => {
    const { port, next } = await tlsServer(t, signed({ name: 'xn--mnchen-3ya.example' }))
    const { transport } = await Opened.to(`xmpps://127.0.0.1:${port}`, { domain: 'münchen.example' })
    assert.equal(((await next) as unknown as { servername: string }).servername, 'xn--mnchen-3ya.example')
    transport.destroy()
  })

  for (const version of ['TLSv1.3', 'TLSv1.2'] as const) {
    test(`both sides have the same to bind to (${version})`, async (t) => {
      const { port, next } = await tlsServer(t, { ...signed({ hash: 'sha384' }), maxVersion: version })
      const { transport } = await Opened.to(`xmpps://127.0.0.1:${port}`)
      const server = await next
      const of = (type: string) => findBinding(transport.channel!.bindings, type)?.data
      if (version === 'TLSv1.3') {
        const label = 'EXPORTER-Channel-Binding'
        assert.deepEqual(of('tls-exporter'), server.exportKeyingMaterial(32, label, Buffer.alloc(0)))
        assert.equal(of('tls-unique'), undefined)
      } else {
        assert.deepEqual(of('tls-unique'), server.getPeerFinished())
        assert.equal(of('tls-exporter'), undefined)
      }
      assert.equal(of('tls-server-end-point')?.length, 48)
      transport.destroy()
    })
  }

  const bad: [what: string, () => { cert: string; key: string }, RegExp][] = [
    ['expired', () => signed({ validDays: -3 }), /certificate of example\.org has expired/],
    ['for somebody else', () => signed({ name: 'other.example' }), /is for other\.example, not for example\.org/],
    [
      'of an unknown authority',
      () => {
        const { certificate: cert, key } = makeCertificate({ name: domain })
        return { cert, key }
      },
      /is signed by itself.*tls\.ca/,
    ],
  ]
  for (const [what, make, expected] of bad)
    test(`a certificate that is ${what} is refused, with what to do`, async (t) => {
      const { port } = await tlsServer(t, make())
      const error = await refused(Opened.to(`xmpps://127.0.0.1:${port}`))
      assert.equal(error.reason, 'bad-certificate')
      assert.match(error.message, expected)
    })

  test('no environment turns the check off', async (t) => {
    const { port } = await tlsServer(t, signed({ name: 'other.example' }))
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED']
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
    t.after(() => {
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before
    })
    assert.equal((await refused(Opened.to(`xmpps://127.0.0.1:${port}`))).reason, 'bad-certificate')
  })

  test('versions before 1.2 are refused', async (t) => {
    const { port } = await tlsServer(t, {
      ...signed(),
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    })
    const error = await refused(Opened.to(`xmpps://127.0.0.1:${port}`))
    assert.equal(error.reason, 'no-encryption', error.message)
  })

  test('a server without TLS at the port, and one without XMPP there, are told apart from bad certificates', async (t) => {
    const plain = createServer((socket) => socket.end('<stream:error/>'))
    const noTls = await refused(Opened.to(`xmpps://127.0.0.1:${await listen(t, plain)}`))
    assert.equal(noTls.reason, 'bad-answer', noTls.message)
    const { port } = await tlsServer(t, { ...signed(), ALPNProtocols: ['http/1.1'] })
    const noXmpp = await refused(Opened.to(`xmpps://127.0.0.1:${port}`))
    assert.equal(noXmpp.reason, 'bad-answer')
    assert.match(noXmpp.message, /no XMPP/)
  })

  test('a certificate of our own is shown', async (t) => {
    const own = signed({ name: 'romeo' })
    const { port, next } = await tlsServer(t, { ...signed(), requestCert: true, ca: authority.certificate })
    const { transport } = await Opened.to(`xmpps://127.0.0.1:${port}`, { tls: { ca: authority.certificate, ...own } })
    assert.equal((await next).authorized, true)
    assert.equal(transport.channel?.hasCertificate, true)
    transport.destroy()
  })

  test('options that are no PEM, or half of a pair, are told as wrong use', async (t) => {
    const { port } = await tlsServer(t, signed())
    const { cert, key } = signed({ name: 'romeo' })
    for (const tls of [{ cert: 'x', key }, { cert, key: 'y' }, { cert }, { key }, { ca: 'z' }, { ca: [cert, ''] }])
      await assert.rejects(Opened.to(`xmpps://127.0.0.1:${port}`, { tls }), UsageError)
  })
})

describe('STARTTLS', () => {
  /** Does what `proceed` says at the end of the first element, then TLS; echoes. */
  async function startTlsServer(t: TestContext, made: { cert: string; key: string }, proceed: string): Promise<number> {
    const server = createServer((plain) => {
      let asked = ''
      plain.on('data', function read(bytes) {
        asked += bytes
        if (!asked.endsWith('>')) return
        plain.off('data', read)
        plain.write(proceed)
        plain.once('data', (hello: Buffer) => {
          plain.pause()
          plain.unshift(hello)
          const secure = new TLSSocket(plain, { isServer: true, ...made })
          secure.on('error', () => undefined)
          secure.on('data', (bytes: Buffer) => secure.write(bytes))
        })
      })
    })
    return listen(t, server)
  }

  test('goes on under TLS, with bytes that are UTF-8 as they are', async (t) => {
    const opened = await Opened.to(`xmpp://127.0.0.1:${await startTlsServer(t, signed(), '<proceed/>')}`)
    const { transport } = opened
    assert.equal(transport.isSecure, false)
    assert.equal(transport.channel, undefined)
    transport.write('<starttls/>')
    await opened.until(() => opened.text === '<proceed/>')
    await transport.startTls!()
    assert.equal(transport.isSecure, true)
    assert.equal(transport.startTls, undefined)
    opened.text = ''
    transport.write('<a>Gr\xc3\xbc\xc3\x9fe')
    transport.write('</a>')
    await opened.until(() => opened.text === '<a>Gr\xc3\xbc\xc3\x9fe</a>')

    transport.destroy()
  })

  test('what came in the clear behind <proceed/> is forgotten', async (t) => {
    // [S35] put there by somebody in between, before TLS
    const proceed = "<proceed/><message xmlns='jabber:client'/>"
    const opened = await Opened.to(`xmpp://127.0.0.1:${await startTlsServer(t, signed(), proceed)}`)
    const { transport } = opened
    transport.write('<starttls/>')
    await opened.until(() => opened.text === proceed)
    transport.stream.feed(opened.text)
    await transport.startTls!()
    assert.equal(transport.stream.next(), undefined)
    transport.destroy()
  })

  test('a bad certificate is told to who asked for TLS, and to nobody else', async (t) => {
    const port = await startTlsServer(t, signed({ name: 'other.example' }), '<proceed/>')
    const opened = await Opened.to(`xmpp://127.0.0.1:${port}`)
    opened.transport.write('<starttls/>')
    await opened.until(() => opened.text === '<proceed/>')
    assert.equal((await refused(opened.transport.startTls!())).reason, 'bad-certificate')
    assert.equal(opened.calls, 0)
    opened.transport.write('a secret') // goes nowhere
    assert.equal(opened.transport.unsent, 0)
  })

  test('a server that closes instead is told as such', async (t) => {
    const port = await listen(
      t,
      createServer((socket) => socket.once('data', () => socket.end())),
    )
    const opened = await Opened.to(`xmpp://127.0.0.1:${port}`)
    assert.equal((await refused(opened.transport.startTls!())).reason, 'unreachable')
  })
})

describe('the connection', () => {
  test('sends all that was written before it ends, in order, and says once that it is gone', async (t) => {
    let text = ''
    const { promise: ended, resolve } = Promise.withResolvers<void>()
    const server = createServer((socket) => {
      socket.on('data', (bytes) => (text += bytes))
      socket.on('end', resolve)
    })
    const opened = await Opened.to(`xmpp://127.0.0.1:${await listen(t, server)}`)
    for (let i = 0; i < 1000; i++) opened.transport.write(`${i} `)
    assert.equal(opened.transport.unsent, 3890)
    opened.transport.end()
    opened.transport.write('too late')
    await ended
    assert.equal(text, Array.from({ length: 1000 }, (_, i) => `${i} `).join(''))
    await opened.until(() => opened.calls > 0)
    assert.deepEqual([opened.calls, opened.reason], [1, undefined])
  })

  test('that breaks gives the reason, and so does one that the other side ends without a word', async (t) => {
    const breaking = createServer((socket) => socket.once('data', () => socket.resetAndDestroy()))
    const broken = await Opened.to(`xmpp://127.0.0.1:${await listen(t, breaking)}`)
    broken.transport.write('x')
    await broken.until(() => broken.calls > 0)
    assert.equal(broken.reason?.reason, 'unreachable')
    assert.match(broken.reason?.message ?? '', /ECONNRESET/)
    const ending = createServer((socket) => socket.end('bye'))
    const ended = await Opened.to(`xmpp://127.0.0.1:${await listen(t, ending)}`)
    await ended.until(() => ended.calls > 0)
    assert.deepEqual([ended.text, ended.calls, ended.reason?.reason], ['bye', 1, 'unreachable'])
    assert.match(ended.reason?.message ?? '', /did not say why/)
  })

  test('destroyed says so at once, and nothing more', async (t) => {
    const server = createServer((socket) => socket.on('data', (bytes) => socket.write(bytes)))
    const opened = await Opened.to(`xmpp://127.0.0.1:${await listen(t, server)}`)
    opened.transport.write('x')
    opened.transport.destroy()
    assert.deepEqual([opened.calls, opened.reason, opened.text], [1, undefined, ''])
  })

  test('to where nobody listens is refused with where that was', async (t) => {
    const server = createServer()
    const port = await listen(t, server)
    await new Promise((resolve) => server.close(resolve))
    const error = await refused(Opened.to(`xmpp://127.0.0.1:${port}`))
    assert.equal(error.reason, 'unreachable')
    assert.match(error.message, /127\.0\.0\.1:\d+ \(ECONNREFUSED\)/)
  })

  test('whose TLS never comes ends with the signal', async (t) => {
    const { promise: asked, resolve } = Promise.withResolvers<void>()
    const silent = createServer((socket) => socket.once('data', () => resolve()))
    const port = await listen(t, silent)
    const abort = new AbortController()
    const opening = Opened.to(`xmpps://127.0.0.1:${port}`, { signal: abort.signal })
    await asked
    abort.abort(new ConnectError('timeout', 'too slow'))
    assert.equal((await refused(opening)).reason, 'timeout')
    const stop = new Error('the user has left')
    await assert.rejects(Opened.to(`xmpp://127.0.0.1:${port}`, { signal: AbortSignal.abort(stop) }), stop)
  })

  test('something that is no address of a service is told as wrong use', async () => {
    await assert.rejects(Opened.to('https://example.org'), UsageError)
    await assert.rejects(Opened.to('example.org'), UsageError)
  })
})
