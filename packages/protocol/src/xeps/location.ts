/** User Location (XEP-0080 1.10.0): where somebody or something is. What cannot be read is left out, the rest counts. */
import {
  dateTime,
  type ElementCodec,
  element,
  ignorableText,
  nonEmpty,
  optionalAttribute,
  string,
  type Text,
  trim,
} from '../codec/index.ts'
import { link } from './links.ts'

/** The namespace, and the node. */
export const LOCATION_NS = 'http://jabber.org/protocol/geoloc'

/** Nothing at all: no longer told. [XEP-0080 4.1] */
export interface Location {
  /** The language of the texts. */
  readonly lang?: string | undefined
  /** Degrees north and east, in WGS84 unless `datum` says otherwise. */
  readonly lat?: number | undefined
  readonly lon?: number | undefined
  /** Metres. */
  readonly alt?: number | undefined
  /** By how many metres the place may be wrong. */
  readonly accuracy?: number | undefined
  /** By how many metres the altitude may be wrong. */
  readonly altAccuracy?: number | undefined
  /** The direction of movement, in degrees from true north. */
  readonly bearing?: number | undefined
  /** Metres per second. */
  readonly speed?: number | undefined
  readonly datum?: string | undefined
  readonly country?: string | undefined
  /** Two letters of ISO 3166. */
  readonly countryCode?: string | undefined
  readonly region?: string | undefined
  /** Of ISO 3166-2, such as FR-HDF. */
  readonly regionCode?: string | undefined
  readonly locality?: string | undefined
  readonly postalCode?: string | undefined
  readonly area?: string | undefined
  readonly street?: string | undefined
  readonly building?: string | undefined
  readonly floor?: string | undefined
  readonly room?: string | undefined
  readonly description?: string | undefined
  readonly text?: string | undefined
  /** Safe to be shown as a link, as links.ts says. */
  readonly uri?: string | undefined
  /** When it was measured, in milliseconds since 1970 in UTC. */
  readonly timestamp?: number | undefined
  /** The time zone there, such as -07:00. */
  readonly timeZone?: string | undefined
}

/** xs:decimal, of up to 15 digits before and after the point. */
/* @__NO_SIDE_EFFECTS__ */
function decimal(min: number, max: number): Text<number> {
  return {
    expected: `a number from ${min} to ${max}`,
    decode: (text) => {
      const digits = trim(text)
      const value = /^[-+]?\d{1,15}(\.\d{1,15})?$/.test(digits) ? Number(digits) : Number.NaN
      return value >= min && value <= max ? value + 0 : undefined // no negative zero
    },
    encode: (value) => {
      if (!(value >= min && value <= max)) throw new RangeError(`${value} is not from ${min} to ${max}`)
      const text = String(value)
      return text.includes('e') ? value.toFixed(15) : text
    },
  }
}

const most = 999_999_999_999_999
const length = decimal(0, most)

export const location: ElementCodec<Location> = element(LOCATION_NS, 'geoloc', {
  lang: optionalAttribute('xml:lang', string),
  accuracy: ignorableText('accuracy', length),
  alt: ignorableText('alt', decimal(-most, most)),
  altAccuracy: ignorableText('altaccuracy', length),
  area: ignorableText('area', nonEmpty),
  bearing: ignorableText('bearing', decimal(-360, 360)),
  building: ignorableText('building', nonEmpty),
  country: ignorableText('country', nonEmpty),
  countryCode: ignorableText('countrycode', nonEmpty),
  datum: ignorableText('datum', nonEmpty),
  description: ignorableText('description', nonEmpty),
  floor: ignorableText('floor', nonEmpty),
  lat: ignorableText('lat', decimal(-90, 90)),
  locality: ignorableText('locality', nonEmpty),
  lon: ignorableText('lon', decimal(-180, 180)),
  postalCode: ignorableText('postalcode', nonEmpty),
  region: ignorableText('region', nonEmpty),
  regionCode: ignorableText('regioncode', nonEmpty),
  room: ignorableText('room', nonEmpty),
  speed: ignorableText('speed', length),
  street: ignorableText('street', nonEmpty),
  text: ignorableText('text', nonEmpty),
  timestamp: ignorableText('timestamp', dateTime),
  timeZone: ignorableText('tzo', nonEmpty),
  uri: ignorableText('uri', link),
})
