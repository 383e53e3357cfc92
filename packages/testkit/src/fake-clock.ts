/** A clock that stands still until it is told to go on. */
import type { ClockPower } from '@rookery/server'

interface Timer {
  at: number
  call: () => void
}

export class FakeClock implements ClockPower {
  #now: number
  #elapsed = 0
  #timers: Timer[] = []

  /** `start` in milliseconds since the epoch. */
  constructor(start: number = Date.UTC(2026, 0, 1)) {
    this.#now = start
  }

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#elapsed
  }

  after(ms: number, call: () => void): Disposable {
    const timer = { at: this.#elapsed + ms, call }
    this.#timers.push(timer)
    return { [Symbol.dispose]: () => void (this.#timers = this.#timers.filter((other) => other !== timer)) }
  }

  /** Goes on by `ms`; calls what falls due, in the order of time. */
  advance(ms: number): void {
    const end = this.#elapsed + ms
    for (;;) {
      const due = this.#timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0]
      if (due === undefined) break
      this.#timers = this.#timers.filter((timer) => timer !== due)
      this.#step(due.at - this.#elapsed)
      due.call()
    }
    this.#step(end - this.#elapsed)
  }

  #step(ms: number): void {
    this.#elapsed += ms
    this.#now += ms
  }
}
