/** From what happens to an account to notifications of its devices: whom to tell, in whose name, and what an answer changes. XEP-0357 0.4.1. */
import { then } from '@rookery/protocol'
import { type Jid, jidFromParts } from '@rookery/protocol/jid'
import type { Message } from '@rookery/protocol/stanza'
import type { AccountDocuments } from '../../account-documents.ts'
import type { AskPower, ClockPower, HostPower, Log, ServicesPower, SessionsPower } from '../../powers.ts'
import { rosterService } from '../../services/roster.ts'
import type { Session } from '../../session.ts'
import type { Trip } from '../../trip.ts'
import { attentive, isDue } from './attention.ts'
import type { PushConfig } from './config.ts'
import { plainTextOf, worthOf } from './deserving.ts'
import { Destinations } from './destinations.ts'
import { Outbox, type Unseen } from './outbox.ts'
import { publicationOf } from './publication.ts'
import { isSame, publisherFor, type Registration, type Registrations, removed } from './registration.ts'
import { type Outcome, outcomeOf } from './verdict.ts'

export interface NotifierParts {
  readonly host: HostPower
  readonly clock: ClockPower
  readonly ask: AskPower
  readonly sessions: SessionsPower
  readonly services: ServicesPower
  readonly log: Log
  readonly config: PushConfig
  readonly registrations: AccountDocuments<Registrations>
}

/** How long a push service may take to answer. */
const answerTimeout = 30_000
const mostAccounts = 50_000
const mostWaiting = 10_000
const nobody: readonly Session[] = []

export class Notifier {
  readonly #parts: NotifierParts
  readonly #outbox: Outbox
  readonly #destinations: Destinations
  /** Messages that devices were told of: they may come by again when a session ends that had them. */
  readonly #told = new WeakSet<Message>()

  constructor(parts: NotifierParts) {
    this.#parts = parts
    const { clock, config, host } = parts
    this.#destinations = new Destinations(clock, {
      parallel: config.parallel,
      // what is slow or broken behind our own service is its business
      parallelEach: (name) => (name === host.domain ? config.parallel : config.parallelPerService),
      waiting: mostWaiting,
    })
    this.#outbox = new Outbox({
      clock,
      interval: config.intervalSeconds * 1000,
      accounts: mostAccounts,
      send: (local, registration, unseen) => this.#send(local, registration, unseen),
      gone: (local, registration) => this.#gone(local, registration),
    })
  }

  /** A message has arrived at an account, and was delivered or kept. */
  arrived({ stanza, side, account, reached, kept }: Trip): undefined {
    if (stanza.kind !== 'message' || side !== 'in' || kept === 'duplicate') return undefined
    return this.#tell(stanza, account, reached)
  }

  /** The client is gone, and has not said that it has everything. [XEP-0198 5] */
  left(session: Session): undefined {
    for (const message of session.management?.unacknowledged() ?? []) this.#tell(message, session.account, nobody)
    return undefined
  }

  /** Somebody asked to see the presence of the account, and waits for an answer. */
  requested(local: string): undefined {
    const looking = this.#looking(local, nobody)
    if (looking.length === 0 || this.#parts.config.whileActiveElsewhere) this.#note(local, looking, () => undefined)
    return undefined
  }

  /** Somebody is there again. */
  seen(local: string): undefined {
    this.#outbox.seen(local)
    return undefined
  }

  forget(local: string): void {
    this.#outbox.forget(local)
  }

  stop(): void {
    this.#outbox.stop()
    this.#destinations.stop()
  }

  #looking(local: string, reached: readonly Session[]): readonly Session[] {
    const { sessions, config } = this.#parts
    return attentive(sessions.of(local), reached, config)
  }

  #tell(message: Message, account: Jid, reached: readonly Session[]): undefined {
    const { local } = account
    const looking = this.#looking(local, reached)
    if (looking.length > 0 && !this.#parts.config.whileActiveElsewhere) return this.seen(local)
    const worth = worthOf(message, account)
    if (worth === undefined || this.#told.has(message)) return undefined
    this.#note(local, looking, (unseen) => {
      this.#told.add(message)
      unseen.messages++
      unseen.sender = message.from
      unseen.body = plainTextOf(message)
      unseen.isUrgent ||= worth === 'call'
    })
    return undefined
  }

  #note(local: string, looking: readonly Session[], note: (unseen: Unseen) => void): void {
    const { registrations, config, log } = this.#parts
    const noted = then(registrations.of(local), (list) => {
      if (list.length > 0)
        this.#outbox.add(
          local,
          list.filter(({ resource }) => isDue(resource, looking, config)),
          note,
        )
    })
    if (noted instanceof Promise)
      noted.catch((error) => log.error({ account: local, error }, 'push registrations could not be read'))
  }

  /** Through the gate of its destination. */
  #send(local: string, registration: Registration, unseen: Readonly<Unseen>): Promise<Outcome | 'crowded'> {
    const { service } = registration
    const isOurs = service.equals(this.#parts.host.jid)
    return new Promise((resolve) => {
      const attempt = (): Promise<boolean> =>
        this.#publish(local, registration, unseen).then((outcome) => {
          resolve(outcome)
          return outcome === 'sent' || isOurs
        })
      if (!this.#destinations.enter(service.domain, attempt)) resolve('crowded')
    })
  }

  async #publish(local: string, registration: Registration, unseen: Readonly<Unseen>): Promise<Outcome> {
    const { host, ask, registrations, config, log } = this.#parts
    try {
      // when it is not enabled any more, nothing goes there [XEP-0357 6]
      if (!(await registrations.of(local)).some((one) => isSame(one, registration))) return 'gone'
      const account = jidFromParts(local, host.domain, '')
      if (account === undefined) return 'gone'
      const { service } = registration
      const own = config.webPush !== false && service.equals(host.jid) ? config.webPush : undefined
      const payload = publicationOf(registration, unseen, await this.#requests(local), {
        include: (own ?? config).include,
        placeholder: own === undefined ? config.placeholder : '',
        marksCalls: own !== undefined,
      })
      await ask(service, 'set', payload, { from: publisherFor(service, account, host.jid), timeout: answerTimeout })
      return 'sent'
    } catch (error) {
      log.debug(
        { account: local, service: registration.service.toString(), error },
        'a push notification was not taken',
      )
      return outcomeOf(error)
    }
  }

  /** Subscription requests that wait for an answer. */
  async #requests(local: string): Promise<number> {
    let waiting = 0
    const items = await this.#parts.services.find(rosterService)?.items(local)
    for (const { pendingIn } of items?.values() ?? []) if (pendingIn !== undefined) waiting++
    return waiting
  }

  #gone(local: string, registration: Registration): void {
    const { registrations, log } = this.#parts
    const service = registration.service.toString()
    registrations
      .change(local, (list) => {
        const rest = removed(list, (one) => isSame(one, registration))
        if (rest !== list) log.info({ account: local, service }, 'a push registration is of no use any more')
        return rest
      })
      .catch((error) => log.error({ account: local, error }, 'a push registration could not be removed'))
  }
}
