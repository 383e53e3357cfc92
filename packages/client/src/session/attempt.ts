/** One try: finds the service, and connects to one of its addresses to do something there. */

import { onAbort } from '../contract/abort.ts'
import { type ClientError, ConnectError, DisconnectedError, StreamClosedError } from '../contract/errors.ts'
import type { ClientOptions } from '../contract/options.ts'
import type { Platform } from '../contract/platform.ts'
import { Connection } from '../negotiate/connection.ts'
import { limited } from './limited.ts'

export interface AttemptParts<T> {
  readonly platform: Platform
  readonly domain: string
  /** Where the server wants its session to be resumed. [XEP-0198 5] */
  readonly location: string | undefined
  readonly options: Pick<ClientOptions, 'service' | 'plaintext' | 'tls' | 'trace'>
  readonly signal: AbortSignal
  /** Milliseconds for all addresses together. */
  readonly time: number
  /** What is done with a connection that stands: where it fails, the connection is ended. */
  readonly run: (connection: Connection) => Promise<T>
}

const maxRedirects = 3

export async function attempt<T>(parts: AttemptParts<T>): Promise<T> {
  const { platform, domain, options, location, signal } = parts
  const { service } = options
  const urls = service === undefined ? [...(await platform.discover(domain, signal))] : [service]
  const preferred = location === undefined ? undefined : platform.moved?.(urls[0] ?? '', location)
  if (preferred !== undefined) urls.unshift(preferred)
  const end = platform.clock.now() + parts.time
  let last: unknown
  for (let redirects = 0; urls.length > 0; ) {
    signal.throwIfAborted()
    const url = urls.shift()!
    try {
      // one that swallows everything leaves time for the others, however many of them do
      const time = (end - platform.clock.now()) / Math.min(3, urls.length + 1)
      return await limited(platform.clock, signal, time, url, (one) => tryOne(url, { ...parts, signal: one }))
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof StreamClosedError && error.host) {
        // the certificate has to be the domain's there as well, and the way there is as safe as this one was [RFC6120 4.9.3.19]
        const next = platform.moved?.(url, error.host)
        if (++redirects > maxRedirects || next === undefined)
          throw new ConnectError('too-many-redirects', `${domain} sends us on and on.`)
        urls.unshift(next)
      } else if (!isOfAddress(error, url === preferred)) throw error
      // a host that is down may come back, a name that is none will not
      else if (!last || (error as ConnectError).reason !== 'unknown-host') last = error
    }
  }
  throw last ?? new ConnectError('unreachable', `${domain} tells no address for clients.`)
}

async function tryOne<T>(url: string, parts: AttemptParts<T>): Promise<T> {
  const { platform, domain, options, signal, run } = parts
  const { plaintext = false, tls = {} } = options
  const connection = await Connection.open(platform, url, { domain, plaintext, tls, signal }, options.trace)
  const forget = onAbort(signal, (reason) => connection.destroy(reason as ClientError))
  try {
    return await run(connection)
  } catch (error) {
    connection.end()
    connection.destroy()
    throw error
  } finally {
    forget()
  }
}

/** Whether another address of the same service may do better. */
function isOfAddress(error: unknown, isPreferred: boolean): boolean {
  if (error instanceof ConnectError) return isPreferred || passing.test(error.reason)
  return error instanceof DisconnectedError
}

const passing = /unreachable|timeout|bad-answer|unknown-host/
