/** Who may connect, and try to log in, how often: counts by address, IPv6 by its /64. Bounded. Not authentication. */
import { RecentMap } from '@rookery/storage'
import type { Limits } from './config/limits.ts'

/** Why somebody is turned away at the door. */
export type Turned = 'connections' | 'address' | 'unauthenticated' | 'failures'

interface Counts {
  connections: number
  unauthenticated: number
}

interface Failures {
  count: number
  since: number
  /** How many were logged in from there at most. */
  loggedIn: number
}

const failureWindow = 600_000

/**
 * Who shares an address with people that are logged in is not shut out by the old password that one device there still
 * tries: each of them counts for another measure of failures, up to so many.
 */
const mostPatience = 10

export class Gate {
  readonly #counts = new Map<string, Counts>()
  readonly #failures = new RecentMap<string, Failures>(50_000)
  #total = 0

  get connections(): number {
    return this.#total
  }

  /** Undefined: come in, and `leave` later. */
  enter(address: string, limits: Limits, now: number): Turned | undefined {
    const key = prefix(address)
    const counts = this.#counts.get(key) ?? { connections: 0, unauthenticated: 0 }
    if (over(this.#total, limits.connections)) return 'connections'
    if (over(counts.connections, limits.connectionsPerAddress)) return 'address'
    if (over(counts.unauthenticated, limits.preAuthConnectionsPerAddress)) return 'unauthenticated'
    if (this.hasFailedTooOften(address, limits, now)) return 'failures'
    counts.connections++
    counts.unauthenticated++
    this.#counts.set(key, counts)
    this.#total++
    return undefined
  }

  authenticated(address: string): void {
    const counts = this.#counts.get(prefix(address))
    if (counts !== undefined) counts.unauthenticated--
  }

  leave(address: string, wasAuthenticated: boolean): void {
    const key = prefix(address)
    const counts = this.#counts.get(key)
    if (counts === undefined) return
    this.#total--
    counts.connections--
    if (!wasAuthenticated) counts.unauthenticated--
    if (counts.connections === 0) this.#counts.delete(key)
  }

  failedLogin(address: string, now: number): void {
    const key = prefix(address)
    const loggedIn = this.#loggedIn(key)
    const failures = this.#failures.get(key)
    if (failures === undefined || now - failures.since > failureWindow)
      return void this.#failures.set(key, { count: 1, since: now, loggedIn })
    failures.count++
    failures.loggedIn = Math.max(failures.loggedIn, loggedIn)
  }

  hasFailedTooOften(address: string, limits: Limits, now: number): boolean {
    const key = prefix(address)
    const failures = this.#failures.get(key)
    if (failures === undefined || now - failures.since > failureWindow) return false
    const patience = Math.min(mostPatience, 1 + Math.max(failures.loggedIn, this.#loggedIn(key)))
    return over(failures.count, limits.authFailuresPerAddress * patience)
  }

  #loggedIn(key: string): number {
    const counts = this.#counts.get(key)
    return counts === undefined ? 0 : counts.connections - counts.unauthenticated
  }
}

/** A limit of 0 is none. */
function over(count: number, limit: number): boolean {
  return limit !== 0 && count >= limit
}

/** An IPv4 address, also where it is written in IPv6; else the first 64 bits. */
export function prefix(address: string): string {
  if (!address.includes(':')) return address
  if (address.startsWith('::ffff:') && address.includes('.')) return address.slice(7)
  const halves = address.split('::')
  const left = (halves[0] ?? '').split(':').filter((group) => group !== '')
  const right = (halves[1] ?? '').split(':').filter((group) => group !== '')
  const zeros = halves.length === 2 ? Math.max(0, 8 - left.length - right.length) : 0
  return `${[...left, ...Array<string>(zeros).fill('0'), ...right].slice(0, 4).join(':')}::/64`
}
