/** Logins by XEP-0388 over real TLS: channel binding of SCRAM and of tokens, downgrades, and how many turns a login takes. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { NS } from '@rookery/protocol'
import { prepareOpaque, prepareUsername } from '@rookery/protocol/precis'
import { authenticate, type ChannelBinding, SaslChannel, SaslProblemError } from '@rookery/protocol/sasl'
import { StreamHeader, TcpStream } from '@rookery/protocol/stream'
import { authenticated, Element } from '@rookery/protocol/xml'
import { createServer, type Server } from '@rookery/server'
import { bindWith, FAST, failureIn, PHONE, SASL2, tokenIn } from '../../test/sasl2-client.ts'
import { createCrypto } from '../crypto.ts'

const crypto = createCrypto()
let server: Server
before(async () => {
  server = await createServer({
    listen: { address: '127.0.0.1', c2s: 0, tls: 0 },
    auth: { iterations: 4096 },
    limits: { authFailuresPerStream: 0, authFailuresPerAddress: 0 },
  })
  await server.start()
  await server.accounts('localhost').create('romeo', 'secret')
})
after(() => server.stop())

type Version = 'TLSv1.2' | 'TLSv1.3'

class Client {
  readonly socket: TLSSocket
  readonly #stream = new TcpStream(authenticated)
  readonly #inbox: Element[] = []
  #wake: () => void = () => undefined
  isClosed = false
  /** How often it has waited for the server and then said something. */
  turns = 0
  #hasHeard = true
  features: Element | undefined
  readonly bindings: readonly ChannelBinding[]

  private constructor(socket: TLSSocket) {
    this.socket = socket
    this.bindings = bindingsOf(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.isClosed = true
      this.#wake()
    })
    socket.on('data', (bytes: Buffer) => {
      this.#hasHeard = true
      this.#stream.feed(bytes.toString('latin1'))
      for (let event = this.#stream.next(); event !== undefined; event = this.#stream.next()) {
        if (event instanceof Element) this.#inbox.push(event)
        else if (!(event instanceof StreamHeader)) break
      }
      this.#wake()
    })
  }

  static async connect(version: Version = 'TLSv1.3'): Promise<Client> {
    const port = server.endpoints.find(({ kind }) => kind === 'tls')!.port
    const options: ConnectionOptions = { minVersion: version, maxVersion: version, rejectUnauthorized: false }
    const socket = connect({ port, host: '127.0.0.1', ALPNProtocols: ['xmpp-client'], ...options })
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
    return new Client(socket)
  }

  get header(): string {
    return this.#stream.open(new StreamHeader({ to: 'localhost', from: 'romeo@localhost', version: '1.0' }))
  }

  write(text: string): void {
    if (this.#hasHeard) this.turns++
    this.#hasHeard = false
    this.socket.write(text, 'latin1')
  }

  async next(): Promise<Element> {
    while (this.#inbox.length === 0 && !this.isClosed)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    const element = this.#inbox.shift()
    assert.ok(element, 'the connection was closed')
    return element
  }

  async open(): Promise<Element> {
    this.write(this.header)
    this.features = await this.next()
    return this.features
  }

  mechanisms(): string[] {
    const offer = this.features!.child('authentication', SASL2)!
    return offer.childElements().flatMap((each) => (each.name === 'mechanism' ? [each.text()] : []))
  }

  options(
    changes: { token?: string; bindings?: readonly ChannelBinding[]; offered?: string[]; tlsVersion?: string } = {},
  ) {
    const cb = this.features?.child('sasl-channel-binding', 'urn:xmpp:sasl-cb:0')
    return {
      crypto,
      username: 'romeo',
      password: 'secret',
      authzid: 'romeo@localhost',
      offered: changes.offered ?? (this.features === undefined ? [] : this.mechanisms()),
      offeredBindings: cb?.childElements().map((each) => each.attr('type') ?? '') ?? [],
      channel: new SaslChannel({
        bindings: changes.bindings ?? this.bindings,
        tlsVersion: changes.tlsVersion ?? this.socket.getProtocol()!,
      }),
      ...(changes.token === undefined ? {} : { token: changes.token }),
      prepareUsername: (text: string) => prepareUsername(text),
      prepareOpaque: (text: string) => prepareOpaque(text),
    }
  }

  /** The outcome, and the element that said it. */
  async login(
    name: string,
    inline = '',
    changes: Parameters<Client['options']>[0] = {},
    prefix = '',
  ): Promise<{ outcome: string; answer: Element | undefined }> {
    let answer: Element | undefined
    try {
      await authenticate(name, this.options(changes), async (message) => {
        const data = Buffer.from(message).toString('base64')
        const request =
          `<authenticate xmlns='${SASL2}' mechanism='${name}'><initial-response>${data}</initial-response>` +
          `<user-agent id='${PHONE}'/>${inline}</authenticate>`
        const isFirst = answer === undefined
        this.write(isFirst ? prefix + request : `<response xmlns='${SASL2}'>${data}</response>`)
        if (isFirst && prefix !== '') this.features = await this.next()
        answer = await this.next()
        if (answer.name === 'failure') throw new Error(failureIn(answer))
        const isSuccess = answer.name === 'success'
        const text = isSuccess ? answer.childText('additional-data') : answer.text()
        return { isSuccess, data: Buffer.from(text ?? '', 'base64') }
      })
      return { outcome: 'success', answer }
    } catch (error) {
      if (error instanceof SaslProblemError) return { outcome: error.problem, answer }
      return { outcome: (error as Error).message, answer }
    }
  }

  destroy(): void {
    this.socket.destroy()
  }
}

function bindingsOf(socket: TLSSocket): ChannelBinding[] {
  const own: ChannelBinding =
    socket.getProtocol() === 'TLSv1.3'
      ? { type: 'tls-exporter', data: socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0)) }
      : { type: 'tls-unique', data: socket.getFinished()! }
  const raw = socket.getPeerX509Certificate()!.raw
  return [own, { type: 'tls-server-end-point', data: createHash('sha256').update(raw).digest() }]
}

