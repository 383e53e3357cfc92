/** What goes wrong in a command, in words for the person who typed it: one sentence of what happened, one of what to do. */
import { CertificateError, ConfigError, ListenError } from '@rookery/server'
import { StorageError } from '@rookery/storage'

/** An expected failure: its message is all a person needs, no stack. */
export class Failure extends Error {
  override readonly name = 'Failure'
}

/** The text for an error that ends a command; undefined when it is none we expect, so a bug. */
export function explain(error: unknown): string | undefined {
  if (error instanceof Failure) return error.message
  if (error instanceof StorageError)
    return error.kind === 'internal' || error.kind === 'invalid' ? undefined : error.message
  if (error instanceof ListenError) return sentence(error.message)
  // begins with the host, whose name stays as it is
  if (error instanceof CertificateError) return ended(error.message)
  if (error instanceof ConfigError) return sentence(`the configuration cannot be used: ${error.message}`)
  return undefined
}

function sentence(text: string): string {
  return ended(text.slice(0, 1).toUpperCase() + text.slice(1))
}

function ended(text: string): string {
  return text + (/[.!?]$/.test(text) ? '' : '.')
}
