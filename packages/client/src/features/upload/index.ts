/**
 * Files for everybody who gets the link (XEP-0363 1.2.0): they are put on a server of the own server's, by HTTP. `chat.send` with
 * `attachFile(uploaded.url, uploaded.file)` shares them.
 */
import { intact } from '@rookery/protocol/codec'
import type { Jid } from '@rookery/protocol/jid'
import type { Hash } from '@rookery/protocol/xeps/hashes'
import {
  askForSlot,
  fileTooLarge,
  maxFileSizeOf,
  type Slot,
  slotOf,
  UPLOAD_NS,
  type UploadPurpose,
  uploadRetry,
} from '@rookery/protocol/xeps/upload'
import { put } from '#put'
import { ask } from '../../contract/ask.ts'
import { RequestError, UnsupportedError, UploadError, UsageError } from '../../contract/errors.ts'
import { type Core, defineExtension, type Extension } from '../../contract/extension.ts'
import { type FileData, type FileOptions, type OpenFile, openFile } from '../../contract/file-source.ts'
import { isLoopback } from '../../contract/loopback.ts'
import type { Sha256 } from '../../contract/sha256.ts'
import type { WaitOptions } from '../../contract/within.ts'
import { disco } from '../disco.ts'
import type { PutOptions } from './put.ts'

export type { UploadPurpose } from '@rookery/protocol/xeps/upload'
export { Sha256 } from '../../contract/sha256.ts'
export type { PutOptions }

export interface UploadOptions extends FileOptions, PutOptions {
  /** How long it is meant to stay: `{ name: 'permanent' }`. As the service likes unless told. [XEP-0363 5] */
  readonly purpose?: UploadPurpose | undefined
  /**
   * `new Sha256()`: for the hash of a file of more than 64 MiB, or of a stream with a `size`. The platform hashes the others, which it wants
   * as a whole; without this those have none.
   */
  readonly hash?: Sha256 | undefined
}

export interface UploadService {
  readonly jid: Jid
  /** Bytes of the largest file; undefined where it does not say. */
  readonly maxBytes: number | undefined
}

/** A file that anybody who knows the link can fetch. */
export interface Uploaded {
  readonly url: string
  /** What is to be told of it beside the link. */
  readonly file: {
    readonly name: string
    readonly mediaType: string
    /** Bytes. */
    readonly size: number
    /** SHA-256, if any. */
    readonly hashes: readonly Hash[]
  }
}

/** Bytes of the largest file that is hashed as a whole. */
const mostHashed = 64 << 20

export class Upload {
  readonly #core: Core

  constructor(core: Core) {
    this.#core = core
  }

  /** Where files go; undefined where the server has no such service. */
  async service(options: WaitOptions = {}): Promise<UploadService | undefined> {
    const known = this.#core.use(disco)
    const jid = await known.find(UPLOAD_NS, options)
    return jid && { jid, maxBytes: maxFileSizeOf((await known.info(jid, options)).forms) }
  }

  /**
   * Uploads a file. Throws UnsupportedError (no service), UploadError (too large, quota, the upload failed), RequestError, UsageError (an
   * empty file, a wrong size), UnexpectedAnswerError; the reason of the signal.
   */
  async send(data: FileData, options: UploadOptions = {}): Promise<Uploaded> {
    const { signal, purpose } = options
    const service = await this.service({ signal })
    if (!service) throw new UnsupportedError(UPLOAD_NS, 'The server has no place for files.')
    const file = await openFile(data, options)
    if (file.size === 0) throw new UsageError('The file is empty.')
    const { maxBytes } = service
    const { size, type: mediaType } = file
    if (size > (maxBytes ?? size)) throw tooLarge(maxBytes)
    const name = file.name?.replace(/^.*[/\\]/s, '') || 'file'
    const wanted = askForSlot({ filename: name, size, contentType: mediaType, purpose })
    const slots = this.#core.plaintext ? slotOf('https', 'http') : slotOf('https')
    const slot = await ask(this.#core, 'get', wanted, slots, { to: service.jid, signal }).catch(explain)
    const value = await this.#put(slot, file, options)
    return { url: slot.get, file: { name, mediaType, size, hashes: value ? [{ algorithm: 'sha-256', value }] : [] } }
  }

  /** Answers the hash. */
  async #put(slot: Slot, file: OpenFile, options: UploadOptions): Promise<Uint8Array | undefined> {
    const { protocol, hostname, host } = new URL(slot.put.url)
    // without TLS only within this machine
    if (protocol !== 'https:' && !isLoopback(hostname))
      throw new UploadError('insecure', 'The service has no encryption.')
    const { hash } = options
    let status: number
    try {
      status = await put(slot.put, file, (piece) => hash?.update(piece), options)
    } catch (error) {
      options.signal?.throwIfAborted()
      for (const one of [error, (error as Error).cause]) // `fetch` puts what the stream says inside
        if (one instanceof UploadError || one instanceof UsageError) throw one
      throw new UploadError('failed', `The upload broke (${host}): try again; see \`cause\`.`, { cause: error })
    }
    if (status === 413) throw tooLarge(undefined)
    if (status === 429 || status === 507) throw new UploadError('quota', 'Too much was uploaded.', { status })
    if (status < 200 || status > 299)
      throw new UploadError('failed', `The file was refused: HTTP ${status}.`, { status })
    if (!hash) {
      if (!file.blob || file.size > mostHashed) return undefined
      return new Uint8Array(await crypto.subtle.digest('SHA-256', await file.blob.arrayBuffer()))
    }
    // Safari does not loop over streams
    if (hash.length === 0) await file.stream().pipeTo(new WritableStream({ write: (piece) => void hash.update(piece) }))
    return hash.digest()
  }
}

/** A place for files. */
export const upload: Extension<'upload', Upload> = defineExtension({
  name: 'upload',
  start: (core) => new Upload(core),
})

function tooLarge(maxBytes: number | undefined): UploadError {
  const most = maxBytes ? ` (most: ${maxBytes} bytes)` : ''
  return new UploadError('too-large', `The file is too large${most}.`, { maxBytes })
}

/** [XEP-0363 6] */
function explain(error: unknown): never {
  if (!(error instanceof RequestError)) throw error
  const { application, condition } = error
  if (application && fileTooLarge.matches(application))
    throw tooLarge(intact(fileTooLarge.parse(application))?.maxFileSize)
  const retry = application && uploadRetry.parse(application)
  if (retry || condition === 'resource-constraint')
    throw new UploadError('quota', error.message, { retryAt: intact(retry)?.stamp, cause: error })
  throw error
}
