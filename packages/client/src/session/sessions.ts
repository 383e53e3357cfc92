/**
 * One session after the other: each begins on a new connection by going on with the one before, or afresh. What was sent in a session that is
 * lost is not lost with it.
 */
import type { Maybe } from '@rookery/protocol'
import { type Jid, parseJid } from '@rookery/protocol/jid'
import * as NS from '@rookery/protocol/namespaces'
import type { SaslCrypto } from '@rookery/protocol/sasl'
import { MANAGEMENT_NS, PING_NS } from '@rookery/protocol/xeps/names'
import { type Element, el } from '@rookery/protocol/xml'
import { onAbort } from '../contract/abort.ts'
import type { Carrier } from '../contract/carrier.ts'
import { type ClientError, DisconnectedError, LoginError } from '../contract/errors.ts'
import type { SessionPhase, SessionStart } from '../contract/extension.ts'
import { guardWork } from '../contract/guard.ts'
import type { Kept } from '../contract/kept.ts'
import type { ClientOptions } from '../contract/options.ts'
import type { Platform } from '../contract/platform.ts'
import { tellUnkept } from '../contract/unkept.ts'
import { until } from '../contract/until.ts'
import type { RequestOptions } from '../contract/within.ts'
import type { Connection } from '../negotiate/connection.ts'
import { negotiate } from '../negotiate/negotiate.ts'
import type { Enabled, Memory, Negotiation, Resumable } from '../negotiate/negotiation.ts'
import { broken } from '../negotiate/nonzas.ts'
import { rememberPbkdf2 } from '../platform/crypto-memory.ts'
import { attempt } from './attempt.ts'
import type { Live } from './lifeline.ts'
import { limited } from './limited.ts'
import { Session } from './session.ts'

export interface SessionsParts {
  /** With the resource that is wished for. */
  readonly account: Jid
  readonly options: ClientOptions
  readonly platform: Platform
  readonly kept: Kept
  readonly request: (type: 'get', payload: Element, options: RequestOptions) => Promise<unknown>
  readonly receive: (element: Element) => undefined | Promise<undefined>
  /** A session is gone for good. */
  readonly lost: () => void
  readonly failed: (error: ClientError) => void
}

export class Sessions {
  readonly #beginnings: Readonly<Record<SessionPhase, ((start: SessionStart) => Maybe<undefined>)[]>> = {
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
  readonly #crypto: SaslCrypto
  #session: Session | undefined
  #turnedOn: readonly string[] = []
  /** This program has done all that is done at the start of the session. */
  #isBegun = false
  #jid: Jid | undefined
  /** Until it is kept that the session is, or goes on, in this program: no count of it is about what another one has sent. */
  #counted: Maybe<undefined>
  #carrier: Carrier | undefined

  constructor(parts: SessionsParts) {
    this.#parts = parts
    this.#crypto = rememberPbkdf2(parts.platform.crypto)
    this.#memory = readMemory(parts.kept)
    this.#restore()
  }

  /** The full address of the session, once there was one. */
  get jid(): Jid | undefined {
    return this.#jid
  }

  get connection(): Connection | undefined {
    return this.#session?.connection
  }

  get canResume(): boolean {
    return !!this.#session?.id
  }