const wrong = (bindings: readonly ChannelBinding[]): ChannelBinding[] =>
  bindings.map(({ type, data }) => ({ type, data: data.map((byte) => byte ^ 1) }))

for (const version of ['TLSv1.2', 'TLSv1.3'] as const)
  describe(`over ${version}`, () => {
    const word = version === 'TLSv1.3' ? 'EXPR' : 'UNIQ'

    test('SCRAM binds to the channel, and tells the version of TLS [XEP-0515]', async () => {
      const client = await Client.connect(version)
      await client.open()
      const other = version === 'TLSv1.3' ? 'TLSv1.2' : 'TLSv1.3'
      const bad = await client.login('SCRAM-SHA-256-PLUS', '', { bindings: wrong(client.bindings) })
      assert.equal(bad.outcome, 'not-authorized') // [S37]
      for (const mechanism of ['SCRAM-SHA-512-PLUS', 'SCRAM-SHA-256-PLUS', 'SCRAM-SHA-1-PLUS']) {
        const each = await Client.connect(version)
        await each.open()
        const { outcome, answer } = await each.login(mechanism, bindWith())
        assert.equal(outcome, 'success')
        assert.match(answer!.childText('authorization-identifier')!, /^romeo@localhost\/./)
        each.destroy()
      }
      assert.equal((await client.login('SCRAM-SHA-256-PLUS', '', { tlsVersion: other })).outcome, 'downgrade')
      client.destroy()
    })

    test(`tokens bind to the channel: HT-SHA-256-${word} and -ENDP [S47]`, async () => {
      for (const kind of [word, 'ENDP']) {
        const name = `HT-SHA-256-${kind}`
        const first = await Client.connect(version)
        await first.open()
        const fast = first.features!.child('authentication', SASL2)!.child('inline')!.child('fast', FAST)!
        assert.deepEqual(
          fast.childElements().map((each) => each.text()),
          [`HT-SHA-256-${word}`, 'HT-SHA-256-ENDP', 'HT-SHA-256-NONE'],
        )
        const wish = `<request-token xmlns='${FAST}' mechanism='${name}'/>`
        const token = tokenIn((await first.login('SCRAM-SHA-256-PLUS', wish)).answer!)
        first.destroy()

        const again = await Client.connect(version)
        await again.open()
        const login = (mechanism: string, count: number, bindings?: readonly ChannelBinding[]) =>
          again.login(mechanism, `<fast xmlns='${FAST}' count='${count}'/>`, {
            token,
            ...(bindings === undefined ? {} : { bindings }),
          })
        assert.equal((await login(name, 1, wrong(again.bindings))).outcome, 'not-authorized')
        // a token is good for the mechanism it was made for
        assert.equal((await login('HT-SHA-256-NONE', 1)).outcome, 'not-authorized')
        assert.equal((await login(name, 1)).outcome, 'success')
        again.destroy()
      }
    })
  })

