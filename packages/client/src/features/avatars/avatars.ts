/**
 * Avatars, in both of their forms at once: the nodes of XEP-0084 1.1.4 first, the card and the hash in presence of XEP-0153 1.1.1 where there
 * is nothing else. A picture is what its SHA-1 says, or is not taken.
 */
import type { Jid } from '@rookery/protocol/jid'
import type { Presence } from '@rookery/protocol/stanza'
import {
  AVATAR_DATA_NS,
  AVATAR_METADATA_NS,
  type AvatarInfo,
  type AvatarMetadata,
  avatarData,
  avatarMetadata,
} from '@rookery/protocol/xeps/avatar'
import { vcardAvatar } from '@rookery/protocol/xeps/vcard-avatar'
import { readJid } from '../../contract/address.ts'
import { BoundedMap } from '../../contract/bounded-map.ts'
import { RequestError, UnexpectedAnswerError, UnsupportedError, UsageError } from '../../contract/errors.ts'
import type { Core } from '../../contract/extension.ts'
import type { WaitOptions } from '../../contract/within.ts'
import { messages } from '../../messages/index.ts'
import { disco } from '../disco.ts'
import { pep } from '../pep/index.ts'
import { type Presences, presence } from '../presence/index.ts'
import type { NodeConfig, PubsubEvents } from '../pubsub/index.ts'
import { photoOf, setPhoto } from './vcard-photo.ts'

export type { AvatarInfo } from '@rookery/protocol/xeps/avatar'

export interface Picture {
  readonly data: Uint8Array
  /** A content type; image/png unless told, which is what all others can show. [XEP-0084 4.1] */
  readonly type?: string | undefined
  /** In pixels. */
  readonly width?: number | undefined
  readonly height?: number | undefined
}

export interface Avatar extends Picture {
  /** The SHA-1 of the picture in hexadecimal. */
  readonly id: string
  /** As its owner says: not checked. */
  readonly type: string
}

export type AvatarEvents = PubsubEvents & {
  /** Somebody has another avatar; without an `id` none any more. In a room `jid` is the occupant. */
  readonly avatar: { readonly jid: Jid; readonly id: string | undefined; readonly info: AvatarInfo | undefined }
}

export interface AvatarPublishOptions extends WaitOptions {
  /** What the nodes must be, such as `{ access_model: 'open' }`; what the server thinks right unless told. */
  readonly config?: NodeConfig | undefined
}

/** Larger pictures are not fetched, in bytes: with base64 around it a stanza of the usual greatest size. */
const maxBytes = 180_000
const maxKnown = 2_000
/** Pictures in memory, each of them no larger than `keptBytes`. */
const maxPictures = 200
const keptBytes = 65_536
/** The server puts the hash into presence, and the picture into the card. [XEP-0398 3] */
const conversion = 'urn:xmpp:pep-vcard-conversion:0'

interface Known {
  readonly id: string | undefined
  /** It was published in a node, which says more than presence. */
  readonly isPublished: boolean
}

export class Avatars {
  readonly #core: Core<AvatarEvents>
  readonly #presence: Presences
  readonly #known: BoundedMap<string, Known> = new BoundedMap(maxKnown)
  readonly #pictures: BoundedMap<string, Avatar> = new BoundedMap(maxPictures)
  #converts = false
  /** The hash of the picture in our own card; empty: there is none; undefined: not known yet. */
  #own: string | undefined

