/**
 * A room, as one who is in it or looks at it holds it (XEP-0045 1.35.5): it ties its slices together. Being in it is membership.ts, what is
 * heard there hearing.ts, whether it still has us self-ping.ts.
 */
import type { Jid } from '@rookery/protocol/jid'
import * as NS from '@rookery/protocol/namespaces'
import { type Message, message as messageStanza, type Presence, StanzaError } from '@rookery/protocol/stanza'
import type { ChatState } from '@rookery/protocol/xeps/chat-states'
import { hint } from '@rookery/protocol/xeps/hints'
import { displayedMarker } from '@rookery/protocol/xeps/markers'
import { MUC_OWNER_NS, type MucHistory } from '@rookery/protocol/xeps/muc'
import { MUC_CREATED } from '@rookery/protocol/xeps/muc-status'
import { OCCUPANT_ID_NS } from '@rookery/protocol/xeps/occupant-id'
import { STANZA_ID_NS, stanzaIdBy } from '@rookery/protocol/xeps/stanza-id'
import { type Element, el } from '@rookery/protocol/xml'
import { readJid } from '../../contract/address.ts'
import { RequestError, UsageError } from '../../contract/errors.ts'
import { Emitter, type EventsBase, type Listener, type ListenOptions } from '../../contract/events.ts'
import type { Core } from '../../contract/extension.ts'
import { guardWork } from '../../contract/guard.ts'
import { together } from '../../contract/together.ts'
import { checkWait } from '../../contract/until.ts'
import { type WaitOptions, within } from '../../contract/within.ts'
import { messages, type ReceivedMessage, type SentMessage, type Way } from '../../messages/index.ts'
import {
  contentElements,
  type MessageContent,
  reactionElements,
  readContent,
  requireOwn,
  retractionElements,
  stateElement,
  type Target,
} from '../chat/index.ts'
import type { Disco } from '../disco.ts'
import type { RoomEvents, RoomSubject, RoomsEvents } from './events.ts'
import type { Exit } from './exit.ts'
import { Hearing, isSubject } from './hearing.ts'
import { direct, type InviteOptions, mediated, user } from './invitations.ts'
import { Membership, type RoomState } from './membership.ts'
import type { Occupant } from './occupant.ts'
import { acceptDefaults, administer, type RoomSetup } from './owner.ts'
import { type RoomInfo, readRoomInfo } from './room-info.ts'
import { RoomMessage, stanzaIdOf } from './room-message.ts'
import { SelfPing } from './self-ping.ts'
import { soon } from './soon.ts'

export interface JoinOptions extends WaitOptions {
  /** How to be called there; the local part of the account unless told. */
  readonly nick?: string | undefined
  readonly password?: string | undefined
  /** How much of what was said before; what the room likes to send unless told. All limits hold together; `since` in ms since 1970. */
  readonly history?: MucHistory | undefined
  /** When the room does not exist: `false` makes none, and it is as if the room had refused with `item-not-found`. */
  readonly create?: boolean | undefined
  /** How a room that is made is to be. `roomSettings({ membersonly: true })`; unless told as its service likes; with `'later'` nobody else can enter before you configure it. */
  readonly settings?: RoomSetup | 'later' | undefined
}

export interface RoomSendOptions extends MessageContent {
  readonly id?: string | undefined
  /** Of the body and the subject. */
  readonly lang?: string | undefined
}

/** What the feature does for all rooms. */
export interface RoomParts {
  readonly core: Core<RoomsEvents>
  readonly disco: Disco
  readonly address: Jid
  /** It is to get what comes from the room, or not any more. */
  readonly attend: (room: Room, attends: boolean) => void
}

/** Milliseconds. */
const joinWithin = 30_000
/** So much is held back while `join` has not yet answered. */
const heldMax = 1_000
/** So much of a body tells one message from another. */
const longest = 200

