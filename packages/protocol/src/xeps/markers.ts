/**
 * Displayed Markers (XEP-0333 1.0.0): somebody has seen a message and all before it. The markers of older versions are not known, and
 * one's own devices learn of it by displayed.ts.
 */
import { attribute, type ElementCodec, element, nonEmpty } from '../codec/index.ts'

export const MARKERS_NS = 'urn:xmpp:chat-markers:0'

/** In a message with an `id`: its sender wants to know. [XEP-0333 4.1] */
export const markable: ElementCodec<Record<never, never>> = element(MARKERS_NS, 'markable', {})

/** `id`: of the newest message seen, which in a room is the id that the room gave it. [XEP-0333 4.2, 4.3] */
export const displayedMarker: ElementCodec<{ readonly id: string }> = element(MARKERS_NS, 'displayed', {
  id: attribute('id', nonEmpty),
})
