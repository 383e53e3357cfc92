/** Jingle In-Band Bytestreams Transport (XEP-0261 1.0): names the bytestream of XEP-0047 that a Jingle content runs over. */
import type { ElementCodec } from '../codec/index.ts'
import { type IbbOpen, ibbTerms } from './ibb.ts'

export const JINGLE_IBB_NS = 'urn:xmpp:jingle:transports:ibb:1'

/** Who accepts may answer with a smaller block size; `<open/>` then has that one. [XEP-0261 2.2] */
export const jingleIbb: ElementCodec<IbbOpen> = ibbTerms(JINGLE_IBB_NS, 'transport')
