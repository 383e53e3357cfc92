import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect as connectTcp, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type ConnectionOptions, connect as connectTls, TLSSocket } from 'node:tls'
import { NS } from '@rookery/protocol'
import { prepareOpaque, prepareUsername } from '@rookery/protocol/precis'
import { authenticate, type ChannelBinding, SaslChannel, SaslProblemError } from '@rookery/protocol/sasl'
import { STREAM_END, StreamError, StreamHeader, TcpStream } from '@rookery/protocol/stream'
import { authenticated, Element } from '@rookery/protocol/xml'
import { CertificateError, createServer, type Server, type ServerOptions } from '@rookery/server'
import { type Made, makeCertificate } from '../../test/certificates.ts'
import { createCrypto } from '../crypto.ts'

const crypto = createCrypto()
let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rookery-tls-'))
})
after(() => rm(folder, { recursive: true }))

/** The certificate as files of the configuration. */
async function files(
  made: Pick<Made, 'certificate' | 'key'>,
  name: string,
): Promise<{ certificate: string; key: string }> {
  const paths = { certificate: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) }
  await writeFile(paths.certificate, made.certificate)
  await writeFile(paths.key, made.key)
  return paths
}

async function start(options: ServerOptions = {}): Promise<Server> {
  const server = await createServer({
    ...options,
    listen: { address: '127.0.0.1', c2s: 0, tls: 0, http: false, https: false },
    auth: { iterations: 4096 },
  })
  await server.start()
  await server.accounts(server.config.hosts[0]!).create('romeo', 'secret')
  return server
}

const portOf = (server: Server, kind: 'c2s' | 'tls'): number =>
  server.endpoints.find((endpoint) => endpoint.kind === kind)!.port

/** A client over a real socket. */
class Client {
  #socket!: Socket | TLSSocket
  #stream = new TcpStream(authenticated)
  #inbox: Element[] = []
  #wake: () => void = () => undefined
  isClosed = false
  features!: Element

  static async plain(server: Server): Promise<Client> {
    const client = new Client()
    const socket = connectTcp(portOf(server, 'c2s'), '127.0.0.1')
    client.#listen(socket)
    await new Promise((resolve) => socket.once('connect', resolve))
    return client
  }

  static async tls(server: Server, options: ConnectionOptions = {}): Promise<Client> {
    const client = new Client()
    const socket = connectTls({
      port: portOf(server, 'tls'),
      host: '127.0.0.1',
      rejectUnauthorized: false,
      ALPNProtocols: ['xmpp-client'],
      ...options,
    })
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
    client.#listen(socket)
    return client
  }

