/** A client that does what a test of the harness tells it, over TCP or TLS: the harness is tried with it, not the library. */
import { connect, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'
import { NS } from '@rookery/protocol'
import { prepareOpaque, prepareUsername } from '@rookery/protocol/precis'
import {
  authenticate,
  type ChannelBinding,
  SaslChannel,
  type SaslClientOptions,
  SaslProblemError,
} from '@rookery/protocol/sasl'
import { STREAM_END, StreamError, StreamHeader, TcpStream } from '@rookery/protocol/stream'
import { authenticated, Element, toWire } from '@rookery/protocol/xml'
import { Bell } from '../../../packages/client/test/waiting.ts'
import { nodeCrypto } from '../../nolost/client/crypto.ts'

class Refusal extends Error {}

export class HandClient {
  readonly socket: Socket
  readonly #stream = new TcpStream(authenticated)
  readonly #inbox: Element[] = []
  readonly #bell = new Bell()
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
      this.#bell.ring()
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
    await this.#bell.until(() => this.#inbox.length > 0 || this.isClosed, 'an element, or the end')
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
    let tag = `auth mechanism='${mechanism}'`
    try {
      await authenticate(mechanism, this.means({ password }), async (message) => {
        const text = Buffer.from(message).toString('base64')
        this.send(`<${tag} xmlns='${NS.sasl}'>${text}</${tag.split(' ')[0]}>`)
        tag = 'response'
        const answer = await this.next()
        const isSuccess = answer?.name === 'success'
        if (!isSuccess && answer?.name !== 'challenge') throw new Refusal(answer?.firstElement()?.name ?? 'the end')
        return { isSuccess, data: Buffer.from(answer.text(), 'base64') }
      })
    } catch (error) {
      if (error instanceof SaslProblemError) return error.problem
      if (error instanceof Refusal) return error.message
      throw error
    }
    this.#stream.restart()
    await this.open()
    return undefined
  }

  async bind(resource = 'one'): Promise<string> {
    this.send(`<iq type='set' id='bind'><bind xmlns='${NS.bind}'><resource>${resource}</resource></bind></iq>`)
    return (await this.expect('iq')).child('bind', NS.bind)?.childText('jid') ?? ''
  }

  means(secret: { password?: string; token?: string }): SaslClientOptions {
    const list =
      this.features?.child('mechanisms', NS.sasl) ?? this.features?.child('authentication', 'urn:xmpp:sasl:2')
    const types = this.features?.child('sasl-channel-binding', 'urn:xmpp:sasl-cb:0')?.childElements() ?? []
    return {
      crypto: nodeCrypto,
      username: 'romeo',
      ...secret,
      offered:
        list
          ?.childElements()
          .filter((one) => one.name === 'mechanism')
          .map((one) => one.text()) ?? [],
      offeredBindings: types.map((one) => one.attr('type') ?? ''),
      channel: new SaslChannel({ bindings: this.#bindings() }),
      prepareUsername,
      prepareOpaque,
    }
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
    this.#bell.ring()
  }
}
