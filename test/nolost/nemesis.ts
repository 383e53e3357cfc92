/**
 * The nemesis: does to the server what machines and operators do, one thing after another, in an order that a seed decides. It never touches a
 * process that was not started here.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from './client/client.ts'
import type { Disk } from './disk.ts'
import type { Random } from './random.ts'
import { residentBytes } from './targets/sizes.ts'
import type { Target } from './targets/target.ts'

/** What it can do, and how often compared with the others. */
const weights = {
  /** SIGKILL, and up again. */
  kill: 40,
  /** SIGTERM; half of the time SIGKILL a moment later. */
  term: 12,
  /** SIGKILL, and again once or twice while it starts. */
  startup: 12,
  /** The machine stops, and the file system forgets what was not synced. */
  power: 12,
  /** The same, but the server lives on for a moment with a disk that fails everything. */
  broken: 4,
  /** SIGKILL, and a transaction that was never finished lies in the log. */
  torn: 8,
  /** SIGSTOP, SIGCONT. */
  stop: 8,
  /** RST to some clients. */
  reset: 14,
  /** Some clients are gone without a word. */
  freeze: 6,
  /** No room on the disk for a while. */
  full: 6,
  /** Another process on the same data. */
  second: 4,
}
export type Deed = keyof typeof weights
export const deeds: readonly Deed[] = Object.keys(weights) as Deed[]

export interface NemesisOptions {
  readonly target: Target
  readonly disk: Disk
  readonly random: Random
  readonly clients: readonly Client[]
  /** Longest SIGSTOP in milliseconds. */
  readonly longestStop: number
  /** Pause between deeds, from and to, in milliseconds, counted from when the server is back. */
  readonly pause: readonly [least: number, most: number]
  readonly only?: readonly Deed[] | undefined
  log(text: string): void
  /** Every deed, with its time. */
  note(text: string): void
  fault(text: string): void
}

export interface Restart {
  readonly deed: string
  /** Milliseconds from the start of the process until it offers stream features. */
  readonly ready: number
  /** What was stored then. */
  readonly bytes: number
}

export class Nemesis {
  readonly #options: NemesisOptions
  readonly #possible: Record<string, number>
  readonly done = new Map<Deed, number>()
  readonly restarts: Restart[] = []
  /** SIGKILLs, those of power cuts and start-ups included. */
  kills = 0
  peakRss = 0
  #isOver = false

  constructor(options: NemesisOptions) {
    this.#options = options
    const { target, disk, only } = options
    this.#possible = Object.fromEntries(
      Object.entries(weights).filter(
        ([deed]) =>
          (only === undefined || only.includes(deed as Deed)) &&
          (!['power', 'broken'].includes(deed) || disk.powerCut !== undefined) &&
          (deed !== 'full' || disk.fill !== undefined) &&
          (deed !== 'torn' || target.tear !== undefined) &&
          (deed !== 'second' || target.startSecond !== undefined),
      ),
    )
    if (Object.keys(this.#possible).length === 0)
      throw new Error('nothing of what the nemesis shall do can be done here')
  }

  end(): void {
    this.#isOver = true
  }

  /** Goes on until it is told to end; then the server runs. */
  async run(): Promise<void> {
    const { random, pause } = this.#options
    while (!this.#isOver) {
      await this.#wait(random.integer(...pause))
      if (this.#isOver) break
      await this.#revive()
      const deed = random.weighted(this.#possible) as Deed
      this.done.set(deed, (this.done.get(deed) ?? 0) + 1)
      this.#options.note(deed)
      await this.#do(deed)
    }
    await this.#revive()
  }

  /** A last SIGKILL and restart, so that what is read afterwards was read from the disk. */
  async finalRestart(): Promise<void> {
    await this.#kill()
    await this.#start('final')
  }

  /** In pieces, so that a server that fell over is noticed. */
  async #wait(milliseconds: number): Promise<void> {
    const until = performance.now() + milliseconds
    while (performance.now() < until && !this.#isOver) {
      this.#measure()
      await sleep(Math.min(100, milliseconds))
      await this.#revive()
    }
  }

  #measure(): void {
    const { pid } = this.#options.target.process
    this.peakRss = Math.max(this.peakRss, (pid === undefined ? undefined : residentBytes(pid)) ?? 0)
  }

  /** A server that ended by itself is started again, as a service manager would. */
  async #revive(): Promise<void> {
    const { process } = this.#options.target
    if (process.isRunning) return
    this.#options.log(`the server has ended by itself; its last words:\n${process.said.slice(-600)}`)
    await this.#start('crash')
  }

