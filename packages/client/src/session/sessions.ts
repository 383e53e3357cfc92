/**
 * One session after the other: each begins on a new connection by going on with the one before, or afresh. What was sent in a session that is
 * lost is not lost with it.
 */
import type { Maybe } from '@rookery/protocol'
import { NS } from '@rookery/protocol'
import { type Jid, parseJid } from '@rookery/protocol/jid'
import { MANAGEMENT_NS } from '@rookery/protocol/xeps/management'
import { type Element, el } from '@rookery/protocol/xml'
import { type Connection, Redirect } from '../connection.ts'
import { guardWork } from '../contract/guard.ts'
import { until } from '../contract/until.ts'
import { type ClientError, DisconnectedError, LoginError, StoreError } from '../errors.ts'
import type { SessionPhase, SessionStart } from '../extension.ts'
import type { Kept } from '../kept.ts'
import { negotiate } from '../negotiate/negotiate.ts'
import type { Enabled, Memory, Negotiation, Token } from '../negotiate/negotiation.ts'
import { broken } from '../negotiate/nonzas.ts'
import type { ClientOptions } from '../options.ts'
import type { Platform } from '../platform.ts'
import { attempt } from './attempt.ts'
import type { Carrier } from './carrier.ts'
import type { Live } from './lifeline.ts'
import { limited } from './limited.ts'
import { Session } from './session.ts'

export interface SessionsParts {
  /** With the resource that is wished for. */
  readonly account: Jid
  readonly options: ClientOptions
  readonly platform: Platform
  readonly kept: Kept
  readonly newId: () => string
  readonly receive: (element: Element) => undefined | Promise<undefined>
  /** A session is gone for good. */
  readonly lost: () => void
  readonly failed: (error: ClientError) => void
}

/** A session as it is kept across a restart. */
interface Row extends Enabled {
  readonly jid: string
  readonly handled: number
}

export class Sessions {
  readonly beginnings: Readonly<Record<SessionPhase, ((start: SessionStart) => Maybe<undefined>)[]>> = {
    prepare: [],
    appear: [],
  }
  readonly endings: (() => void)[] = []
  readonly inline: Element[] = []
  /** Whether what was missed is asked for. */
  catchesUp: () => boolean = () => false
  readonly supported: Set<string> = new Set()
  offers: Element = el('features', NS.streams)
  readonly #parts: SessionsParts
  readonly #memory: Memory
  #session: Session | undefined
  /** Of before the program was started. */
  #row: Row | undefined
  #turnedOn: readonly string[] = []
  /** What the session does at its start, and is not done with. */
  #beginning: Promise<undefined> | undefined
  #jid: Jid | undefined
  #carrier: Carrier | undefined

  constructor(parts: SessionsParts) {
    this.#parts = parts
    this.#row = readRow(parts.kept.json('session'))
    this.#memory = readMemory(parts.kept.json('login'))
  }

  get jid(): Jid | undefined {
    return this.#jid
  }

  get connection(): Connection | undefined {
    return this.#session?.connection
  }

  get canResume(): boolean {
    return this.#session?.canResume ?? this.#row?.id !== undefined
  }

