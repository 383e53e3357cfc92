/** Requests the server sends, and the answers it waits for: matched by id and by who was asked. RFC 6120 8.2.3. */
import type { Jid } from '@rookery/protocol/jid'
import { type Iq, iq, readStanzaError, type Stanza } from '@rookery/protocol/stanza'
import type { Element } from '@rookery/protocol/xml'
import { TimeoutError } from './errors.ts'
import type { ClockPower, RandomPower } from './powers.ts'

interface Pending {
  asked: Jid
  timer: Disposable
  failed(error: unknown): void
  answered(answer: Iq): void
}

export class Asks {
  readonly #pending = new Map<string, Pending>()
  readonly #clock: ClockPower
  readonly #random: RandomPower
  readonly #send: (stanza: Stanza) => unknown

  constructor(clock: ClockPower, random: RandomPower, send: (stanza: Stanza) => unknown) {
    this.#clock = clock
    this.#random = random
    this.#send = send
  }

  ask(from: Jid, to: Jid, type: 'get' | 'set', payload: Element, timeout: number): Promise<Iq> {
    const id = this.#random.id() // 128 bits: an answer cannot be guessed
    return new Promise((resolve, reject) => {
      const failed = (error: unknown): void => {
        this.#forget(id)
        reject(error)
      }
      const timer = this.#clock.after(timeout, () =>
        failed(new TimeoutError(`${to} did not answer within ${timeout} ms`)),
      )
      this.#pending.set(id, {
        asked: to,
        timer,
        failed,
        answered: (answer) => {
          if (answer.type === 'result') resolve(answer)
          else reject(readStanzaError(answer.element))
        },
      })
      try {
        const sent = this.#send(iq(from, to, type, id, payload))
        if (sent instanceof Promise) sent.catch(failed)
      } catch (error) {
        failed(error)
      }
    })
  }

  /** An answer came; true when somebody waited for it from this sender. */
  answered(answer: Iq): boolean {
    const id = answer.id
    const pending = id === undefined ? undefined : this.#pending.get(id)
    if (id === undefined || pending === undefined || answer.from === undefined || !answer.from.equals(pending.asked))
      return false
    this.#forget(id)
    pending.answered(answer)
    return true
  }

  /** Nobody will answer any more. */
  stop(): void {
    for (const pending of [...this.#pending.values()]) pending.failed(new TimeoutError('the server stops'))
  }

  #forget(id: string): void {
    this.#pending.get(id)?.timer[Symbol.dispose]()
    this.#pending.delete(id)
  }
}
