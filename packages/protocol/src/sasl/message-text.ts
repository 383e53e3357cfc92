/** What every mechanism does first with octets from the wire, on both sides. */

import { decodeUtf8 } from './bytes.ts'

/** No message of a mechanism may be longer, in octets; nothing is parsed before this is checked. */
export const maxSaslMessage = 8192

/** The text of a message, or undefined if it is too long or not UTF-8: both are malformed. */
export function messageText(data: Uint8Array): string | undefined {
  return data.length > maxSaslMessage ? undefined : decodeUtf8(data)
}
