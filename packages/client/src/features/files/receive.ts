/**
 * Receiving a file that somebody offers (XEP-0234): its name is only ever a name, no more comes than was offered, and at the end its hash is
 * looked at.
 */
import { intact, isBroken } from '@rookery/protocol/codec'
import type { Jid } from '@rookery/protocol/jid'
import { StanzaError } from '@rookery/protocol/stanza'
import type { Hash } from '@rookery/protocol/xeps/hashes'
import type { IbbOpen } from '@rookery/protocol/xeps/ibb'
import type { JingleContent } from '@rookery/protocol/xeps/jingle'
import {
  isOffer,
  type JingleFile,
  jingleChecksum,
  jingleFile,
  jingleFileError,
  jingleReceived,
} from '@rookery/protocol/xeps/jingle-file'
import { jingleIbb } from '@rookery/protocol/xeps/jingle-ibb'
import { deferred } from '../../contract/deferred.ts'
import { TransferError, UnexpectedAnswerError, UnsupportedError, UsageError } from '../../contract/errors.ts'
import type { Progress } from '../../contract/file-source.ts'
import { Sha256 } from '../../contract/sha256.ts'
import type { JingleApplication, JingleEnd, JingleSession } from '../jingle/index.ts'
import type { Engines } from './send.ts'
import { transferError } from './transfer-error.ts'

export interface AcceptOptions {
  /** Bytes to skip, to go on with what came before; 0 unless told. */
  readonly offset?: number | undefined
  /** Bytes to take; the rest unless told. */
  readonly length?: number | undefined
  readonly onProgress?: ((progress: Progress) => void) | undefined
  /** Ends the transfer. */
  readonly signal?: AbortSignal | undefined
}

export interface ReceivedFile {
  readonly bytes: number
  /** A hash that came with the file was that of what came. */
  readonly isVerified: boolean
}

/** A file on its way here. */
export interface IncomingFile {
  /**
   * The bytes, to be read as they come. What is wrong with the file is known at its end: then this fails, and what was read is worth nothing.
   * Throws a TransferError.
   */
  readonly stream: ReadableStream<Uint8Array>
  /** Resolves when all of it came; rejects with a TransferError. It has to be read for that. */
  readonly done: Promise<ReceivedFile>
  /** All of it in memory. */
  blob(): Promise<Blob>
}

const offerFor = 300_000
const openWithin = 60_000
const hashWithin = 5_000
const nothing = { descriptions: [], hashes: [], hashesUsed: [] }

/** A file that somebody would like to send. Without an answer within five minutes it is declined. */
export class FileOffer {
  readonly from: Jid
  /** Without folders and other surprises; undefined when nothing is left of it. It may be the name of a file that you have, or of a program. */
  readonly name: string | undefined
  /** Media type, as the other side says. */
  readonly type: string
  /** Bytes; no more will come. */
  readonly size: number
  /** Of the last change, in milliseconds since 1970. */
  readonly date: number | undefined
  /** For a person to read, in the words of the other side. */
  readonly description: string | undefined
  readonly #engines: Engines
  readonly #session: JingleSession
  /** Undefined while the other side wants another transport. */
  #terms: IbbOpen | undefined
  #isExpecting = false
  #hashes: { readonly whole: readonly Hash[]; readonly part: readonly Hash[] }
  readonly #hashed = deferred<undefined>()
  #fail: ((end: JingleEnd) => void) | undefined
  readonly #stop: () => void

  /** @internal Made by `files`. Throws a StanzaError when it cannot be taken. */
  constructor(engines: Engines, session: JingleSession) {
    const content = session.contents[0]!
    const described = content.description && jingleFile.parse(content.description)
    const terms = content.transport && jingleIbb.parse(content.transport)
    // without a size there is no end of it [XEP-0234 9.2]
    if (described === undefined || isBroken(described) || content.transport === undefined || isBroken(terms))
      throw new StanzaError('bad-request')
    if (!isOffer(content) || session.contents.length !== 1 || described.file.size === undefined)
      throw new StanzaError('not-acceptable')
    const { name, mediaType, size, date, descriptions, hashes } = described.file
    this.from = session.peer
    this.name = name
    this.type = mediaType ?? 'application/octet-stream'
    this.size = size!
    this.date = date
    this.description = descriptions[0]?.text
    this.#engines = engines
    this.#session = session
    this.#terms = terms && this.#within(terms)
    this.#hashes = { whole: hashes, part: [] }
    this.#stop = engines.core.clock.after(offerFor, () => this.decline())
  }

