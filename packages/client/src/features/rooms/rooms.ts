/** The rooms of a client: which it is in, what comes from them, and how others are found (XEP-0045 1.35.5). A room is room.ts. */
import type { Jid } from '@rookery/protocol/jid'
import type { Presence } from '@rookery/protocol/stanza'
import { MUC_NS } from '@rookery/protocol/xeps/muc'
import { readJid } from '../../contract/address.ts'
import { appearance } from '../../contract/appearance.ts'
import { UnsupportedError, UsageError } from '../../contract/errors.ts'
import type { Core, SessionStart } from '../../contract/extension.ts'
import type { WaitOptions } from '../../contract/within.ts'
import type { ReceivedMessage, SentMessage } from '../../messages/index.ts'
import { messages } from '../../messages/index.ts'
import { type Disco, type DiscoItem, disco } from '../disco.ts'
import type { RoomsEvents } from './events.ts'
import { type RoomInvitation, readInvitation, user } from './invitations.ts'
import { type JoinOptions, Room } from './room.ts'
import { type RoomInfo, readRoomInfo } from './room-info.ts'
import { soon } from './soon.ts'

export class Rooms {
  readonly #core: Core<RoomsEvents>
  readonly #disco: Disco
  readonly #rooms: Map<string, Room>

  constructor(core: Core<RoomsEvents>) {
    this.#core = core
    this.#disco = core.use(disco)
    this.#rooms = core.use(messages).rooms as Map<string, Room>
    core.use(messages).hold(true) // of before a restart
    core.use(messages).gate((stanza, way, next) => {
      const room = this.#of(stanza.from)
      return room === undefined ? next() : room.gate(stanza, way, next)
    })
    core.use(messages).onMessage((message) => this.#receive(message))
    core.onStanza('presence', (presence) => this.#receivePresence(presence))
    core.onSession('prepare', (start) => this.#begin(start))
    // what the program of before the restart had entered is left first
    core.onSession('appear', async ({ restored }) => {
      await undefined
      if (restored) this.#each((room) => room.comeBack())
    })
    core.use(appearance).changed.push(() => this.#each((room) => room.show()))
    core.on('state', ({ name }) => this.#each((room) => room.watch(name === 'online')))
    core.onSessionEnd(() => this.#each((room) => room.lose()))
    core.use(messages).reconcile((unsure) => this.#reconcile(unsure))
  }

  /** Those that we are in, or are entering. */
  get joined(): readonly Room[] {
    return [...this.#rooms.values()]
  }

  /** A room, in it or not: lists, settings and registration do not need one to be there. */
  get(address: Jid | string): Room {
    const jid = readJid(address).bare
    if (jid.local === '') throw new UsageError(`${jid} is no room: one looks like room@service.`)
    const known = this.#rooms.get(jid.toString())
    return known ?? new Room({ core: this.#core, disco: this.#disco, address: jid, attend: this.#attend })
  }

  /**
   * Enters a room, and resolves when it has shown who is there; what was said before comes next, to listeners that are added at once. From
   * then on one stays in it, in the sessions to come as well, until `room.leave()`. Throws a RequestError: `not-authorized` (the password),
   * `registration-required` (for members only), `forbidden` (banned), `conflict` (the nickname is taken), `service-unavailable` (full),
   * `item-not-found` (it does not exist, or is being set up), `gone` (it is elsewhere: `redirect`), `not-allowed` (one may not make rooms), `not-acceptable` (another nickname is
   * reserved); also TimeoutError and DisconnectedError.
   */
  async join(address: Jid | string, options: JoinOptions = {}): Promise<Room> {
    const { resource } = readJid(address)
    const nick = options.nick ?? (resource || undefined)
    return await this.get(address).join({ ...options, nick })
  }

  /** The service of our server where rooms are, undefined where there is none. */
  service(options: WaitOptions = {}): Promise<Jid | undefined> {
    return this.#disco.find({ category: 'conference', type: 'text' }, options)
  }

  /** The public rooms of a service, page by page; of our server's unless told. Throws an UnsupportedError where that has none. */
  async *list(service?: Jid | string, options: WaitOptions = {}): AsyncGenerator<DiscoItem, undefined> {
    const of = service ?? (await this.service(options))
    if (of === undefined)
      throw new UnsupportedError(MUC_NS, `${this.#core.account.domain} has no rooms: name a service that has.`)
    yield* this.#disco.items(of, options)
    return undefined
  }

  /** What a room says of itself. Throws a RequestError `item-not-found` when there is none. */
  async info(address: Jid | string, options: WaitOptions = {}): Promise<RoomInfo> {
    const jid = readJid(address).bare
    return readRoomInfo(jid, await this.#disco.info(jid, { ...options, fresh: true }))
  }

  /** Tells who invites that one does not come. Direct invitations cannot be declined: undefined. [XEP-0045 7.8.2] */
  decline(
    { room, from, isDirect }: RoomInvitation,
    options: { readonly reason?: string } = {},
  ): SentMessage | undefined {
    if (isDirect) return undefined
    return this.#core
      .use(messages)
      .post(room, [user({ decline: { to: from, reason: options.reason } })], { type: 'normal' })
  }

  readonly #attend = (room: Room, attends: boolean): void => {
    const key = room.address.toString()
    if (attends) this.#rooms.set(key, room)
    else if (this.#rooms.get(key) === room) this.#rooms.delete(key)
  }

  #of(from: Jid | undefined): Room | undefined {
    return this.#rooms.get(`${from?.bare}`)
  }

  #receive(message: ReceivedMessage): unknown {
    const invitation = readInvitation(message)
    if (invitation !== undefined) return (!message.isOwn && this.#core.emit('room:invitation', invitation)) || true
    return message.way.carbon === undefined ? this.#of(message.from)?.receive(message) : undefined
  }

  #receivePresence(presence: Presence): void {
    this.#of(presence.from)?.receivePresence(presence)
  }

  /** The joins are sent before the messages that wait, so that the rooms take those. Nobody waits here for rooms that do not answer. */
  #begin({ resumed, restored }: SessionStart): undefined {
    this.#each((room) => {
      if (!resumed) room.comeBack()
      else if (!restored) void room.check()
    })
  }

  #each(run: (room: Room) => void): void {
    for (const room of this.#rooms.values()) run(room)
  }

  /** What was said in rooms and not acknowledged has arrived, when it is in what they tell us was said. */
  async #reconcile(unsure: readonly SentMessage[]): Promise<ReadonlySet<SentMessage>> {
    const asked = unsure.filter(({ to, stanza }) => stanza.type === 'groupchat' && this.#of(to) !== undefined)
    const histories = Promise.all(asked.map(({ to }) => this.#of(to)?.caughtUp()))
    await soon(this.#core.clock, histories) // they tell whether it has arrived
    return new Set(asked.filter(({ fate }) => fate === 'delivered'))
  }
}
