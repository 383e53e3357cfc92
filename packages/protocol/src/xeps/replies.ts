/** Message Replies (XEP-0461 0.2.1): a message answers another one. What old clients read instead is in fallback.ts. */
import { address, attribute, type ElementCodec, element, nonEmpty, optionalAttribute } from '../codec/index.ts'
import type { Jid } from '../jid/index.ts'

/** Also what the fallback is for. */
export const REPLIES_NS = 'urn:xmpp:reply:0'

export interface Reply {
  /** Of the message answered: as `referenceId` has it. [XEP-0461 4.1] */
  readonly id: string
  /** Who wrote that message; a claim of the one who answers. */
  readonly to?: Jid | undefined
}

export const reply: ElementCodec<Reply> = element(REPLIES_NS, 'reply', {
  id: attribute('id', nonEmpty),
  to: optionalAttribute('to', address),
})

/** The lines of a message as a quotation, with the newline that ends it: to be put before an answer, and marked by `fallbackBefore`. [XEP-0461 3.1] */
export function quotation(text: string): string {
  return `> ${text.replaceAll('\n', '\n> ')}\n`
}
