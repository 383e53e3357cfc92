// Reading addresses (RFC 7622 3): split at the separators, prepare each part, and remember the result, since the same few addresses come back
// all the time.

import { MAX_UNITS, prepareOpaque } from '../precis/profiles.ts'
import { prepareDomain } from './domain.ts'
import { InternCache } from './intern-cache.ts'
import { Jid } from './jid.ts'
import { JidError } from './jid-error.ts'
import { prepareLocal } from './local.ts'

const MAX_TEXT = 3 * MAX_UNITS + 2
const MAX_CACHED = 512
const CACHE_ENTRIES = 50_000

const cache: InternCache<Jid> = new InternCache(CACHE_ENTRIES)

/** Reads an address from the wire; undefined if it is malformed. */
export function parseJid(text: string): Jid | undefined {
  return cache.get(text) ?? parseNew(text)
}

/** Reads an address written in code or configuration; throws JidError if it is malformed. */
export function jid(text: string): Jid {
  const parsed = parseJid(text)
  if (parsed !== undefined) return parsed
  throw new JidError(
    text,
    `not an XMPP address: ${JSON.stringify(text.slice(0, 100))}. It looks like name@domain/resource`,
  )
}

/** Builds an address of parts that are not prepared yet; '' leaves a part out. Undefined if a part is malformed. */
export function jidFromParts(local: string, domain: string, resource = ''): Jid | undefined {
  const preparedLocal = local === '' ? '' : prepareLocal(local)
  if (preparedLocal === undefined) return undefined
  const preparedDomain = prepareDomain(domain)
  if (preparedDomain === undefined) return undefined
  const preparedResource = resource === '' ? '' : prepareOpaque(resource)
  return preparedResource === undefined ? undefined : intern(preparedLocal, preparedDomain, preparedResource)
}

function parseNew(text: string): Jid | undefined {
  if (text.length > MAX_TEXT) return undefined
  // The resource goes first, then the local part; separators count before any mapping. [RFC7622 3.1] [RFC7622 3.2]
  const slash = text.indexOf('/')
  const bareEnd = slash < 0 ? text.length : slash
  const found = text.indexOf('@')
  const at = found < bareEnd ? found : -1
  if (at === 0 || slash === text.length - 1) return undefined // a part that is there has at least one octet [RFC7622 3.3] [RFC7622 3.4]
  const parsed = jidFromParts(
    at < 0 ? '' : text.slice(0, at),
    text.slice(at + 1, bareEnd),
    slash < 0 ? '' : text.slice(slash + 1),
  )
  // The other spellings of an address lead to the same object.
  if (parsed !== undefined && text.length <= MAX_CACHED && parsed.toString() !== text) cache.set(owned(text), parsed)
  return parsed
}

/** The one object for prepared parts. */
function intern(local: string, domain: string, resource: string): Jid {
  const bareText = local === '' ? domain : `${local}@${domain}`
  const bare = cache.get(bareText) ?? newBare(local.length, domain.length, owned(bareText))
  if (resource === '') return bare
  const text = `${bareText}/${resource}`
  return cache.get(text) ?? remember(new Jid(bare.local, bare.domain, owned(resource), bare, owned(text)))
}

function newBare(localLength: number, domainLength: number, text: string): Jid {
  return remember(new Jid(text.slice(0, localLength), text.slice(-domainLength), '', undefined, text))
}

function remember(address: Jid): Jid {
  const text = address.toString()
  if (text.length <= MAX_CACHED) cache.set(text, address)
  return address
}

/** A copy with memory of its own: a slice would keep the whole chunk it was cut from alive for as long as it is cached. */
function owned(text: string): string {
  return ` ${text}`.slice(1)
}
