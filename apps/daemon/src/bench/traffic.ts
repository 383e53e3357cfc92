/**
 * The closed loops of the load generator: each user keeps a fixed number of stanzas in flight, and sends the next one when one has arrived.
 * Stanzas carry the time they were sent. What arrives is searched for that, not parsed.
 */
import { Latency } from './latency.ts'
import type { LoadConnection } from './load-connection.ts'
import type { LoadPlan } from './load-options.ts'

/** What a loop has counted. A reset starts the measured time; what went wrong before it (`errors`, `outstanding`) stays counted. */
export class Counters {
  sent = 0
  delivered = 0
  errors = 0
  /** Sent and not yet arrived or answered with an error. */
  outstanding = 0
  readonly latency: Latency = new Latency()

  reset(): void {
    this.sent = 0
    this.delivered = 0
    this.latency.reset()
  }
}

export interface Traffic {
  readonly counters: Counters
  /** Fills every user's window. */
  start(): void
  /** From now on arrivals are counted and not replaced. */
  stop(): void
}

/** Microseconds on a monotonic clock. */
export function nowMicros(): number {
  return Math.floor(performance.now() * 1000)
}

/** Neighbours write to each other: 0 to 1 and 1 to 0, 2 to 3 and so on; a pair is left out unless both are logged in. */
export function chatTraffic(plan: LoadPlan, connections: readonly LoadConnection[]): Traffic {
  const counters = new Counters()
  const padding = 'x'.repeat(plan.size)
  let isRunning = false
  const senders: Sender[] = []
  for (const connection of connections) {
    const peer = connections[connection.index ^ 1]
    if (!connection.isReady || peer?.isReady !== true) continue
    const to = `${peer.user}@${plan.domain}${plan.bare ? '' : '/x'}`
    const head = `<message to='${to}' type='chat' id='m`
    const sender = new Sender(connection, counters, head, "'><body>T", ` ${padding}</body></message>`)
    senders.push(sender)
    // What the peer receives is this sender's, so the peer's arrivals refill this sender's window.
    peer.consume = (text) => {
      let used = 0
      let arrived = 0
      const now = nowMicros()
      for (;;) {
        const end = text.indexOf('</message>', used)
        if (end < 0) break
        const body = text.indexOf('<body>T', used)
        if (isError(text, used, end)) {
          counters.errors++
          counters.outstanding--
        } else if (body >= 0 && body < end) {
          arrived++
          counters.latency.record(now - digitsAt(text, body + 7))
        }
        used = end + 10
      }
      counters.delivered += arrived
      counters.outstanding -= arrived
      if (isRunning && arrived > 0) sender.send(arrived, now)
      return used
    }
  }
  return loop(counters, senders, plan.window, (running) => {
    isRunning = running
  })
}

/** Every user asks its own server. */
export function pingTraffic(plan: LoadPlan, connections: readonly LoadConnection[]): Traffic {
  const counters = new Counters()
  let isRunning = false
  const senders: Sender[] = []
  for (const connection of connections) {
    if (!connection.isReady) continue
    const head = `<iq to='${plan.domain}' type='get' id='n`
    const sender = new Sender(connection, counters, head, 'T', "'><ping xmlns='urn:xmpp:ping'/></iq>")
    senders.push(sender)
    connection.consume = (text) => {
      let used = 0
      let arrived = 0
      const now = nowMicros()
      for (;;) {
        const start = text.indexOf('<iq', used)
        if (start < 0) {
          // Anything else is of no interest, but the beginning of a tag may still grow into "<iq".
          used = Math.max(used, text.length - 2)
          break
        }
        const end = text.indexOf('>', start)
        if (end < 0) {
          used = start
          break
        }
        const id = text.indexOf('id=', start)
        const stamp = text.indexOf('T', id)
        if (id > 0 && id < end && text.charCodeAt(id + 4) === 0x6e && stamp < end) {
          if (isError(text, start, end)) counters.errors++
          else counters.delivered++
          counters.latency.record(now - digitsAt(text, stamp + 1))
          arrived++
        }
        used = end + 1
      }
      counters.outstanding -= arrived
      if (isRunning && arrived > 0) sender.send(arrived, now)
      return used
    }
  }
  return loop(counters, senders, plan.window, (running) => {
    isRunning = running
  })
}

class Sender {
  readonly #connection: LoadConnection
  readonly #counters: Counters
  readonly #head: string
  readonly #middle: string
  readonly #tail: string
  #number = 0

  /** A stanza is `head`, a running number, `middle`, the time in microseconds, `tail`. */
  constructor(connection: LoadConnection, counters: Counters, head: string, middle: string, tail: string) {
    this.#connection = connection
    this.#counters = counters
    this.#head = head
    this.#middle = middle
    this.#tail = tail
  }

  /** Sends that many stanzas in one write. */
  send(count: number, now: number): void {
    const rest = this.#middle + now + this.#tail
    let text = ''
    for (let left = count; left > 0; left--) text += this.#head + this.#number++ + rest
    this.#counters.sent += count
    this.#counters.outstanding += count
    this.#connection.write(text)
  }
}

function loop(
  counters: Counters,
  senders: readonly Sender[],
  window: number,
  setRunning: (running: boolean) => void,
): Traffic {
  return {
    counters,
    start() {
      setRunning(true)
      for (const sender of senders) sender.send(window, nowMicros())
    },
    stop() {
      setRunning(false)
    },
  }
}

/** True if the start tag between `from` and `end` says type='error' (either quote). */
function isError(text: string, from: number, end: number): boolean {
  const type = text.indexOf(' type=', from)
  return type >= 0 && type < end && text.startsWith('error', type + 7)
}

function digitsAt(text: string, at: number): number {
  let value = 0
  for (let i = at; ; i++) {
    const digit = text.charCodeAt(i) - 48
    if (!(digit >= 0 && digit <= 9)) return value
    value = value * 10 + digit
  }
}
