/**
 * In-Band Bytestreams (XEP-0047 2.0.1): bytes to another client, both ways, through the servers: slow, and possible everywhere. Whether
 * the bytes are a file, and whose, is not known here.
 */
import { type ElementCodec, isBroken } from '@rookery/protocol/codec'
import type { Jid } from '@rookery/protocol/jid'
import { type Iq, StanzaError } from '@rookery/protocol/stanza'
import { IBB_NS, type IbbOpen, ibbClose, ibbData, ibbOpen } from '@rookery/protocol/xeps/ibb'
import { readJid } from '../../contract/address.ts'
import { lacking } from '../../contract/ask.ts'
import { DisconnectedError, RequestError } from '../../contract/errors.ts'
import { type Core, defineExtension, type Extension, events } from '../../contract/extension.ts'
import type { WaitOptions } from '../../contract/within.ts'
import { messages } from '../../messages/index.ts'
import { ByteStream } from './byte-stream.ts'

export { ByteStream } from './byte-stream.ts'

export interface OpenStreamOptions extends WaitOptions {
  /** Most bytes of a chunk; 4096 unless told. The other side may have it halved, again and again. */
  readonly blockSize?: number | undefined
  /** `message` goes on without a sign of each chunk's arrival; `iq` unless told, as the specification recommends. */
  readonly stanza?: 'iq' | 'message' | undefined
  /** A name that both sides know already. */
  readonly sid?: string | undefined
}

/** Somebody wants to open a bytestream. Not answered within a minute, it is declined. */
export interface StreamOffer {
  readonly from: Jid
  readonly sid: string
  readonly blockSize: number
  /** Undefined when it is too late. */
  accept(): ByteStream | undefined
  decline(): void
}

export type IbbEvents = { readonly 'ibb:offered': StreamOffer }

const maxOffers = 20
const maxStreams = 100
const offerFor = 60_000
const smallestBlock = 512

export class Ibb {
  /** Larger blocks are not taken; who opens a bytestream has to ask for smaller ones. */
  maxBlockSize = 65_535
  readonly #core: Core<IbbEvents>
  readonly #streams: Map<string, ByteStream> = new Map()
  readonly #expected: Map<string, { readonly blockSize: number; readonly opened: (stream: ByteStream) => void }> =
    new Map()
  readonly #offers: Set<() => void> = new Set()

