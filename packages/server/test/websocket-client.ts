/** For tests: a client over a real WebSocket, and frames written by hand. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { NS } from '@rookery/protocol'
import { prepareOpaque, prepareUsername } from '@rookery/protocol/precis'
import { authenticate, type ChannelBinding, SaslChannel, SaslProblemError } from '@rookery/protocol/sasl'
import { Element, parseElement } from '@rookery/protocol/xml'
import type { Endpoint, Server } from '@rookery/server'
import { WebSocket } from 'ws'
import { createCrypto } from '../src/crypto.ts'

export const framing = 'urn:ietf:params:xml:ns:xmpp-framing'

const crypto = createCrypto()

export function portOf(server: Server, kind: Endpoint['kind']): number {
  return server.endpoints.find((endpoint) => endpoint.kind === kind)!.port
}

export interface Dial {
  kind?: 'http' | 'https'
  path?: string
  protocol?: string
  headers?: Record<string, string>
  origin?: string
}

/** Every message is one element. */
export class Client {
  readonly ws: WebSocket
  #inbox: string[] = []
  #wake: () => void = () => undefined
  code: number | undefined
  features!: Element

  constructor(server: Server, { kind = 'http', path = '/xmpp-websocket', protocol = 'xmpp', ...options }: Dial = {}) {
    const url = `${kind === 'https' ? 'wss' : 'ws'}://127.0.0.1:${portOf(server, kind)}${path}`
    const tls = { rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] }
    this.ws = new WebSocket(url, protocol, { ...tls, ...options })
    this.ws.on('message', (data, isBinary) => {
      assert.equal(isBinary, false)
      this.#inbox.push(String(data))
      this.#wake()
    })
    this.ws.on('error', () => undefined)
    this.ws.on('close', (code) => {
      this.code = code
      this.#wake()
    })
  }

  static async open(server: Server, dial: Dial = {}): Promise<Client> {
    const client = new Client(server, dial)
    await once(client.ws, 'open')
    return client
  }

  /** The status of a refused handshake. */
  static async status(server: Server, dial: Dial): Promise<number | undefined> {
    const client = new Client(server, dial)
    return new Promise((resolve) => {
      client.ws.on('unexpected-response', (_, response) => resolve(response.statusCode))
      client.ws.on('open', () => resolve(101))
    })
  }

  send(wire: string): void {
    this.ws.send(wire)
  }

  /** The next element; undefined when the WebSocket was closed. */
  async next(): Promise<Element | undefined> {
    while (this.#inbox.length === 0 && this.code === undefined)
      await new Promise<void>((resolve) => (this.#wake = resolve))
    const text = this.#inbox.shift()
    if (text === undefined) return undefined
    const element = parseElement(Buffer.from(text).toString('latin1'))
    assert.ok(element instanceof Element, text)
    return element
  }

  async expect(name: string): Promise<Element> {
    const element = await this.next()
    assert.equal(element?.name, name, String(element))
    return element!
  }

  /** Opens a stream and gives its features. */
  async stream(to = 'localhost'): Promise<Element> {
    this.send(`<open xmlns='${framing}' to='${to}' version='1.0'/>`)
    assert.equal((await this.expect('open')).attr('from'), to)
    this.features = await this.expect('features')
    return this.features
  }

  async login(local = 'romeo'): Promise<string> {
    await this.stream()
    this.send(`<auth xmlns='${NS.sasl}' mechanism='PLAIN'>${btoa(`\0${local}\0secret`)}</auth>`)
    await this.expect('success')
    await this.stream()
    this.send(`<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='${NS.bind}'/></iq>`)
    return (await this.expect('iq')).child('bind', NS.bind)?.childText('jid', NS.bind) ?? ''
  }

  /** Logs in with a password that never leaves; the condition of the failure when it fails. */
  async scram(name: string, binding: ChannelBinding): Promise<string> {
    const means = {
      crypto,
      username: 'romeo',
      password: 'secret',
      offered: this.mechanisms(),
      offeredBindings: this.bindingTypes(),
      channel: new SaslChannel({ bindings: [binding] }),
      prepareUsername: (text: string) => prepareUsername(text),
      prepareOpaque: (text: string) => prepareOpaque(text),
    }
    let tag = 'auth'
    try {
      await authenticate(name, means, async (message) => {
        const mechanismOf = tag === 'auth' ? ` mechanism='${name}'` : ''
        this.send(`<${tag} xmlns='${NS.sasl}'${mechanismOf}>${Buffer.from(message).toString('base64')}</${tag}>`)
        tag = 'response'
        const answer = (await this.next())!
        if (answer.name === 'failure') throw new Error(answer.firstElement()?.name ?? 'failure')
        return { isSuccess: answer.name === 'success', data: Buffer.from(answer.text(), 'base64') }
      })
      return 'success'
    } catch (error) {
      return error instanceof SaslProblemError ? error.problem : (error as Error).message
    }
  }

  mechanisms(): string[] {
    return this.#offered('mechanisms', NS.sasl).map((child) => child.text())
  }

  bindingTypes(): string[] {
    return this.#offered('sasl-channel-binding', 'urn:xmpp:sasl-cb:0').map((child) => child.attr('type') ?? '')
  }

  #offered(name: string, ns: string): Element[] {
    return [...(this.features.child(name, ns)?.childElements() ?? [])]
  }

  /** What lies below. */
  get socket(): TLSSocket {
    return (this.ws as unknown as { _socket: TLSSocket })._socket
  }

  async closed(): Promise<number> {
    while (this.code === undefined) await new Promise<void>((resolve) => (this.#wake = resolve))
    return this.code
  }

  /** The condition of the stream error that ends it, and the code of the WebSocket. */
  async failure(): Promise<string | undefined> {
    for (let element = await this.next(); element !== undefined; element = await this.next())
      if (element.is('error', NS.streams)) return element.firstElement()?.name
    return undefined
  }
}

/** A WebSocket whose frames are written by hand. */
export async function raw(server: Server): Promise<{ socket: Socket; ended: Promise<number | undefined> }> {
  const socket = connect(portOf(server, 'http'), '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(
    'GET /xmpp-websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: xmpp\r\n\r\n',
  )
  let received = Buffer.alloc(0)
  socket.on('data', (bytes: Buffer) => (received = Buffer.concat([received, bytes])))
  while (!received.includes('\r\n\r\n')) await once(socket, 'data')
  assert.match(String(received), /^HTTP\/1\.1 101 /)
  const ended = once(socket, 'close').then(() => {
    const at = received.lastIndexOf(0x88) // the closing frame is the last one: two bytes of header, then the code
    return at < 0 ? undefined : received.readUInt16BE(at + 2)
  })
  return { socket, ended }
}

/** A masked frame; the mask is zero. */
export function frame(
  first: number,
  payload: string | Buffer,
  options: { masked?: boolean; length?: bigint } = {},
): Buffer {
  const bytes = Buffer.from(payload)
  const mask = options.masked === false ? 0 : 0x80
  const head = [first, mask | (options.length !== undefined ? 127 : bytes.length < 126 ? bytes.length : 126)]
  const length = Buffer.alloc(options.length !== undefined ? 8 : bytes.length < 126 ? 0 : 2)
  if (options.length !== undefined) length.writeBigUInt64BE(options.length)
  else if (bytes.length >= 126) length.writeUInt16BE(bytes.length)
  return Buffer.concat([Buffer.from(head), length, Buffer.alloc(mask === 0 ? 0 : 4), bytes])
}
