/**
 * The last part of the corridor on the recipient's side: copy, deliver, fallback, notify. Whoever comes here is durable, if it has to be.
 * RFC 6121 section 8.5 is in deliver.ts.
 */
import { type Maybe, then } from '@rookery/protocol'
import type { Jid } from '@rookery/protocol/jid'
import { type Message, StanzaError } from '@rookery/protocol/stanza'
import { fateOf } from './deliver.ts'
import { type Came, Delivery } from './delivery.ts'
import type { Surroundings } from './journey.ts'
import { weightOf } from './lane.ts'
import { callSafely, firstOf } from './phases.ts'
import type { Session } from './session.ts'
import { nobody, Walk } from './walk.ts'

const nobodyHome = new StanzaError('service-unavailable')
/** Storage fails: it may work again later. [S137] */
const notKept = new StanzaError('internal-server-error', { type: 'wait' })
const rounds = [false, true] as const

export class Handover {
  readonly #s: Surroundings

  constructor(surroundings: Surroundings) {
    this.#s = surroundings
  }

  /** To the sessions that get it, or what happens instead. */
  deliver(walk: Walk<Message>): Maybe<undefined> {
    const to = walk.stanza.to!
    if (walk.kept === 'duplicate') return undefined // an earlier try of its sender has come this far
    if (walk.kept === 'full') return this.#s.refuse(walk.stanza, nobodyHome, walk.origin) // [XEP-0160 2, S97]
    const fate = fateOf(walk.stanza, to, this.#s.registry.of(to.local))
    const sessions = typeof fate === 'string' ? nobody : fate
    walk.reached = sessions
    if (sessions.length > 0) walk.delivery = this.#offer(walk)
    callSafely(this.#s.phases.copy, walk, this.#s.log)
    switch (fate) {
      case 'ignore':
        return undefined
      case 'refuse': // unless its recipient finds it in the archive: the resource has left a moment ago
        if (walk.kept === 'kept') return undefined
        return walk.kept === undefined
          ? this.#s.refuse(walk.stanza, nobodyHome, walk.origin)
          : this.#settle(walk, this.#fallback(walk))
      case 'store':
        return this.#settle(walk, this.#fallback(walk))
    }
    const stored = this.#give(walk, sessions)
    if (this.#s.phases.notify.length > 0) callSafely(this.#s.phases.notify, walk, this.#s.log)
    return this.#settle(walk, stored)
  }

  /** A session may end over it, or over a copy of it, before the others have it. */
  #offer(walk: Walk<Message>): Delivery {
    const place = walk.kept === 'kept' ? 'archive' : walk.kept === 'spooled' ? 'spool' : 'nowhere'
    const delivery = new Delivery(walk.stanza, walk.at ?? this.#s.now(), place, place === 'nowhere' ? 0 : walk.id)
    delivery.offer()
    if (place === 'spool') this.#s.spool.give(walk.account.local, walk.id)
    return delivery
  }

  /** A promise while it is stored for a session whose client may miss it. */
  #give(walk: Walk<Message>, sessions: readonly Session[]): Maybe<undefined> {
    const wire = walk.stanza.wire()
    const delivery = walk.delivery ?? this.#offer(walk)
    let stored: Maybe<unknown>
    // those where it has to wait come last: it need not be stored for them when somebody has it
    for (const isHolding of rounds) {
      for (let i = 0; i < sessions.length; i++) {
        if (sessions[i]!.isHolding !== isHolding) continue
        const storing = sessions[i]!.sendMessage(delivery, wire)
        if (storing instanceof Promise) stored = both(stored, storing)
      }
    }
    if (delivery.offered()) this.#notTaken(walk, delivery, sessions)
    if (!(stored instanceof Promise)) return undefined
    return stored.then(
      () => undefined,
      (error) => this.#failed(walk, error),
    )
  }

  /** They have older ones to give first, or ended over it. */
  #notTaken(walk: Walk<Message>, delivery: Delivery, sessions: readonly Session[]): void {
    if (delivery.place === 'spool') this.#s.spool.release(walk.account.local, delivery.id)
    else if (sessions.some((session) => session.isEnded)) this.#settle(walk, this.#undelivered(walk, delivery))
  }

  #undelivered(walk: Walk<Message>, delivery: Delivery): Maybe<undefined> {
    return then(this.undelivered(walk.stanza, walk.account, delivery), () => undefined)
  }

