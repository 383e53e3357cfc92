/**
 * Reading addresses (RFC 7622 3): for bundles for browsers, which see few addresses and only canonical ones often. The same as `parse-jid.ts`.
 */
import { prepareDomain } from '#domain'
import { prepareOpaque } from '../precis/profiles.ts'
import { Jid } from './jid.ts'
import { prepareLocal } from './local.ts'

const MAX_CACHED = 512
const CACHE_ENTRIES = 1000

/** Canonical addresses. When it is full it is emptied. */
const cache = new Map<string, Jid>()

/** Separators count before any mapping; a part that is there has at least one octet. [RFC7622 3.1] [RFC7622 3.2] */
const parts = /^(?:([^@/]+)@)?([^/]+)(?:\/(.+))?$/s

/** Reads an address from the wire; undefined if it is malformed. */
export function parseJid(text: string): Jid | undefined {
  const known = cache.get(text)
  if (known !== undefined) return known
  // a copy: a slice would keep the whole frame it was cut from alive for as long as it is cached
  const [, local = '', domain = '', resource] = parts.exec(` ${text}`.slice(1)) ?? []
  return jidFromParts(local, domain, resource)
}

/** Builds an address of parts that are not prepared yet; '' leaves a part out. Undefined if a part is malformed. */
export function jidFromParts(local: string, domain: string, resource = ''): Jid | undefined {
  const preparedLocal = local && prepareLocal(local)
  const preparedDomain = prepareDomain(domain)
  const preparedResource = resource && prepareOpaque(resource)
  if (preparedLocal === undefined || preparedDomain === undefined || preparedResource === undefined) return undefined
  const bareText = (preparedLocal && `${preparedLocal}@`) + preparedDomain
  const text = bareText + (preparedResource && `/${preparedResource}`)
  const known = cache.get(text)
  if (known !== undefined) return known
  if (cache.size > CACHE_ENTRIES) cache.clear()
  const bare =
    cache.get(bareText) ?? remember(bareText, new Jid(preparedLocal, preparedDomain, '', undefined, bareText))
  if (preparedResource === '') return bare
  return remember(text, new Jid(preparedLocal, preparedDomain, preparedResource, bare, text))
}

function remember(text: string, address: Jid): Jid {
  if (text.length <= MAX_CACHED) cache.set(text, address)
  return address
}
