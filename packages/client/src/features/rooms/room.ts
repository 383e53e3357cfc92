/**
 * A room, as one who is in it or looks at it holds it (XEP-0045 1.35.5). Each of its slices is a file beside this one: being in it
 * (membership.ts), lists, configuration, registration, voice, invitations, and whether it still has us (self-ping.ts).
 */

import { NS } from '@rookery/protocol'
import type { FormAnswers } from '@rookery/protocol/forms'
import type { Jid } from '@rookery/protocol/jid'
import { type Message, message as messageStanza, type Presence, StanzaError } from '@rookery/protocol/stanza'
import { type ChatState, chatState } from '@rookery/protocol/xeps/chat-states'
import { hint } from '@rookery/protocol/xeps/hints'
import { displayedMarker } from '@rookery/protocol/xeps/markers'
import { MODERATION_NS, moderate, moderatedRetract } from '@rookery/protocol/xeps/moderation'
import { type Affiliation, mucUser, type Role } from '@rookery/protocol/xeps/muc'
import type { MucRegisterField } from '@rookery/protocol/xeps/muc-forms'
import { MUC_CONFIGURATION_CHANGED, MUC_CREATED } from '@rookery/protocol/xeps/muc-status'
import { OCCUPANT_ID_NS } from '@rookery/protocol/xeps/occupant-id'
import { STANZA_ID_NS } from '@rookery/protocol/xeps/stanza-id'
import { type Element, el } from '@rookery/protocol/xml'
import { readJid } from '../../contract/address.ts'
import { Emitter, type EventsBase, type Listener, type ListenOptions } from '../../contract/emitter.ts'
import { type WaitOptions, within } from '../../contract/within.ts'
import { RequestError, UsageError } from '../../errors.ts'
import type { Core } from '../../extension.ts'
import type { ReceivedMessage, SentMessage } from '../../messages/index.ts'
import { messages } from '../../messages/index.ts'
import {
  contentElements,
  hasContent,
  type MessageContent,
  notesOf,
  reactionElements,
  retractionElements,
} from '../chat/index.ts'
import type { Disco } from '../disco.ts'
import * as configuration from './configuration.ts'
import type { RoomEvents, RoomNote, RoomSubject, RoomsEvents } from './events.ts'
import type { Exit } from './exit.ts'
import { direct, type InviteOptions, mediated, user } from './invitations.ts'
import * as lists from './lists.ts'
import { type Entry, Membership, type RoomState } from './membership.ts'
import type { Occupant } from './occupant.ts'
import * as registration from './registration.ts'
import { Repeats } from './repeats.ts'
import { type RoomInfo, readRoomInfo } from './room-info.ts'
import { isPast, RoomMessage } from './room-message.ts'
import { SelfPing } from './self-ping.ts'
import { readVoiceRequest, voiceQuestion } from './voice.ts'

export interface JoinOptions extends WaitOptions {
  /** How to be called there; the local part of the account unless told. */
  readonly nick?: string | undefined
  readonly password?: string | undefined
  /** How much of what was said before; what the room likes to send unless told. All limits hold together; `since` in ms since 1970. */
  readonly history?: Entry['history']
  /** When the room does not exist: `false` makes none, and it is as if the room had refused with `item-not-found`. */
  readonly create?: boolean | undefined
  /** How a room that is made is to be. Unless told it is as its service likes; with `'later'` nobody else can enter before you configure it. */
  readonly settings?: configuration.RoomSettings<string> | 'later' | undefined
}

export interface RoomSendOptions extends MessageContent {
  readonly id?: string | undefined
  /** Of the body and the subject. */
  readonly lang?: string | undefined
}

export interface DestroyOptions extends WaitOptions {
  readonly reason?: string | undefined
  /** Where to go instead, and the password to get in. */
  readonly alternative?: Jid | string | undefined
  readonly password?: string | undefined
}

/** What the feature does for all rooms. */
export interface RoomParts {
  readonly core: Core<RoomsEvents>
  readonly disco: Disco
  readonly address: Jid
  /** It is to get what comes from the room, or not any more. */
  readonly attend: (room: Room, attends: boolean) => void
}

type Whom = lists.Person | readonly lists.Person[]
type Nicks = string | Occupant | readonly (string | Occupant)[]

