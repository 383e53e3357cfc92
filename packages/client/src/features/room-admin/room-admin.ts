/**
 * What is seldom asked of a room, in it or not: its lists, its configuration, registration, and the right to speak. Who may is for the
 * room to say.
 */
import type { FormAnswers } from '@rookery/protocol/forms'
import type { Jid } from '@rookery/protocol/jid'
import { MODERATION_NS, MODERATION_NS_0, moderate, moderate0 } from '@rookery/protocol/xeps/moderation'
import { type Affiliation, mucOwner, type Role } from '@rookery/protocol/xeps/muc'
import type { MucRegisterField } from '@rookery/protocol/xeps/muc-forms'
import type { Element } from '@rookery/protocol/xml'
import { readJid } from '../../contract/address.ts'
import type { Core } from '../../contract/extension.ts'
import type { WaitOptions } from '../../contract/within.ts'
import { messages, type SentMessage } from '../../messages/index.ts'
import type { Target } from '../chat/index.ts'
import { disco } from '../disco.ts'
import { administer, type Occupant, type RoomMessage, stanzaIdOf } from '../rooms/index.ts'
import * as configuration from './configuration.ts'
import * as lists from './lists.ts'
import * as registration from './registration.ts'
import { voiceQuestion } from './voice.ts'

export interface DestroyOptions extends WaitOptions {
  readonly reason?: string | undefined
  /** Where to go instead, and the password to get in. */
  readonly alternative?: Jid | string | undefined
  readonly password?: string | undefined
}

/** One, or several. */
export type Whom = lists.Person | readonly lists.Person[]
/** Occupants by nickname: one, or several. */
export type Nicks = string | Occupant | readonly (string | Occupant)[]

/** One room, for those who look after it. */
export class RoomAdmin {
  readonly address: Jid
  readonly #core: Core

  /** Call `client.roomAdmin.of`. */
  constructor(core: Core, address: Jid) {
    this.address = address
    this.#core = core
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
    return lists.list(this.#core, this.address, { affiliation }, options)
  }

  listByRole(role: Role, options?: WaitOptions): Promise<readonly lists.RoomListing[]> {
    return lists.list(this.#core, this.address, { role }, options)
  }

  /** Of accounts, here or not. Of many, those that were changed before one is refused stay changed. */
  setAffiliation(affiliation: Affiliation, who: Whom, options?: lists.ChangeOptions): Promise<undefined> {
    return lists.setAffiliation(this.#core, this.address, affiliation, who, options)
  }

  /** Of occupants, by nickname. */
  setRole(role: Role, who: Nicks, options?: lists.ChangeOptions): Promise<undefined> {
    return lists.setRole(this.#core, this.address, role, who, options)
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

  /** Takes back what somebody said, for everybody (XEP-0425). Throws an UnsupportedError where the room cannot. */
  async moderate(
    message: RoomMessage | Pick<Target, 'id'> | string,
    options: lists.ChangeOptions = {},
  ): Promise<undefined> {
    const { reason, ...wait } = options
    const id = stanzaIdOf(message)
    const about = this.#core.use(disco)
    const has = (feature: string): Promise<boolean> => about.supports(this.address, feature, wait)
    const isOld = !(await has(MODERATION_NS)) && (await has(MODERATION_NS_0))
    if (!isOld) await about.require(this.address, MODERATION_NS, wait)
    const request = isOld
      ? moderate0.build({ id, moderate: { retract: {}, reason } })
      : moderate.build({ id, action: 'retract', reason })
    await this.#core.request('set', request, { ...wait, to: this.address })
  }

  /** The form, for owners. */
  configuration(options?: WaitOptions): Promise<configuration.RoomConfiguration> {
    return configuration.configuration(this.#core, this.address, options)
  }

  /** Changes these settings: `await admin.configure({ membersonly: true, roomname: 'Verona' })`. */
  async configure<More extends string = never>(
    settings: configuration.RoomSettings<More>,
    options?: WaitOptions,
  ): Promise<undefined> {
    await (await this.configuration(options)).submit(settings, options)
  }

  /** The room is no more. For owners. */
  async destroy({ alternative, reason, password, ...options }: DestroyOptions = {}): Promise<undefined> {
    const jid = alternative === undefined ? undefined : readJid(alternative)
    const { children } = mucOwner.build({ destroy: { jid, reason, password } })
    await administer(this.#core, this.address, children[0] as Element, options)
  }

  /** Reserves a nickname, and asks to be a member. `answers`: what this room wants to know besides. Throws a RequestError: `conflict`. */
  register(nick: string, answers: FormAnswers<MucRegisterField> = {}, options: WaitOptions = {}): Promise<undefined> {
    return registration.registerNick(this.#core, this.address, nick, answers, options)
  }

  unregister(options: WaitOptions = {}): Promise<undefined> {
    return registration.unregister(this.#core, this.address, options)
  }

  /** The nickname that is reserved for us; undefined where there is none, or the room does not tell. */
  reservedNick(options: WaitOptions = {}): Promise<string | undefined> {
    return registration.reservedNick(this.#core.use(disco), this.address, options)
  }

  /** Asks the moderators to let us speak. */
  requestVoice(): SentMessage {
    return this.#core.use(messages).post(this.address, [voiceQuestion()], { type: 'normal' })
  }
}