  constructor(core: Core<AvatarEvents>) {
    this.#core = core
    this.#presence = core.use(presence)
    const personal = core.use(pep)
    personal.follow(AVATAR_METADATA_NS)
    personal.listen(AVATAR_METADATA_NS, avatarMetadata, false, ({ jid, value }) => {
      const info = value && choose(value)
      return this.#learn(jid, { id: info?.id, isPublished: true }, info)
    })
    // [XEP-0153 4.1]
    this.#presence.decorate(() => (this.#converts ? undefined : vcardAvatar.build({ photo: this.#own })))
    core.onStanza('presence', (stanza) => this.#read(stanza))
    core.onSession('prepare', async ({ resumed, restored }) => {
      if (resumed && !restored) return
      this.#converts = await core.use(disco).supports(core.account, conversion)
      if (!this.#converts) this.#own = await this.#hashOfOwn().catch(ignoreRefusal)
    })
    core.onSessionEnd(() => this.#known.clear())
  }

  /** The id of somebody's avatar, as far as we were told. */
  known(jid: Jid | string): string | undefined {
    return this.#known.get(this.#whoIs(readJid(jid)).toString())?.id
  }

  /**
   * Somebody's avatar; from memory where it is the one that we were told of. Undefined where they have none, none that is small enough, or none
   * for us. Throws an UnexpectedAnswerError where the picture is not the one that was announced.
   */
  async of(jid: Jid | string, options: WaitOptions = {}): Promise<Avatar | undefined> {
    const who = this.#whoIs(readJid(jid))
    const known = this.#known.get(who.toString())
    if (known !== undefined) {
      const kept = known.id === undefined ? undefined : this.#pictures.get(known.id)
      if (kept !== undefined || known.id === undefined) return kept
    }
    // an occupant has a card alone
    const published = who.isFull ? undefined : await this.#published(who, options)
    if (published !== undefined) return published === 'none' ? undefined : published
    const photo = await photoOf(this.#core, who, options)
    return photo === undefined || photo.data.length > maxBytes
      ? undefined
      : this.#keep({ ...photo, id: await this.#hash(photo.data) })
  }

  /** Publishes a picture for all who may see it. Throws a UsageError for one that is too large. */
  async publish(picture: Picture, options: AvatarPublishOptions = {}): Promise<undefined> {
    const { data, type = 'image/png', width, height } = picture
    if (data.length === 0 || data.length > maxBytes)
      throw new UsageError(`An avatar has at most ${maxBytes} bytes, this one ${data.length}.`)
    const id = await this.#hash(data)
    await this.#publish(
      async () => {
        const own = this.#core.use(pep)
        await own.node(AVATAR_DATA_NS, avatarData, options.config).publish({ data }, { ...options, id })
        const infos = [{ id, bytes: data.length, type, width, height }]
        await own.node(AVATAR_METADATA_NS, avatarMetadata, options.config).publish({ infos }, { ...options, id })
      },
      { type, data },
      options,
    )
    this.#keep({ id, data, type, width, height })
    this.#show(id)
  }

  /** Has no avatar any more. */
  async remove(options: AvatarPublishOptions = {}): Promise<undefined> {
    const node = this.#core.use(pep).node(AVATAR_METADATA_NS, avatarMetadata, options.config)
    await this.#publish(() => node.publish({ infos: [] }, options), undefined, options) // [XEP-0084 3.5]
    this.#show('')
  }

  /** In the nodes, and in the card where the server does not do that by itself. One of them is enough. */
  async #publish(
    publish: () => Promise<unknown>,
    photo: { readonly type: string; readonly data: Uint8Array } | undefined,
    options: WaitOptions,
  ): Promise<undefined> {
    let lacks: unknown
    try {
      await publish()
    } catch (error) {
      if (!(error instanceof UnsupportedError)) throw error
      lacks = error
    }
    if (this.#converts && lacks === undefined) return
    try {
      await setPhoto(this.#core, photo, options)
    } catch (error) {
      if (!(error instanceof RequestError)) throw error
      if (lacks !== undefined) throw lacks
    }
  }

  /** [XEP-0084 3.2, 3.3] */
  async #published(who: Jid, options: WaitOptions): Promise<Avatar | 'none' | undefined> {
    const personal = this.#core.use(pep)
    try {
      const metadata = await personal.nodeOf(who, AVATAR_METADATA_NS, avatarMetadata).item(undefined, options)
      if (metadata === undefined) return undefined
      const info = choose(metadata.value)
      void this.#learn(who, { id: info?.id, isPublished: true }, info)
      if (info === undefined) return 'none'
      const kept = this.#pictures.get(info.id)
      if (kept !== undefined) return kept
      const found = await personal.nodeOf(who, AVATAR_DATA_NS, avatarData).item(info.id, options)
      if (found === undefined) return undefined
      const { data } = found.value
      if ((await this.#hash(data)) !== info.id)
        throw new UnexpectedAnswerError('The picture is not the one that was announced.')
      return this.#keep({ id: info.id, data, type: info.type, width: info.width, height: info.height })
    } catch (error) {
      if (error instanceof RequestError || error instanceof UnsupportedError) return undefined
      throw error
    }
  }

  #read({ element, from, type }: Presence): undefined {
    if (type !== 'available' || from === undefined || this.#core.jid?.equals(from) === true) return
    const found = vcardAvatar.find(element)
    const photo = found !== undefined && 'photo' in found ? found.photo : undefined
    if (photo === undefined) return
    const jid = this.#whoIs(from)
    if (jid.equals(this.#core.account)) return this.#compare(photo)
    if (this.#known.get(jid.toString())?.isPublished === true) return
    void this.#learn(jid, { id: photo === '' ? undefined : photo, isPublished: false }, undefined)
  }

  /** Another device of ours says something else: the card may be another by now. [XEP-0153 4.3] */
  #compare(photo: string): undefined {
    if (this.#converts || photo === this.#own) return
    this.#hashOfOwn().then(
      (hash) => this.#show(hash),
      () => undefined, // it is asked for again with the next session
    )
  }

  async #hashOfOwn(): Promise<string> {
    const photo = await photoOf(this.#core)
    return photo === undefined ? '' : await this.#hash(photo.data)
  }

  /** Says in presence which picture we have. */
  #show(hash: string): undefined {
    if (this.#own === hash || this.#converts) return
    this.#own = hash
    this.#presence.refresh()
  }

  #learn(jid: Jid, now: Known, info: AvatarInfo | undefined): undefined | Promise<undefined> {
    const key = jid.toString()
    const before = this.#known.get(key)
    this.#known.set(key, now)
    const isSame = before === undefined ? now.id === undefined : before.id === now.id
    return isSame ? undefined : this.#core.emit('avatar', { jid, id: now.id, info })
  }

  /** Occupants of rooms are known by their full address, everybody else by the bare one. */
  #whoIs(jid: Jid): Jid {
    return this.#core.use(messages).rooms.has(jid.bare.toString()) ? jid : jid.bare
  }

  #keep(avatar: Avatar): Avatar {
    if (avatar.data.length <= keptBytes) this.#pictures.set(avatar.id, avatar)
    return avatar
  }

  async #hash(data: Uint8Array): Promise<string> {
    const bytes = await this.#core.crypto.hash('SHA-1', data)
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  }
}

/** The first that is in the node and not too large: all of them are the same picture. [XEP-0084 4.2.1] */
function choose({ infos }: AvatarMetadata): AvatarInfo | undefined {
  return infos.find(({ url, bytes }) => url === undefined && bytes <= maxBytes)
}

/** Then it is not known, and nothing is said of it. */
function ignoreRefusal(error: unknown): undefined {
  if (!(error instanceof RequestError)) throw error
}
