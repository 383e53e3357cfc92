/**
 * Being in a room (XEP-0045 7.2, 7.6, 7.14): entering, the nickname, leaving, and coming back when the room or the session lost us. What is
 * said there is not known here.
 */
import { intact } from '@rookery/protocol/codec'
import type { Jid } from '@rookery/protocol/jid'
import * as NS from '@rookery/protocol/namespaces'
import { type Presence, presence } from '@rookery/protocol/stanza'
import { type MucHistory, type MucUser, mucJoin, mucUser } from '@rookery/protocol/xeps/muc'
import { MUC_NICK_ASSIGNED, MUC_SELF } from '@rookery/protocol/xeps/muc-status'
import { type Element, el } from '@rookery/protocol/xml'
import { readJid } from '../../contract/address.ts'
import { appearance } from '../../contract/appearance.ts'
import { backOff } from '../../contract/backoff.ts'
import { type Deferred, deferred } from '../../contract/deferred.ts'
import { type ClientError, DisconnectedError, RequestError, UsageError } from '../../contract/errors.ts'
import type { Core } from '../../contract/extension.ts'
import { type WaitOptions, within } from '../../contract/within.ts'
import type { RoomsEvents } from './events.ts'
import { type Exit, readExit } from './exit.ts'
import { type Change, Occupants } from './occupants.ts'
import { isPassing, refusalOf } from './refusal.ts'
import { soon } from './soon.ts'

export interface Entry extends WaitOptions {
  readonly password?: string | undefined
  readonly history?: MucHistory | undefined
}

/** `entering` also while it tries to come back. */
export type RoomState = 'outside' | 'entering' | 'inside'

export interface MembershipParts {
  readonly core: Core<RoomsEvents>
  readonly room: Jid
  readonly believed: () => boolean
  /** `again`: we were in it before. `since`: when we last heard what was said there. */
  readonly entered: (statuses: readonly number[], again: boolean, since: number) => void
  readonly changed: (change: Change) => void
  /** We are not in it any more. Where it is `entering`, it tries to come back. */
  readonly left: (exit: Exit) => void
}

const answerWithin = 30_000
/** What the room's history is asked for beyond the time of our absence, in seconds: what was under way then. */
const overlap = 60
/** So often coming back is tried where the nickname is taken, or another one is about to set the room up. */
const conflictsMax = 5

const nobody: MucUser = { items: [], statuses: [], invites: [] }

export class Membership {
  readonly occupants: Occupants
  readonly #parts: MembershipParts
  #state: RoomState = 'outside'
  #entry: Entry | undefined
  #nick = ''
  #again = false
  /** When we last heard what was said there, or entered. */
  #heard = 0
  /** Somebody waits for what the room says to our last presence. */
  #asked: Deferred<undefined> | undefined
  #askedId: string | undefined
  #leaving: Deferred<undefined> | undefined
  #attempt = 0
  /** What we have said of ourselves there has changed meanwhile. */
  #isStale = false
  #stopTimer: () => void = () => undefined

  constructor(parts: MembershipParts) {
    this.#parts = parts
    this.occupants = new Occupants(parts.believed)
  }

  get state(): RoomState {
    return this.#state
  }

  /** As the room knows us; as we asked for before it does. */
  get nick(): string {
    return this.#nick
  }

  /** The nickname is being changed: what it is now is not known. */
  get isRenaming(): boolean {
    return this.#state === 'inside' && this.#asked !== undefined
  }

  /** Resolves when we have left, if we are leaving. */
  get leaving(): Promise<undefined> | undefined {
    return this.#leaving?.promise
  }

  /** Resolves when our own presence has come, which ends the list of occupants. [XEP-0045 7.2.2] */
  async enter(wanted: string, entry: Entry): Promise<undefined> {
    const nick = this.#read(wanted)
    this.#entry = entry
    this.#again = false
    this.#heard = this.#parts.core.clock.now()
    try {
      return await this.#wait(entry, () => this.#ask(nick, entry.history))
    } catch (error) {
      if (error instanceof RequestError) this.end() // otherwise it may have let us in, and its word was lost: we leave
      throw error
    }
  }