  get socket(): TLSSocket {
    assert.ok(this.#socket instanceof TLSSocket)
    return this.#socket
  }

  #listen(socket: Socket): void {
    this.#socket = socket
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.isClosed = true
      this.#wake()
    })
    socket.on('data', (bytes: Buffer) => {
      this.#stream.feed(bytes.toString('latin1'))
      for (let event = this.#stream.next(); event !== undefined; event = this.#stream.next()) {
        if (event instanceof StreamError || event === STREAM_END) break
        if (event instanceof Element) this.#inbox.push(event)
      }
      this.#wake()
    })
  }

  write(text: string): void {
    this.#socket.write(text, 'latin1')
  }

  async next(): Promise<Element | undefined> {
    while (this.#inbox.length === 0 && !this.isClosed)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    return this.#inbox.shift()
  }

  async open(host = 'localhost'): Promise<Element> {
    this.write(this.#stream.open(new StreamHeader({ to: host, version: '1.0' })))
    const features = await this.next()
    assert.ok(features, 'the connection was closed')
    assert.ok(features.is('features', NS.streams), `no features but ${features.name} ${features.firstElement()?.name}`)
    this.features = features
    return features
  }

  /** `glued` comes in the clear, in the same segment. */
  async startTls(options: ConnectionOptions = {}, glued = ''): Promise<void> {
    this.write(`<starttls xmlns='${NS.tls}'/>${glued}`)
    assert.equal((await this.next())?.name, 'proceed')
    const plain = this.#socket
    plain.removeAllListeners()
    const secure = connectTls({ socket: plain, rejectUnauthorized: false, ...options })
    await new Promise((resolve, reject) => secure.once('secureConnect', resolve).once('error', reject))
    this.#stream = new TcpStream(authenticated)
    this.#listen(secure)
  }

  mechanisms(): string[] {
    return (
      this.features
        .child('mechanisms', NS.sasl)
        ?.childElements()
        .map((child) => child.text()) ?? []
    )
  }

  bindingTypes(): string[] {
    const offered = this.features.child('sasl-channel-binding', 'urn:xmpp:sasl-cb:0')
    return offered?.childElements().map((child) => child.attr('type') ?? '') ?? []
  }

  /** Logs in; the condition of the failure when it fails. */
  async login(name: string, binding?: ChannelBinding, password = 'secret'): Promise<string> {
    const means = {
      crypto,
      username: 'romeo',
      password,
      offered: this.mechanisms(),
      offeredBindings: this.bindingTypes(),
      channel: new SaslChannel({ bindings: binding === undefined ? [] : [binding] }),
      prepareUsername: (text: string) => prepareUsername(text),
      prepareOpaque: (text: string) => prepareOpaque(text),
    }
    let open = `<auth xmlns='${NS.sasl}' mechanism='${name}'>`
    try {
      await authenticate(name, means, async (message) => {
        const close = open.startsWith('<auth') ? '</auth>' : '</response>'
        this.write(`${open}${Buffer.from(message).toString('base64') || '='}${close}`)
        open = `<response xmlns='${NS.sasl}'>`
        const answer = await this.next()
        if (answer === undefined) throw new Error('closed')
        if (answer.name === 'failure') throw new Error(answer.firstElement()?.name ?? 'failure')
        return { isSuccess: answer.name === 'success', data: Buffer.from(answer.text(), 'base64') }
      })
    } catch (error) {
      return error instanceof SaslProblemError ? error.problem : (error as Error).message
    }
    this.#stream.restart()
    return 'success'
  }

  async bind(host = 'localhost'): Promise<string> {
    await this.open(host)
    this.write(`<iq type='set' id='b'><bind xmlns='${NS.bind}'/></iq>`)
    return (await this.next())?.child('bind', NS.bind)?.childText('jid') ?? 'not bound'
  }

  async ping(): Promise<string | undefined> {
    this.write(`<iq type='get' id='p' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>`)
    return (await this.next())?.attr('type')
  }

  destroy(): void {
    this.#socket.destroy()
  }
}

/** The certificate the server showed. */
const shown = (client: Client): string => client.socket.getPeerX509Certificate()?.subject.slice(3) ?? 'none'

describe('SCRAM with channel binding', () => {
  const kinds = {
    ec: makeCertificate({ name: 'localhost' }),
    rsa: makeCertificate({ name: 'localhost', type: 'rsa', hash: 'sha384' }),
  }

  for (const [kind, made] of Object.entries(kinds))
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const)
      for (const way of ['STARTTLS', 'direct TLS'])
        test(`${version}, ${kind}, ${way}`, async () => {
          const server = await start({ tls: { certificates: { localhost: await files(made, kind) } } })
          const secure = { minVersion: version, maxVersion: version }
          const connect = async (): Promise<Client> => {
            if (way === 'direct TLS') return Client.tls(server, secure)
            const client = await Client.plain(server)
            await client.open()
            assert.deepEqual(client.mechanisms(), [])
            await client.startTls(secure)
            return client
          }
          const bindings = (client: Client): Record<string, Buffer> => ({
            ...(version === 'TLSv1.3'
              ? { 'tls-exporter': client.socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0)) }
              : { 'tls-unique': client.socket.getFinished()! }),
            'tls-server-end-point': createHash(made.hash).update(made.raw).digest(),
          })
          const types = version === 'TLSv1.3' ? ['tls-exporter'] : ['tls-unique']
          for (const type of [...types, 'tls-server-end-point'] as const) {
            const client = await connect()
            assert.equal(client.socket.getProtocol(), version)
            await client.open()
            assert.deepEqual(client.bindingTypes(), [...types, 'tls-server-end-point'])
            const data = bindings(client)[type]!
            const wrong = { type, data: Buffer.from(data.map((byte) => byte ^ 1)) } as ChannelBinding
            assert.equal(await client.login('SCRAM-SHA-256-PLUS', wrong), 'not-authorized')
            assert.equal(await client.login('SCRAM-SHA-256-PLUS', { type, data } as ChannelBinding), 'success')
            assert.match(await client.bind(), /^romeo@localhost\//)
            assert.equal(await client.ping(), 'result')
            client.destroy()
          }
          const client = await connect()
          await client.open()
          assert.equal(await client.login('SCRAM-SHA-1'), 'success')
          client.destroy()
          await server.stop()
        })
})

