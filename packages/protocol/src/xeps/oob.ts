/**
 * Out of Band Data (XEP-0066 1.5): a link beside a message, or as a request to fetch it. Of the schemes that the specification allows only
 * those of links.ts are understood; others make the element broken.
 */
import { type ElementCodec, element, optionalAttribute, optionalText, string, text } from '../codec/index.ts'
import { link } from './links.ts'

export const OOB_NS = 'jabber:x:oob'
export const OOB_IQ_NS = 'jabber:iq:oob'

export interface OutOfBand {
  readonly url: string
  /** For a person to read. */
  readonly description?: string | undefined
}

/** In a message, or in presence. [XEP-0066 3] */
export const outOfBand: ElementCodec<OutOfBand> = element(OOB_NS, 'x', {
  url: text('url', link),
  description: optionalText('desc'),
})

/** In an IQ: to be answered when all of it has been fetched, and not before. [XEP-0066 2] */
export const outOfBandRequest: ElementCodec<OutOfBand & { readonly session?: string | undefined }> = element(
  OOB_IQ_NS,
  'query',
  { url: text('url', link), description: optionalText('desc'), session: optionalAttribute('sid', string) },
)
