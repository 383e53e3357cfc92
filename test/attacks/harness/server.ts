/** Starts the server under attack (victim.ts) as a child process on free ports of this machine, and asks it how it fares. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { env, execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import type { ServerConfigInput } from '@rookery/server'
import { type Canary, startCanary } from './canary.ts'
import type { Question, Reply, Started, VictimSetup, Vitals, Watched } from './messages.ts'

export interface VictimOptions {
  /** Merged over: hosts a.example and b.example, 127.0.0.1, free ports, default limits. */
  readonly config?: ServerConfigInput
  /** Logins need TLS, as by default; otherwise PLAIN without TLS is allowed, for attacks that are not about TLS. */
  readonly secure?: boolean
  readonly sqlite?: { readonly folder: string; readonly maxBytes?: number }
  /** Beside mallory and v (the attacker and the victim) of both hosts. */
  readonly accounts?: readonly string[]
  /** Milliseconds by which its wall clock is wrong. */
  readonly clockStep?: number
  /** RLIMIT_NOFILE of the process. */
  readonly openFiles?: number
  /** False: nobody chats meanwhile, so `attack` cannot be used. */
  readonly canary?: boolean
}

/** Two users of their own, who come from an address of their own. */
const canaries = ['romeo@b.example', 'juliet@b.example']

export class Victim implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  #count = 0
  #started: Started | undefined
  #canary: Canary | undefined
  isSecure = false
  /** What it wrote to standard error, the last few thousand characters. */
  complaints = ''

  constructor(child: ChildProcess) {
    this.#child = child
    child.on('message', (reply: Reply) => {
      const waiting = this.#waiting.get(reply.id)
      this.#waiting.delete(reply.id)
      if ('failure' in reply) waiting?.reject(new Error(reply.failure))
      else waiting?.resolve(reply.value)
    })
    child.on('exit', (code, signal) => {
      for (const { reject } of this.#waiting.values())
        reject(new Error(`the server has died (${signal ?? code}): ${this.complaints}`))
      this.#waiting.clear()
    })
    child.stderr?.setEncoding('utf8')
    child.stderr?.on('data', (text: string) => {
      this.complaints = (this.complaints + text).slice(-4000)
    })
  }

  async start(setup: VictimSetup): Promise<void> {
    this.#started = (await this.#tell({ setup })) as Started
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }
  /** STARTTLS. */
  get port(): number {
    return this.#started?.port ?? 0
  }
  /** TLS from the first byte. */
  get tlsPort(): number {
    return this.#started?.tlsPort ?? 0
  }
  /** Without TLS: for clients on this machine, and for proxies. */
  get httpPort(): number {
    return this.#started?.httpPort ?? 0
  }
  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }
  get canary(): Canary {
    if (this.#canary === undefined) throw new Error('this victim was started without a canary')
    return this.#canary
  }
  set canary(canary: Canary) {
    this.#canary = canary
  }

  /** Whether the server has a built-in feature: an attack on one that does not exist yet waits for it. */
  has(feature: string): boolean {
    return this.#started?.features.includes(feature) ?? false
  }

  vitals(): Promise<Vitals> {
    return this.#ask({ ask: 'vitals' }) as Promise<Vitals>
  }
  watch(): Promise<Watched> {
    return this.#ask({ ask: 'watch' }) as Promise<Watched>
  }
  /** How many messages are kept for an account. */
  stored(jid: string): Promise<number> {
    return this.#ask({ ask: 'stored', jid }) as Promise<number>
  }
  sessionsOf(jid: string): Promise<number> {
    return this.#ask({ ask: 'sessionsOf', jid }) as Promise<number>
  }
  resumable(host = 'a.example'): Promise<number> {
    return this.#ask({ ask: 'resumable', host }) as Promise<number>
  }
  async stepClock(ms: number): Promise<void> {
    await this.#ask({ ask: 'stepClock', ms })
  }
  isPolluted(): Promise<boolean> {
    return this.#ask({ ask: 'polluted' }) as Promise<boolean>
  }
  async addAccount(jid: string): Promise<void> {
    await this.#ask({ ask: 'addAccount', jid })
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    const exit = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exit
  }

  async stop(): Promise<void> {
    await this.#canary?.stop()
    if (!this.isAlive) return
    const exit = once(this.#child, 'exit')
    const kill = (ms: number): NodeJS.Timeout => setTimeout(() => this.#child.kill('SIGKILL'), ms)
    const hanging = kill(30_000)
    await Promise.race([this.#ask({ ask: 'stop' }).catch(() => undefined), exit])
    const lingering = kill(2000)
    await exit
    for (const timer of [hanging, lingering]) clearTimeout(timer)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  #ask(question: Question): Promise<unknown> {
    return this.#tell({ question })
  }

  #tell(message: object): Promise<unknown> {
    const id = ++this.#count
    return new Promise((resolve, reject) => {
      if (!this.#child.connected) return reject(new Error(`the server has died: ${this.complaints}`))
      this.#waiting.set(id, { resolve, reject })
      this.#child.send({ id, ...message })
    })
  }
}

export async function startVictim(options: VictimOptions = {}): Promise<Victim> {
  const { config = {}, secure = false, openFiles, canary = true } = options
  const program = fileURLToPath(new URL('./victim.ts', import.meta.url))
  // young memory small and freed memory given back at once: what stays resident is what is in use. Of the allocator's heap
  // only the end can be given back; blocks that are mapped one by one go back alone. Those of 8 kB and more are what V8
  // compiles in (20 MB at times, which once stayed as holes), what sockets are read into, and the pages of SQLite.
  const flags = ['--expose-gc', '--disable-proto=throw', '--max-semi-space-size=1']
  const node = [execPath, ...flags, program]
  const command = openFiles === undefined ? node : ['prlimit', `--nofile=${openFiles}:${openFiles}`, ...node]
  const child = spawn(command[0]!, command.slice(1), {
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    serialization: 'advanced',
    env: {
      ...env,
      MALLOC_ARENA_MAX: '1',
      MALLOC_TRIM_THRESHOLD_: '131072',
      MALLOC_MMAP_THRESHOLD_: '8192',
      MALLOC_MMAP_MAX_: '32768',
    },
  })
  const victim = new Victim(child)
  victim.isSecure = secure
  const relaxed = secure ? {} : { tls: { required: false }, auth: { plainWithoutTls: true } }
  const setup: VictimSetup = {
    config: {
      hosts: ['a.example', 'b.example'],
      ...config,
      listen: {
        address: ['127.0.0.1'],
        c2s: 0,
        tls: 0,
        http: 0,
        httpAddress: ['127.0.0.1'],
        https: 0,
        ...config.listen,
      },
      tls: { ...relaxed.tls, ...config.tls },
      auth: { iterations: 4096, ...relaxed.auth, ...config.auth },
    },
    sqlite: options.sqlite,
    clockStep: options.clockStep ?? 0,
    accounts: [
      ...['mallory@a.example', 'v@a.example', 'mallory@b.example', 'v@b.example'],
      ...canaries,
      ...(options.accounts ?? []),
    ],
  }
  try {
    await victim.start(setup)
  } catch (error) {
    child.kill('SIGKILL') // nobody else will
    throw error
  }
  if (canary) victim.canary = await startCanary({ port: victim.port, secure, jids: canaries })
  return victim
}