describe('STARTTLS', () => {
  test('is asked for before any login [RFC6120 5.3.1]', async () => {
    const server = await start()
    const client = await Client.plain(server)
    const features = await client.open()
    assert.ok(features.child('starttls', NS.tls)?.child('required', NS.tls))
    client.write(`<auth xmlns='${NS.sasl}' mechanism='PLAIN'>${btoa('\0romeo\0secret')}</auth>`)
    assert.equal((await client.next())?.firstElement()?.name, 'encryption-required')
    await client.startTls()
    const secured = await client.open()
    assert.equal(secured.child('starttls', NS.tls), undefined)
    assert.equal(await client.login('PLAIN'), 'success')
    await server.stop()
  })

  test('bytes glued to it in the clear are never read (S33)', async () => {
    const server = await start()
    const client = await Client.plain(server)
    await client.open()
    const glued = `<auth xmlns='${NS.sasl}' mechanism='PLAIN'>${btoa('\0romeo\0secret')}</auth>`
    // such bytes may also break the handshake: then there is nothing to read at all
    const started = await client.startTls({}, glued).then(
      () => true,
      () => false,
    )
    if (started) {
      await client.open()
      assert.ok(client.mechanisms().includes('PLAIN'), 'the login in the clear was taken')
      assert.equal(await client.login('SCRAM-SHA-256'), 'success')
    }
    await server.stop()
  })

  test('bytes that are no handshake end the connection', async () => {
    const server = await start()
    const client = await Client.plain(server)
    await client.open()
    client.write(`<starttls xmlns='${NS.tls}'/>`)
    assert.equal((await client.next())?.name, 'proceed')
    client.write('<stream:stream>this is not a handshake')
    while (!client.isClosed) await client.next()
    await server.stop()
  })
})

describe('TLS from the first byte', () => {
  test('agrees on xmpp-client, and on no other protocol [XEP-0368 4]', async () => {
    const server = await start()
    const client = await Client.tls(server)
    assert.equal(client.socket.alpnProtocol, 'xmpp-client')
    await client.open()
    const without = await Client.tls(server, { ALPNProtocols: [] })
    assert.ok(await without.open())
    await assert.rejects(Client.tls(server, { ALPNProtocols: ['http/1.1'] }))
    await server.stop()
  })

  test('plain text there ends the connection, and harms nobody', async () => {
    const server = await start()
    const socket = connectTcp(portOf(server, 'tls'), '127.0.0.1')
    socket.on('error', () => undefined)
    socket.resume()
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.write(`<?xml version='1.0'?><stream:stream xmlns='jabber:client'>`)
    await closed
    const client = await Client.tls(server)
    await client.open()
    assert.equal(await client.login('SCRAM-SHA-256'), 'success')
    await server.stop()
  })
})

describe('certificates', () => {
  test('go by the name the client asks for (SNI), else by the host of the stream', async () => {
    const [one, two] = [makeCertificate({ name: 'localhost' }), makeCertificate({ name: 'example.test' })]
    const server = await start({
      hosts: ['localhost', 'example.test'],
      tls: { certificates: { localhost: await files(one, 'one'), 'example.test': await files(two, 'two') } },
    })
    const direct = async (servername: string) => shown(await Client.tls(server, { servername }))
    assert.equal(await direct('example.test'), 'example.test')
    assert.equal(await direct('EXAMPLE.test'), 'example.test')
    assert.equal(await direct('localhost'), 'localhost')
    assert.equal(await direct('elsewhere.example'), 'localhost')
    assert.equal(await direct(''), 'localhost')
    const client = await Client.plain(server)
    await client.open('example.test')
    await client.startTls()
    assert.equal(shown(client), 'example.test')
    await server.stop()
  })

  test('are read anew without ending sessions, and bad ones leave the good', async () => {
    const [before, after] = [makeCertificate({ name: 'before' }), makeCertificate({ name: 'after' })]
    const paths = await files(before, 'reloaded')
    const server = await start({ tls: { certificates: { localhost: paths } } })
    const client = await Client.tls(server)
    await client.open()
    assert.equal(await client.login('SCRAM-SHA-256'), 'success')
    await client.bind()
    assert.equal(shown(client), 'before')
    await writeFile(paths.certificate, after.certificate)
    await assert.rejects(server.reloadCertificates(), CertificateError)
    assert.equal(shown(await Client.tls(server)), 'before')
    await writeFile(paths.key, after.key)
    await server.reloadCertificates()
    assert.equal(shown(await Client.tls(server)), 'after')
    assert.equal(shown(await Client.tls(server, { servername: 'localhost' })), 'after')
    const late = await Client.plain(server)
    await late.open()
    await late.startTls()
    assert.equal(shown(late), 'after')
    assert.equal(await client.ping(), 'result')
    assert.deepEqual(
      server.certificates.map((info) => info.subject),
      ['CN=after'],
    )
    await server.stop()
  })

  test('that cannot be used say why, and what to do (S139)', async () => {
    const [one, two] = [makeCertificate({ name: 'one' }), makeCertificate({ name: 'two' })]
    const bad: Record<string, [{ certificate: string; key: string }, RegExp]> = {
      missing: [
        { certificate: join(folder, 'none.pem'), key: join(folder, 'none.key') },
        /cannot read .*none\.pem.*path/,
      ],
      'no certificate': [await files({ certificate: 'hello', key: one.key }, 'text'), /not a PEM certificate/],
      'no key': [await files({ certificate: one.certificate, key: 'hello' }, 'no-key'), /not an unencrypted PEM/],
      'another key': [await files({ certificate: one.certificate, key: two.key }, 'mixed'), /another certificate/],
    }
    for (const [name, [paths, words]] of Object.entries(bad))
      await assert.rejects(
        start({ tls: { certificates: { localhost: paths } } }),
        (error) => error instanceof CertificateError && error.host === 'localhost' && words.test(error.message),
        name,
      )
  })

  test('are made for a host that has none', async () => {
    const server = await start()
    assert.equal(shown(await Client.tls(server)), 'localhost')
    const [info] = server.certificates
    assert.equal(info?.isSelfSigned, true)
    assert.match(info.names ?? '', /DNS:localhost.*IP Address:127\.0\.0\.1/)
    await server.stop()
  })
})

