/**
 * The sessions of one host: how they begin, lose their clients and get them back, and end. Who they are is in the registry; what
 * they may be resumed by, in management/.
 */
import type { Maybe } from '@rookery/protocol'
import { type Jid, jidFromParts } from '@rookery/protocol/jid'
import type { Message, Presence, Stanza, StanzaError } from '@rookery/protocol/stanza'
import { StreamError } from '@rookery/protocol/stream'
import type { ResumptionStore, StoredSession } from '@rookery/storage'
import type { ArchiveIds } from './archive-ids.ts'
import type { ServerConfig } from './config/schema.ts'
import type { Came } from './delivery.ts'
import { Lane } from './lane.ts'
import { HandBack } from './management/hand-back.ts'
import type { Management } from './management/management.ts'
import { Resumptions } from './management/resumptions.ts'
import type { SavedSession } from './management/saved-session.ts'
import type { Phases } from './phases.ts'
import type { ClockPower, Log, RandomPower } from './powers.ts'
import { Registry } from './registry.ts'
import { Session, type SessionLink } from './session.ts'
import type { Spool } from './spool.ts'

export interface SessionsParts {
  readonly host: Jid
  readonly config: ServerConfig
  readonly clock: ClockPower
  readonly random: RandomPower
  readonly log: Log
  readonly phases: Phases
  readonly store: ResumptionStore
  readonly spool: Spool
  readonly archiveIds: ArchiveIds
  exists(local: string): Maybe<boolean>
  /** Up to which id the sessions of the account have been given what they are to get. */
  through(local: string): number
  /** A message that a session could not give to its client. */
  undelivered(message: Message, account: Jid, came: Came): Maybe<'failed' | undefined>
  refuse(stanza: Stanza, error: StanzaError): Maybe<undefined>
  /** Somebody who logged in without an account has left. */
  removeGuest(local: string): Promise<unknown>
}

/** The link of a session before it is managed. */
const nowhere: SessionLink = {
  remoteAddress: '',
  isSecure: true,
  write: () => undefined,
  flushed: (done) => done(false),
  close: () => undefined,
}

export class Sessions {
  readonly registry: Registry = new Registry()
  readonly resumptions: Resumptions
  readonly #parts: SessionsParts
  readonly #handBack: HandBack
  /** Sessions that ended, and whose features still tidy up. */
  readonly #endings = new Set<Promise<void>>()

  constructor(parts: SessionsParts) {
    this.#parts = parts
    const { host, store, spool, archiveIds, config, clock, random, log, undelivered, refuse, through } = parts
    const release = (local: string, id: number): undefined => spool.release(local, id)
    this.#handBack = new HandBack({ host, clock, log, undelivered, release, refuse })
    this.resumptions = new Resumptions({
      host,
      store,
      spool,
      archiveIds,
      through,
      config,
      clock,
      random,
      log,
      sessions: (local) => this.registry.of(local),
      revive: (stored, saved, manage) => this.#revive(stored, saved, manage),
      end: (session) => this.end(session, 'lost'),
      detached: (session) => this.#tell(session, 'detached'),
      resumed: (session) => this.#tell(session, 'resumed'),
      lost: (local, reached) => this.#lost(local, reached),
      handBack: async (local, sent, wasLive) => {
        const account = jidFromParts(local, host.domain)
        if (account === undefined) return true
        return wasLive ? this.#handBack.buried(account, sent) : this.#handBack.all(account, sent, [])
      },
    })
  }

  /** The server goes down: what cannot be stored now is not tried again. */
  async stop(): Promise<void> {
    this.#handBack.stop()
    await this.resumptions.stop()
  }

