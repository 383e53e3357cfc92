/** LIVE of the catalogue: two users who chat all through every attack, in a thread of their own so that the attack cannot slow them down itself. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

export interface CanarySettings {
  readonly port: number
  readonly secure: boolean
  readonly jids: readonly string[]
}

/** What became of the messages of one window of time. */
export interface CanaryReport {
  readonly sent: number
  readonly lost: number
  readonly outOfOrder: number
  /** Milliseconds from one client to the other. */
  readonly p50: number
  readonly p99: number
  readonly max: number
  /** Why they could not chat, if so. */
  readonly failure: string | undefined
}

export class Canary {
  readonly #worker: Worker

  constructor(worker: Worker) {
    this.#worker = worker
  }

  /** Messages sent from now on count. */
  begin(): void {
    this.#worker.postMessage('begin')
  }

  /** Waits until there are enough messages, and for those under way; then says what became of them. */
  async end(): Promise<CanaryReport> {
    const report = once(this.#worker, 'message')
    this.#worker.postMessage('end')
    return (await report)[0] as CanaryReport
  }

  async stop(): Promise<void> {
    await this.#worker.terminate()
  }
}

export async function startCanary(settings: CanarySettings): Promise<Canary> {
  const worker = new Worker(new URL('./canary-worker.ts', import.meta.url), { workerData: settings })
  const [ready] = await once(worker, 'message')
  if (ready !== 'ready') throw new Error(`the canary could not log in: ${ready}`)
  return new Canary(worker)
}
