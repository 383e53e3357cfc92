/**
 * How much goes to one destination (a push service) at a time: bounded in what is under way and in what waits, and paused when nothing
 * works there, so that a server which never asked for notifications is soon left alone. [S104]
 */
import type { ClockPower } from '../../powers.ts'

export interface DestinationBounds {
  /** Under way at the same time. */
  readonly parallel: number
  readonly parallelEach: (name: string) => number
  /** Waiting for their turn, in all. */
  readonly waiting: number
}

/** One attempt, which never rejects: whether the destination works. */
export type Attempt = () => Promise<boolean>

interface Destination {
  readonly name: string
  running: number
  /** In a row. */
  failures: number
  /** How often in a row it was paused. */
  pauses: number
  pausedUntil: number
  timer: Disposable | undefined
  readonly waiting: Attempt[]
}

/** So many failures without a success in between pause a destination. */
const patience = 20
const shortestPause = 30_000
const longestPause = 3_600_000
/** Destinations that are remembered though nothing goes on there. */
const mostIdle = 10_000

export class Destinations {
  readonly #clock: ClockPower
  readonly #bounds: DestinationBounds
  readonly #known = new Map<string, Destination>()
  /** Those with somebody waiting who is not kept from it by a pause. */
  readonly #ready = new Set<Destination>()
  #running = 0
  #waiting = 0
  #isStopped = false

  constructor(clock: ClockPower, bounds: DestinationBounds) {
    this.#clock = clock
    this.#bounds = bounds
  }

  /** Begins the attempt, now or later. False: too much waits already, and it never begins. */
  enter(name: string, attempt: Attempt): boolean {
    if (this.#isStopped) return false
    const destination = this.#find(name)
    if (this.#mayStart(destination)) {
      this.#start(destination, attempt)
      return true
    }
    if (this.#waiting >= this.#bounds.waiting) return false
    this.#waiting++
    destination.waiting.push(attempt)
    if (!this.#isPaused(destination)) this.#ready.add(destination)
    return true
  }

  /** The destination asked to be left alone for so long. */
  pause(name: string, ms: number): void {
    this.#pause(this.#find(name), Math.min(ms, longestPause))
  }

  stop(): void {
    this.#isStopped = true
    for (const { timer } of this.#known.values()) timer?.[Symbol.dispose]()
    this.#known.clear()
    this.#ready.clear()
  }

  #find(name: string): Destination {
    const known = this.#known.get(name)
    if (known !== undefined) return known
    if (this.#known.size >= mostIdle) this.#forgetIdle()
    const made = { name, running: 0, failures: 0, pauses: 0, pausedUntil: 0, timer: undefined, waiting: [] }
    this.#known.set(name, made)
    return made
  }

  #forgetIdle(): void {
    for (const [name, { running, waiting, timer }] of this.#known)
      if (running === 0 && waiting.length === 0 && timer === undefined) this.#known.delete(name)
  }

  #isPaused(destination: Destination): boolean {
    return destination.pausedUntil > this.#clock.monotonic()
  }

  #mayStart(destination: Destination): boolean {
    if (this.#running >= this.#bounds.parallel || this.#isPaused(destination)) return false
    // after a pause one goes ahead and shows whether it works again
    const each = destination.pauses > 0 ? 1 : this.#bounds.parallelEach(destination.name)
    return destination.running < each
  }

  #start(destination: Destination, attempt: Attempt): void {
    destination.running++
    this.#running++
    attempt().then((works) => {
      destination.running--
      this.#running--
      if (this.#isStopped) return
      this.#learn(destination, works)
      this.#fill()
    })
  }

  #learn(destination: Destination, works: boolean): void {
    if (works) {
      destination.failures = 0
      destination.pauses = 0
    } else if (++destination.failures >= patience || destination.pauses > 0) {
      destination.failures = 0
      if (!this.#isPaused(destination))
        this.#pause(destination, Math.min(longestPause, shortestPause * 2 ** Math.min(destination.pauses, 20)))
    }
    if (destination.waiting.length > 0 && !this.#isPaused(destination)) this.#ready.add(destination)
  }

  #pause(destination: Destination, ms: number): void {
    const until = this.#clock.monotonic() + ms
    if (until <= destination.pausedUntil) return
    destination.pauses++
    destination.pausedUntil = until
    this.#ready.delete(destination)
    destination.timer?.[Symbol.dispose]()
    destination.timer = this.#clock.after(ms, () => {
      destination.timer = undefined
      if (destination.waiting.length > 0) this.#ready.add(destination)
      this.#fill()
    })
  }

  /** Those who wait, one destination after the other. One at its own bound comes back when something ends there. */
  #fill(): void {
    for (const destination of this.#ready) {
      while (destination.waiting.length > 0 && this.#mayStart(destination)) {
        this.#waiting--
        this.#start(destination, destination.waiting.shift()!)
      }
      if (this.#running >= this.#bounds.parallel) return
      this.#ready.delete(destination)
    }
  }
}
