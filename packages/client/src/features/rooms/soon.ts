/** Waiting for what a room may never say. */
import type { Clock } from '../../contract/platform.ts'
import { within } from '../../contract/within.ts'

/** Resolves when the work is done, and after 5 s in any case: then it goes on without. */
export async function soon(clock: Clock, work: Promise<unknown>): Promise<void> {
  await within(clock, work, { timeout: 5_000 }).catch(() => undefined)
}
