/**
 * One bytestream within the XMPP stream (XEP-0047 2.0.1), as a pair of web streams. Back-pressure goes through: a chunk that comes is
 * acknowledged when there is room for the next, and one that is sent waits for its acknowledgement.
 */
import type { Maybe } from '@rookery/protocol'
import type { Jid } from '@rookery/protocol/jid'
import * as NS from '@rookery/protocol/namespaces'
import { Message, type StanzaErrorCondition } from '@rookery/protocol/stanza'
import { type IbbData, type IbbOpen, ibbClose, ibbData, nextSeq } from '@rookery/protocol/xeps/ibb'
import { PING_NS } from '@rookery/protocol/xeps/ping'
import { type Element, el } from '@rookery/protocol/xml'
import { DisconnectedError, RequestError, UnexpectedAnswerError } from '../../contract/errors.ts'
import type { Core } from '../../contract/extension.ts'

/** Bytes that may wait to be read before a chunk is held back. */
const comfortable = 65_536
/** Bytes that may wait to be read: who sends more does not wait for acknowledgements, and is cut off. */
const largest = 1 << 20
/** A reader may be slow: milliseconds to wait for the acknowledgement of a chunk. */
const patience = 300_000
/** After so many messages the other side is asked for a sign that they have come. */
const window = 8

export interface ByteStreamParts {
  readonly core: Pick<Core, 'request' | 'send' | 'newId'>
  readonly peer: Jid
  readonly terms: IbbOpen
  /** It is over. */
  readonly ended: () => void
}

export class ByteStream {
  readonly peer: Jid
  readonly sid: string
  /** Most bytes of a chunk. */
  readonly blockSize: number
  /** Ends when the other side closes. */
  readonly readable: ReadableStream<Uint8Array>
  /** Closing it closes the bytestream, once the other side has sent what it had. Pieces may be of any size. */
  readonly writable: WritableStream<Uint8Array>
  /** Resolves when both directions are closed; rejects when the bytestream broke. */
  readonly closed: Promise<undefined>
  readonly #parts: ByteStreamParts
  readonly #usesMessages: boolean
  readonly #abort: AbortController = new AbortController()
  readonly #sends: AbortController = new AbortController()
  #reading!: ReadableStreamDefaultController<Uint8Array>
  #writing!: WritableStreamDefaultController
  #settle!: { readonly resolve: () => void; readonly reject: (error: unknown) => void }
  #in = 0
  #out = 0
  #waiting: (() => void)[] = []
  /** The piece that is being sent. */
  #sending: Promise<unknown> = Promise.resolve()
  #closing: Promise<undefined> | undefined
  #isOver = false
  #isCancelled = false
  readonly #messageId: string

