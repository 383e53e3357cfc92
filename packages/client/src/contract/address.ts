/** Addresses as callers give them. */
import { Jid, parseJid } from '@rookery/protocol/jid'
import { UsageError } from './errors.ts'

/** Throws a UsageError when it is none. */
export function readJid(address: Jid | string): Jid {
  const read = typeof address === 'string' ? parseJid(address) : address
  if (read instanceof Jid) return read
  const shown = typeof address === 'string' ? JSON.stringify(address.slice(0, 99)) : `This ${typeof address}`
  throw new UsageError(`${shown} is not an address; one looks like name@domain/resource.`)
}