  /** Enters again, as the one who was there: the room sends what was said meanwhile. */
  comeBack(): void {
    const { core } = this.#parts
    if (!this.#entry || this.#leaving) return
    this.lose()
    // the clocks of the room and of this machine may differ: how long ago is what both understand
    const seconds = Math.ceil((core.clock.now() - this.#heard) / 1000) + overlap
    this.#ask(this.#nick, this.#again ? { seconds } : this.#entry.history)
    if (this.#again) this.#stopTimer = core.clock.after(answerWithin, () => this.#tryLater())
  }

  /** We are not in it any more, and mean to be. */
  lose(): void {
    this.#stopTimer()
    if (this.#state !== 'inside') return
    this.#again = true
    this.#state = 'entering'
    this.#refuse(new DisconnectedError('The room was lost.'))
  }

  /** Where nobody connects there will be no answer. */
  look(): void {
    const { name } = this.#parts.core.state
    if (name === 'offline' || name === 'failed') this.#refuse(new DisconnectedError())
  }

  /** What we say of ourselves has changed. [XEP-0045 7.7] It waits until we are in, and are called as we are to be. */
  show(): void {
    this.#isStale = this.#state !== 'inside' || this.#asked !== undefined
    if (!this.#isStale) this.#say('available')
  }

  /** Something was said there. */
  hear(): void {
    this.#heard = this.#parts.core.clock.now()
  }

  /** Resolves when the room calls us so, or something else it prefers. [XEP-0045 7.6] */
  async rename(wanted: string, options: WaitOptions): Promise<undefined> {
    const nick = this.#read(wanted)
    if (this.#state !== 'inside') throw new UsageError(`You are not in ${this.#parts.room}: join it first.`)
    if (this.#asked) throw new UsageError('The nickname is being changed.')
    if (nick === this.#nick) return
    await this.#wait(options, () => {
      this.#askedId = this.#say('available', nick)
    })
  }

  /** Resolves when the room has seen it, or after 5 s: it is over in any case. */
  async leave(status: string | undefined): Promise<undefined> {
    if (this.#state === 'outside') return
    if (this.#leaving) return await this.#leaving.promise
    const leaving = deferred<undefined>()
    this.#leaving = leaving
    this.#refuse(new UsageError('The room was left.'))
    if (this.#say('unavailable', this.#nick, status) !== undefined && this.#state === 'inside')
      await soon(this.#parts.core.clock, leaving.promise)
    if (this.#leaving === leaving) this.#out({ cause: 'left' })
  }

  receive(received: Presence): void {
    const nick = received.from!.resource
    if (this.#state === 'outside') return
    if (received.type === 'error') return this.#refused(received)
    if (nick === '') return
    const user = intact(mucUser.find(received.element)) ?? nobody
    // [XEP-0045 7.1] and where the room forgets to say so: it is the nickname that we have
    const isSelf = user.statuses.includes(MUC_SELF) || (this.#state === 'inside' && nick === this.#nick)
    if (received.type === 'available') this.#available(nick, received, user, isSelf)
    else if (received.type === 'unavailable') this.#unavailable(nick, received, user, isSelf)
  }

  #available(nick: string, received: Presence, user: MucUser, isSelf: boolean): void {
    const change = this.occupants.available(nick, received, user.items[0])
    if (change) this.#parts.changed(change)
    if (!isSelf) return
    const { statuses } = user
    const isNamed = nick !== this.#nick || statuses.includes(MUC_NICK_ASSIGNED)
    this.#nick = nick
    // anything else that it shows of us meanwhile says nothing of the nickname
    if (this.#state === 'inside') return isNamed ? this.#resolve() : undefined
    this.#state = 'inside'
    this.#attempt = 0
    this.#stopTimer()
    const again = this.#again
    const changes = this.occupants.end()
    this.#resolve()
    this.#parts.entered(statuses, again, this.#heard)
    if (again) for (const change of changes) this.#parts.changed(change)
  }

  #unavailable(nick: string, received: Presence, user: MucUser, isSelf: boolean): void {
    const change = this.occupants.unavailable(nick, received, user)
    if (change) this.#parts.changed(change)
    if (!isSelf) return
    if (change?.kind === 'renamed') {
      this.#nick = change.occupant.nick // [XEP-0045 7.6] our presence under it follows
      return this.#resolve()
    }
    const exit = readExit(user, received.element.childText('status'))
    // the word of an earlier stay: of the program before a restart, or of a session whose start was cut off. Should it mean this one, no answer comes
    if (this.#state === 'entering' && exit.cause === 'left') return this.#again ? this.#tryLater() : undefined
    const mayComeBack = exit.cause === 'shutdown' || exit.cause === 'error'
    if (!mayComeBack || this.#leaving || this.#asked) return this.#out(exit)
    const wasInside = this.#state === 'inside'
    this.lose()
    this.#tryLater()
    if (wasInside) this.#parts.left(exit)
  }

  #refused(received: Presence): void {
    const error = refusalOf(received)
    const { id = this.#askedId } = received
    if (this.#asked && id === this.#askedId) return this.#refuse(error)
    if (this.#state !== 'entering' || !this.#again) return
    const isLimited = ['conflict', 'item-not-found'].includes(error.condition)
    if (isPassing(error) && (!isLimited || this.#attempt < conflictsMax)) this.#tryLater()
    else this.#out({ cause: 'refused', reason: error.text, error })
  }

  #tryLater(): void {
    const { clock, crypto } = this.#parts.core
    const delay = 1_000 + backOff(++this.#attempt, crypto.random(1)[0]! / 256)
    this.#stopTimer()
    this.#stopTimer = clock.after(delay, () => this.comeBack())
  }

  #out(exit: Exit): void {
    this.end()
    this.#refuse(new DisconnectedError(`The room was left: ${exit.cause}.`))
    this.#leaving?.resolve(undefined)
    this.#leaving = undefined
    this.#parts.left(exit)
  }

  /** It is over, whatever the room thinks. */
  end(): void {
    this.#stopTimer()
    this.#state = 'outside'
    this.occupants.clear()
  }

  #ask(nick: string, history: MucHistory | undefined): void {
    this.#state = 'entering'
    this.#isStale = false
    this.#nick = nick
    this.occupants.begin()
    this.#askedId = this.#say('available', nick, undefined, mucJoin.build({ password: this.#entry?.password, history }))
  }

  /** The nickname as servers see it. */
  #read(nick: string): string {
    return readJid(`${this.#parts.room}/${nick}`).resource
  }

  /** Without a session the question is asked in the next one. */
  async #wait({ signal, timeout = answerWithin }: WaitOptions, ask: () => void): Promise<undefined> {
    signal?.throwIfAborted()
    const asked = deferred<undefined>()
    this.#asked = asked
    ask()
    this.look()
    try {
      return await within(this.#parts.core.clock, asked.promise, { signal, timeout })
    } finally {
      if (this.#asked === asked) this.#asked = undefined
    }
  }

  #resolve(): void {
    this.#asked?.resolve(undefined)
    this.#asked = undefined
    if (this.#isStale) this.show()
  }

  #refuse(error: ClientError): void {
    this.#asked?.reject(error)
    this.#asked = undefined
  }

  /** The id; undefined when there is no session to say it in. */
  #say(type: 'available' | 'unavailable', nick = this.#nick, status?: string, join?: Element): string | undefined {
    const { core, room } = this.#parts
    const id = core.newId()
    const said = status === undefined ? undefined : el('status', NS.client, {}, status)
    const to = room.withResource(nick)
    const children = type === 'available' ? [...core.use(appearance).elements(to), join] : [said]
    return core.send(presence(undefined, to, type, children, id)) ? id : undefined
  }
}
