/** User Tune (XEP-0118 1.3.0): what somebody listens to. */
import { type ElementCodec, element, ignorableText, integer, nonEmpty } from '../codec/index.ts'
import { link } from './links.ts'

/** The namespace, and the node. */
export const TUNE_NS = 'http://jabber.org/protocol/tune'

/** Nothing at all: the music stopped. [XEP-0118 2.2] */
export interface Tune {
  readonly artist?: string | undefined
  readonly title?: string | undefined
  /** An album or another collection. */
  readonly source?: string | undefined
  /** A number or a name. */
  readonly track?: string | undefined
  /** In seconds. */
  readonly length?: number | undefined
  /** From 1 to 10. */
  readonly rating?: number | undefined
  /** Safe to be shown as a link, as links.ts says. */
  readonly uri?: string | undefined
}

export const tune: ElementCodec<Tune> = element(TUNE_NS, 'tune', {
  artist: ignorableText('artist', nonEmpty),
  length: ignorableText('length', integer(0, 65_535)),
  rating: ignorableText('rating', integer(1, 10)),
  source: ignorableText('source', nonEmpty),
  title: ignorableText('title', nonEmpty),
  track: ignorableText('track', nonEmpty),
  uri: ignorableText('uri', link),
})
