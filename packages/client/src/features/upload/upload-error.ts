/** Why a file was not uploaded. */
export type UploadReason =
  /** Larger than `maxBytes`. */
  | 'too-large'
  /** Too much was uploaded; again at `retryAt`, where the service says. */
  | 'quota'
  /** The place it was to be put is not safe: no TLS. */
  | 'insecure'
  /** The server of files refused (`status`), or cannot be reached. */
  | 'failed'

export class UploadError extends Error {
  readonly kind = 'upload'
  override readonly name = 'UploadError'
  declare readonly reason: UploadReason
  /** Bytes of the largest file. */
  declare readonly maxBytes: number | undefined
  /** In milliseconds since 1970. */
  declare readonly retryAt: number | undefined
  /** Of HTTP. */
  declare readonly status: number | undefined

  constructor(
    reason: UploadReason,
    text: string,
    { cause, ...more }: Partial<Pick<UploadError, 'maxBytes' | 'retryAt' | 'status' | 'cause'>> = {},
  ) {
    super(text, { cause })
    Object.assign(this, more, { reason })
  }
}
