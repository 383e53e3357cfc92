/**
 * Event notifications, XEP-0163 4: headlines from the account to those of its available resources whose clients say that they want to know
 * of the node. Never stored: a client that was away asks for the items.
 */
import type { Maybe } from '@rookery/protocol'
import type { Jid } from '@rookery/protocol/jid'
import { type Message, message } from '@rookery/protocol/stanza'
import { delay } from '@rookery/protocol/xeps/delay'
import { type PubsubEvent, pubsubEvent } from '@rookery/protocol/xeps/pubsub'
import type { Element } from '@rookery/protocol/xml'
import type { ClockPower, Log, Powers, RandomPower, ServicesPower, SessionsPower } from '../../powers.ts'
import { capabilitiesService } from '../../services/capabilities.ts'
import type { Session } from '../../session.ts'
import { type Slot, slot } from '../../slot.ts'
import type { Nodes, Published } from './nodes.ts'

/** Events that wait until a client has said what it can do, in bytes; and whether the last items are on their way to it. */
interface Waiting {
  bytes: number
  isCatchingUp: boolean
}
export const waiting: Slot<Waiting> = slot('pep:waiting', 'connection', () => ({ bytes: 0, isCatchingUp: false }))
const mostBytes = 65_536

export class Notifications {
  readonly #nodes: Nodes
  readonly #services: ServicesPower
  readonly #sessions: SessionsPower
  readonly #clock: ClockPower
  readonly #random: RandomPower
  readonly #log: Log

  constructor(nodes: Nodes, powers: Pick<Powers, 'services' | 'sessions' | 'clock' | 'random' | 'log'>) {
    this.#nodes = nodes
    this.#services = powers.services
    this.#sessions = powers.sessions
    this.#clock = powers.clock
    this.#random = powers.random
    this.#log = powers.log
  }

  published(account: Jid, node: string, { id, payload }: { id: string; payload: Element }, done: Published): void {
    this.#tell(account, node, { items: { node, items: [{ id, payloads: [payload] }], retracted: [] } })
    // where one item follows another nothing is news but the new one [XEP-0060 7.1.2.5]
    if (done.evicted.length > 0 && done.config.maxItems !== 1) this.retracted(account, node, done.evicted)
  }

  retracted(account: Jid, node: string, ids: readonly string[]): void {
    this.#tell(account, node, { items: { node, items: [], retracted: ids } })
  }

  deleted(account: Jid, node: string): void {
    this.#tell(account, node, { delete: { node } })
  }

  /** The last item of each node that the client wants to know of. [XEP-0163 4.3.3, 4.3.4] */
  catchUp(session: Session): void {
    const state = session.get(waiting)
    if (state.isCatchingUp) return
    state.isCatchingUp = true
    const done = (): void => {
      state.isCatchingUp = false
    }
    const failed = (error: unknown): void => {
      done()
      this.#log.warn({ session: session.jid.toString(), error }, 'last items could not be told')
    }
    Promise.resolve(this.#wishes(session))
      .then((wishes) => (wishes.size === 0 ? undefined : this.#tellLast(session, wishes)))
      .then(done, failed)
  }

  async #tellLast(session: Session, wishes: ReadonlySet<string>): Promise<void> {
    const { account } = session
    const found = await this.#nodes.newest(account.local, (node) => wishes.has(`${node}+notify`))
    if (session.isEnded || !session.isAvailable) return
    for (const { node, item } of found) {
      const event = { items: { node, items: [{ id: item.id, payloads: [item.payload] }], retracted: [] } }
      const headline = this.#headline(account, event, delay.build({ stamp: item.at })).with({ to: session.jid })
      this.#send(session, headline)
    }
  }

  #tell(account: Jid, node: string, event: PubsubEvent): void {
    const interest = `${node}+notify` // [XEP-0060 9.2]
    let headline: Message | undefined
    for (const session of this.#sessions.of(account.local)) {
      if (!session.isAvailable) continue
      const wishes = this.#wishes(session)
      if (!(wishes instanceof Promise) && !wishes.has(interest)) continue
      headline ??= this.#headline(account, event)
      const own = headline.with({ to: session.jid })
      if (wishes instanceof Promise) this.#sendLater(session, own, wishes, interest)
      else this.#send(session, own)
    }
  }

  /** Once the client has said what it can do. Nobody waits for it. */
  #sendLater(session: Session, headline: Message, wishes: Promise<ReadonlySet<string>>, interest: string): void {
    const state = session.get(waiting)
    const bytes = headline.wire().length
    if (state.bytes + bytes > mostBytes) {
      this.#log.debug({ session: session.jid.toString() }, 'a client that does not say what it can do misses an event')
      return
    }
    state.bytes += bytes
    wishes
      .then((wanted) => {
        state.bytes -= bytes
        if (wanted.has(interest) && session.isAvailable && !session.isEnded) this.#send(session, headline)
      })
      .catch((error) => this.#log.error({ session: session.jid.toString(), error }, 'an event could not be sent'))
  }

  /** In its order among the messages; when the client does not get it, nobody keeps it. */
  #send(session: Session, headline: Message): void {
    session.sendCopy(headline, this.#clock.now(), false)
  }

  #wishes(session: Session): Maybe<ReadonlySet<string>> {
    return this.#services.use(capabilitiesService).of(session)
  }

  #headline(account: Jid, event: PubsubEvent, stamp?: Element): Message {
    const attributes = { type: 'headline', id: this.#random.id() } as const
    return message(account, undefined, attributes, [pubsubEvent.build(event), stamp])
  }
}