/** So much is held back while `join` has not yet answered. */
const heldMax = 1_000
const subjectsMax = 20
/** Milliseconds to wait for what a room says of itself, before it is taken as it is. */
const learnWithin = 5_000

export class Room {
  readonly address: Jid
  readonly #parts: RoomParts
  readonly #membership: Membership
  readonly #ping: SelfPing
  readonly #emitter: Emitter<RoomEvents & EventsBase> = new Emitter()
  /** For those who loop over them. */
  readonly #shown: WeakMap<ReceivedMessage, RoomMessage> = new WeakMap()
  #info: RoomInfo | undefined
  #subject: RoomSubject | undefined
  #isNew = false
  /** Those that we have set, and the room has not told of. */
  #subjects: SentMessage[] = []
  readonly #repeats: Repeats
  /** What is told once `join` has answered, so that whoever called it can listen first. */
  #held: (() => void)[] | undefined
  /** Called when the history has been sent, or when there will be none. */
  #caughtUp: (() => void)[] = []

  /** Call `client.rooms.join` or `client.rooms.get`. */
  constructor(parts: RoomParts) {
    const { core, address } = parts
    this.address = address
    this.#parts = parts
    this.#repeats = new Repeats(address)
    this.#membership = new Membership({
      core,
      room: address,
      believed: () => this.knowsOccupants,
      entered: (statuses, again) => this.#entered(statuses, again),
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
    this.#emitter.on('error', (error) => core.failed(error))
  }

  get state(): RoomState {
    return this.#membership.state
  }

  /** Our nickname there. */
  get nick(): string {
    return this.#membership.nick
  }