  async #start(deed: string): Promise<void> {
    const { target, log } = this.#options
    for (let attempt = 1; ; attempt++) {
      const begin = performance.now()
      target.process.launch()
      if (await target.process.ready()) {
        this.#options.note(`up after ${deed}`)
        this.restarts.push({ deed, ready: performance.now() - begin, bytes: target.dataBytes() })
        return
      }
      log(`start ${attempt} after ${deed} failed:\n${target.process.said.slice(-600)}`)
      if (attempt === 10) throw new Error(`the server does not start any more, after ${deed}`)
      await sleep(500)
    }
  }

  async #kill(): Promise<void> {
    this.#measure()
    this.kills++
    this.#options.note('SIGKILL')
    await this.#options.target.process.signal('SIGKILL')
  }

  async #do(deed: Deed): Promise<void> {
    const { random, target, disk, log } = this.#options
    const { process } = target
    switch (deed) {
      case 'kill':
        await this.#kill()
        await sleep(random.integer(0, 300))
        return this.#start(deed)
      case 'term': {
        if (random.chance(0.5)) await process.signal('SIGTERM')
        else {
          const ending = process.signal('SIGTERM')
          await sleep(random.integer(1, 200))
          if (process.isRunning) await this.#kill()
          await ending
        }
        return this.#start(deed)
      }
      case 'startup':
        await this.#kill()
        for (let times = random.integer(1, 2); times > 0; times--) {
          process.launch()
          await Promise.race([sleep(random.integer(10, 1200)), process.ready().catch(() => false)])
          await sleep(random.integer(0, 30))
          await this.#kill()
        }
        return this.#start(deed)
      case 'power':
        process.halt('SIGSTOP') // nothing happens after a power cut
        disk.powerCut?.()
        await this.#kill()
        disk.restore?.()
        return this.#start(deed)
      case 'broken':
        process.mayEnd()
        disk.powerCut?.()
        await sleep(random.integer(50, 1000))
        await this.#kill()
        disk.restore?.()
        return this.#start(deed)
      case 'torn': {
        await this.#kill()
        log(`torn: ${target.tear?.(() => random.fraction())}`)
        return this.#start(deed)
      }
      case 'stop': {
        const length = random.chance(0.1) ? this.#options.longestStop : random.integer(200, 5000)
        process.halt('SIGSTOP')
        await sleep(Math.min(length, this.#options.longestStop))
        return process.halt('SIGCONT')
      }
      case 'reset':
        return this.#some((client) => client.breakOff('reset'))
      case 'freeze':
        return this.#some((client) => client.breakOff('freeze'))
      case 'full':
        disk.fill?.()
        await sleep(random.integer(500, 2500))
        if (random.chance(0.3)) await this.#kill()
        disk.free?.()
        return process.isRunning ? undefined : this.#start(deed)
      case 'second': {
        const wrong = await target.startSecond?.()
        if (wrong !== undefined) this.#options.fault(wrong)
        if (!process.isRunning) this.#options.fault('the first process did not survive the second')
      }
    }
  }

  #some(act: (client: Client) => void): void {
    const { random, clients } = this.#options
    for (const client of clients) if (client.isOnline && random.chance(0.4)) act(client)
  }
}
