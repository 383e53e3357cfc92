/**
 * One run of the load generator: log everybody in, then hold, chat or ping for a fixed time, measured from outside the server.
 * Closed loop: what is offered follows what the server delivers. Bounded in time by its options.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { LoadConnection, type LoadShared } from './load-connection.ts'
import { type LoadOptions, type LoadPlan, planLoad } from './load-options.ts'
import type { LoadResult } from './load-result.ts'
import { cpuSeconds, residentKb } from './process-usage.ts'
import { chatTraffic, pingTraffic, type Traffic } from './traffic.ts'

const drainMs = 1000
const reasonsKept = 5

/** Runs one load and resolves with its figures; rejects with a LoadError if the options are refused. A server that fails is a result, not an error. */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const plan = planLoad(options)
  const crowd = new Crowd(plan)
  try {
    return await measure(plan, crowd)
  } finally {
    await crowd.leave()
  }
}

async function measure(plan: LoadPlan, crowd: Crowd): Promise<LoadResult> {
  const rssBefore = residentKb(plan.pids)
  const start = snapshot(plan)
  await crowd.enter()
  const login = since(start, snapshot(plan))
  const ready = crowd.ready
  let held: Held | undefined
  if (plan.mode === 'idle') held = await hold(plan)
  else if (plan.mode === 'chat' || plan.mode === 'ping') {
    await sleep(plan.settleSeconds * 1000)
    const make = plan.mode === 'chat' ? chatTraffic : pingTraffic
    held = await drive(plan, make(plan, crowd.connections))
  }
  const rssAfter = held?.rss ?? residentKb(plan.pids)
  const { traffic, interval } = held ?? {}
  const serverCpu = interval?.serverSeconds === undefined ? undefined : interval.serverSeconds / interval.seconds
  return {
    mode: plan.mode,
    tls: plan.tls,
    users: plan.users,
    window: plan.window,
    size: plan.size,
    ready,
    failed: plan.users - ready,
    errors: (traffic?.errors ?? 0) + crowd.broken,
    lost: traffic?.lost,
    reasons: [...crowd.reasons],
    loginSeconds: login.seconds,
    loginsPerSecond: ready / login.seconds,
    cpuMsPerLogin: perItem(login.serverSeconds, ready, 1e3),
    measuredSeconds: interval?.seconds,
    measuredFrom: interval?.from,
    sentPerSecond: traffic && interval && traffic.sent / interval.seconds,
    deliveredPerSecond: traffic && interval && traffic.delivered / interval.seconds,
    serverCpu,
    cpuMicrosPerStanza: traffic && perItem(interval?.serverSeconds, traffic.delivered, 1e6),
    generatorCpu: (interval ?? login).ownSeconds / (interval ?? login).seconds,
    p50Ms: traffic?.p50Ms,
    p99Ms: traffic?.p99Ms,
    rssBeforeMb: rssBefore && rssBefore / 1024,
    rssAfterMb: rssAfter && rssAfter / 1024,
    kbPerSession: perItem(
      rssBefore === undefined || rssAfter === undefined ? undefined : rssAfter - rssBefore,
      ready,
      1,
    ),
  }
}

interface Held {
  readonly interval: Interval
  readonly rss: number | undefined
  readonly traffic?: {
    readonly sent: number
    readonly delivered: number
    readonly errors: number
    readonly lost: number
    readonly p50Ms: number | undefined
    readonly p99Ms: number | undefined
  }
}

async function hold(plan: LoadPlan): Promise<Held> {
  const from = snapshot(plan)
  await sleep(plan.seconds * 1000)
  return { interval: since(from, snapshot(plan)), rss: residentKb(plan.pids) }
}

async function drive(plan: LoadPlan, traffic: Traffic): Promise<Held> {
  const { counters } = traffic
  traffic.start()
  await sleep(Math.min(3, plan.seconds / 4) * 1000)
  counters.reset()
  const from = snapshot(plan)
  await sleep(plan.seconds * 1000)
  const interval = since(from, snapshot(plan))
  const rss = residentKb(plan.pids)
  const { sent, delivered, errors } = counters
  const p50 = counters.latency.quantile(0.5)
  const p99 = counters.latency.quantile(0.99)
  traffic.stop()
  const deadline = performance.now() + drainMs
  while (counters.outstanding > 0 && performance.now() < deadline) await sleep(20)
  return {
    interval,
    rss,
    traffic: {
      sent,
      delivered,
      errors,
      lost: Math.max(0, counters.outstanding),
      p50Ms: p50 === undefined ? undefined : p50 / 1000,
      p99Ms: p99 === undefined ? undefined : p99 / 1000,
    },
  }
}

/** All connections of a run; opens them a few at a time. */
class Crowd implements LoadShared {
  readonly plan: LoadPlan
  readonly connections: LoadConnection[] = []
  readonly reasons = new Map<string, number>()
  ready = 0
  broken = 0
  #settled = 0
  #isOpen = true
  #done: (() => void) | undefined

  constructor(plan: LoadPlan) {
    this.plan = plan
  }

  /** Resolves when every user is ready or has failed, or when the time for it is over. */
  async enter(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    this.#done = () => resolve(undefined)
    const timer = setTimeout(() => {
      this.#isOpen = false
      this.#note(`not ready within ${this.plan.loginSeconds} s`, this.plan.users - this.#settled)
      resolve(undefined)
    }, this.plan.loginSeconds * 1000)
    for (let i = 0; i < this.plan.concurrency; i++) this.#startNext()
    await promise
    clearTimeout(timer)
  }

  /** Ends all streams and gives the server a moment to notice. */
  async leave(): Promise<void> {
    this.#isOpen = false
    for (const connection of this.connections) connection.close()
    await sleep(200)
  }

  settled(_connection: LoadConnection, reason: string | undefined): undefined {
    if (!this.#isOpen) return
    this.#settled++
    if (reason === undefined) this.ready++
    else this.#note(reason, 1)
    if (this.#settled === this.plan.users) this.#done?.()
    else this.#startNext()
  }

  broke(_connection: LoadConnection, reason: string): void {
    if (!this.#isOpen) return
    this.broken++
    this.#note(`broke off: ${reason}`, 1)
  }

  #startNext(): void {
    const index = this.connections.length
    if (this.#isOpen && index < this.plan.users) this.connections.push(new LoadConnection(index, this))
  }

  #note(reason: string, count: number): void {
    const before = this.reasons.get(reason)
    if (before !== undefined || this.reasons.size < reasonsKept) this.reasons.set(reason, (before ?? 0) + count)
  }
}

interface Snapshot {
  readonly at: number
  readonly own: number
  readonly server: number | undefined
}

interface Interval {
  /** Milliseconds since the epoch. */
  readonly from: number
  readonly seconds: number
  readonly ownSeconds: number
  readonly serverSeconds: number | undefined
}

function snapshot(plan: LoadPlan): Snapshot {
  const own = process.cpuUsage()
  return { at: performance.now(), own: (own.user + own.system) / 1e6, server: cpuSeconds(plan.pids) }
}

function since(from: Snapshot, to: Snapshot): Interval {
  return {
    from: Math.round(performance.timeOrigin + from.at),
    seconds: (to.at - from.at) / 1000,
    ownSeconds: to.own - from.own,
    serverSeconds: from.server === undefined || to.server === undefined ? undefined : to.server - from.server,
  }
}

function perItem(amount: number | undefined, items: number, factor: number): number | undefined {
  return amount === undefined || items === 0 ? undefined : (amount * factor) / items
}
