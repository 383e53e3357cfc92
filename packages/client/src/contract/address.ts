/** Addresses as callers give them. */
import { Jid, parseJid } from '@rookery/protocol/jid'
import { UsageError } from './errors.ts'

/** Throws a UsageError when it is none. */
export function readJid(address: Jid | string): Jid {
  const read = typeof address === 'string' ? parseJid(address) : address
  if (!(read instanceof Jid))
    throw new UsageError(`${JSON.stringify(address)} is not an address; one looks like name@domain/resource.`)
  return read
}
