/** One run from an empty disk to the verdict: set up, send under the nemesis, calm down, restart, page everything, check. */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Device } from './actors/device.ts'
import { Sender } from './actors/sender.ts'
import { type CastDevice, type CastRecipient, recipients, senders } from './cast.ts'
import { check } from './checker.ts'
import { keepNothing, readArchive } from './client/archive.ts'
import { nothingToTell, withCount } from './client/client.ts'
import { type Place, register } from './client/login.ts'
import { createDisk, type Disk } from './disk.ts'
import {
  ArchiveJournal,
  DeviceJournal,
  files,
  Journal,
  type Manifest,
  readHistory,
  SenderJournal,
  writeManifest,
} from './journal.ts'
import { Nemesis } from './nemesis.ts'
import type { RunOptions } from './options.ts'
import { Random } from './random.ts'
import { isClean, quantile, type Report } from './report.ts'
import { peerTarget } from './targets/peer.ts'
import { rookeryTarget } from './targets/rookery.ts'
import type { Target } from './targets/target.ts'

/** Milliseconds for everybody to come to rest once nothing is done to the server any more. */
const restWithin = 180_000

export async function run(options: RunOptions, log: (text: string) => void): Promise<Report> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'rookery-nolost-'))
  mkdirSync(folder, { recursive: true })
  const disk = createDisk(folder, options.disk)
  log(`disk: ${disk.note}`)
  const target =
    options.target === 'rookery'
      ? await rookeryTarget(disk.folder, folder, options.archive)
      : await peerTarget(options.target, disk.folder, folder, options.archive)
  const stage = new Stage(options, folder, disk, target, log)
  let isToKeep = true
  try {
    const report = await stage.play()
    if (isClean(report)) isToKeep = options.folder !== undefined
    else cpSync(join(disk.folder, 'data'), join(folder, 'data'), { recursive: true })
    return report
  } finally {
    await stage.clear()
    // not before: the disk is mounted in it
    if (!isToKeep) rmSync(folder, { recursive: true, force: true })
  }
}

class Stage {
  readonly #options: RunOptions
  readonly #folder: string
  readonly #disk: Disk
  readonly #target: Target
  readonly #log: (text: string) => void
  readonly #place: Place
  readonly #cast: readonly CastRecipient[]
  readonly #senders: Sender[] = []
  readonly #devices: Device[] = []
  readonly #faults: string[] = []
  readonly #nemesisJournal: Journal
  #faultCount = 0

