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
  readonly reason: UploadReason
  /** Bytes of the largest file. */
  readonly maxBytes: number | undefined
  /** In milliseconds since 1970. */
  readonly retryAt: number | undefined
  /** Of HTTP. */
  readonly status: number | undefined

  constructor(
    reason: UploadReason,
    text: string,
    more: {
      readonly maxBytes?: number | undefined
      readonly retryAt?: number | undefined
      readonly status?: number | undefined
      readonly cause?: unknown
    } = {},
  ) {
    super(text, { cause: more.cause })
    this.reason = reason
    this.maxBytes = more.maxBytes
    this.retryAt = more.retryAt
    this.status = more.status
  }
}