  /** @internal Made by `ibb`. */
  constructor(parts: ByteStreamParts) {
    const { peer, terms, core } = parts
    this.#parts = parts
    this.peer = peer
    this.sid = terms.sid
    this.blockSize = terms.blockSize
    this.#usesMessages = terms.stanza === 'message'
    this.#messageId = core.newId()
    this.closed = new Promise<undefined>((resolve, reject) => {
      this.#settle = { resolve: () => resolve(undefined), reject }
    })
    this.closed.catch(() => undefined) // told by the streams as well
    this.readable = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.#reading = controller),
        pull: () => this.#acknowledge(),
        cancel: () => {
          this.#isCancelled = true
          return this.close()
        },
      },
      { highWaterMark: comfortable, size: (piece) => piece.length },
    )
    this.writable = new WritableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#writing = controller
          // the piece that is being sent is not waited for
          controller.signal.addEventListener('abort', () => {
            void this.close()
            this.#sends.abort(controller.signal.reason)
          })
        },
        write: (piece) => (this.#sending = this.#write(piece)),
        close: () => this.close(),
        abort: () => this.close(),
      },
      { highWaterMark: comfortable, size: (piece) => piece.length },
    )
  }

  /** Closes both directions; resolves when the other side has agreed. Does not throw. */
  close(): Promise<undefined> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<undefined> {
    if (this.#isOver) return
    const { core, peer } = this.#parts
    const payload = ibbClose.build({ sid: this.sid })
    // what has not come by the answer does not come any more [XEP-0047 2.3]; no answer is one as well
    await core.request('set', payload, { to: peer, signal: this.#abort.signal }).catch(() => undefined)
    this.#end()
  }

  /** @internal A chunk: undefined as soon as there is room for the next one, or why it is refused. */
  receive({ seq, data }: IbbData): Maybe<StanzaErrorCondition | undefined> {
    // [XEP-0047 2.2] a chunk that is missing will not come any more
    if (seq !== this.#in) return this.#broken('A chunk is missing.', 'unexpected-request')
    if (data.length > this.blockSize) return this.#broken('A chunk is too large.', 'bad-request')
    this.#in = nextSeq(seq)
    if (this.#isCancelled || data.length === 0) return undefined
    const room = this.#reading.desiredSize! - data.length
    if (room < comfortable - largest) return this.#broken('The other side does not wait.', 'resource-constraint')
    this.#reading.enqueue(data)
    if (room > 0) return undefined
    return new Promise((resolve) => this.#waiting.push(() => resolve(undefined)))
  }

  /** @internal The other side closes: what is being sent may be sent. */
  async closedByPeer(): Promise<undefined> {
    this.#closing ??= Promise.resolve(undefined)
    await this.#sending.catch(() => undefined)
    this.#end()
  }

  /** @internal A message with one of our chunks came back. */
  isOwnMessage(id: string | undefined): boolean {
    return id === this.#messageId
  }

  /** @internal */
  fail(error: Error): void {
    if (this.#isOver) return
    this.#over()
    this.#reading.error(error)
    this.#writing.error(error)
    this.#settle.reject(error)
  }

  #broken<C extends StanzaErrorCondition>(text: string, condition: C): C {
    void this.close()
    this.fail(new UnexpectedAnswerError(text))
    return condition
  }

  #end(): void {
    if (this.#isOver) return
    this.#over()
    if (!this.#isCancelled) this.#reading.close()
    this.#writing.error(new DisconnectedError('The bytestream is closed.')) // without effect where it closed it
    this.#settle.resolve()
  }

  #over(): void {
    this.#isOver = true
    this.#acknowledge()
    this.#parts.ended()
    for (const one of [this.#sends, this.#abort]) one.abort(new DisconnectedError('The bytestream is closed.'))
  }

  #acknowledge(): void {
    for (const acknowledge of this.#waiting.splice(0)) acknowledge()
  }

  async #write(piece: Uint8Array): Promise<undefined> {
    for (let at = 0; at < piece.length; at += this.blockSize) {
      const data = piece.subarray(at, at + this.blockSize)
      const seq = this.#out
      this.#out = nextSeq(seq)
      try {
        await this.#send(ibbData.build({ sid: this.sid, seq, data }), seq)
      } catch (error) {
        void this.close() // [XEP-0047 2.2]
        this.fail(error as Error)
        throw error
      }
    }
  }

  async #send(chunk: Element, seq: number): Promise<unknown> {
    const { core, peer } = this.#parts
    const options = { to: peer, signal: this.#sends.signal, timeout: patience }
    if (!this.#usesMessages) return await core.request('set', chunk, options)
    if (!core.send(new Message(el('message', NS.client, { id: this.#messageId }, [chunk]), undefined, peer)))
      throw new DisconnectedError('There is no connection now.')
    if (seq % window !== window - 1) return
    // stanzas keep their order: when this is answered, in whichever way, the messages before it have come [XEP-0047 4]
    return await core.request('get', el('ping', PING_NS), options).catch((error: unknown) => {
      if (!(error instanceof RequestError) || error.condition === 'recipient-unavailable') throw error
    })
  }
}
