// Reading addresses (RFC 7622 3): split at the separators, prepare each part, and remember the result, since the same few addresses come back
// all the time.

import { prepareDomain } from '#domain'
import { MAX_UNITS, prepareOpaque } from '../precis/profiles.ts'
import { InternCache } from './intern-cache.ts'
import { Jid } from './jid.ts'
import { prepareLocal } from './local.ts'

const MAX_TEXT = 3 * MAX_UNITS + 2
const MAX_CACHED = 512
const CACHE_ENTRIES = 50_000

const cache: InternCache<Jid> = new InternCache(CACHE_ENTRIES)

/** Reads an address from the wire; undefined if it is malformed. */
export function parseJid(text: string): Jid | undefined {
  return cache.get(text) ?? parseNew(text)
}

/** Builds an address of parts that are not prepared yet; '' leaves a part out. Undefined if a part is malformed. */
export function jidFromParts(local: string, domain: string, resource = ''): Jid | undefined {
  const preparedLocal = local === '' ? '' : localOf(local)
  if (preparedLocal === undefined) return undefined
  const preparedDomain = prepareDomain(domain)
  if (preparedDomain === undefined) return undefined
  const preparedResource = resource === '' ? '' : resourceOf(resource)
  return preparedResource === undefined ? undefined : join(preparedLocal, preparedDomain, preparedResource)
}

function parseNew(text: string): Jid | undefined {
  if (text.length > MAX_TEXT) return undefined
  // The resource goes first, then the local part; separators count before any mapping. [RFC7622 3.1] [RFC7622 3.2]
  const slash = text.indexOf('/')
  const bareEnd = slash < 0 ? text.length : slash
  const found = text.indexOf('@')
  const at = found < bareEnd ? found : -1
  if (at === 0 || slash === text.length - 1) return undefined // a part that is there has at least one octet [RFC7622 3.3] [RFC7622 3.4]

  const local = at < 0 ? '' : text.slice(0, at)
  const preparedLocal = at < 0 ? '' : localOf(local)
  if (preparedLocal === undefined) return undefined
  const domain = text.slice(at + 1, bareEnd)
  const preparedDomain = prepareDomain(domain)
  if (preparedDomain === undefined) return undefined
  const resource = slash < 0 ? '' : text.slice(slash + 1)
  const preparedResource = slash < 0 ? '' : resourceOf(resource)
  if (preparedResource === undefined) return undefined

  const isCanonical = preparedLocal === local && preparedDomain === domain && preparedResource === resource
  if (isCanonical) return intern(owned(text), at, bareEnd)
  // The other spellings of an address lead to the same object.
  const parsed = join(preparedLocal, preparedDomain, preparedResource)
  if (text.length <= MAX_CACHED) cache.set(owned(text), parsed)
  return parsed
}

function join(local: string, domain: string, resource: string): Jid {
  const bareText = local === '' ? domain : `${local}@${domain}`
  const text = resource === '' ? bareText : `${bareText}/${resource}`
  return cache.get(text) ?? intern(owned(text), local.length - (local === '' ? 1 : 0), bareText.length)
}

/** The object for a canonical address that is not in the cache, sharing the one of its bare address. */
function intern(text: string, at: number, bareEnd: number): Jid {
  if (bareEnd === text.length)
    return remember(new Jid(at < 0 ? '' : text.slice(0, at), text.slice(at + 1), '', undefined, text))
  const bareText = text.slice(0, bareEnd)
  const bare = cache.get(bareText) ?? intern(owned(bareText), at, bareEnd)
  return remember(new Jid(bare.local, bare.domain, text.slice(bareEnd + 1), bare, text))
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

/** What is most often there and would be prepared to itself: printable ASCII, without capitals and [RFC7622 3.3.1]. */
const plainLocal = /^[!#-%(-.\d;=?[-~]{1,1023}$/
const plainResource = /^[ -~]{1,1023}$/

function localOf(text: string): string | undefined {
  return plainLocal.test(text) ? text : prepareLocal(text)
}

function resourceOf(text: string): string | undefined {
  return plainResource.test(text) ? text : prepareOpaque(text)
}
