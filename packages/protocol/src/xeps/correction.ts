/** Last Message Correction (XEP-0308 1.2.1): a message takes the place of an earlier one. Whether both are by the same author is for the reader to see. */
import { attribute, type ElementCodec, element, nonEmpty } from '../codec/index.ts'

export const CORRECTION_NS = 'urn:xmpp:message-correct:0'

/** `id`: the attribute of the message as it was written first, also when it is corrected again, and also in a room. [XEP-0308 4] */
export const replace: ElementCodec<{ readonly id: string }> = element(CORRECTION_NS, 'replace', {
  id: attribute('id', nonEmpty),
})