  /** @internal */
  get application(): JingleApplication {
    return {
      told: (info) => {
        const sum = jingleChecksum.parse(info)
        if (sum === undefined) return false
        if (!isBroken(sum)) this.#learn(sum.file)
        return true
      },
      // [XEP-0260 2.7] through the servers, if anything
      replaced: (contents) => {
        const terms = contents[0]?.transport && intact(jingleIbb.parse(contents[0].transport))
        if (terms === undefined || contents.length > 1 || this.#isExpecting) return undefined
        this.#terms = this.#within(terms)
        return [this.#over(this.#terms)]
      },
      ended: (end) => {
        this.#stop()
        this.#fail?.(end)
      },
    }
  }

  /** Whether it can still be accepted: not when it was taken back. */
  get isOpen(): boolean {
    return this.#session.state === 'pending'
  }

  decline(): void {
    this.#stop()
    if (this.isOpen) void this.#session.end({ condition: 'decline' })
  }

  /** Throws a UsageError when it is too late, or when there is no such range. */
  accept({ offset = 0, length = this.size - offset, onProgress, signal }: AcceptOptions = {}): IncomingFile {
    if (!this.isOpen || !(offset >= 0 && length >= 0 && offset + length <= this.size))
      throw new UsageError('The offer is over, or is not for these bytes.')
    this.#stop()
    const session = this.#session
    const { core, ibb } = this.#engines
    const done = deferred<ReceivedFile>()
    done.promise.catch(() => undefined) // told by the stream as well
    const hash = new Sha256()
    let bytes = 0
    let isOver = false
    let sink!: TransformStreamDefaultController<Uint8Array>
    const fail = (
      error: unknown,
      condition: JingleEnd['condition'],
      application?: ReturnType<typeof jingleFileError>,
    ): void => {
      if (isOver) return
      finish()
      sink.error(error)
      done.reject(error)
      void session.end({ condition, application })
    }
    const checked = new TransformStream<Uint8Array, Uint8Array>({
      start: (controller) => void (sink = controller),
      transform: (piece, controller) => {
        bytes += piece.length
        if (bytes > length) {
          const error = new TransferError('too-large', 'More came than was offered.')
          return fail(error, 'media-error', jingleFileError('file-too-large')) // [XEP-0234 9.2] [S126]
        }
        hash.update(piece)
        onProgress?.({ bytes, total: length })
        controller.enqueue(piece)
      },
      flush: async () => {
        if (isOver) return
        if (bytes < length)
          return fail(new TransferError('incomplete', 'Less came than was offered.'), 'failed-transport')
        const isVerified = await this.#verify(hash.digest(), offset, length)
        if (isVerified === false)
          return fail(new TransferError('hash-mismatch', 'What came is not what was sent.'), 'media-error')
        finish()
        done.resolve({ bytes, isVerified: isVerified === true })
        const { creator, name } = session.contents[0]!
        await session.tell([jingleReceived.build({ creator, name })]).catch(() => undefined) // who sent it may not care
        void session.end({ condition: 'success' })
      },
    })
    const aborted = (): void => fail(signal?.reason, 'cancel')
    let stopExpecting = (): unknown => undefined
    const begin = async (): Promise<undefined> => {
      const terms = this.#terms ?? (await this.#agree())
      if (isOver) return
      this.#isExpecting = true
      stopExpecting = ibb.expect(this.from, terms, (stream) => {
        stopClock()
        stream.readable
          .pipeTo(checked.writable)
          .catch((error: unknown) => fail(error, 'cancel'))
          .finally(() => stream.close())
      })
      await session.accept([this.#accepted(offset, length, terms)])
    }
    const stopClock = core.clock.after(openWithin, () =>
      fail(new TransferError('gone', 'The other side did not begin.'), 'failed-transport'),
    )
    const finish = (): void => {
      isOver = true
      stopClock()
      stopExpecting()
      signal?.removeEventListener('abort', aborted)
    }
    // who sends may end the session as soon as all is on its way
    this.#fail = (end) => {
      if (end.condition !== 'success' || end.isOwn) fail(transferError(end), end.condition)
    }
    if (signal?.aborted === true) aborted()
    else {
      signal?.addEventListener('abort', aborted)
      begin().catch((error: unknown) => {
        const isOther = error instanceof UnsupportedError
        if (isOther)
          fail(new TransferError('failed', 'The other side does not go through the servers.'), 'unsupported-transports')
        else fail(error, 'general-error')
      })
    }
    return {
      stream: checked.readable,
      done: done.promise,
      blob: async () => {
        const blob = await new Response(checked.readable).blob()
        return new Blob([blob], { type: this.type })
      },
    }
  }

  #within(terms: IbbOpen): IbbOpen {
    return { ...terms, blockSize: Math.min(terms.blockSize, this.#engines.ibb.maxBlockSize) }
  }

  /** The content over that bytestream. */
  #over(terms: IbbOpen): JingleContent {
    const { creator, name, senders } = this.#session.contents[0]!
    return { creator, name, senders, transport: jingleIbb.build(terms) }
  }

  /** Instead of another transport, the one that every client has. Throws an UnsupportedError. [XEP-0234 2] */
  async #agree(): Promise<IbbOpen> {
    const { core } = this.#engines
    const wanted = { sid: core.newId(), blockSize: 4096 }
    const [content] = await this.#session.replaceTransport([this.#over(wanted)])
    const terms = content?.transport && intact(jingleIbb.parse(content.transport))
    const isOurs = terms !== undefined && terms.sid === wanted.sid && terms.blockSize <= wanted.blockSize
    const agreed = this.#terms ?? (isOurs ? terms : undefined) // they may have proposed something themselves
    if (agreed === undefined) throw new UnexpectedAnswerError('The other side agrees to something else.')
    return agreed
  }

  /** Only a part of the file is asked for by its range. [XEP-0234 6.4] */
  #accepted(offset: number, length: number, terms: IbbOpen): JingleContent {
    const { name, size } = this
    const range = length === size ? { hashes: [] } : { offset, length, hashes: [] }
    return { ...this.#over(terms), description: jingleFile.build({ file: { ...nothing, name, size, range } }) }
  }

  #learn({ hashes, range }: JingleFile): void {
    this.#hashes = { whole: hashes, part: range?.hashes ?? [] }
    this.#hashed.resolve(undefined)
  }

  /** Undefined when there is no hash that we know. */
  async #verify(digest: Uint8Array, offset: number, length: number): Promise<boolean | undefined> {
    const { core } = this.#engines
    const which = offset === 0 && length === this.size ? 'whole' : 'part'
    if (this.#hashes[which].length === 0) {
      const stop = core.clock.after(hashWithin, () => this.#hashed.resolve(undefined))
      await this.#hashed.promise
      stop()
    }
    const known = this.#hashes[which].find(({ algorithm }) => algorithm === 'sha-256')
    return known && core.crypto.equal(known.value, digest)
  }
}
