/** Blocking Command Reports (XEP-0377 0.4.1): why somebody is blocked, for those who run the server. Stands in `<item/>` of XEP-0191. */
import {
  attribute,
  children,
  type ElementCodec,
  element,
  flag,
  nonEmpty,
  optionalAttribute,
  ownText,
  string,
} from '../codec/index.ts'
import { type StanzaId, stanzaId } from './stanza-id.ts'

export const REPORTING_NS = 'urn:xmpp:reporting:1'

/** The reasons that the specification has; there may be more. [XEP-0377 4] */
export const SPAM = 'urn:xmpp:reporting:spam'
export const ABUSE = 'urn:xmpp:reporting:abuse'

export interface ReportText {
  readonly lang?: string | undefined
  readonly text: string
}

export interface Report {
  /** A URN, mostly `SPAM` or `ABUSE`. */
  readonly reason: string
  /** The messages in question, as an archive knows them. [XEP-0377 6] */
  readonly stanzaIds: readonly StanzaId[]
  /** In the words of the one who reports, by language. */
  readonly texts: readonly ReportText[]
  /** May be forwarded to the server the messages came from. [XEP-0377 5] */
  readonly reportOrigin?: boolean | undefined
  /** May be forwarded to others who deal with reports. [XEP-0377 5] */
  readonly thirdParty?: boolean | undefined
}

const text: ElementCodec<ReportText> = element(REPORTING_NS, 'text', {
  lang: optionalAttribute('xml:lang', string),
  text: ownText(),
})

export const report: ElementCodec<Report> = element(REPORTING_NS, 'report', {
  reason: attribute('reason', nonEmpty),
  stanzaIds: children(stanzaId),
  texts: children(text),
  reportOrigin: flag('report-origin'),
  thirdParty: flag('third-party'),
})
