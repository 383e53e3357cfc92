/** Waits for something another process does, always with an end. */
import { setTimeout as sleep } from 'node:timers/promises'

export interface UntilOptions {
  /** Milliseconds until it counts as failed. */
  readonly within?: number
  /** Milliseconds between two looks. */
  readonly every?: number
  /** What to show a person when it did not happen. */
  readonly evidence?: () => string
}

/** Looks again and again until the look finds something; throws, saying what was waited for and what was there instead. */
export const until = async <T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  { within = 20_000, every = 50, evidence }: UntilOptions = {},
): Promise<T> => {
  const deadline = Date.now() + within
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (Date.now() > deadline) {
      const seen = evidence === undefined ? '' : `\nThere was:\n${evidence()}`
      throw new Error(`waited ${within / 1000} s for: ${what}${seen}`)
    }
    await sleep(every)
  }
}