  /** What is being stored holds nobody up: the messages behind it join the same commit. */
  #settle(walk: Walk<Message>, kept: Maybe<undefined>): Maybe<undefined> {
    const lane = walk.origin?.lane
    if (lane === undefined || !(kept instanceof Promise)) return kept
    return lane.settle(weightOf(walk.stanza.element), kept)
  }

  /**
   * A message that a session could not give to its client: to the other resources, or kept. [XEP-0198 4]
   */
  undelivered(message: Message, account: Jid, { at, isKept, id }: Came): Maybe<'failed' | undefined> {
    const walk = new Walk(message, 'in', account, undefined, at)
    if (isKept) walk.kept = 'kept'
    if (id > 0) {
      walk.id = id
      return this.#keepAgain(walk) // among the others that wait it has its place by its id
    }
    const fate = fateOf(message, account, this.#s.registry.of(account.local))
    if (typeof fate !== 'string') {
      walk.reached = fate
      return this.#give(walk, fate)
    }
    return fate === 'store' ? this.#keepAgain(walk) : undefined
  }

  /** `failed`: the storage does not work, which does not concern the sender yet. */
  #keepAgain(walk: Walk<Message>): Maybe<'failed' | undefined> {
    const settle = (kept: boolean | StanzaError | undefined): Maybe<'failed' | undefined> =>
      kept instanceof StanzaError && kept.type === 'wait' && walk.kept !== 'kept' ? 'failed' : this.#kept(walk, kept)
    const failed = (error: unknown): 'failed' => {
      this.#s.log.error({ account: walk.account.toString(), error }, 'a message could not be kept')
      return 'failed'
    }
    try {
      const kept = firstOf(this.#s.phases.fallback, 0, walk)
      return kept instanceof Promise ? kept.then(settle, failed) : settle(kept)
    } catch (error) {
      return failed(error)
    }
  }

  /** Nobody was home: kept, durably, or the sender is told. Neither throws nor rejects. */
  #fallback(walk: Walk<Message>): Maybe<undefined> {
    const failed = (error: unknown): Maybe<undefined> => this.#failed(walk, error)
    try {
      const kept = this.#ask(walk)
      return kept instanceof Promise ? kept.catch(failed) : kept
    } catch (error) {
      return failed(error)
    }
  }

  #failed(walk: Walk<Message>, error: unknown): Maybe<undefined> {
    this.#s.log.error({ account: walk.account.toString(), error }, 'a message could not be kept')
    if (walk.kept === 'kept') return undefined // in the archive it is
    return this.#s.refuse(walk.stanza, notKept, walk.origin)
  }

  #ask(walk: Walk<Message>): Maybe<undefined> {
    return then(firstOf(this.#s.phases.fallback, 0, walk), (kept) => this.#kept(walk, kept))
  }

  #kept(walk: Walk<Message>, kept: boolean | StanzaError | undefined): Maybe<undefined> {
    if (kept === true || walk.kept === 'kept') {
      callSafely(this.#s.phases.notify, walk, this.#s.log)
      return undefined // its recipient finds it in the archive, if nowhere else
    }
    return this.#s.refuse(walk.stanza, kept === undefined || kept === false ? nobodyHome : kept, walk.origin)
  }
}

/** Both, if there is anything to wait for. */
function both(one: Maybe<unknown>, other: Maybe<unknown>): Maybe<unknown> {
  if (!(one instanceof Promise)) return other
  return other instanceof Promise ? Promise.all([one, other]) : one
}
