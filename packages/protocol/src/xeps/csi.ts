/** Client State Indication (XEP-0352 1.0.0): whether anybody looks at the client. A stream feature, and two elements without an answer. */
import { type ElementCodec, element } from '../codec/index.ts'

export const CSI_NS = 'urn:xmpp:csi:0'

/** Stream feature, listed after login. [XEP-0352 4.1] */
export const csi: ElementCodec<Record<never, never>> = element(CSI_NS, 'csi', {})

/** Sent outside of stanzas, and inside of `<bind/>` of XEP-0386. [XEP-0352 4.2] */
export const active: ElementCodec<Record<never, never>> = element(CSI_NS, 'active', {})
export const inactive: ElementCodec<Record<never, never>> = element(CSI_NS, 'inactive', {})
