/** What somebody asks to be called and how to prove it, checked. XEP-0077 3.1; RFC 7622 3.3, RFC 8265 4.2. */
import { jidFromParts } from '@rookery/protocol/jid'
import { prepareOpaque } from '@rookery/protocol/precis'
import { StanzaError } from '@rookery/protocol/stanza'

/** Bytes; a password is hashed, and a longer one has no use. */
const longest = 1023

/** The localpart, prepared. */
export function checkUsername(username: string, domain: string): string | StanzaError {
  const address = jidFromParts(username, domain)
  return address === undefined || address.local === ''
    ? new StanzaError('not-acceptable', { text: 'this cannot be a username' })
    : address.local
}

/** Undefined: it can be used. */
export function checkPassword(password: string): StanzaError | undefined {
  return password.length > longest || prepareOpaque(password) === undefined
    ? new StanzaError('not-acceptable', { text: 'this cannot be a password' })
    : undefined
}

/** What is told when no key could be made of a password. */
export function failureOf(error: unknown): StanzaError | undefined {
  return error instanceof Error && error.name === 'OverloadedError'
    ? new StanzaError('resource-constraint', { text: 'the server is busy, try again later' })
    : undefined
}