  constructor(options: RunOptions, folder: string, disk: Disk, target: Target, log: (text: string) => void) {
    this.#options = options
    this.#folder = folder
    this.#disk = disk
    this.#target = target
    this.#log = log
    this.#nemesisJournal = new Journal(join(folder, 'nemesis.log'))
    this.#place = { port: target.port, host: target.host, tls: options.tls }
    this.#cast = recipients(options.recipients).map((one) => ({
      ...one,
      isArchived: one.isArchived && options.archive,
    }))
  }

  async play(): Promise<Report> {
    const { target, nemesis, began } = await this.#setUp()
    await this.#trouble(nemesis)
    const troubled = performance.now() - began
    await this.#rest()
    for (const actor of [...this.#senders, ...this.#devices]) await actor.stop()
    await nemesis.finalRestart()
    await this.#late()
    const counts = await this.#page()
    const rss = nemesis.peakRss
    await target.process.signal('SIGTERM')
    const dataBytes = target.dataBytes()

    this.#log('checking')
    this.#writeManifest(counts)
    const latencies = this.#senders.flatMap((sender) => sender.latencies)
    const everybody = [...this.#senders, ...this.#devices].map(({ client }) => client)
    const sum = (of: 'connections' | 'resumptions' | 'lostSessions'): number =>
      everybody.reduce((total, client) => total + client[of], 0)
    const refusals = added(everybody.map((client) => client.refusals))
    // internal-server-error: the disk was full or broken in that moment, and the server said so
    for (const [why, times] of refusals)
      if (!why.endsWith(withCount) && !why.endsWith(nothingToTell) && why !== 'internal-server-error')
        this.#fault(`${times} resumptions failed without a word on what had been handled (${why})`)
    if (target.process.crashes > 0) this.#fault(`the server ended by itself ${target.process.crashes} times`)
    return {
      options: this.#options,
      version: target.version,
      disk: this.#disk.note,
      folder: this.#folder,
      findings: check(readHistory(this.#folder)),
      faults: this.#faults,
      deeds: nemesis.done,
      kills: nemesis.kills,
      restarts: nemesis.restarts,
      seconds: troubled / 1000,
      latency: { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99), max: quantile(latencies, 1) },
      connections: sum('connections'),
      resumptions: sum('resumptions'),
      lostSessions: sum('lostSessions'),
      refusals,
      rss,
      dataBytes,
    }
  }

  /** Ends whatever may still run. */
  async clear(): Promise<void> {
    for (const actor of [...this.#senders, ...this.#devices]) await actor.stop()
    this.#nemesisJournal.close()
    await this.#target.process.signal('SIGKILL')
    this.#disk.remove()
  }

  #fault = (text: string): void => {
    this.#faultCount++
    if (this.#faultCount <= 50) this.#faults.push(text)
  }

  #random(stream: string): Random {
    return new Random(this.#options.seed, stream)
  }

  #credentials(username: string): { username: string; password: string } {
    return { username, password: `secret-${username}` }
  }

  async #setUp(): Promise<{ target: Target; nemesis: Nemesis; began: number }> {
    const { senders: count, rate, window, syncJournals, longestStop, only } = this.#options
    const target = this.#target
    this.#disk.settle()
    await this.#start()
    const names = senders(count)
    for (const name of [...names, ...this.#cast.map((one) => one.name)])
      await register(this.#place, this.#credentials(name))
    for (const { name, isArchived } of this.#cast)
      if (!isArchived && this.#options.archive) await keepNothing(this.#place, this.#credentials(name))
    // accounts and settings are not under test: every server may write them down in its own time
    await target.process.signal('SIGTERM')
    this.#disk.settle()
    await this.#start()

    for (const recipient of this.#cast)
      for (const device of recipient.devices) if (!device.isLate) this.#addDevice(recipient, device)
    await this.#quiet(this.#devices)
    const addressees = this.#cast.map(({ name, weight }) => ({ name, weight }))
    for (const name of names) {
      const sender = new Sender({
        place: this.#place,
        credentials: this.#credentials(name),
        journal: new SenderJournal(files.sender(this.#folder, name), syncJournals),
        random: this.#random(name),
        addressees,
        rate: rate / count,
        window,
        fault: this.#fault,
      })
      this.#senders.push(sender)
      sender.start()
    }
    const nemesis = new Nemesis({
      target,
      disk: this.#disk,
      random: this.#random('nemesis'),
      clients: [...this.#senders, ...this.#devices].map(({ client }) => client),
      longestStop: longestStop * 1000,
      pause: [300, 3000],
      only,
      log: this.#log,
      note: (text) => this.#nemesisJournal.note(text),
      fault: this.#fault,
    })
    return { target, nemesis, began: performance.now() }
  }

  async #start(): Promise<void> {
    const { process } = this.#target
    process.launch()
    if (!(await process.ready())) throw new Error(`the server does not start:\n${process.said}`)
  }

  #addDevice({ name: account, isArchived }: CastRecipient, { name, traits }: CastDevice): Device {
    const device = new Device({
      place: this.#place,
      credentials: this.#credentials(account),
      name,
      traits: { ...traits, isCatchingUp: traits.isCatchingUp && isArchived },
      journal: new DeviceJournal(files.device(this.#folder, account, name), this.#options.syncJournals),
      random: this.#random(`${account}/${name}`),
      fault: this.#fault,
    })
    this.#devices.push(device)
    device.start()
    return device
  }

  get #acknowledged(): number {
    return this.#senders.reduce((sum, sender) => sum + sender.acked, 0)
  }

  async #trouble(nemesis: Nemesis): Promise<void> {
    const { kills, secs, messages, limit } = this.#options
    const began = performance.now()
    const running = nemesis.run()
    let failure: unknown
    running.catch((error: unknown) => (failure = error))
    for (let turn = 1; failure === undefined; turn++) {
      await sleep(1000)
      const passed = (performance.now() - began) / 1000
      const done = this.#acknowledged
      if (turn % 10 === 0)
        this.#log(`${passed.toFixed(0)} s: ${done} acknowledged, ${nemesis.kills} kills, ${this.#deedsOf(nemesis)}`)
      if (passed >= limit || (nemesis.kills >= kills && passed >= secs && done >= messages)) break
    }
    nemesis.end()
    await running
    this.#log(`calm after ${((performance.now() - began) / 1000).toFixed(0)} s: ${this.#acknowledged} acknowledged`)
  }

  #deedsOf({ done }: Nemesis): string {
    return [...done].map(([deed, times]) => `${deed} ${times}`).join(' ')
  }

  /** Everything that was sent is acknowledged, and nothing arrives any more. */
  async #rest(): Promise<void> {
    for (const sender of this.#senders) sender.finish()
    const deadline = performance.now() + restWithin
    for (const sender of this.#senders) {
      while (!sender.isSettled && performance.now() < deadline) await sleep(50)
      if (!sender.isSettled)
        this.#fault(
          `${sender.client.jid} has ${sender.sent - sender.acked} messages without an acknowledgement: ${sender.client.lastTrouble}`,
        )
    }
    for (const device of this.#devices) device.calm()
    await this.#quiet(this.#devices)
  }

  /** Each device is online and has had an answer, twice, without anything arriving in between. */
  async #quiet(devices: readonly Device[]): Promise<void> {
    const deadline = performance.now() + restWithin
    const total = (): number => devices.reduce((sum, device) => sum + device.received, 0)
    for (let rounds = 0; rounds < 2; ) {
      const before = total()
      const answers = devices.map(async (device) => {
        while (!device.isUpToDate && performance.now() < deadline) await sleep(20)
        await Promise.race([device.client.ping(), sleep(10_000, undefined, { ref: false })])
        return device.isUpToDate
      })
      const isOnline = (await Promise.allSettled(answers)).every((one) => one.status === 'fulfilled' && one.value)
      await sleep(500)
      rounds = isOnline && total() === before ? rounds + 1 : 0
      if (performance.now() < deadline) continue
      const stuck = devices.filter(({ isUpToDate }) => !isUpToDate)
      const words = stuck.map(({ client }) => `${client.jid}: ${client.lastTrouble}`).join('; ')
      return this.#fault(`devices do not come to rest${words === '' ? '' : `: ${words}`}`)
    }
  }

  /** Those who were away all the time log in. */
  async #late(): Promise<void> {
    const late: Device[] = []
    for (const recipient of this.#cast)
      for (const device of recipient.devices) if (device.isLate) late.push(this.#addDevice(recipient, device))
    for (const device of late) device.calm()
    await this.#quiet(late)
    for (const device of late) await device.stop()
  }

  /** Gives what each archive says about its size. */
  async #page(): Promise<Map<string, number | undefined>> {
    const counts = new Map<string, number | undefined>()
    const accounts = [
      ...(this.#options.archive ? senders(this.#options.senders) : []),
      ...this.#cast.filter((one) => one.isArchived).map((one) => one.name),
    ]
    const waiting = [...accounts]
    const began = performance.now()
    let pages = 0
    const work = async (): Promise<void> => {
      for (let account = waiting.shift(); account !== undefined; account = waiting.shift()) {
        for (const way of ['forward', 'backward'] as const) {
          const whole = await readArchive(this.#place, this.#credentials(account), way)
          const journal = new ArchiveJournal(files.archive(this.#folder, account, way))
          for (const message of whole.messages) journal.entry(message)
          journal.close()
          pages += whole.pages
          if (way === 'forward') counts.set(account, whole.count)
        }
      }
    }
    await Promise.all([work(), work(), work()])
    this.#log(
      `paged ${accounts.length} archives, ${pages} pages in ${((performance.now() - began) / 1000).toFixed(1)} s`,
    )
    return counts
  }

  #writeManifest(counts: ReadonlyMap<string, number | undefined>): void {
    const names = senders(this.#options.senders)
    const manifest: Manifest = {
      domain: this.#place.host,
      accounts: [
        ...names.map((name) => ({ name, isArchived: this.#options.archive })),
        ...this.#cast.map(({ name, isArchived }) => ({ name, isArchived })),
      ],
      senders: names,
      devices: this.#cast.flatMap(({ name: account, devices }) =>
        devices.map(({ name: device, traits: { isManaged }, isPresent }) => ({
          account,
          device,
          isManaged,
          isPresent,
        })),
      ),
      archives: [...counts].map(([account, count]) => ({ account, count })),
    }
    writeManifest(this.#folder, manifest)
  }
}

function added(maps: readonly ReadonlyMap<string, number>[]): Map<string, number> {
  const sum = new Map<string, number>()
  for (const map of maps) for (const [key, count] of map) sum.set(key, (sum.get(key) ?? 0) + count)
  return sum
}
