/** Frames of WebSocket as its client reads and writes them (RFC 6455 section 5): text, and what controls the connection. */
import { randomFillSync } from 'node:crypto'

export const opcode = { more: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** [RFC6455 7.4.1] */
export const closing = { normal: 1000, protocol: 1002, unsupported: 1003, tooBig: 1009 } as const

export interface FrameSink {
  /** A whole message, one character for each byte. */
  text(wire: string): void
  ping(payload: Buffer): void
  /** The other side closes; nothing is read any more. */
  closed(code: number | undefined): void
  /** It broke the rules; nothing is read any more. */
  failed(code: number, what: string): void
}

/** What may be unread in pieces before they are put together: a peer that sends byte by byte is no reason to keep an object for each. */
const mostPieces = 1024

export class FrameReader {
  readonly #limit: number
  readonly #sink: FrameSink
  #pieces: Buffer[] = []
  #size = 0
  /** Bytes of the next part: a head, or the rest of the frame whose head was read. */
  #needed = 2
  #head: Buffer | undefined
  /** The beginning of a message whose end has not come. */
  #begun: string | undefined
  #isOver = false

  /** `limit`: bytes of a message. */
  constructor(limit: number, sink: FrameSink) {
    this.#limit = limit
    this.#sink = sink
  }

  feed(bytes: Buffer): void {
    if (this.#isOver) return
    this.#pieces.push(bytes)
    this.#size += bytes.length
    if (this.#pieces.length > mostPieces) this.#pieces = [Buffer.concat(this.#pieces)]
    while (!this.#isOver && this.#size >= this.#needed) this.#read()
  }

  /** The head first, in two steps where the length is a long one, then the payload. [RFC6455 5.2] */
  #read(): void {
    const head = this.#head
    if (head === undefined) {
      const length = this.#peek(2)[1]! & 0x7f
      const size = length === 127 ? 10 : length === 126 ? 4 : 2
      if (this.#size < size) {
        this.#needed = size
        return
      }
      this.#head = this.#take(size)
      this.#needed = lengthIn(this.#head)
      this.#check(this.#head, this.#needed)
      return
    }
    const payload = this.#take(this.#needed)
    this.#head = undefined
    this.#needed = 2
    this.#frame(head[0]! & 0x0f, (head[0]! & 0x80) !== 0, payload)
  }

  /** What the head alone forbids is not waited for. */
  #check(head: Buffer, length: number): void {
    const code = head[0]! & 0x0f
    if ((head[0]! & 0x70) !== 0) return this.#fail(closing.protocol, 'a frame of an extension that was not agreed on')
    if ((head[1]! & 0x80) !== 0) return this.#fail(closing.protocol, 'a masked frame') // [RFC6455 5.1]
    if (code > opcode.pong) return this.#fail(closing.protocol, 'a frame of no known kind')
    if (code >= opcode.close) {
      // [RFC6455 5.5]
      if (length > 125 || (head[0]! & 0x80) === 0) this.#fail(closing.protocol, 'a control frame that is too long')
    } else if (code === opcode.binary) {
      this.#fail(closing.unsupported, 'a binary frame') // [RFC7395 3.2]
    } else if (code > opcode.binary || (code === opcode.text) !== (this.#begun === undefined)) {
      this.#fail(closing.protocol, 'a frame out of turn')
    } else if (length + (this.#begun?.length ?? 0) > this.#limit)
      this.#fail(closing.tooBig, 'a message that is too large')
  }

  #frame(code: number, isLast: boolean, payload: Buffer): void {
    if (code === opcode.ping) this.#sink.ping(payload)
    else if (code === opcode.close) {
      this.#isOver = true
      this.#sink.closed(payload.length >= 2 ? payload.readUInt16BE(0) : undefined)
    } else if (code === opcode.pong) return
    else if (isLast) {
      const text = (this.#begun ?? '') + payload.toString('latin1')
      this.#begun = undefined
      this.#sink.text(text)
    } else this.#begun = (this.#begun ?? '') + payload.toString('latin1')
  }

  #fail(code: number, what: string): void {
    this.#isOver = true
    this.#pieces = []
    this.#sink.failed(code, what)
  }

  #peek(length: number): Buffer {
    if (this.#pieces[0]!.length < length) this.#pieces = [Buffer.concat(this.#pieces)]
    return this.#pieces[0]!
  }

  #take(length: number): Buffer {
    if (length === 0) return Buffer.alloc(0)
    const first = this.#peek(length)
    if (first.length === length) this.#pieces.shift()
    else this.#pieces[0] = first.subarray(length)
    this.#size -= length
    return first.subarray(0, length)
  }
}

function lengthIn(head: Buffer): number {
  if (head.length === 4) return head.readUInt16BE(2)
  if (head.length === 2) return head[1]! & 0x7f
  return head.readUInt32BE(2) * 0x1_0000_0000 + head.readUInt32BE(6)
}

/** One frame each, masked with a key that nobody can guess. [RFC6455 5.3] */
export function encodeFrames(code: number, payloads: readonly (string | Buffer)[]): Buffer {
  const whole = Buffer.allocUnsafe(payloads.reduce((size, { length }) => size + length + 14, 0))
  let at = 0
  for (const payload of payloads) {
    const { length } = payload
    whole[at++] = 0x80 | code
    if (length < 126) whole[at++] = 0x80 | length
    else if (length < 0x1_0000) {
      whole[at++] = 0x80 | 126
      at = whole.writeUInt16BE(length, at)
    } else {
      whole[at++] = 0x80 | 127
      at = whole.writeUInt32BE(0, at)
      at = whole.writeUInt32BE(length, at)
    }
    randomFillSync(whole, at, 4)
    const key = at
    at += 4
    if (typeof payload === 'string') whole.write(payload, at, 'latin1')
    else payload.copy(whole, at)
    for (let i = 0; i < length; i++) whole[at + i]! ^= whole[key + (i & 3)]!
    at += length
  }
  return whole.subarray(0, at)
}
