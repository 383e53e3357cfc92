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
/** Milliseconds: LIVE of the catalogue and what S23 asks for, or what a busy machine may take. */
export const bounds: Readonly<Record<'latency' | 'delay' | 'service', number>> = isStrict
  ? { latency: 250, delay: 50, service: 1000 }
  : { latency: 3000, delay: 3000, service: 10_000 }

/** Whether to attack with the catalogue's full volume; otherwise with one that fits into a few minutes for the whole suite. */
export const isFull: boolean = env['ROOKERY_ATTACK_FULL'] === '1'

/** One of two volumes. */
export const volume = (usual: number, full: number): number => (isFull ? full : usual)

/** Repeat every attack that can be, and not only those that exceed a budget: how a leak within the budget is found. */
const isRepeated = env['ROOKERY_ATTACK_REPEAT'] === '1'
/** At most; the first that does not grow ends them. */
const repetitions = 2

export const MB: number = 1024 * 1024

export interface Budget {
  /** Bytes of live JavaScript memory that may remain afterwards. Default 2 MB: caches that are bounded. */
  readonly heap?: number
  /** Bytes of resident memory that may remain. Default 8 MB: what the allocator keeps for the next time. */
  readonly rss?: number
  /** Bytes by which resident memory may grow meanwhile, garbage included. Default 64 MB. */
  readonly peak?: number
  /** Milliseconds within which all must be back: connections that linger take up to 5 seconds. Default 8000. */
  readonly patience?: number
  /** Errors may be logged: the attack makes features fail. */
  readonly mayLogErrors?: boolean
  /** It cannot be done twice on one server, so that the budgets hold at once. */
  readonly once?: boolean
}

/** By how many bytes memory grew. */
type Growth = Readonly<Record<'heap' | 'rss' | 'peak', number>>

type Limits = Growth & { readonly patience: number; readonly mayLogErrors: boolean }

export interface Attack {
  /** One more line about what was run. */
  note(text: string): void
}

/**
 * Runs an attack on a victim while others chat; fails if they notice, or if anything of it remains. Memory that exceeds its
 * budget once may be kept for the next time (code, pools, holes of the allocator), and how much that is differs from machine
 * to machine. What leaks grows each time: so the attack is repeated, and fails if memory grows each time.
 */
export async function attack(
  t: TestContext,
  victim: Victim,
  run: (attack: Attack) => Promise<void>,
  budget: Budget = {},
): Promise<void> {
  const limits = { heap: 2 * MB, rss: 8 * MB, peak: 64 * MB, patience: 8000, mayLogErrors: false, ...budget }
  const { heap, rss, peak, once = false } = limits
  let growth = await perform(t, victim, run, limits)
  let suspects = exceeded(growth, { heap, rss, peak })
  const complaint = (): string => suspects.map((kind) => inWords[kind](growth[kind])).join('; ')
  if (isRepeated && !once && suspects.length === 0) suspects = ['heap', 'rss', 'peak']
  for (let again = 0; again < repetitions && suspects.length > 0 && !once; again++) {
    t.diagnostic(`once more: ${complaint()}`)
    growth = await perform(t, victim, run, limits)
    const grown = exceeded(growth, { heap: heap / 2, rss: rss / 2, peak })
    suspects = suspects.filter((kind) => grown.includes(kind))
  }
  assert.ok(suspects.length === 0, complaint())
}

/** One time. */
async function perform(
  t: TestContext,
  victim: Victim,
  run: (attack: Attack) => Promise<void>,
  limits: Limits,
): Promise<Growth> {
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
  const after = await calm(victim, before, limits)
  const growth = { heap: after.heap - before.heap, rss: after.rss - before.rss, peak: watched.peakRss - before.rss }
  notes.push(
    `canary ${canary.sent} messages, p50 ${ms(canary.p50)}, p99 ${ms(canary.p99)}; event loop late p99 ${ms(watched.delayP99)}, max ${ms(watched.delayMax)}`,
    `memory: peak ${mb(growth.peak)}, afterwards rss ${mb(growth.rss)}, heap ${mb(growth.heap)}; fds ${before.fds} → ${after.fds}`,
  )
  for (const note of notes) t.diagnostic(note)

  assert.ok(victim.isAlive, 'the server has died')
  assert.equal(canary.failure, undefined, 'the canary was disconnected')
  assert.equal(canary.lost, 0, 'messages of others were lost')
  assert.equal(canary.outOfOrder, 0, 'messages of others came out of order')
  assert.ok(canary.p99 < bounds.latency, `messages of others took ${ms(canary.p99)}`)
  assert.ok(watched.delayP99 < bounds.delay, `the event loop was late by ${ms(watched.delayP99)}`)
  assert.equal(leaks(before, after), undefined)
  if (!limits.mayLogErrors) assert.deepEqual(watched.errors, [], 'errors were logged')
  return growth
}

const ms = (figure: number): string => `${figure.toFixed(0)} ms`
const mb = (bytes: number): string => `${bytes < 0 ? '' : '+'}${(bytes / MB).toFixed(1)} MB`

const inWords: Readonly<Record<keyof Growth, (bytes: number) => string>> = {
  heap: (bytes) => `${mb(bytes)} stay in use`,
  rss: (bytes) => `${mb(bytes)} of memory stay with the process`,
  peak: (bytes) => `memory grew by ${mb(bytes)} meanwhile`,
}

const exceeded = (growth: Growth, limits: Growth): (keyof Growth)[] =>
  (['heap', 'rss', 'peak'] as const).filter((kind) => growth[kind] > limits[kind])

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
async function calm(victim: Victim, before: Vitals, budget: Limits): Promise<Vitals> {
  const deadline = Date.now() + budget.patience
  for (;;) {
    const now = await victim.vitals()
    const isCalm =
      leaks(before, now) === undefined && now.heap - before.heap <= budget.heap && now.rss - before.rss <= budget.rss
    if (isCalm || Date.now() > deadline) return now
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
