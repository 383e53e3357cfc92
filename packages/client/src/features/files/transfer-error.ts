/** Why a file did not get to the other side, or from there. */
import { TransferError } from '../../contract/errors.ts'
import type { JingleEnd } from '../jingle/index.ts'

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
