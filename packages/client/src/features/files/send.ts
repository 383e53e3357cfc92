/** Sending a file: offered, accepted in whole or in part, sent through the servers, and its hash told when all of it has been read (XEP-0234). */
import { isBroken } from '@rookery/protocol/codec'
import type { Jid } from '@rookery/protocol/jid'
import type { JingleContent } from '@rookery/protocol/xeps/jingle'
import { JINGLE_FILE_NS, jingleChecksum, jingleFile, jingleReceived } from '@rookery/protocol/xeps/jingle-file'
import { jingleIbb } from '@rookery/protocol/xeps/jingle-ibb'
import { onAbort } from '../../contract/abort.ts'
import { deferred } from '../../contract/deferred.ts'
import { DisconnectedError, RequestError, UnexpectedAnswerError, UnsupportedError } from '../../contract/errors.ts'
import type { Core } from '../../contract/extension.ts'
import { type FileOptions, metered, type OpenFile } from '../../contract/file-source.ts'
import { Sha256 } from '../../contract/sha256.ts'
import type { Ibb } from '../ibb/index.ts'
import type { Jingle, JingleApplication } from '../jingle/index.ts'
import { transferError } from './transfer-error.ts'

export interface SendFileOptions extends FileOptions {
  /** For a person to read. */
  readonly description?: string | undefined
  /** Most bytes of a chunk; 4096 unless told. */
  readonly blockSize?: number | undefined
  /** Takes the offer back, or ends the transfer. */
  readonly signal?: AbortSignal | undefined
}

export interface SentFile {
  /** As many as the other side wanted. */
  readonly bytes: number
  /** Whether the other side said that it has all of it. */
  readonly isConfirmed: boolean
}

export interface Engines {
  readonly core: Core
  readonly jingle: Jingle
  readonly ibb: Ibb
}

/** Milliseconds that the other side has to say that it has all of it. */
const confirmWithin = 30_000
const content = { creator: 'initiator', name: 'file', senders: 'initiator' } as const
const sha256 = { algorithm: 'sha-256' }
const nothing = { descriptions: [], hashes: [], hashesUsed: [] }

export async function sendFile(
  { core, jingle, ibb }: Engines,
  to: Jid | string,
  file: OpenFile,
  { signal, blockSize = 4096, description, onProgress }: SendFileOptions,
): Promise<SentFile> {
  const sid = core.newId()
  const accepted = deferred<readonly JingleContent[]>()
  const confirmed = deferred<boolean>()
  const stopped = new AbortController()
  const { name, type: mediaType, size, date } = file
  const described = {
    ...nothing,
    name,
    mediaType,
    size,
    date,
    descriptions: description === undefined ? [] : [{ text: description }],
    range: { hashes: [] },
    hashesUsed: [sha256], // the file is read once, not twice [XEP-0234 8.2]
  }
  const offer = {
    ...content,
    description: jingleFile.build({ file: described }),
    transport: jingleIbb.build({ sid, blockSize }),
  }
  const application: JingleApplication = {
    accepted: accepted.resolve,
    told: (info) => {
      if (!jingleReceived.matches(info)) return false
      confirmed.resolve(true)
      return true
    },
    ended: (end) => {
      const isUnknown = end.condition === 'unsupported-applications' || end.condition === 'unsupported-transports'
      const error = isUnknown
        ? new UnsupportedError(JINGLE_FILE_NS, 'The other side takes no files this way.')
        : transferError(end)
      accepted.reject(error)
      if (end.condition === 'success') confirmed.resolve(true)
      else confirmed.reject(error)
      stopped.abort(error)
    },
  }
  for (const { promise } of [accepted, confirmed]) promise.catch(() => undefined) // waited for below, or not any more
  const session = await jingle.initiate(to, [offer], application, { signal })
  const forget = onAbort(signal, () => void session.end({ condition: 'cancel' }))
  try {
    const { terms, offset, length } = readAcceptance(await accepted.promise, size)
    const stream = await ibb.open(session.peer, { sid, blockSize: Math.min(blockSize, terms), signal: stopped.signal })
    const hash = new Sha256()
    const meter = metered(length, (piece, bytes) => {
      hash.update(piece)
      onProgress?.({ bytes, total: length })
    })
    const options = { preventClose: true, signal: stopped.signal }
    await part(file, offset, length).pipeThrough(meter).pipeTo(stream.writable, options)
    const hashes = [{ ...sha256, value: hash.digest() }]
    const whole = length === size
    const summed = whole ? { ...nothing, hashes } : { ...nothing, range: { offset, length, hashes } }
    await session
      .tell([jingleChecksum.build({ creator: 'initiator', name: content.name, file: summed })])
      .catch(ignoreRefusal)
    await stream.close()
    const stopWaiting = core.clock.after(confirmWithin, () => confirmed.resolve(false))
    const isConfirmed = await confirmed.promise.finally(stopWaiting)
    void session.end({ condition: 'success' }) // who receives has done so, or has nothing to say [XEP-0234 6.6]
    return { bytes: length, isConfirmed }
  } catch (error) {
    signal?.throwIfAborted()
    const { aborted, reason } = stopped.signal
    void session.end({ condition: 'failed-application' })
    // the bytestream broke because the session was ended
    const isOfStream = error instanceof RequestError || error instanceof DisconnectedError
    if (aborted && isOfStream) throw reason
    const isGone = error instanceof RequestError && /^(recipient|service)-unavailable$/.test(error.condition)
    throw isGone ? transferError({ condition: 'gone', isOwn: false }) : error
  } finally {
    forget()
  }
}

/** What of the file the other side wants, and in which pieces. */
function readAcceptance(
  contents: readonly JingleContent[],
  size: number,
): { readonly terms: number; readonly offset: number; readonly length: number } {
  const { description, transport } = contents[0] ?? {}
  const terms = transport && jingleIbb.parse(transport)
  const wanted = description && jingleFile.parse(description)
  const range = wanted === undefined || isBroken(wanted) ? undefined : wanted.file.range
  const { offset = 0, length = size - offset } = range ?? {}
  if (terms === undefined || isBroken(terms) || offset > size || length > size - offset)
    throw new UnexpectedAnswerError('The other side accepted something else than was offered.')
  return { terms: terms.blockSize, offset, length }
}

function part({ blob, stream }: OpenFile, offset: number, length: number): ReadableStream<Uint8Array> {
  if (blob !== undefined) return blob.slice(offset, offset + length).stream()
  let skip = offset
  let left = length
  return stream().pipeThrough(
    new TransformStream({
      transform(piece, controller) {
        const wanted = piece.subarray(skip, skip + left)
        skip = Math.max(0, skip - piece.length)
        left -= wanted.length
        if (wanted.length > 0) controller.enqueue(wanted)
      },
    }),
  )
}

function ignoreRefusal(error: unknown): undefined {
  if (!(error instanceof RequestError)) throw error
}
