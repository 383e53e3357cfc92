/** The thread of canary.ts: a message every 100 ms, to and fro. */
import { parentPort, workerData } from 'node:worker_threads'
import type { CanaryReport, CanarySettings } from './canary.ts'
import { login, type RawClient } from './client.ts'

const interval = 100
/** Fewer say nothing. */
const fewest = 10
const patience = 10_000

const { port, secure, jids } = workerData as CanarySettings
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

let next = 0
let begin = 0
let latencies: number[] = []
let outOfOrder = 0
const sentAt = new Map<number, number>()
const latest = new Map<RawClient, number>()

/** Whole messages only: the end of one may be under way. */
function read(client: RawClient): void {
  const end = client.received.lastIndexOf('</message>') + 1
  const whole = client.received.slice(0, end)
  client.received = client.received.slice(end)
  for (const [, digits] of whole.matchAll(/<body>canary (\d+)<\/body>/g)) {
    const number = Number(digits)
    const sent = sentAt.get(number)
    if (sent === undefined) continue
    sentAt.delete(number)
    if (number < (latest.get(client) ?? -1)) outOfOrder++
    latest.set(client, number)
    if (number < begin) continue
    latencies.push(performance.now() - sent)
  }
}

async function run(): Promise<void> {
  const [romeo, juliet] = await Promise.all(
    jids.map((jid) =>
      login({ port, isSecure: secure }, jid, { from: '127.0.0.99', resource: 'canary', presence: true }),
    ),
  )
  const pair = [romeo!, juliet!] as const
  for (const client of pair) client.socket.on('data', () => queueMicrotask(() => read(client)))
  setInterval(() => {
    const number = next++
    const [from, to] = number % 2 === 0 ? pair : [pair[1], pair[0]]
    sentAt.set(number, performance.now())
    from.send(`<message to='${to.jid}' type='chat'><body>canary ${number}</body></message>`)
  }, interval)
  parentPort?.on('message', async (order: 'begin' | 'end') => {
    if (order === 'begin') {
      begin = next
      latencies = []
      outOfOrder = 0
      return
    }
    parentPort?.postMessage(await report(pair))
  })
  parentPort?.postMessage('ready')
}

async function report(pair: readonly RawClient[]): Promise<CanaryReport> {
  while (next - begin < fewest) await pause(interval)
  const end = next
  const deadline = Date.now() + patience
  const missing = (): number => [...sentAt.keys()].filter((number) => number >= begin && number < end).length
  while (missing() > 0 && Date.now() < deadline && pair.every(({ hasEnded }) => !hasEnded)) await pause(5)
  const sorted = latencies.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  const broken = pair.find(({ hasEnded }) => hasEnded)
  return {
    sent: end - begin,
    lost: missing(),
    outOfOrder,
    p50: at(0.5),
    p99: at(0.99),
    max: sorted.at(-1) ?? 0,
    failure:
      broken === undefined
        ? undefined
        : `disconnected: ${broken.failure?.code ?? 'FIN'} ${broken.received.slice(-300)}`,
  }
}

run().catch((error: unknown) => parentPort?.postMessage(String(error)))
