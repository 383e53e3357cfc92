/** WebSocket by hand (RFC 6455): frames taken apart and made, each piece its own bytes, so that a connection can break within one. No extensions. */
import { createHash } from 'node:crypto'
import { STREAM_END, StreamHeader } from '@rookery/protocol/stream'
import { Element, parseElement } from '@rookery/protocol/xml'
import { generous, type Piece, type Pieces } from './pieces.ts'

const framing = 'urn:ietf:params:xml:ns:xmpp-framing'

export const opcode = { continuation: 0, text: 1, close: 8, ping: 9, pong: 10 } as const

interface Frame {
  readonly opcode: number
  readonly isLast: boolean
  readonly payload: Buffer
  readonly bytes: Buffer
}

/** Unmasked, as servers send. */
export function frameOf(payload: Buffer, code: number = opcode.text): Buffer {
  const size = payload.length
  const length =
    size < 126 ? [size] : size < 65_536 ? [126, size >> 8, size & 0xff] : [127, 0, 0, 0, 0, ...bytesOf(size)]
  return Buffer.concat([Buffer.from([0x80 | code, ...length]), payload])
}

function bytesOf(size: number): number[] {
  return [size >>> 24, (size >> 16) & 0xff, (size >> 8) & 0xff, size & 0xff]
}

/** What the server answers to the key of a handshake. [RFC6455 4.2.2] */
export function acceptKey(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
}

export class WebSocketPieces implements Pieces {
  #held: Buffer = Buffer.alloc(0)
  /** Fragments of a message whose last one has not come. */
  #message: Buffer[] = []
  #isBlind = false
  readonly #control: (code: number, payload: Buffer) => void

  /** `control` is told of frames that are not text. */
  constructor(control: (code: number, payload: Buffer) => void = () => undefined) {
    this.#control = control
  }

  blind(): void {
    this.#isBlind = true
  }

  split(chunk: Buffer): Piece[] {
    if (this.#isBlind) return [{ bytes: chunk, what: 'bytes' }]
    this.#held = Buffer.concat([this.#held, chunk])
    const found: Piece[] = []
    for (let frame = this.#frame(); frame !== undefined; frame = this.#frame()) found.push(this.#piece(frame))
    return found
  }

  #piece({ opcode: code, isLast, payload, bytes }: Frame): Piece {
    if (code > opcode.text) {
      this.#control(code, payload)
      return { bytes, what: 'bytes' }
    }
    this.#message.push(payload)
    if (!isLast) return { bytes, what: 'bytes' }
    const text = Buffer.concat(this.#message).toString('latin1')
    this.#message = []
    return { bytes, what: meaningOf(text), text }
  }

  #frame(): Frame | undefined {
    const held = this.#held
    if (held.length < 2) return undefined
    const isMasked = (held[1]! & 0x80) !== 0
    let size = held[1]! & 0x7f
    let at = 2
    if (size > 125) {
      at = size === 126 ? 4 : 10
      if (held.length < at) return undefined
      size = size === 126 ? held.readUInt16BE(2) : Number(held.readBigUInt64BE(2))
    }
    const mask = isMasked ? held.subarray(at, at + 4) : undefined
    if (isMasked) at += 4
    if (held.length < at + size) return undefined
    const payload = Buffer.from(held.subarray(at, at + size))
    if (mask !== undefined) for (let i = 0; i < size; i++) payload[i]! ^= mask[i & 3]!
    this.#held = held.subarray(at + size)
    return { opcode: held[0]! & 0x0f, isLast: (held[0]! & 0x80) !== 0, payload, bytes: held.subarray(0, at + size) }
  }
}

function meaningOf(text: string): Piece['what'] {
  const element = parseElement(text, generous)
  if (!(element instanceof Element)) return 'bytes'
  if (element.ns !== framing) return element
  return element.name === 'close'
    ? STREAM_END
    : new StreamHeader({ to: element.attr('to'), from: element.attr('from') })
}

/** A handshake, and the frames behind it. Extensions are not asked for: a frame has to be readable. */
export class HttpPieces implements Pieces {
  readonly #frames = new WebSocketPieces()
  #head: string | undefined = ''

  blind(): void {
    this.#frames.blind()
  }

  split(chunk: Buffer): Piece[] {
    if (this.#head === undefined) return this.#frames.split(chunk)
    const read = this.#head + chunk.toString('latin1')
    const end = read.indexOf('\r\n\r\n') + 4
    if (end < 4) {
      this.#head = read
      return []
    }
    this.#head = undefined
    const head = read.slice(0, end).replace(/\r\nsec-websocket-extensions:[^\r]*/gi, '')
    const first: Piece = { bytes: Buffer.from(head, 'latin1'), what: 'bytes' }
    return [first, ...this.#frames.split(Buffer.from(read.slice(end), 'latin1'))]
  }
}
