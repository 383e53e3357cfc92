/**
 * The frame around every attack (catalogue, section 0): LIVE while it goes on, and afterwards memory, files, timers and
 * sessions back to where they were. Bounds on time are strict with ROOKERY_ATTACK_STRICT=1, for a machine with nothing
 * else to do; the figures are always printed.
 */
import assert from 'node:assert/strict'
import { env } from 'node:process'
import type { TestContext } from 'node:test'
import type { Vitals } from './messages.ts'
import type { Victim } from './server.ts'

const isStrict = env['ROOKERY_ATTACK_STRICT'] === '1'
/** Milliseconds: LIVE of the catalogue, or what a busy machine may take. */
const bounds = isStrict ? { latency: 250, delay: 50 } : { latency: 2000, delay: 2000 }

/** Whether to attack with the catalogue's full volume; otherwise with one that fits into a few minutes for the whole suite. */
export const isFull: boolean = env['ROOKERY_ATTACK_FULL'] === '1'

/** One of two volumes. */
export const volume = (usual: number, full: number): number => (isFull ? full : usual)

export const MB: number = 1024 * 1024

export interface Budget {
  /** Bytes of live JavaScript memory that may remain afterwards. Default 2 MB: compiled code, caches that are bounded. */
  readonly heap?: number
  /** Bytes of resident memory that may remain. Default 16 MB: pages the allocator keeps for the next time. */
  readonly rss?: number
  /** Bytes by which resident memory may grow meanwhile, garbage included. Default 64 MB. */
  readonly peak?: number
  /** Milliseconds within which all must be back: connections that linger take up to 5 seconds. Default 8000. */
  readonly patience?: number
  /** Errors may be logged: the attack makes features fail. */
  readonly mayLogErrors?: boolean
}

export interface Attack {
  /** One more line about what was run. */
  note(text: string): void
}

/** Runs an attack on a victim while others chat; fails if they notice, or if anything of it remains. */
export async function attack(
  t: TestContext,
  victim: Victim,
  run: (attack: Attack) => Promise<void>,
  budget: Budget = {},
): Promise<void> {
  const { heap = 2 * MB, rss = 16 * MB, peak = 64 * MB, patience = 8000, mayLogErrors = false } = budget
  const notes: string[] = []
  const before = await victim.vitals()
  victim.canary.begin()
  await victim.watch()
  let failed = true
  try {
    await run({ note: (text) => notes.push(text) })
    failed = false
  } finally {
    // an attack that failed its own assertions is reported as that
    if (failed) for (const note of notes) t.diagnostic(note)
  }
  const canary = await victim.canary.end()
  const watched = await victim.watch()
  const after = await calm(victim, before, { heap, rss, patience })
  const ms = (figure: number): string => `${figure.toFixed(0)} ms`
  const mb = (bytes: number): string => `${bytes < 0 ? '' : '+'}${(bytes / MB).toFixed(1)} MB`
  notes.push(
    `canary ${canary.sent} messages, p50 ${ms(canary.p50)}, p99 ${ms(canary.p99)}; event loop late p99 ${ms(watched.delayP99)}, max ${ms(watched.delayMax)}`,
    `memory: peak ${mb(watched.peakRss - before.rss)}, afterwards rss ${mb(after.rss - before.rss)}, heap ${mb(after.heap - before.heap)}; fds ${before.fds} → ${after.fds}`,
  )
  for (const note of notes) t.diagnostic(note)

  assert.ok(victim.isAlive, 'the server has died')
  assert.equal(canary.failure, undefined, 'the canary was disconnected')
  assert.equal(canary.lost, 0, 'messages of others were lost')
  assert.equal(canary.outOfOrder, 0, 'messages of others came out of order')
  assert.ok(canary.p99 < bounds.latency, `messages of others took ${ms(canary.p99)}`)
  assert.ok(watched.delayP99 < bounds.delay, `the event loop was late by ${ms(watched.delayP99)}`)
  assert.ok(watched.peakRss - before.rss < peak, `memory grew by ${mb(watched.peakRss - before.rss)} meanwhile`)
  assert.ok(after.heap - before.heap <= heap, `${mb(after.heap - before.heap)} stay in use`)
  assert.ok(after.rss - before.rss <= rss, `${mb(after.rss - before.rss)} of memory stay with the process`)
  assert.equal(leaks(before, after), undefined)
  if (!mayLogErrors) assert.deepEqual(watched.errors, [], 'errors were logged')
}

/** What there is more of than before, in words. */
function leaks(before: Vitals, after: Vitals): string | undefined {
  const found: string[] = []
  if (after.fds > before.fds) found.push(`${after.fds - before.fds} open files`)
  if (after.sessions > before.sessions) found.push(`${after.sessions - before.sessions} sessions`)
  for (const [kind, count] of Object.entries(after.resources)) {
    // a turn of the event loop that is about to be, or a request of the storage: not kept by anybody
    if (kind === 'Immediate' || kind.endsWith('Req') || kind.endsWith('ReqWrap')) continue
    const more = count - (before.resources[kind] ?? 0)
    if (more > 0) found.push(`${more} ${kind}`)
  }
  return found.length === 0 ? undefined : `left behind: ${found.join(', ')}`
}

/** Lingering closes take up to 5 seconds; memory a few collections. */
async function calm(
  victim: Victim,
  before: Vitals,
  budget: Required<Pick<Budget, 'heap' | 'rss' | 'patience'>>,
): Promise<Vitals> {
  const deadline = Date.now() + budget.patience
  for (;;) {
    const now = await victim.vitals()
    const isCalm =
      leaks(before, now) === undefined && now.heap - before.heap <= budget.heap && now.rss - before.rss <= budget.rss
    if (isCalm || Date.now() > deadline) return now
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