describe('client certificates', () => {
  const authority = makeCertificate({ name: 'authority' })
  const romeo = makeCertificate({ name: 'romeo', addresses: ['romeo@localhost'], issuer: authority })

  async function withAuthority(): Promise<Server> {
    const path = join(folder, 'authority.pem')
    await writeFile(path, authority.certificate)
    return start({ tls: { clientCertificates: true, clientAuthorities: [path] } })
  }

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const)
    test(`log in with EXTERNAL, ${version}`, async () => {
      const server = await withAuthority()
      const own = { cert: romeo.certificate, key: romeo.key, minVersion: version, maxVersion: version }
      const direct = await Client.tls(server, own)
      const starting = await Client.plain(server)
      await starting.open()
      await starting.startTls(own)
      for (const client of [direct, starting]) {
        await client.open()
        assert.equal(client.mechanisms()[0], 'EXTERNAL')
        assert.equal(await client.login('EXTERNAL'), 'success')
        assert.match(await client.bind(), /^romeo@localhost\//)
      }
      await server.stop()
    })

  test('without one, a password does', async () => {
    const server = await withAuthority()
    const client = await Client.tls(server)
    await client.open()
    assert.ok(!client.mechanisms().includes('EXTERNAL'))
    assert.equal(await client.login('SCRAM-SHA-256'), 'success')
    await server.stop()
  })

  test('of another host, or without an address, is none to log in with', async () => {
    const server = await withAuthority()
    for (const addresses of [[], ['romeo@elsewhere.example'], ['localhost'], ['juliet@localhost']]) {
      const other = makeCertificate({ name: 'romeo', addresses, issuer: authority })
      const client = await Client.tls(server, { cert: other.certificate, key: other.key })
      await client.open()
      if (client.mechanisms().includes('EXTERNAL')) assert.equal(await client.login('EXTERNAL'), 'not-authorized')
      client.destroy()
    }
    await server.stop()
  })

  test('that is signed by somebody else, or expired, is refused', async () => {
    const server = await withAuthority()
    const stranger = makeCertificate({ name: 'authority' })
    for (const made of [
      makeCertificate({ name: 'romeo', addresses: ['romeo@localhost'], issuer: stranger }),
      makeCertificate({ name: 'romeo', addresses: ['romeo@localhost'] }),
      makeCertificate({ name: 'romeo', addresses: ['romeo@localhost'], issuer: authority, validDays: -2 }),
    ]) {
      const own = { cert: made.certificate, key: made.key }
      const client = await Client.tls(server, own).catch(() => undefined)
      if (client !== undefined) {
        client.write(`<stream:stream>`)
        while (!client.isClosed) assert.equal(await client.next(), undefined)
      }
    }
    await server.stop()
  })
})