  /** Resolves when the sessions that have ended so far have left nothing to do. */
  async settled(): Promise<void> {
    await Promise.all(this.#endings)
  }

  /** Binds a resource; a session that has it already makes way [RFC6120 7.7.2.2], and so does one of the same client [XEP-0386 4]. */
  bind(
    local: string,
    resource: string | undefined,
    link: SessionLink,
    agent?: string,
  ): Session | 'malformed' | 'too-many' {
    const full = jidFromParts(local, this.#parts.host.domain, resource ?? this.#parts.random.id())
    if (full === undefined || !full.isFull) return 'malformed'
    for (const other of this.registry.of(local))
      if (other.jid.equals(full) || (agent !== undefined && other.agent === agent))
        other.link.close(new StreamError('conflict', 'the same client has connected again'))
    const { sessionsPerAccount } = this.#parts.config.limits
    if (this.registry.of(local).length >= sessionsPerAccount && !this.resumptions.endOldest(local)) return 'too-many'
    const session = this.#session(full, link, this.#parts.clock.now(), agent)
    this.registry.add(session)
    this.#tell(session, 'opened')
    return session
  }

  #session(full: Jid, link: SessionLink, since: number, agent: string | undefined): Session {
    const { inFlightBytes, outboundBytes } = this.#parts.config.limits
    const lane = new Lane(inFlightBytes, (error) =>
      this.#parts.log.error({ account: full.bare.toString(), error }, 'a stanza could not be handled'),
    )
    return new Session(full, link, lane, since, outboundBytes || 1_048_576, agent)
  }

  /** A session whose client was away when an earlier process ended. Nobody is told: for others it was there all the time. */
  async #revive(
    stored: StoredSession,
    saved: SavedSession,
    manage: (session: Session) => Management,
  ): Promise<Session | undefined> {
    const full = jidFromParts(stored.local, this.#parts.host.domain, stored.resource)
    if (full === undefined || !full.isFull || !(await this.#parts.exists(stored.local))) return undefined
    const session = this.#session(full, nowhere, saved.since, saved.agent)
    session.manage(manage(session))
    session.setPresence(saved.presence, saved.priority)
    session.slots.load(
      saved.slots,
      this.#parts.phases.wirings.flatMap(({ feature }) => feature.slots ?? []),
    )
    this.registry.add(session)
    await this.#tellInTurn(session, 'revived')
    return session
  }

  /** The features deliver anew what clients that were connected when the process died may not have got. */
  async #lost(local: string, reached: number): Promise<void> {
    const account = jidFromParts(local, this.#parts.host.domain)
    if (account === undefined) return
    const give = (message: Message, came: Came): Promise<void> => this.#handBack.lost(account, message, came)
    for (const { feature, wiring } of this.#parts.phases.wirings) {
      try {
        await wiring.lost?.(account, reached, give)
      } catch (error) {
        this.#parts.log.error({ feature: feature.name, error }, 'what clients may have missed could not be delivered')
      }
    }
  }

  /** The connection of a session is gone, and its client may come back: else the session ends. */
  detach(session: Session, isGuest: boolean): void {
    if (!session.isEnded && !this.resumptions.detach(session)) this.end(session, 'lost', isGuest)
  }

  #tell(session: Session, event: 'opened' | 'detached' | 'resumed'): void {
    for (const { feature, wiring } of this.#parts.phases.wirings) {
      try {
        wiring.session?.[event]?.(session)
      } catch (error) {
        this.#parts.log.error({ feature: feature.name, event, error }, 'a feature failed at an event of a session')
      }
    }
  }

  /** One feature after the other, whatever they wait for. */
  async #tellInTurn(session: Session, event: 'revived' | 'ended'): Promise<void> {
    for (const { feature, wiring } of this.#parts.phases.wirings) {
      try {
        await wiring.session?.[event]?.(session)
      } catch (error) {
        this.#parts.log.error({ feature: feature.name, event, error }, 'a feature failed at an event of a session')
      }
    }
  }

  /**
   * A session is over: it is gone for everybody at once, then the features tidy up. Its client `left`, or was `lost`. Of a guest (who logged
   * in without an account) nothing stays.
   */
  end(session: Session, how: 'left' | 'lost', isGuest = false): void {
    if (session.isEnded) return
    session.markEnded()
    this.registry.remove(session)
    if (how === 'lost') this.resumptions.ending(session)
    const sent = session.management?.end() ?? []
    // begins at once, so that nothing newer gets before it
    const handedBack = this.#handBack.all(session.account, sent, session.abandonHeld())
    const tidy = async (): Promise<void> => {
      // what has been sent before takes effect before [RFC6120 10.1]
      if (session.lane.isBusy) await session.lane.idle()
      await this.#tellInTurn(session, 'ended')
      const isPlaced = await handedBack
      session.management?.finish()
      if (isPlaced) await this.resumptions.over(session, how === 'left')
      if (isGuest) await this.#parts.removeGuest(session.jid.local) // [XEP-0175 3]
    }
    const ending = tidy().finally(() => this.#endings.delete(ending))
    this.#endings.add(ending)
  }

  setPresence(session: Session, presence: Presence | undefined, priority: number): void {
    const before = session.presence
    session.setPresence(presence, priority)
    for (const { feature, wiring } of this.#parts.phases.wirings) {
      try {
        wiring.session?.presence?.(session, before)
      } catch (error) {
        this.#parts.log.error({ feature: feature.name, error }, 'a feature failed at a presence')
      }
    }
  }

  available(session: Session): Maybe<undefined> {
    for (const { wiring } of this.#parts.phases.wirings) {
      const wait = wiring.session?.available?.(session)
      if (wait instanceof Promise) wait.catch((error) => this.#parts.log.error({ error }, 'a feature failed at login'))
    }
    return undefined
  }
}
