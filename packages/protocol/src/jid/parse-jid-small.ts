/**
 * Reading addresses (RFC 7622 3): for bundles for browsers, which see few of them. The same as `parse-jid.ts`, but that nothing is remembered:
 * each address that is read is an object of its own.
 */
import { prepareDomain } from '#domain'
import { prepareOpaque } from '../precis/profiles.ts'
import { Jid } from './jid.ts'
import { prepareLocal } from './local.ts'

/** Separators count before any mapping; a part that is there has at least one octet. [RFC7622 3.1] [RFC7622 3.2] */
const parts = /^(?:([^@/]+)@)?([^/]+)(?:\/(.+))?$/s

/** Reads an address from the wire; undefined if it is malformed. */
export function parseJid(text: string): Jid | undefined {
  const [, local = '', domain = '', resource] = parts.exec(text) ?? []
  return jidFromParts(local, domain, resource)
}

/** Builds an address of parts that are not prepared yet; '' leaves a part out. Undefined if a part is malformed. */
export function jidFromParts(local: string, domain: string, resource = ''): Jid | undefined {
  const preparedLocal = local && prepareLocal(local)
  const preparedDomain = prepareDomain(domain)
  const preparedResource = resource && prepareOpaque(resource)
  if (preparedLocal === undefined || preparedDomain === undefined || preparedResource === undefined) return undefined
  const bare = new Jid(preparedLocal, preparedDomain, '')
  return preparedResource === '' ? bare : new Jid(preparedLocal, preparedDomain, preparedResource, bare)
}
