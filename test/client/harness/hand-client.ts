/** A client that does what a test of the harness tells it, over TCP or TLS: the harness is tried with it, not the library. */
import { connect, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'
import { NS } from '@rookery/protocol'
import { prepareOpaque, prepareUsername } from '@rookery/protocol/precis'
import { type ChannelBinding, createClientMechanism, type SaslClientMechanism } from '@rookery/protocol/sasl'
import { STREAM_END, StreamError, StreamHeader, TcpFraming, XmppStream } from '@rookery/protocol/stream'
import { authenticated, Element, toWire } from '@rookery/protocol/xml'
import { nodeCrypto } from '../../nolost/client/crypto.ts'

export class HandClient {
  readonly socket: Socket
  readonly #stream = new XmppStream('initiator', NS.client, new TcpFraming(authenticated))
  readonly #inbox: Element[] = []
  #wake: () => void = () => undefined
  isClosed = false
  /** What the socket said when it broke. */
  problem: NodeJS.ErrnoException | undefined
  features: Element | undefined

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (bytes: Buffer) => this.#arrived(bytes.toString('latin1')))
    socket.on('error', (problem) => {
      this.problem = problem
    })
    socket.on('close', () => {
      this.isClosed = true
      this.#wake()
    })
  }

  static tcp(port: number): HandClient {
    return new HandClient(connect(port, '127.0.0.1'))
  }

  static async tls(port: number, options: ConnectionOptions): Promise<HandClient> {
    const socket = connectTls({
      port,
      host: '127.0.0.1',
      servername: 'localhost',
      ALPNProtocols: ['xmpp-client'],
      ...options,
    })
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
    return new HandClient(socket)
  }

  send(xml: string): void {
    this.socket.write(toWire(xml), 'latin1')
  }

  /** Undefined when the connection is over. */
  async next(): Promise<Element | undefined> {
    while (this.#inbox.length === 0 && !this.isClosed)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    return this.#inbox.shift()
  }

  async expect(name: string): Promise<Element> {
    const element = await this.next()
    if (element?.name !== name) throw new Error(`<${name}/> was to come, and not ${element?.name ?? 'the end'}`)
    return element
  }

  /** `from`: some servers offer more to those who say who they are. */
  async open(from?: string): Promise<Element> {
    this.send(this.#stream.open(new StreamHeader({ to: 'localhost', from, version: '1.0' })))
    this.features = await this.expect('features')
    return this.features
  }

  /** SASL of RFC 6120, up to the features behind it; the text that a failure of the client's own has. */
  async login(mechanism = 'SCRAM-SHA-256', password = 'secret'): Promise<string | undefined> {
    const means = this.mechanism(mechanism, { password })
    let step = await means.start()
    for (let tag = `auth mechanism='${mechanism}'`; ; tag = 'response') {
      if (step.kind !== 'response') return step.kind === 'failure' ? step.problem : undefined
      this.send(`<${tag} xmlns='${NS.sasl}'>${Buffer.from(step.data).toString('base64')}</${tag.split(' ')[0]}>`)
      const answer = await this.next()
      const data = Buffer.from(answer?.text() ?? '', 'base64')
      if (answer?.name === 'success') {
        const end = await means.finish(data.length === 0 ? undefined : data)
        if (end.kind === 'failure') return end.problem
        this.#stream.restart()
        await this.open()
        return undefined
      }
      if (answer?.name !== 'challenge') return answer?.firstElement()?.name ?? 'the end'
      step = await means.respond(data)
    }
  }

  async bind(resource = 'one'): Promise<string> {
    this.send(`<iq type='set' id='bind'><bind xmlns='${NS.bind}'><resource>${resource}</resource></bind></iq>`)
    return (await this.expect('iq')).child('bind', NS.bind)?.childText('jid') ?? ''
  }

  mechanism(name: string, secret: { password?: string; token?: string }): SaslClientMechanism {
    const list =
      this.features?.child('mechanisms', NS.sasl) ?? this.features?.child('authentication', 'urn:xmpp:sasl:2')
    const types = this.features?.child('sasl-channel-binding', 'urn:xmpp:sasl-cb:0')?.childElements() ?? []
    const mechanism = createClientMechanism(name, {
      crypto: nodeCrypto,
      username: 'romeo',
      ...secret,
      offered:
        list
          ?.childElements()
          .filter((one) => one.name === 'mechanism')
          .map((one) => one.text()) ?? [],
      offeredBindings: types.map((one) => one.attr('type') ?? ''),
      channelBindings: this.#bindings(),
      prepareUsername,
      prepareOpaque,
    })
    if (mechanism === undefined) throw new Error(`${name} is unknown here`)
    return mechanism
  }

  async closed(): Promise<void> {
    while (!this.isClosed) await this.next()
  }

  #bindings(): ChannelBinding[] {
    if (!('exportKeyingMaterial' in this.socket)) return []
    const socket = this.socket as TLSSocket
    return [
      { type: 'tls-exporter', data: socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0)) },
    ]
  }

  #arrived(wire: string): void {
    this.#stream.feed(wire)
    for (let event = this.#stream.next(); event !== undefined; event = this.#stream.next()) {
      if (event instanceof Element) this.#inbox.push(event)
      else if (event === STREAM_END || event instanceof StreamError) {
        this.socket.end()
        break
      }
    }
    this.#wake()
  }
}