  constructor(core: Core<IbbEvents>) {
    this.#core = core
    core.respond('set', 'open', IBB_NS, (request) => this.#opened(request))
    core.respond('set', 'data', IBB_NS, async (request) => {
      const data = readRequest(ibbData, request)
      const refusal = await this.#known(request, data.sid).receive(data)
      if (refusal !== undefined) throw new StanzaError(refusal, { type: 'cancel' })
      return undefined
    })
    core.respond('set', 'close', IBB_NS, async (request) => {
      await this.#known(request, readRequest(ibbClose, request).sid).closedByPeer()
      return undefined
    })
    core.use(messages).unwrap((stanza) => {
      const chunk = ibbData.find(stanza.element)
      if (stanza.type === 'error') {
        for (const stream of this.#streams.values())
          if (stanza.from?.equals(stream.peer) === true && stream.isOwnMessage(stanza.id)) {
            stream.fail(new DisconnectedError(`${stream.peer} cannot be reached any more.`))
            return 'taken'
          }
        return undefined
      }
      if (chunk === undefined) return undefined
      const work = isBroken(chunk) ? undefined : this.#find(stanza.from, chunk.sid)?.receive(chunk)
      return work instanceof Promise ? work.then(() => 'taken') : 'taken'
    })
    core.onStanza('presence', ({ type, from }) => {
      if (type !== 'unavailable') return
      for (const stream of [...this.#streams.values()])
        if (from?.equals(stream.peer) === true) stream.fail(new DisconnectedError(`${stream.peer} is gone.`))
    })
    core.onSessionEnd(() => {
      this.#expected.clear()
      for (const decline of this.#offers) decline()
      for (const stream of [...this.#streams.values()])
        stream.fail(new DisconnectedError('The connection was lost, and the bytestream with it.'))
    })
  }

  /** Opens a bytestream to a full address. Throws UnsupportedError, RequestError (`not-acceptable`: declined). */
  async open(jid: Jid | string, options: OpenStreamOptions = {}): Promise<ByteStream> {
    const peer = readJid(jid)
    const { signal, timeout, sid = this.#core.newId(), stanza = 'iq' } = options
    for (let blockSize = options.blockSize ?? 4096; ; blockSize >>= 1) {
      const terms = { sid, blockSize, stanza }
      // there before it is answered: the other side may begin at once
      const stream = this.#make(peer, terms)
      try {
        await this.#core.request('set', ibbOpen.build(terms), { to: peer, signal, timeout: timeout ?? offerFor })
        return stream
      } catch (error) {
        // who did not refuse may accept all the same
        if (!(error instanceof RequestError)) void stream.close()
        stream.fail(error as Error)
        // it would like smaller ones [XEP-0047 2.1]
        const isTooLarge = error instanceof RequestError && error.condition === 'resource-constraint'
        if (!isTooLarge || blockSize < smallestBlock * 2)
          return lacking(IBB_NS, `${peer} is not online, or takes no bytestreams.`)(error)
      }
    }
  }

  /**
   * @internal Takes the bytestream that was agreed upon in another way, without an event.
   * The answer stops waiting for it.
   */
  expect(peer: Jid, { sid, blockSize }: IbbOpen, opened: (stream: ByteStream) => void): () => void {
    const key = keyOf(peer, sid)
    this.#expected.set(key, { blockSize, opened })
    return () => this.#expected.delete(key)
  }

  #opened(request: Iq): undefined | Promise<undefined> {
    const terms = readRequest(ibbOpen, request)
    const from = this.#from(request)
    const key = keyOf(from, terms.sid)
    if (this.#streams.has(key)) throw new StanzaError('not-acceptable', { type: 'cancel' })
    const expected = this.#expected.get(key)
    const largest = expected?.blockSize ?? this.maxBlockSize
    if (terms.blockSize > largest || this.#streams.size >= maxStreams || this.#offers.size >= maxOffers)
      throw new StanzaError('resource-constraint', { type: 'modify' }) // [XEP-0047 2.1] [XEP-0261 2.2]
    if (expected !== undefined) {
      this.#expected.delete(key)
      expected.opened(this.#make(from, terms))
      return undefined
    }
    if (!this.#core.hasListeners('ibb:offered')) throw new StanzaError('not-acceptable', { type: 'cancel' })
    return this.#offer(from, terms)
  }

  #offer(from: Jid, terms: IbbOpen): Promise<undefined> {
    return new Promise<undefined>((resolve, reject) => {
      const answer = (): boolean => {
        stop()
        return this.#offers.delete(decline)
      }
      const decline = (): void => {
        if (answer()) reject(new StanzaError('not-acceptable', { type: 'cancel' }))
      }
      const accept = (): ByteStream | undefined => {
        if (!answer()) return undefined
        resolve(undefined)
        return this.#make(from, terms)
      }
      const stop = this.#core.clock.after(offerFor, decline)
      this.#offers.add(decline)
      const { sid, blockSize } = terms
      // when the answer is waited for: it goes before what is written at once by who accepts
      queueMicrotask(() => void this.#core.emit('ibb:offered', { from, sid, blockSize, accept, decline }))
    })
  }

  #make(peer: Jid, terms: IbbOpen): ByteStream {
    const key = keyOf(peer, terms.sid)
    const stream: ByteStream = new ByteStream({
      core: this.#core,
      peer,
      terms,
      ended: () => {
        if (this.#streams.get(key) === stream) this.#streams.delete(key)
      },
    })
    this.#streams.set(key, stream)
    return stream
  }

  /** A bytestream belongs to the one address that it was opened with. */
  #find(from: Jid | undefined, sid: string): ByteStream | undefined {
    return this.#streams.get(keyOf(from ?? this.#core.account, sid))
  }

  #known(request: Iq, sid: string): ByteStream {
    const stream = this.#find(request.from, sid)
    if (stream === undefined) throw new StanzaError('item-not-found', { type: 'cancel' })
    return stream
  }

  #from({ from }: Iq): Jid {
    return from ?? this.#core.account
  }
}

/** Bytes to other clients, through the servers. */
export const ibb: Extension<'ibb', Ibb, IbbEvents> = defineExtension({
  name: 'ibb',
  features: [IBB_NS],
  events: events<IbbEvents>(),
  start: (core: Core<IbbEvents>) => new Ibb(core),
})

const keyOf = (peer: Jid, sid: string): string => `${peer}\n${sid}`

function readRequest<T>(codec: ElementCodec<T>, request: Iq): T {
  const read = codec.parse(request.payload!)
  if (read === undefined || isBroken(read)) throw new StanzaError('bad-request', { type: 'cancel' })
  return read
}
