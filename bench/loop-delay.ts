/**
 * Loaded into the server that is measured (`--import`): notes how late a timer of its event loop is, and tells the bench when asked.
 * A turn of the loop that takes long is one late timer, as with `monitorEventLoopDelay` of Node.
 */
import { isMainThread } from 'node:worker_threads'

/** Milliseconds between two looks. */
const every = 10

/** What the bench asks for: the milliseconds since the epoch between which it measured. */
export interface LoopQuestion {
  readonly from: number
  readonly to: number
}

/** Milliseconds; undefined when there were no looks in that time. */
export interface LoopAnswer {
  readonly p99: number | undefined
}

if (isMainThread && process.send !== undefined) watch(process.send.bind(process))

function watch(send: (answer: LoopAnswer) => unknown): void {
  const looks: { readonly at: number; readonly late: number }[] = []
  let due = performance.now() + every
  const look = (): void => {
    const now = performance.now()
    looks.push({ at: Date.now(), late: Math.max(0, now - due) })
    due = now + every
    setTimeout(look, every).unref()
  }
  setTimeout(look, every).unref()
  process.on('message', ({ from, to }: LoopQuestion) => {
    const late = looks.filter(({ at }) => at >= from && at <= to).map((one) => one.late)
    send({ p99: late.sort((a, b) => a - b)[Math.floor(late.length * 0.99)] })
  })
  process.channel?.unref()
}