test('a stream opened for an account of another host ends there [XEP-0388 2.1]', async () => {
  for (const [from, answer] of [
    ['romeo@elsewhere.example', 'error'],
    ['ROMEO@LOCALHOST/orchard', 'features'],
    ['nobody', 'features'],
  ] as const) {
    const client = await Client.connect()
    client.write(client.header.replace("'romeo@localhost'", `'${from}'`))
    const first = await client.next()
    assert.equal(first.name, answer, from)
    assert.equal(first.child('invalid-from', NS.streamErrors) !== undefined, answer === 'error')
    client.destroy()
  }
})

describe('what somebody in the middle takes out of the offers', () => {
  test('is noticed by either side [S36]', async () => {
    const client = await Client.connect()
    await client.open()
    const without = client.mechanisms().filter((name) => !name.endsWith('-PLUS'))
    // the client could bind and believes that the server cannot
    const y = `y,,n=romeo,r=abcdef`
    client.write(
      `<authenticate xmlns='${SASL2}' mechanism='SCRAM-SHA-256'><initial-response>${btoa(y)}</initial-response></authenticate>`,
    )
    assert.equal(failureIn(await client.next()), 'not-authorized')
    // the client cannot bind: it compares the hash of the offers
    assert.equal((await client.login('SCRAM-SHA-1', '', { offered: without, bindings: [] })).outcome, 'downgrade')
    client.destroy()
  })

  test('is the list of SASL2 for SASL2, and of SASL for SASL [XEP-0474 6.1]', async () => {
    const client = await Client.connect()
    const features = await client.open()
    const legacy = features
      .child('mechanisms', NS.sasl)!
      .childElements()
      .map((each) => each.text())
    assert.deepEqual(client.mechanisms(), legacy)
    assert.ok(!legacy.some((name) => name.startsWith('HT-')))
    assert.equal((await client.login('SCRAM-SHA-512', '', { bindings: [] })).outcome, 'success')
    client.destroy()
  })
})

describe('after TLS', () => {
  test('one round trip is enough: header and token go out together, and the session is there [XEP-0509]', async () => {
    const wish = `<request-token xmlns='${FAST}' mechanism='HT-SHA-256-EXPR'/>`
    const first = await Client.connect()
    const features = await first.open()
    const version = features.child('config-version', 'urn:xmpp:iap:0')!.attr('value')!
    const { answer } = await first.login('SCRAM-SHA-256-PLUS', wish + bindWith())
    const token = tokenIn(answer!)
    assert.equal(first.turns, 3) // header, first and last message of SCRAM
    first.destroy()

    const again = await Client.connect()
    const inline =
      `<fast xmlns='${FAST}' count='1'/>${bindWith("<enable xmlns='urn:xmpp:carbons:2'/><enable xmlns='urn:xmpp:sm:3' resume='true'/>")}` +
      `<config-version xmlns='urn:xmpp:iap:0' scheme='opaque' value='${version}'/>`
    const { outcome, answer: success } = await again.login('HT-SHA-256-EXPR', inline, { token }, again.header)
    assert.equal(outcome, 'success')
    assert.equal(again.turns, 1)
    assert.ok(success!.child('bound', 'urn:xmpp:bind:0')?.child('enabled', 'urn:xmpp:sm:3'))
    assert.match(success!.childText('authorization-identifier')!, /^romeo@localhost\/./)
    again.destroy()
  })
})