  /** What it carries is sent in this session, if there is one, and those to come. */
  carry(carrier: Carrier): void {
    this.#carrier = carrier
    if (this.#session !== undefined && this.#beginning === undefined) carrier.open(this.#session)
  }

  isTurnedOn(ns: string): boolean {
    return this.#turnedOn.includes(ns)
  }

  check(): void {
    this.#session?.check(5_000)
  }

  /** False when there is no session to send it in. */
  send(wire: string): boolean {
    const session = this.#session
    if (session === undefined || (session.connection === undefined && !session.canResume)) return false
    session.send(wire)
    return true
  }

  /** One try, for which there is so much time beside that of who types a password. Throws a ClientError. */
  async begin(stop: AbortSignal, time: number): Promise<Live> {
    const { options, platform } = this.#parts
    const once = (password: string | undefined): Promise<Live> =>
      limited(platform.clock, stop, time, (signal) => this.#begin(signal, time, password))
    await this.#session?.drained()
    const hadToken = this.#memory.token !== undefined
    const asks = typeof options.password === 'function'
    try {
      return await once(asks && hadToken ? undefined : await passwordOf(options))
    } catch (error) {
      // a token that is no good any more, or not here: now the password is asked for
      const isOfToken =
        error instanceof LoginError && (this.#memory.token === undefined || error.reason === 'no-credentials')
      if (!asks || !hadToken || !isOfToken) throw error
      return await once(await passwordOf(options))
    }
  }

  /** The session is over, and was meant to be. One that has no connection now waits to be gone on with. */
  async end(timeout: number): Promise<undefined> {
    const { clock } = this.#parts.platform
    await new Promise<void>((resolve) => void clock.after(0, resolve)) // what a loop has just dealt with counts
    await this.#session?.settle()
    const connection = this.#session?.connection
    if (connection === undefined) return
    connection.end()
    await until(
      clock,
      { timeout },
      () => undefined,
      (resolve) => void connection.closed.then(resolve),
    ).catch(() => undefined)
    connection.destroy()
    this.#lose(undefined)
    await this.#keep('session', undefined)
  }

  async #begin(signal: AbortSignal, time: number, password: string | undefined): Promise<Live> {
    const { options, platform, account } = this.#parts
    const id = this.#session?.management?.id ?? this.#row?.id
    const agent = this.#agent()
    const before = JSON.stringify(this.#memory)
    try {
      const negotiation = await attempt({
        platform,
        domain: account.domain,
        location: this.#session?.management?.location ?? this.#row?.location,
        options,
        signal,
        time,
        run: (connection) =>
          negotiate({
            connection,
            crypto: platform.crypto,
            account,
            password,
            agent,
            options,
            memory: this.#memory,
            resumable:
              id === undefined ? undefined : { id, handled: this.#session?.handled ?? this.#row?.handled ?? 0 },
            bindsInline: account.resource === '' && this.catchesUp(),
            inline: this.inline,
            offers: el('features', NS.streams),
            early: [],
          }),
      })
      return await this.#established(negotiation, signal)
    } finally {
      if (JSON.stringify(this.#memory) !== before) await this.#keep('login', JSON.stringify(this.#memory))
    }
  }

  async #established(negotiation: Negotiation, signal: AbortSignal): Promise<Live> {
    const { connection, resumption } = negotiation
    // of a session that goes on, the server says them no more
    if (resumption?.kind !== 'resumed') this.offers = negotiation.offers
    const restored = this.#session === undefined && resumption?.kind === 'resumed'
    const resumed = resumption?.kind === 'resumed' && this.#resume(negotiation, resumption.h)
    if (resumption?.kind === 'resumed' && !resumed) {
      this.#lose(undefined)
      connection.destroy()
      throw broken(MANAGEMENT_NS)
    }
    if (!resumed) this.#lose(resumption?.h)
    const session = resumed ? this.#session! : this.#start(negotiation)
    void connection.closed.then((reason) => {
      if (!(reason instanceof Redirect)) session.ended = reason
      this.#closed(session, connection)
    })
    // a beginning that was cut off goes on by itself: what it asked for is sent again
    if (this.#beginning === undefined || !resumed || restored) {
      const beginning = this.#run(session, { resumed, restored })
      this.#beginning = beginning
      void beginning.finally(() => {
        if (this.#beginning === beginning) this.#beginning = undefined
      })
    }
    await Promise.race([this.#beginning, gone(connection, signal)])
    const closed = connection.closed.then((reason) => (reason instanceof Redirect ? undefined : reason))
    return { jid: session.jid, resumed: resumed && !restored, closed }
  }

  /** Goes on with the session of before: false when the count of the server cannot be true. */
  #resume({ connection }: Negotiation, h: number): boolean {
    if (this.#session !== undefined) return this.#session.resume(connection, h)
    const row = this.#row
    if (row === undefined || h < 0) return false
    const session = this.#make(parseJid(row.jid)!, row, { handled: row.handled, acknowledged: h })
    this.#carrier?.handledBefore(h)
    session.attach(connection)
    return true
  }

  #start({ connection, jid, enabled, early, turnedOn }: Negotiation): Session {
    const session = this.#make(jid!, enabled, { handled: 0, acknowledged: 0 })
    this.#turnedOn = turnedOn ?? []
    for (const stanza of early) this.#parts.receive(stanza)
    session.attach(connection)
    const keeping = this.#keepRow(session, 0)
    if (keeping instanceof Promise) keeping.catch(() => undefined) // told by #keep
    return session
  }

  #make(jid: Jid, enabled: Enabled | undefined, counts: { handled: number; acknowledged: number }): Session {
    const { platform, options, newId, receive } = this.#parts
    const session: Session = new Session(jid, enabled, counts, {
      clock: platform.clock,
      newId,
      limits: {
        keepAlive: options.keepAlive ?? 60_000,
        answerWithin: options.answerWithin ?? 15_000,
        unhandledBytes: options.maxUnhandled ?? 4 << 20,
      },
      watch: {
        stanza: receive,
        acknowledged: (carried) => this.#carrier?.acknowledged(carried),
        handled: (count) => this.#keepRow(session, count),
      },
    })
    this.#session = session
    this.#jid = jid
    return session
  }

  /** Gives up the session of before; `h`: what the server says it had handled. */
  #lose(h: number | undefined): void {
    const session = this.#session
    this.#session = undefined
    this.#row = undefined
    if (session === undefined) {
      if (h !== undefined) this.#carrier?.handledBefore(h)
      this.#carrier?.lost([])
      return
    }
    session.detach()
    if (h !== undefined) session.handledBy(h)
    this.#carrier?.lost(session.unacknowledged, session.ended)
    this.#beginning = undefined
    this.#parts.lost()
    for (const end of this.endings) void guardWork(this.#parts.failed, end)
  }

  #closed(session: Session, connection: Connection): void {
    if (session.connection !== connection) return
    session.detach()
    if (!session.canResume) this.#parts.lost()
  }

  /** What extensions do at the start, and what is carried. */
  async #run(session: Session, start: SessionStart): Promise<undefined> {
    if (start.resumed) this.#carrier?.open(session)
    const phase = (name: SessionPhase): Promise<unknown> =>
      Promise.all(this.beginnings[name].map((run) => guardWork(this.#parts.failed, () => run(start))))
    await phase('prepare')
    if (!start.resumed) {
      await this.#carrier?.settle()
      if (this.#session !== session) return
      this.#carrier?.open(session)
    }
    await phase('appear')
  }

  #keepRow(session: Session, handled: number): undefined | Promise<undefined> {
    if (!session.canResume) return this.#keep('session', undefined)
    return this.#keep('session', JSON.stringify({ ...session.management, jid: session.jid.toString(), handled }))
  }

  #keep(key: string, value: string | undefined): undefined | Promise<undefined> {
    if (value === this.#parts.kept.get(key)) return undefined
    const writing = this.#parts.kept.write([[key, value]])
    if (!(writing instanceof Promise)) return undefined
    return writing.catch((cause: unknown) => {
      this.#parts.failed(new StoreError('The session could not be kept: it will not survive a restart.', { cause }))
      return undefined
    })
  }

  /** The same at every login of this store: a UUID of version 4. [XEP-0388 2.3] */
  #agent(): string {
    const { kept, platform } = this.#parts
    const known = kept.get('agent')
    if (known !== undefined) return known
    const bytes = platform.crypto.random(16)
    bytes[6] = (bytes[6]! & 0x0f) | 0x40
    bytes[8] = (bytes[8]! & 0x3f) | 0x80
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
    const agent = hex.replace(/^(.{8})(....)(....)(....)/, '$1-$2-$3-$4-')
    void this.#keep('agent', agent)
    return agent
  }
}

async function passwordOf({ password }: ClientOptions): Promise<string | undefined> {
  return typeof password === 'function' ? await password() : password
}

/** Throws when the connection is gone, or the try has taken too long. */
async function gone(connection: Connection, signal: AbortSignal): Promise<never> {
  const reason = await Promise.race([
    connection.closed,
    new Promise<undefined>((resolve) => signal.addEventListener('abort', () => resolve(undefined))),
  ])
  if (signal.aborted) {
    connection.destroy()
    throw signal.reason
  }
  if (reason === undefined || reason instanceof Redirect) throw new DisconnectedError()
  throw reason
}

function readRow(row: unknown): Row | undefined {
  if (!isObject(row)) return undefined
  const { jid, handled, id, location } = row as Partial<Record<keyof Row, unknown>>
  if (typeof jid !== 'string' || parseJid(jid) === undefined || typeof handled !== 'number' || typeof id !== 'string')
    return undefined
  return { jid, handled, id, location: typeof location === 'string' ? location : undefined }
}

function readMemory(row: unknown): Memory {
  const { token, scramWorked } = (isObject(row) ? row : {}) as Partial<Record<keyof Memory, unknown>>
  return { token: isToken(token) ? token : undefined, scramWorked: scramWorked === true }
}

function isToken(row: unknown): row is Token {
  if (!isObject(row)) return false
  const { token, mechanism } = row as Partial<Record<keyof Token, unknown>>
  return typeof token === 'string' && typeof mechanism === 'string'
}

function isObject(row: unknown): row is object {
  return typeof row === 'object' && row !== null
}
