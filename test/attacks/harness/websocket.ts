/** A WebSocket client by hand (RFC 6455, RFC 7395), which can send frames that are none. */
import { randomBytes } from 'node:crypto'
import { auth, bind, RawClient } from './client.ts'

export const FRAMING = 'urn:ietf:params:xml:ns:xmpp-framing'

export interface Handshake {
  readonly path?: string
  readonly from?: string
  /** Headers beside the usual ones; `undefined` leaves one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>
}

export interface FrameOptions {
  readonly isFinal?: boolean
  readonly isMasked?: boolean
  /** The three reserved bits. */
  readonly reserved?: number
  /** What the header says instead of the truth. */
  readonly length?: bigint
}

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** Bytes of a frame, as a wire string. */
export function frame(opcode: number, payload: string, options: FrameOptions = {}): string {
  const { isFinal = true, isMasked = true, reserved = 0, length = BigInt(payload.length) } = options
  const head = [(isFinal ? 128 : 0) | (reserved << 4) | opcode]
  const mask = isMasked ? 128 : 0
  if (length < 126n) head.push(mask | Number(length))
  else if (length < 65_536n) head.push(mask | 126, Number(length >> 8n), Number(length & 255n))
  else {
    head.push(mask | 127)
    for (let shift = 56n; shift >= 0n; shift -= 8n) head.push(Number((length >> shift) & 255n))
  }
  const bytes = Buffer.from(payload, 'latin1')
  if (isMasked) {
    const key = randomBytes(4)
    head.push(...key)
    for (let i = 0; i < bytes.length; i++) bytes[i]! ^= key[i % 4]!
  }
  return Buffer.from(head).toString('latin1') + bytes.toString('latin1')
}

export class WebSocketClient {
  readonly raw: RawClient
  /** Texts that came, and were not taken. */
  readonly texts: string[] = []
  /** Of the closing frame. */
  closeCode: number | undefined
  pongs = 0

  constructor(raw: RawClient) {
    this.raw = raw
  }

  /** The client, or the HTTP status by which it was refused. */
  static async connect(port: number, handshake: Handshake = {}): Promise<WebSocketClient | number> {
    const { path = '/xmpp-websocket', from, headers = {} } = handshake
    const raw = await RawClient.connect({ port, ...(from === undefined ? {} : { from }) })
    const all: Record<string, string | undefined> = {
      Host: 'a.example',
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
      'Sec-WebSocket-Protocol': 'xmpp',
      ...headers,
    }
    const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]))
    raw.send(`GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
    const status = Number(/^HTTP\/1\.1 (\d+)/.exec(await raw.waitFor('\r\n\r\n'))?.[1])
    if (status === 101) return new WebSocketClient(raw)
    raw.close()
    return status
  }

  send(text: string): void {
    this.raw.send(frame(opcodes.text, text))
  }

  #read(): void {
    for (;;) {
      const { received } = this.raw
      const byte = (at: number): number => received.charCodeAt(at)
      if (received.length < 2) return
      let [length, begin] = [byte(1) & 127, 2]
      const extra = length === 126 ? 2 : length === 127 ? 8 : 0
      if (received.length < 2 + extra) return
      if (extra > 0) {
        length = 0
        for (let i = 0; i < extra; i++) length = length * 256 + byte(2 + i)
        begin += extra
      }
      if (received.length < begin + length) return
      const payload = received.slice(begin, begin + length)
      this.raw.received = received.slice(begin + length)
      const opcode = byte(0) & 15
      if (opcode === opcodes.text) this.texts.push(payload)
      else if (opcode === opcodes.close)
        this.closeCode = payload.length < 2 ? 1005 : byte(begin) * 256 + byte(begin + 1)
      else if (opcode === opcodes.pong) this.pongs++
    }
  }

  /** Reads until something holds, or the connection has ended, or the time is up; whether it holds. */
  async until(holds: () => boolean, patience = 10_000): Promise<boolean> {
    for (const deadline = Date.now() + patience; ; ) {
      this.#read()
      if (holds()) return true
      if (this.raw.hasEnded || Date.now() > deadline) return false
      await this.raw.arrival(Math.max(1, deadline - Date.now()))
    }
  }

  /** Takes texts up to the first that matches. */
  async waitFor(pattern: RegExp, patience?: number): Promise<string> {
    let at = -1
    await this.until(() => (at = this.texts.findIndex((text) => pattern.test(text))) >= 0, patience)
    if (at < 0)
      throw new Error(`no ${pattern}; code ${this.closeCode}; received ${JSON.stringify(this.texts).slice(-600)}`)
    return this.texts.splice(0, at + 1).at(-1)!
  }

  /** The code by which it was closed; 1006 when the connection ended without one. */
  async closed(patience = 10_000): Promise<number> {
    await this.until(() => this.closeCode !== undefined, patience)
    const code = this.closeCode
    if (code !== undefined) this.raw.send(frame(opcodes.close, String.fromCharCode(code >> 8, code & 255)))
    await this.raw.waitForEnd(6000)
    this.raw.close()
    return code ?? (this.raw.hasEnded ? 1006 : 0)
  }

  async open(host = 'a.example'): Promise<string> {
    this.send(`<open xmlns='${FRAMING}' to='${host}' version='1.0'/>`)
    return this.waitFor(/^<stream:features/)
  }

  async login(local: string, resource: string, host = 'a.example'): Promise<void> {
    await this.open(host)
    this.send(auth(local))
    await this.waitFor(/^<success/)
    await this.open(host)
    this.send(bind(resource).replace('<iq ', "<iq xmlns='jabber:client' "))
    await this.waitFor(/^<iq [^>]*id='bind'/)
  }
}

export async function webSocket(port: number, handshake?: Handshake): Promise<WebSocketClient> {
  const client = await WebSocketClient.connect(port, handshake)
  if (typeof client === 'number') throw new Error(`refused with ${client}`)
  return client
}