export class Room {
  readonly address: Jid
  /** It has told what was said before: its subject has come. [XEP-0045 7.2.15] @internal */
  isLive = false
  readonly #parts: RoomParts
  readonly #membership: Membership
  readonly #ping: SelfPing
  readonly #emitter: Emitter<RoomEvents & EventsBase> = new Emitter()
  readonly #hearing: Hearing
  #info: RoomInfo | undefined
  /** How we entered. */
  #options: JoinOptions = {}
  #isNew = false
  /** What is told once `join` has answered, so that whoever called it can listen first. */
  #held: (() => void)[] | undefined
  /** Somebody enters. */
  #joining: Promise<this> | undefined
  /** `join` has failed: nothing is told. */
  #isMute = false

  /** Call `client.rooms.join` or `client.rooms.get`. */
  constructor(parts: RoomParts) {
    const { core, address } = parts
    this.address = address
    this.#parts = parts
    this.#membership = new Membership({
      core,
      room: address,
      believed: () => this.knowsOccupants,
      entered: (statuses, again, since) => this.#entered(statuses, again, since),
      changed: (change) => void this.#tell('occupant', { room: this, ...change }),
      left: (exit) => this.#left(exit),
    })
    this.#ping = new SelfPing(
      core,
      () => {
        const { state, nick, isRenaming } = this.#membership
        return state === 'inside' && !isRenaming ? address.withResource(nick) : undefined
      },
      () => this.#membership.comeBack(),
    )
    this.#hearing = new Hearing({
      room: this,
      tell: (event, payload) => this.#tell(event, payload),
      isHeard: (event) => this.#isHeard(event),
      sentMessage: (id) => core.use(messages).find(id),
      learn: () => this.#learn(),
    })
    this.#emitter.on('error', (error) => core.failed(error))
  }

  get state(): RoomState {
    return this.#membership.state
  }

  /** Our nickname there. */
  get nick(): string {
    return this.#membership.nick
  }

  /** We made it by entering; also one that was no more when we came back: it is set up again as it was when we first entered. */
  get isNew(): boolean {
    return this.#isNew
  }

  /** Who is there, by nickname: at most 10,000. */
  get occupants(): ReadonlyMap<string, Occupant> {
    return this.#membership.occupants.present
  }

  /** Ourselves, as the room shows us. */
  get self(): Occupant | undefined {
    return this.occupants.get(this.nick)
  }

  get subject(): RoomSubject | undefined {
    return this.#hearing.subject
  }

  /** What the room said of itself last, once it has. */
  get info(): RoomInfo | undefined {
    return this.#info
  }

  /** Whether the room vouches for occupant ids; what others call so otherwise is not believed. [XEP-0421 4] */
  get knowsOccupants(): boolean {
    return this.#info?.features.has(OCCUPANT_ID_NS) === true
  }

  /** @internal */
  get hearsWhispers(): boolean {
    return this.#isHeard('whisper')
  }

  /** @internal */
  authorOf(message: ReceivedMessage): string {
    return new RoomMessage(this, message).author
  }

  /** Whether the room gives ids to messages, and takes away what others claim in its name. [XEP-0359 5] */
  get keepsIds(): boolean {
    const features = this.#info?.features
    return features !== undefined && (features.has(STANZA_ID_NS) || features.has('urn:xmpp:mam:2'))
  }

  /** Listens; the answer stops it. A promise that a listener of messages answers holds back their acknowledgement. */
  on<K extends keyof RoomEvents>(event: K, listener: Listener<RoomEvents[K]>, options?: ListenOptions): () => void {
    return this.#emitter.on(event, listener as Listener<(RoomEvents & EventsBase)[K]>, options)
  }

  /** What is said to everybody, each message acknowledged to the server after the body of your loop has run. Ends with the signal, and with `disconnect()`. */
  messages(options: { readonly signal?: AbortSignal | undefined } = {}): AsyncIterableIterator<RoomMessage> {
    return this.#parts.core.use(messages).pick((received) => this.#hearing.shown.get(received), options)
  }

  /** Enters: as `client.rooms.join`. */
  async join(options: JoinOptions = {}): Promise<this> {
    const { core } = this.#parts
    const { nick = core.account.local || core.jid?.resource || 'guest' } = options
    const membership = this.#membership
    checkWait(options)
    const limits = { ...options, timeout: options.timeout ?? joinWithin }
    // one after the other: what is refused to one may be given to the next
    for (let first: Promise<unknown> | undefined; (first = this.#joining ?? membership.leaving ?? this.#returning()); )
      await within(
        core.clock,
        first.catch(() => undefined),
        limits,
      )
    if (membership.state === 'inside') {
      await membership.rename(nick, options)
      return this
    }
    this.#joining = this.#join(nick, options).finally(() => (this.#joining = undefined))
    return await this.#joining
  }

  async #join(nick: string, options: JoinOptions): Promise<this> {
    const { core, attend } = this.#parts
    const membership = this.#membership
    attend(this, true)
    this.#options = options
    this.#held = []
    try {
      const learning = this.#learn() // asked first, so that it is known when the occupants come
      await membership.enter(nick, options)
      if (this.#isNew) await this.#made(false, options)
      else await within(core.clock, soon(core.clock, learning), { signal: options.signal })
    } catch (error) {
      this.#isMute = true
      this.#release() // what it has said is no room's message any more
      await membership.leave(undefined)
      attend(this, false)
      this.#isMute = false
      throw error
    }
    core.clock.after(0, () => this.#release())
    return this
  }

  /** While it is being come back to: resolves when that has come to something. */
  #returning(): Promise<unknown> | undefined {
    if (this.state !== 'entering') return
    const stop = new AbortController()
    const over = new Promise((resolve) => {
      this.on('joined', resolve, stop)
      this.on('left', resolve, stop)
    })
    return over.finally(() => stop.abort())
  }

  /** Leaves, with a word for the others. */
  async leave(options: { readonly reason?: string | undefined } = {}): Promise<undefined> {
    await this.#membership.leave(options.reason)
  }

  /** Resolves when the room calls us so. Throws a RequestError: `conflict` when somebody else is called so. */
  async setNick(nick: string, options: WaitOptions = {}): Promise<undefined> {
    await this.#membership.rename(nick, options)
  }

  /** Says something to everybody. It is `delivered` when the room has passed it on, and has its `stanzaId` then. Throws a UsageError. */
  send(content: string | RoomSendOptions): SentMessage {
    return this.#post(this.address, content, 'groupchat')
  }

  /** Says something to one occupant alone. [XEP-0045 7.5] */
  whisper(to: string | Occupant, content: string | RoomSendOptions): SentMessage {
    const address = readJid(`${this.address}/${typeof to === 'string' ? to : to.nick}`)
    return this.#post(address, content, 'chat', [user({})])
  }

  /** All that we think of a message, in emojis; none takes back what we said before. */
  react(message: RoomMessage | SentMessage | Pick<Target, 'id'> | string, given: readonly string[]): SentMessage {
    return this.#say(this.address, 'groupchat', reactionElements(stanzaIdOf(message), given))
  }

  /** Takes back what we said. Who has seen it may keep it. */
  retract(message: RoomMessage | SentMessage | Pick<Target, 'id'> | string): SentMessage {
    requireOwn(message)
    return this.#say(this.address, 'groupchat', retractionElements(stanzaIdOf(message)))
  }

  /** Tells everybody that this message, and all before it, have been seen. `more` comes with it. */
  markDisplayed(message: RoomMessage, more: readonly Element[] = []): SentMessage {
    const marker = displayedMarker.build({ id: stanzaIdOf(message) })
    return this.#say(this.address, 'groupchat', [marker, hint('store'), ...more])
  }

  /** Tells everybody what we do. False when there is no session. */
  setState(state: ChatState): boolean {
    const children = [stateElement(state), hint('no-store')]
    return this.#parts.core.send(messageStanza(undefined, this.address, { type: 'groupchat' }, children))
  }

  /** Empty for none. It fails where only moderators may. [XEP-0045 8.1] */
  setSubject(text: string): SentMessage {
    const sent = this.#say(this.address, 'groupchat', [el('subject', NS.client, {}, text)])
    this.#hearing.expect(sent)
    return sent
  }

  /** Invites through the room, which lets them in where it is for members. */
  invite(who: Jid | string, options: InviteOptions = {}): SentMessage {
    return this.#say(this.address, 'normal', [mediated(readJid(who), options)])
  }

  /** Invites past the room (XEP-0249): it does not know of it; a password that we entered with is told. */
  inviteDirectly(who: Jid | string, options: InviteOptions = {}): SentMessage {
    return this.#say(readJid(who), 'normal', [
      direct(this.address, this.#options.password, options),
      hint('store'), // some archives keep nothing without a body
    ])
  }

  /** Whether the room still has us; where it does not, we come back. Done by itself after 15 minutes of silence, and when a session goes on. */
  async check(): Promise<undefined> {
    await this.#ping.check()
  }

  /** Whether there is a connection. @internal */
  watch(isOnline: boolean): void {
    this.#ping.watch(isOnline)
    this.#membership.look()
  }

  /** The session is over. @internal */
  lose(): void {
    this.#ping.stop()
    this.#membership.lose()
  }

  /** There is a new session. @internal */
  comeBack(): void {
    void this.#learn()
    this.#membership.comeBack()
  }

  /** Resolves when what was said meanwhile has been sent. @internal */
  async caughtUp(): Promise<undefined> {
    if (this.state === 'entering') await this.#hearing.caughtUp()
  }

  /** What we say of ourselves has changed. @internal */
  show(): void {
    this.#membership.show()
  }

  /** A presence from it. @internal */
  receivePresence(presence: Presence): void {
    this.#ping.hear()
    const receive = (): void => this.#membership.receive(presence)
    // once we are in, it keeps its place among what is said
    if (this.state !== 'inside' || !this.#later(receive)) receive()
  }

  /** A message from it, before anybody has seen it: what is known is dropped, what comes before `join` has answered waits. @internal */
  gate(stanza: Message, { isPast }: Way, next: () => undefined | Promise<undefined>): undefined | Promise<undefined> {
    const { type, element } = stanza
    if (type !== 'groupchat') return next()
    // it ends what was said before [XEP-0045 7.2.15]; at once: who speaks right behind it says no past
    if (isSubject(element)) this.isLive = true
    if (this.#isRepeated(element) && isPast) return undefined
    return this.#held ? new Promise((resolve) => this.#later(() => resolve(next()))) : next()
  }

  /** A message from it. @internal */
  receive(received: ReceivedMessage): unknown {
    this.#ping.hear()
    // what was said before comes from its beginning on, and may break off
    if (received.type === 'groupchat' && (this.isLive || !received.way.isPast)) this.#membership.hear()
    return this.#hearing.receive(received)
  }

  /**
   * Rooms that give no ids say things a second time when one comes back [XEP-0045 7.2.13]. Only of what was said before it counts: people repeat
   * themselves, and some clients repeat ids.
   */
  #isRepeated(message: Element): boolean {
    const body = message.childText('body')
    if (body === undefined || stanzaIdBy(message, this.address) !== undefined) return false
    const key = [message.attr('from'), message.attr('id'), body.length, body.slice(0, longest)].join('\n')
    return this.#parts.core.use(messages).seen.repeats(key)
  }

  #entered(statuses: readonly number[], again: boolean, since: number): void {
    const { core } = this.#parts
    this.#isNew = statuses.includes(MUC_CREATED)
    this.isLive = false
    this.#ping.start()
    void soon(core.clock, this.#hearing.caughtUp()).then(() => {
      if (this.state === 'inside') core.use(messages).hold(false, this.address)
    })
    if (again) for (const mend of core.use(messages).gaps) mend(this.address, since)
    // of one that is made here it is told when others can enter
    if (!this.#isNew) void this.#tell('joined', { room: this, again, since })
    else if (again) void guardWork(core.failed, () => this.#made(true))
  }

  #left(exit: Exit): void {
    this.#ping.stop()
    if (this.state === 'outside') this.#parts.attend(this, false)
    this.#hearing.end()
    const left = { room: this, ...exit }
    if (/kicked|banned|destroyed/.test(exit.cause)) void this.#tell(exit.cause as 'kicked', left)
    void this.#tell('left', left)
  }

  /** A room that was made by entering it is locked. [XEP-0045 10.1] */
  async #made(again: boolean, wait?: WaitOptions): Promise<undefined> {
    const { core } = this.#parts
    const { create = true, settings = acceptDefaults } = this.#options
    if (!create) {
      await administer(core, this.address, el('destroy', MUC_OWNER_NS), wait)
      if (again) return // the room says that it is no more
      throw new RequestError(new StanzaError('item-not-found', { text: 'there is no such room' }), `${this.address}`)
    }
    if (settings !== 'later') await settings(core, this.address, wait ?? {})
    await this.#learn()
    void this.#tell('joined', { room: this, again, since: core.clock.now() })
  }

  /** What the room is and can do. One that does not say has nothing. */
  async #learn(): Promise<undefined> {
    const { disco } = this.#parts
    const info = await disco.info(this.address, { fresh: true }).catch(() => undefined)
    if (info) this.#info = readRoomInfo(this.address, info)
  }

  #say(
    to: Jid,
    type: 'groupchat' | 'chat' | 'normal',
    children: readonly (Element | undefined)[],
    { id, lang }: RoomSendOptions = {},
  ): SentMessage {
    if (this.state === 'outside') throw new UsageError(`You are not in ${this.address}: join it first.`)
    const sent = this.#parts.core.use(messages).post(to, children, { type, id, lang })
    const stop = sent.onChange(({ fate, error }) => {
      if (fate !== 'delivered' && fate !== 'failed') return
      stop()
      // it does not know us any more [XEP-0045 7.4]
      if (error instanceof RequestError && error.condition === 'not-acceptable') void this.check()
    })
    return sent
  }

  /** A promise while listeners work, true when there are any. */
  #tell<K extends keyof RoomEvents>(event: K, payload: RoomEvents[K]): unknown {
    if (this.#isMute || this.#later(() => this.#tell(event, payload))) return true
    const name = `room:${event}` as const
    const works = [
      this.#emitter.emit(event, payload as (RoomEvents & EventsBase)[K]),
      this.#parts.core.emit(name, payload as unknown as RoomsEvents[typeof name]),
    ]
    return together(works) ?? (this.#isHeard(event) || undefined)
  }

  #isHeard(event: keyof RoomEvents): boolean {
    return this.#emitter.has(event) || this.#parts.core.hasListeners(`room:${event}`)
  }

  /** True when `join` has not answered yet: it is done when it has. */
  #later(run: () => unknown): boolean {
    if (this.#held === undefined) return false
    this.#held.push(run)
    if (this.#held.length > heldMax) this.#release()
    return true
  }

  #release(): void {
    const held = this.#held
    this.#held = undefined
    for (const run of held ?? []) run()
  }

  #post(
    to: Jid,
    content: string | RoomSendOptions,
    type: 'groupchat' | 'chat',
    more: readonly Element[] = [],
  ): SentMessage {
    const given: RoomSendOptions = readContent(content)
    return this.#say(to, type, [...contentElements(given), ...more], given)
  }
}
