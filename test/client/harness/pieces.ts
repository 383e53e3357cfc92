/**
 * What goes over a wire, taken apart behind each header, element and end of a stream, without losing a byte. Over TCP. Not a check of
 * what is carried: what cannot be read passes as bytes.
 */
import { type STREAM_END, StreamError, type StreamHeader, TcpStream } from '@rookery/protocol/stream'
import { authenticated, type Element, type XmlLimits } from '@rookery/protocol/xml'

export interface Piece {
  readonly bytes: Buffer
  /** What ends with these bytes; `bytes`: nothing that is known. */
  readonly what: Element | StreamHeader | typeof STREAM_END | 'bytes'
  /** What stands in a frame of WebSocket, as a wire string. */
  readonly text?: string
}

export interface Pieces {
  split(chunk: Buffer): Piece[]
  /** From now on everything is bytes: TLS begins. */
  blind(): void
}

export const generous: XmlLimits = { ...authenticated, bytes: 16_777_216, elements: 100_000 }

const GT = 0x3e

export class TcpPieces implements Pieces {
  readonly #stream = new TcpStream(generous)
  #isOpened = false
  #isBlind = false
  /** Bytes behind the last piece, and how many of them were fed. */
  #held: Buffer = Buffer.alloc(0)
  #fed = 0

  blind(): void {
    this.#isBlind = true
  }

  split(chunk: Buffer): Piece[] {
    const found: Piece[] = []
    this.#held = Buffer.concat([this.#held, chunk])
    // nothing ends but with >
    for (
      let end = this.#held.indexOf(GT, this.#fed);
      end >= 0 && !this.#isBlind;
      end = this.#held.indexOf(GT, this.#fed)
    ) {
      const what = this.#read(end + 1)
      if (what !== undefined) found.push(this.#take(end + 1, what))
    }
    if (this.#held.length > 0 && (this.#isBlind || this.#isSpace())) found.push(this.#take(this.#held.length, 'bytes'))
    return found
  }

  #read(end: number): Piece['what'] | undefined {
    const wire = this.#held.toString('latin1', this.#fed, end)
    if (this.#isOpened && this.#fed === 0 && /^\s*<(\?xml|stream:stream)[\s?]/.test(wire)) this.#stream.restart() // whoever asked for it
    this.#fed = end
    this.#stream.feed(wire)
    const what = this.#stream.next()
    if (what instanceof StreamError) this.#isBlind = true
    else if (what !== undefined) this.#isOpened = true
    return what instanceof StreamError ? 'bytes' : what
  }

  #take(end: number, what: Piece['what']): Piece {
    const piece: Piece = { bytes: this.#held.subarray(0, end), what }
    this.#held = this.#held.subarray(end)
    this.#fed = 0
    return piece
  }

  /** Space between elements keeps a connection alive: it must not wait. */
  #isSpace(): boolean {
    return (
      this.#fed === 0 && this.#held.every((byte) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09)
    )
  }
}
