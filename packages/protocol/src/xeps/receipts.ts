/** Message Delivery Receipts (XEP-0184 1.4.0): a client says that a message has arrived. Who may ask, and who is told, is not decided here. */
import { attribute, type ElementCodec, element, nonEmpty } from '../codec/index.ts'

export const RECEIPTS_NS = 'urn:xmpp:receipts'

/** In a message that has an `id`, and is no receipt itself. [XEP-0184 5.4] */
export const receiptRequest: ElementCodec<Record<never, never>> = element(RECEIPTS_NS, 'request', {})

/** `id`: the attribute of the message that has arrived. [XEP-0184 7] */
export const receipt: ElementCodec<{ readonly id: string }> = element(RECEIPTS_NS, 'received', {
  id: attribute('id', nonEmpty),
})
