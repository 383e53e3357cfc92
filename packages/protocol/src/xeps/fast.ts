/** Fast Authentication Streamlining Tokens (XEP-0484 0.2.0): what is said about tokens at a login. The proof of one is SASL's (`sasl/hashed-token.ts`). */
import {
  attribute,
  boolean,
  dateTime,
  type ElementCodec,
  element,
  integer,
  nonEmpty,
  optionalAttribute,
  string,
  texts,
} from '../codec/index.ts'
import { FAST_NS } from './names.ts'

export { FAST_NS }

/** Inside of the offer of XEP-0388. */
export interface FastOffer {
  readonly mechanisms: readonly string[]
  /** Logins may come with the first bytes of TLS. */
  readonly tls0Rtt?: boolean | undefined
}

export const fastOffer: ElementCodec<FastOffer> = element(
  FAST_NS,
  'fast',
  { tls0Rtt: optionalAttribute('tls-0rtt', boolean), mechanisms: texts('mechanism') },
  ({ mechanisms }) => (mechanisms.length === 0 ? '<fast/> needs at least one <mechanism/>.' : undefined),
)

/** With a login: it proves a token. */
export interface FastLogin {
  /** Grows with every try with the same token. */
  readonly count?: number | undefined
  /** The token is not to be taken any more. */
  readonly invalidate?: boolean | undefined
}

export const fastLogin: ElementCodec<FastLogin> = element(FAST_NS, 'fast', {
  count: optionalAttribute('count', integer(0)),
  invalidate: optionalAttribute('invalidate', boolean),
})

/** With a login: a token is wanted, for this mechanism. */
export const requestToken: ElementCodec<{ readonly mechanism: string }> = element(FAST_NS, 'request-token', {
  mechanism: attribute('mechanism', string),
})

export interface FastToken {
  readonly token: string
  /** ms since epoch */
  readonly expiry: number
}

export const fastToken: ElementCodec<FastToken> = element(FAST_NS, 'token', {
  token: attribute('token', nonEmpty),
  expiry: attribute('expiry', dateTime),
})
