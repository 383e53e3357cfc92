/**
 * A TCP connection to whichever address of a host answers first (RFC 8305). Node's own `autoSelectFamily` gives an address up when the next one's
 * turn comes, after 250 ms: where every answer takes longer, only the last address has a chance. Here all go on until one has won.
 */
import { lookup as lookUp } from 'node:dns/promises'
import { connect, isIP, type Socket } from 'node:net'
import { onAbort } from '../contract/abort.ts'
import { deferred } from '../contract/deferred.ts'
import { ConnectError } from '../contract/errors.ts'

export interface Address {
  readonly address: string
  readonly family: number
}

/** The addresses of a host in the order of the system's preference. */
export type Lookup = (host: string) => Promise<readonly Address[]>

/** [RFC8305 5] the Connection Attempt Delay, in milliseconds. */
const attemptDelay = 250

/** A name may have more addresses than anybody should try. */
const mostAddresses = 16

const systemLookup: Lookup = (host) => lookUp(host, { all: true, order: 'verbatim' })

/** Throws a ConnectError, or the reason of the signal. The host is a name in ASCII, or an address without brackets. */
export async function connectTcp(
  host: string,
  port: number,
  signal: AbortSignal,
  lookup: Lookup = systemLookup,
): Promise<Socket> {
  const addresses = await addressesOf(host, signal, lookup)
  const { promise, resolve, reject } = deferred<Socket>()
  const attempts = new Set<Socket>()
  const errors: Error[] = []
  let next = 0
  let timer: NodeJS.Timeout | undefined
  const finish = (winner?: Socket): void => {
    clearTimeout(timer)
    stopListening()
    next = addresses.length
    for (const socket of attempts) if (socket !== winner) socket.destroy()
  }
  const attempt = (): void => {
    clearTimeout(timer)
    const address = addresses[next++]
    if (address === undefined) return
    const socket = connect({ host: address.address, port, family: address.family, noDelay: true })
    attempts.add(socket)
    if (next < addresses.length) timer = setTimeout(attempt, attemptDelay)
    socket.once('connect', () => {
      socket.removeAllListeners()
      socket.on('error', () => undefined) // for the moment until the next owner listens
      finish(socket)
      resolve(socket)
    })
    socket.on('error', (error) => {
      errors.push(error)
      attempts.delete(socket)
      if (next < addresses.length) attempt()
      else if (attempts.size === 0) {
        finish()
        reject(unreachable(host, port, errors))
      }
    })
  }
  const stopListening = onAbort(signal, (reason) => {
    queueMicrotask(() => finish())
    reject(reason)
  })
  attempt()
  return promise
}

async function addressesOf(host: string, signal: AbortSignal, lookup: Lookup): Promise<Address[]> {
  const family = isIP(host)
  if (family !== 0) return [{ address: host, family }]
  const { promise, reject } = deferred<never>()
  const stopListening = onAbort(signal, reject)
  try {
    const found = await Promise.race([lookup(host), promise])
    if (found.length === 0) throw lookupError(host, undefined, 'ENODATA')
    return interleave(found).slice(0, mostAddresses)
  } catch (error) {
    if (error instanceof Error && 'code' in error) throw lookupError(host, error, String(error.code))
    throw error
  } finally {
    stopListening()
  }
}

function lookupError(host: string, cause: Error | undefined, code: string): ConnectError {
  return code === 'ENOTFOUND' || code === 'ENODATA'
    ? new ConnectError('unknown-host', `There is no host ${host}: is the address spelt right?`, cause)
    : new ConnectError('unreachable', `The name server did not tell the address of ${host} (${code}).`, cause)
}

/** [RFC8305 4] one family after the other, beginning with that of the first. */
export function interleave(addresses: readonly Address[]): Address[] {
  const first = addresses.filter(({ family }) => family === addresses[0]?.family)
  const second = addresses.filter(({ family }) => family !== addresses[0]?.family)
  const mixed: Address[] = []
  for (let i = 0; i < Math.max(first.length, second.length); i++)
    for (const address of [first[i], second[i]]) if (address !== undefined) mixed.push(address)
  return mixed
}

function unreachable(host: string, port: number, errors: readonly Error[]): ConnectError {
  const codes = new Set(errors.map((error) => ('code' in error ? String(error.code) : error.message)))
  return new ConnectError('unreachable', `Nobody answers at ${host}:${port} (${[...codes].join(', ')}).`, errors[0])
}
