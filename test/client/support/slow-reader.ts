/**
 * A program that is slower than the server, in a process of its own, so that its memory can be measured (run it with --expose-gc). Its argument is
 * JSON: options of the client, and how many messages to wait for. It reads when a line comes on stdin, and then tells what it has read.
 */
import { once } from 'node:events'
import { argv, memoryUsage, stdin, stdout } from 'node:process'
import { chat, connect, messages } from '@rookery/client/node'
import { impatient } from './impatient.ts'

export interface SlowReaderOptions {
  readonly service: string
  readonly ca: string
  readonly keepAlive: number
  readonly answerWithin: number
  readonly count: number
}

export interface Report {
  readonly what: 'online' | 'read'
  /** Bytes in use after a collection: the most that was seen. */
  readonly heap: number
  /** How many came, how many came in their place, and how many connections there were. */
  readonly read: number
  readonly inOrder: number
  readonly times: number
}

const { service, ca, keepAlive, answerWithin, count } = JSON.parse(argv[2] ?? '{}') as SlowReaderOptions
let heap = 0
function measure(): void {
  globalThis.gc?.()
  const { heapUsed, external } = memoryUsage()
  heap = Math.max(heap, heapUsed + external)
}
let read = 0
let inOrder = 0
let times = 0
const tell = (what: Report['what']): void => {
  const report: Report = { what, heap, read, inOrder, times }
  stdout.write(`${JSON.stringify(report)}\n`)
}

const client = await connect({
  jid: 'romeo@localhost',
  password: 'secret',
  service,
  tls: { ca },
  keepAlive,
  answerWithin,
  platform: impatient,
  use: [messages, chat],
})
client.on('state', ({ name }) => {
  if (name === 'online') times++
})
const reading = client.messages.read()
measure()
const base = heap
tell('online')
heap = 0
// the application is busy: the heap is watched while messages come
const timer = setInterval(measure, 100)
await once(stdin, 'data')
clearInterval(timer)
for await (const message of reading) {
  if (message.body?.startsWith(`${read} `) === true) inOrder++
  read++
  if (read % 10_000 === 0) measure()
  if (read % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
  if (read >= count) break
}
// what would come twice comes before the answer
await client.request('get', (await import('@rookery/protocol/xml')).el('ping', 'urn:xmpp:ping'))
heap -= base
tell('read')
await client.close()
stdin.destroy()