  /** Who comes when a session has begun begins then. */
  readonly onSession = (phase: SessionPhase, run: (start: SessionStart) => Maybe<undefined>): void => {
    this.#beginnings[phase].push(run)
    if (this.#isBegun)
      queueMicrotask(() => guardWork(this.#parts.failed, () => run({ resumed: false, restored: false })))
  }

  /** What it carries is sent in this session, if there is one, and those to come. */
  carry<C extends Carrier>(carrier: C): C {
    this.#carrier = carrier
    if (this.#session?.isOpen && this.#isBegun) void carrier.open(this.#session)
    return carrier
  }

  readonly isTurnedOn = (ns: string): boolean => this.#turnedOn.includes(ns)

  check(): void {
    this.#session?.check(5_000)
  }

  /** False when there is no session to send it in. */
  send(wire: string): boolean {
    if (!this.#session?.isOpen) return false
    this.#session.send(wire)
    return true
  }

  /** One try, for which there is so much time beside that of who types a password. Throws a ClientError. */
  async begin(began: () => AbortSignal, time: number): Promise<Live> {
    const { account, options, platform } = this.#parts
    const once = (password: string | undefined): Promise<Live> =>
      limited(platform.clock, began(), time, account.domain, (signal) => this.#begin(signal, time, password))
    const session = this.#session
    if (session)
      await until<void>(
        platform.clock,
        { signal: began(), timeout: time },
        () => new DisconnectedError('More came than is dealt with.'),
        (run) => session.drained(run),
      )
    const hopes = this.#memory.token && typeof options.password === 'function'
    try {
      return await once(hopes ? undefined : await passwordOf(options))
    } catch (error) {
      // a token that is no good any more, or not here: now the password is asked for
      const isOfToken =
        error instanceof LoginError && (this.#memory.token === undefined || error.reason === 'no-credentials')
      if (!hopes || !isOfToken) throw error
      return await once(await passwordOf(options))
    }
  }

  /** The session is over, and was meant to be. One that has no connection now waits to be gone on with. */
  async end(timeout = 5_000): Promise<undefined> {
    const { clock } = this.#parts.platform
    await new Promise<void>((resolve) => void clock.after(0, resolve)) // what a loop has just dealt with counts
    await this.#session?.settle()
    const connection = this.#session?.connection
    if (connection === undefined) return
    connection.end()
    const cancel = clock.after(timeout, () => connection.destroy())
    await connection.closed
    cancel()
    connection.destroy()
    if (this.connection !== undefined) return // somebody has begun anew meanwhile
    this.#lose()
    await this.#keep('session')
  }

  async #begin(signal: AbortSignal, time: number, password: string | undefined): Promise<Live> {
    const { account } = this.#parts
    const session = this.#session
    const agent = this.#agent()
    try {
      const negotiation = await attempt({
        ...this.#parts,
        domain: account.domain,
        location: session?.management?.location,
        signal,
        time,
        run: (connection) =>
          negotiate({
            ...this.#parts,
            connection,
            crypto: this.#crypto,
            password,
            agent,
            memory: this.#memory,
            resumable: session?.id ? (session as Resumable) : undefined,
            bindsInline: account.resource === '' && this.catchesUp(),
            inline: this.inline,
            offers: el('features', NS.streams),
            early: [],
          }),
      })
      return await this.#established(negotiation, signal)
    } finally {
      await this.#keep('login', JSON.stringify(this.#memory))
    }
  }

  async #established({ connection, ...made }: Negotiation, signal: AbortSignal): Promise<Live> {
    const { resumption } = made
    const resumed = resumption?.kind === 'resumed'
    const restored = resumed && !this.#isBegun
    if (!resumed) {
      this.#lose(resumption?.h)
      this.offers = made.offers // of a session that goes on, the server says them no more
      this.#turnedOn = made.turnedOn ?? []
      this.#make(made.jid!, made.enabled)
    }
    const session = this.#session // which may have ended, whatever the server says
    this.#counted = session && this.#keepRow(session, session.handled) // what is attached may count at once
    if (!resumed) session!.attach(connection, made.early)
    else if (!session?.resume(connection, resumption.h)) {
      this.#lose()
      connection.destroy()
      throw broken(MANAGEMENT_NS)
    }
    const forget = onAbort(signal, (reason) =>
      reason instanceof DisconnectedError ? this.end() : connection.destroy(reason as ClientError),
    )
    const lost = connection.closed.then((reason) => {
      throw reason ?? new DisconnectedError()
    })
    try {
      await Promise.race([this.#run(connection, { resumed, restored }), lost])
    } finally {
      forget()
    }
    return { jid: session!.jid, resumed: resumed && !restored, connection }
  }

  /** The session of before the program was started, as it was kept. */
  #restore(): void {
    const { jid, handled, id, location } = this.#parts.kept.json('session')
    const address = parseJid(String(jid))
    if (!address || typeof handled !== 'number' || typeof id !== 'string') return
    this.#make(address, { id, location: typeof location === 'string' ? location : undefined }, handled)
  }

  #make(jid: Jid, enabled: Enabled | undefined, handledBefore?: number): void {
    const { account, platform, options, request, receive, lost } = this.#parts
    const { keepAlive = 60_000, answerWithin = 15_000, maxUnhandled = 4 << 20 } = options
    this.#jid = jid
    this.#session = new Session(
      jid,
      enabled && { ...enabled, run: Math.random() },
      {
        clock: platform.clock,
        ping: () => request('get', el('ping', PING_NS), { to: account.domain }),
        keepAlive,
        answerWithin,
        // at the start the application may have to wait for answers that come behind what it is to deal with
        maxUnhandled: () => (this.#isBegun ? maxUnhandled : maxUnhandled * 4),
        stanza: receive,
        acknowledged: (carried) => this.#carrier?.acknowledged(carried),
        handledBefore: (h) => this.#carrier?.handledBefore(h),
        handled: (count) => this.#keepRow(this.#session!, count),
        lost,
      },
      handledBefore,
    )
  }

  /** For this program it has ended; where it waits to be gone on with, the next one may. */
  over(session: Session | undefined = this.#session): void {
    if (session) for (const end of this.endings) void guardWork(this.#parts.failed, end)
  }

  /** Gives up the session of before; `h`: what the server says it had handled. */
  #lose(h?: number): void {
    const session = this.#session
    this.#session = undefined
    this.#isBegun = false
    if (session === undefined) return this.#carrier?.lost([])
    session.detach()
    if (h !== undefined) session.handledBy(h)
    this.#carrier?.lost(session.unacknowledged, session)
    this.#parts.lost()
    this.over(session)
  }

  /** What extensions do at the start, and what is carried. One that was cut off is begun anew where the session goes on. */
  async #run(connection: Connection, start: SessionStart): Promise<undefined> {
    if (this.#isBegun) void this.#carrier?.open(this.#session!)
    const phase = (name: SessionPhase): Promise<unknown> =>
      Promise.all(this.#beginnings[name].map((run) => guardWork(this.#parts.failed, () => run(start))))
    await this.#counted
    await phase('prepare')
    await this.#carrier?.open(this.#session!)
    if (this.connection !== connection) return
    await phase('appear')
    this.#isBegun ||= this.connection === connection
  }

  #keepRow(session: Session, handled: number): Maybe<undefined> {
    const row = session.id && JSON.stringify({ ...session.management, jid: session.jid, handled })
    return this.#keep('session', row)
  }

  #keep(key: string, value?: string): Maybe<undefined> {
    const { kept } = this.#parts
    if (value === kept.get(key)) return undefined
    const text = 'The session could not be kept.'
    return tellUnkept(this.#parts, kept.write([[key, value]]), text)
  }

  /** The same at every login of this store: a UUID of version 4, which pages that are not secure cannot make. [XEP-0388 2.3] */
  #agent(): string | undefined {
    const agent = this.#parts.kept.get('agent') ?? crypto.randomUUID?.()
    void this.#keep('agent', agent)
    return agent
  }
}

async function passwordOf({ password }: ClientOptions): Promise<string | undefined> {
  return (typeof password === 'function' ? await password() : password) ?? undefined
}

function readMemory(kept: Kept): Memory {
  const { token, scramWorked } = kept.json('login') as Partial<Memory>
  return { token: typeof token?.token === 'string' ? token : undefined, scramWorked: scramWorked === true }
}
