/** Errors of the client library as one would tell them to the person at the command line: what happened, and what to do next. */
import type { ClientError } from '@rookery/client'
import { Failure } from '../failure.ts'
import type { Account } from './account.ts'

/** A Failure in place of what the library has thrown. What is none of its errors is a bug, and stays as it is. */
export function explained(error: unknown, account: Account): unknown {
  return isClientError(error) ? new Failure(sentenceFor(error, account), { cause: error }) : error
}

export function sentenceFor(error: ClientError, account: Account): string {
  const next = adviceOn(error, account)
  const said = inOurWords(error.message)
  return next === undefined ? said : `${said} ${next}`
}

/** Of a message that somebody refused. */
export function remedyFor(error: ClientError): string | undefined {
  if (error.kind !== 'request') return undefined
  switch (error.condition) {
    case 'item-not-found':
    case 'service-unavailable':
      return 'Nobody takes messages at that address: is it spelt right?'
    case 'remote-server-not-found':
    case 'remote-server-timeout':
      return 'The server does not reach that domain: is it spelt right?'
    default:
      return undefined
  }
}

/** What the library calls by the names of its options. */
function inOurWords(text: string): string {
  return text
    .replace('give its authority as `tls.ca`', 'name the file of its authority with --ca')
    .replace(' If this is meant, set `plaintext`.', ' Passwords are not sent without it.')
}

/** What only this program knows: its options, and the server beside it. */
function adviceOn(error: ClientError, { isLocal, domain }: Account): string | undefined {
  if (error.kind === 'connect' && (error.reason === 'unreachable' || error.reason === 'timeout'))
    return isLocal
      ? 'Does the server run? "rookery start" starts it.'
      : `If the server of ${domain} is elsewhere, say where: --service xmpp://HOST:PORT.`
  if (error.kind === 'login' && error.condition === 'not-authorized' && isLocal)
    return 'As the server is on this machine: "rookery user list" shows its accounts, "rookery user passwd" sets a password.'
  return undefined
}

/** They are the only errors here that say their kind. */
export function isClientError(error: unknown): error is ClientError {
  return error instanceof Error && 'kind' in error
}
