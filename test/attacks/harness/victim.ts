/** The server under attack, in a process of its own: its memory, files and event loop are nobody else's. Started by server.ts. */
import { readdirSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import process from 'node:process'
import { inspect } from 'node:util'
import { builtIn, type ClockPower, createServer, type Log, type Server } from '@rookery/server'
import type { HostStorage, Storage } from '@rookery/storage'
import { createMemoryStorage } from '@rookery/storage/memory'
import { createSqliteStorage } from '@rookery/storage/sqlite'
import { faults, sessions } from './faults.ts'
import type { Question, Started, VictimSetup, Vitals, Watched } from './messages.ts'

const resolution = 10
const delay = monitorEventLoopDelay({ resolution })
delay.enable()
const prototypeKeys = Reflect.ownKeys(Object.prototype).length

let peakRss = 0
setInterval(() => {
  peakRss = Math.max(peakRss, residentMemory())
}, 25).unref()

/** Reading it takes a file; when those have run out (S137), 0. */
function residentMemory(): number {
  try {
    return process.memoryUsage.rss()
  } catch {
    return 0
  }
}

let errors: string[] = []
const log: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: (fields, text) => {
    if (errors.length < 50) errors.push(`${text} ${inspect(fields, { breakLength: Number.POSITIVE_INFINITY })}`)
  },
}

let step = 0
const clock: ClockPower = {
  now: () => Date.now() + step,
  monotonic: () => performance.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms)
    return { [Symbol.dispose]: () => clearTimeout(timer) }
  },
}

let server: Server | undefined
let storage: Storage | undefined

/** Looking for what archives have too much of: while storage does that there is no timer, and then there is one again. */
const trimming = new Set<Promise<unknown>>()

function noteTrimming({ archive }: HostStorage): void {
  const trim = archive.trim.bind(archive)
  const noted = (...given: Parameters<typeof trim>): Promise<number> => {
    const run = trim(...given)
    trimming.add(run)
    const over = (): boolean => trimming.delete(run)
    run.then(over, over)
    return run
  }
  Object.defineProperty(archive, 'trim', { value: noted })
}

async function start({ config, sqlite, accounts, clockStep }: VictimSetup): Promise<Started> {
  step = clockStep
  storage = sqlite === undefined ? createMemoryStorage() : createSqliteStorage(sqlite)
  for (const host of config.hosts ?? []) noteTrimming(storage.host(host))
  server = await createServer({ ...config, storage, log, clock, plugins: [faults] })
  await server.start()
  for (const jid of accounts) await addAccount(jid)
  const port = (kind: string): number => server?.endpoints.find((endpoint) => endpoint.kind === kind)?.port ?? 0
  return { port: port('c2s'), tlsPort: port('tls'), httpPort: port('http'), features: builtIn.map(({ name }) => name) }
}

async function addAccount(jid: string): Promise<boolean> {
  const at = jid.lastIndexOf('@')
  const local = jid.slice(0, at)
  return server!.accounts(jid.slice(at + 1)).create(local, `secret-${local}`)
}

async function vitals(): Promise<Vitals> {
  for (let round = 0; round < 2; round++) {
    // the last resort drops compiled code as well, and gives pages back
    globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })
    await new Promise((resolve) => setImmediate(resolve))
  }
  while (trimming.size > 0) await Promise.allSettled(trimming)
  const resources: Record<string, number> = {}
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1
  const { rss, heapUsed, external } = process.memoryUsage()
  const fds = readdirSync('/proc/self/fd').length
  return { rss, heap: heapUsed + external, fds, resources, sessions: sessions.count }
}

function watch(): Watched {
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolution)
  const seen = { peakRss, delayP99: late(delay.percentile(99)), delayMax: late(delay.max), errors }
  delay.reset()
  errors = []
  peakRss = residentMemory()
  return seen
}

async function answer(question: Question): Promise<unknown> {
  switch (question.ask) {
    case 'vitals':
      return vitals()
    case 'watch':
      return watch()
    case 'stored': {
      const at = question.jid.lastIndexOf('@')
      return (await storage!.host(question.jid.slice(at + 1)).offline.size(question.jid.slice(0, at))).count
    }
    case 'sessionsOf': {
      const at = question.jid.lastIndexOf('@')
      return sessions.of(question.jid.slice(0, at), question.jid.slice(at + 1))
    }
    case 'resumable':
      return (await storage!.host(question.host).resumption.list({ limit: 1_000_000 })).length
    case 'stepClock':
      step += question.ms
      return undefined
    case 'polluted':
      return Reflect.ownKeys(Object.prototype).length !== prototypeKeys || 'polluted' in {}
    case 'addAccount':
      return addAccount(question.jid)
    case 'stop':
      await server?.stop()
      setImmediate(() => process.disconnect())
      return undefined
  }
}

process.on('message', (message: { id: number; setup?: VictimSetup; question?: Question }) => {
  const { id, setup, question } = message
  const done = setup !== undefined ? start(setup) : answer(question!)
  done.then(
    (value) => process.send?.({ id, value }),
    (error: unknown) => process.send?.({ id, failure: inspect(error) }),
  )
})
// the test is gone: so is its victim
process.on('disconnect', () => process.exit())
