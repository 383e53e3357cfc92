/** Why a file did not get to the other side, or from there. */
import type { JingleEnd } from '../jingle/index.ts'

export type TransferReason =
  /** The other side does not want it. */
  | 'declined'
  /** One side gave up. */
  | 'cancelled'
  /** More came than was offered. It is not kept. */
  | 'too-large'
  /** Less came than was offered. */
  | 'incomplete'
  /** What came is not what was sent. */
  | 'hash-mismatch'
  /** The connection of one side is gone. What came so far can be kept: the rest can be sent with an offset. */
  | 'gone'
  | 'failed'

export class TransferError extends Error {
  readonly kind = 'transfer'
  override readonly name = 'TransferError'
  readonly reason: TransferReason

  constructor(reason: TransferReason, text: string) {
    super(text)
    this.reason = reason
  }
}

export function transferError({ condition, text }: JingleEnd): TransferError {
  const said = text === undefined ? '' : ` (${text})`
  const reason =
    condition === 'decline'
      ? 'declined'
      : condition === 'cancel'
        ? 'cancelled'
        : condition === 'gone' || condition === 'timeout'
          ? 'gone'
          : 'failed'
  return new TransferError(reason, `The transfer was ended: ${condition}${said}.`)
}