  /** We made it by entering. */
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
    return this.#subject
  }

  /** What the room said of itself last, once it has. */
  get info(): RoomInfo | undefined {
    return this.#info
  }

  /** Whether the room vouches for occupant ids; what others call so otherwise is not believed. [XEP-0421 4] */
  get knowsOccupants(): boolean {
    return this.#info?.features.has(OCCUPANT_ID_NS) === true
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
    return this.#parts.core.use(messages).pick((received) => this.#shown.get(received), options)
  }

  /** Enters: as `client.rooms.join`. */
  async join(options: JoinOptions = {}): Promise<this> {
    const { core, attend } = this.#parts
    const { nick = core.account.local || core.jid?.resource || 'guest', password, history, create = true } = options
    const membership = this.#membership
    if (membership.state === 'inside') {
      await membership.rename(nick, options)
      return this
    }
    if (membership.state === 'entering') throw new UsageError('The room is being entered already.')
    attend(this, true)
    this.#held = []
    try {
      const learning = this.#learn() // asked first, so that it is known when the occupants come
      const statuses = await membership.enter({ nick, password, history }, options)
      this.#isNew = statuses.includes(MUC_CREATED)
      if (this.#isNew) await this.#made(create, options)
      else await within(core.clock, learning, { timeout: learnWithin, signal: options.signal })
    } catch (error) {
      attend(this, false)
      this.#held = undefined
      throw error
    }
    core.clock.after(0, () => this.#release())
    return this
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
    const address = this.address.withResource(typeof to === 'string' ? to : to.nick)
    return this.#post(address, content, 'chat', [user({})])
  }

  /** All that we think of a message, in emojis; none takes back what we said before. */
  react(message: RoomMessage | SentMessage | string, given: readonly string[]): SentMessage {
    return this.#say(this.address, 'groupchat', reactionElements(stanzaIdOf(message), given))
  }

  /** Takes back what we said. Who has seen it may keep it. */
  retract(message: RoomMessage | SentMessage | string): SentMessage {
    return this.#say(this.address, 'groupchat', retractionElements(stanzaIdOf(message)))
  }

  /** Tells everybody that this message, and all before it, have been seen. */
  markDisplayed(message: RoomMessage): SentMessage {
    return this.#say(this.address, 'groupchat', [displayedMarker.build({ id: stanzaIdOf(message) }), hint('store')])
  }

  /** Tells everybody what we do. False when there is no session. */
  setState(state: ChatState): boolean {
    const children = [chatState(state), hint('no-store')]
    return this.#parts.core.send(messageStanza(undefined, this.address, { type: 'groupchat' }, children))
  }

  /** Empty for none. It fails where only moderators may. [XEP-0045 8.1] */
  setSubject(text: string): SentMessage {
    const sent = this.#say(this.address, 'groupchat', [el('subject', NS.client, {}, text)])
    this.#subjects = [...this.#subjects.filter(({ fate }) => fate !== 'failed'), sent].slice(-subjectsMax)
    return sent
  }

  /** Asks the moderators to let us speak. */
  requestVoice(): SentMessage {
    return this.#say(this.address, 'normal', [voiceQuestion()])
  }

  /** Invites through the room, which lets them in where it is for members. */
  invite(who: Jid | string, options: InviteOptions = {}): SentMessage {
    return this.#say(this.address, 'normal', [mediated(readJid(who), options)])
  }

  /** Invites past the room (XEP-0249): it does not know of it; a password that we entered with is told. */
  inviteDirectly(who: Jid | string, options: InviteOptions = {}): SentMessage {
    return this.#say(readJid(who), 'normal', [direct(this.address, this.#membership.password, options)])
  }

  /** Takes back what somebody said, for everybody (XEP-0425). Throws an UnsupportedError where the room cannot. */
  async moderate(message: RoomMessage | string, options: lists.ChangeOptions = {}): Promise<undefined> {
    const { core, disco } = this.#parts
    const { reason, ...wait } = options
    const id = stanzaIdOf(message)
    await disco.require(this.address, MODERATION_NS, wait)
    await core.request('set', moderate.build({ id, action: 'retract', reason }), { ...wait, to: this.address })
  }

  members(options?: WaitOptions): Promise<readonly lists.RoomListing[]> {
    return this.listByAffiliation('member', options)
  }

  admins(options?: WaitOptions): Promise<readonly lists.RoomListing[]> {
    return this.listByAffiliation('admin', options)
  }

  owners(options?: WaitOptions): Promise<readonly lists.RoomListing[]> {
    return this.listByAffiliation('owner', options)
  }

  banned(options?: WaitOptions): Promise<readonly lists.RoomListing[]> {
    return this.listByAffiliation('outcast', options)
  }

  moderators(options?: WaitOptions): Promise<readonly lists.RoomListing[]> {
    return this.listByRole('moderator', options)
  }

  participants(options?: WaitOptions): Promise<readonly lists.RoomListing[]> {
    return this.listByRole('participant', options)
  }

  listByAffiliation(affiliation: Affiliation, options?: WaitOptions): Promise<readonly lists.RoomListing[]> {
    return lists.list(this.#parts.core, this.address, { affiliation }, options)
  }

  listByRole(role: Role, options?: WaitOptions): Promise<readonly lists.RoomListing[]> {
    return lists.list(this.#parts.core, this.address, { role }, options)
  }

  /** Of accounts, here or not. Of many, those that were changed before one is refused stay changed. */
  setAffiliation(affiliation: Affiliation, who: Whom, options?: lists.ChangeOptions): Promise<undefined> {
    return lists.setAffiliation(this.#parts.core, this.address, affiliation, who, options)
  }

  /** Of occupants, by nickname. */
  setRole(role: Role, who: Nicks, options?: lists.ChangeOptions): Promise<undefined> {
    return lists.setRole(this.#parts.core, this.address, role, who, options)
  }

  kick(who: Nicks, options?: lists.ChangeOptions): Promise<undefined> {
    return this.setRole('none', who, options)
  }

  ban(who: Whom, options?: lists.ChangeOptions): Promise<undefined> {
    return this.setAffiliation('outcast', who, options)
  }

  grantVoice(who: Nicks, options?: lists.ChangeOptions): Promise<undefined> {
    return this.setRole('participant', who, options)
  }

  revokeVoice(who: Nicks, options?: lists.ChangeOptions): Promise<undefined> {
    return this.setRole('visitor', who, options)
  }

  /** The form, for owners. */
  configuration(options?: WaitOptions): Promise<configuration.RoomConfiguration> {
    return configuration.configuration(this.#parts.core, this.address, options)
  }

  /** Changes these settings: `await room.configure({ membersonly: true, roomname: 'Verona' })`. */
  async configure<More extends string = never>(
    settings: configuration.RoomSettings<More>,
    options?: WaitOptions,
  ): Promise<undefined> {
    await (await this.configuration(options)).submit(settings, options)
  }

  /** The room is no more. For owners. */
  async destroy({ alternative, reason, password, ...options }: DestroyOptions = {}): Promise<undefined> {
    const jid = alternative === undefined ? undefined : readJid(alternative)
    await configuration.destroy(this.#parts.core, this.address, { jid, reason, password }, options)
  }

  /** Reserves a nickname, and asks to be a member. `answers`: what this room wants to know besides. */
  register(nick: string, answers: FormAnswers<MucRegisterField> = {}, options: WaitOptions = {}): Promise<undefined> {
    return registration.registerNick(this.#parts.core, this.address, nick, answers, options)
  }

  unregister(options: WaitOptions = {}): Promise<undefined> {
    return registration.unregister(this.#parts.core, this.address, options)
  }

  /** The nickname that is reserved for us; undefined where there is none. */
  reservedNick(options: WaitOptions = {}): Promise<string | undefined> {
    return registration.reservedNick(this.#parts.disco, this.address, options)
  }

  /** Whether the room still has us; where it does not, we come back. Done by itself after 15 minutes of silence, and when a session goes on. */
  async check(): Promise<undefined> {
    await this.#ping.check()
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
  get caughtUp(): Promise<undefined> {
    return this.state === 'entering'
      ? new Promise((resolve) => this.#caughtUp.push(() => resolve(undefined)))
      : Promise.resolve(undefined)
  }

  /** A presence from it. @internal */
  receivePresence(presence: Presence): void {
    this.#ping.hear()
    this.#membership.receive(presence)
  }

  /** A message from it, before anybody has seen it: what is known is dropped, what comes before `join` has answered waits. @internal */
  gate(stanza: Message, next: () => undefined | Promise<undefined>): undefined | Promise<undefined> {
    if (stanza.type !== 'groupchat') return next()
    const isAgain = isPast(stanza.element, this.address)
    if (this.#repeats.isRepeated(stanza.element, isAgain)) return undefined
    if (this.#held === undefined) return next()
    return new Promise((resolve) => this.#later(() => resolve(next())))
  }

  /** A message from it. @internal */
  receive(received: ReceivedMessage): unknown {
    this.#ping.hear()
    const { type, from, element } = received
    if (type === 'error') return undefined
    if (from.isBare) {
      const told = this.#fromRoom(received)
      if (told !== undefined) return told
    }
    if (type !== 'groupchat') return from.isBare ? undefined : this.#whispered(received)
    this.#membership.hear()
    const isHistory = received.way.archived !== undefined || isPast(element, this.address)
    const sent = this.#sentAs(received)
    const message = new RoomMessage(this, received, sent !== undefined, isHistory)
    if (sent !== undefined) {
      sent.stanzaId = message.stanzaId
      sent.advance('delivered')
    }
    // [XEP-0045 7.2.15, 8.1] one with a body only has a title
    const isSubject = received.subject !== undefined && received.body === undefined && received.thread === undefined
    return isSubject ? this.#subjectIs(message, received.subject) : this.#said(message)
  }

  #whispered(received: ReceivedMessage): unknown {
    const message = new RoomMessage(this, received, false, false)
    return hasContent(message) ? this.#tell('whisper', message) : undefined
  }

  #said(message: RoomMessage): unknown {
    const isShown = hasContent(message) && (message.corrects === undefined || !this.#isHeard('corrected'))
    const works: unknown[] = []
    if (isShown) {
      this.#shown.set(message.received, message)
      works.push(this.#tell('message', message))
    }
    const notes = notesOf(message)
    for (const note of notes) {
      const event = note.kind === 'displayed' ? 'seen' : note.kind
      if (event !== 'receipt') works.push(this.#tell(event, { room: this, ...note } as RoomNote<'state'>))
    }
    return all(works) ?? (notes.length > 0 && !isShown ? true : undefined)
  }

  /** The message of ours that comes back here for the first time; ids are no secret afterwards. */
  #sentAs({ id, from }: ReceivedMessage): SentMessage | undefined {
    const sent = id === undefined || from.resource !== this.nick ? undefined : this.#parts.core.use(messages).find(id)
    return sent?.to.equals(this.address) === true && sent.fate !== 'delivered' ? sent : undefined
  }

  #subjectIs({ at, nick, isHistory }: RoomMessage, text = ''): unknown {
    for (const done of this.#caughtUp.splice(0)) done() // it ends the history [XEP-0045 7.2.15]
    if (nick === this.nick) {
      // some rooms tell it without its id
      const mine = this.#subjects.findIndex(({ stanza }) => stanza.element.childText('subject') === text)
      for (const sent of this.#subjects.splice(0, mine + 1)) sent.advance('delivered')
    }
    const before = this.#subject
    this.#subject = { text, by: nick || undefined, at }
    if (before?.text === text && isHistory) return true
    return this.#tell('subject', { ...this.#subject, room: this }) ?? true
  }

  /** What the room itself says to us. */
  #fromRoom(received: ReceivedMessage): unknown {
    const { element } = received
    const taken = received.type === 'groupchat' ? received.payload(moderatedRetract) : undefined
    if (taken !== undefined) {
      const { id: stanzaId, reason, moderated } = taken // [XEP-0425 5] of the room alone
      return this.#tell('moderated', { room: this, stanzaId, reason, by: moderated.by?.resource })
    }
    const said = received.payload(mucUser)
    if (said?.decline !== undefined) {
      const { from, reason } = said.decline
      return this.#tell('declined', { room: this, from, reason })
    }
    if (received.type === 'groupchat' && said !== undefined && said.statuses.length > 0) {
      if (said.statuses.includes(MUC_CONFIGURATION_CHANGED)) void this.#learn()
      return this.#tell('configured', { room: this, statuses: said.statuses })
    }
    const voice = readVoiceRequest(this, element, (form) => void this.#say(this.address, 'normal', [form]))
    return voice === undefined ? undefined : this.#tell('voice', voice)
  }

  #entered(statuses: readonly number[], again: boolean): void {
    this.#ping.start()
    // of one that is made here it is told when others can enter
    if (again || !statuses.includes(MUC_CREATED)) void this.#tell('joined', { room: this, again })
  }

  #left(exit: Exit): void {
    this.#ping.stop()
    this.#parts.attend(this, false)
    for (const done of this.#caughtUp.splice(0)) done()
    const left = { room: this, ...exit }
    const { cause } = exit
    if (cause === 'kicked' || cause === 'banned' || cause === 'destroyed') void this.#tell(cause, left)
    void this.#tell('left', left)
  }

  /** A room that was made by entering it is locked. [XEP-0045 10.1] */
  async #made(create: boolean, { settings, signal, timeout }: JoinOptions): Promise<undefined> {
    const { core } = this.#parts
    const wait = { signal, timeout }
    if (!create) {
      await this.destroy(wait)
      throw new RequestError(new StanzaError('item-not-found', { text: 'there is no such room' }), `${this.address}`)
    }
    if (settings === undefined) await configuration.acceptDefaults(core, this.address, wait)
    else if (settings !== 'later') await this.configure(settings, wait)
    await this.#learn()
    void this.#tell('joined', { room: this, again: false })
  }

  /** What the room is and can do. One that does not say has nothing. */
  async #learn(): Promise<undefined> {
    const { disco } = this.#parts
    const info = await disco.info(this.address, { fresh: true }).catch(() => undefined)
    if (info !== undefined) this.#info = readRoomInfo(this.address, info)
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
    if (this.#later(() => this.#tell(event, payload))) return true
    const name = `room:${event}` as const
    const works = [
      this.#emitter.emit(event, payload as (RoomEvents & EventsBase)[K]),
      this.#parts.core.emit(name, payload as unknown as RoomsEvents[typeof name]),
    ]
    return all(works) ?? (this.#isHeard(event) || undefined)
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
    const held = this.#held ?? []
    this.#held = undefined
    for (const run of held) run()
  }

  #post(
    to: Jid,
    content: string | RoomSendOptions,
    type: 'groupchat' | 'chat',
    more: readonly Element[] = [],
  ): SentMessage {
    const given: RoomSendOptions = typeof content === 'string' ? { body: content } : content
    return this.#say(to, type, [...contentElements(given), ...more], given)
  }
}

function all(works: readonly unknown[]): Promise<undefined> | undefined {
  const promises = works.filter((work) => work instanceof Promise)
  return promises.length === 0 ? undefined : Promise.all(promises).then(() => undefined)
}

/** By it others in the room refer to a message. */
function stanzaIdOf(message: RoomMessage | SentMessage | string): string {
  const id = typeof message === 'string' ? message : message.stanzaId
  if (id === undefined)
    throw new UsageError('The room has given this message no id, or not yet: nothing can refer to it.')
  return id
}
