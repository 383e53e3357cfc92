/** Who this server is to push services: a key pair made once and kept, and the tokens signed with it. RFC 8292. */
import { type DocumentStore, RecentMap } from '@rookery/storage'
import type { ClockPower } from '../../../powers.ts'
import { webPushLibrary } from './library.ts'

interface VapidKeys {
  readonly publicKey: string
  readonly privateKey: string
}

const owner = '' // the host itself
const key = 'push:vapid'
/** A token may be valid for a day; one is used for half of that. [RFC8292 2] */
const validFor = 12 * 3600
const usedFor = 6 * 3600

export class Vapid {
  readonly #keys: VapidKeys
  readonly #subject: string
  readonly #clock: ClockPower
  /** By origin of the push service: signing costs more than anything else about a notification. */
  readonly #tokens = new RecentMap<string, { authorization: string; until: number }>(1000)

  constructor(keys: VapidKeys, subject: string, clock: ClockPower) {
    this.#keys = keys
    this.#subject = subject
    this.#clock = clock
  }

  /** The keys of this host, made the first time. Browsers are subscribed to them, so they do not change. */
  static async load(documents: DocumentStore, subject: string, clock: ClockPower): Promise<Vapid> {
    const kept = await documents.get(owner, key)
    if (kept !== undefined) return new Vapid(JSON.parse(kept) as VapidKeys, subject, clock)
    const keys = webPushLibrary().generateVAPIDKeys()
    await documents.put(owner, key, JSON.stringify(keys))
    return new Vapid(keys, subject, clock)
  }

  /** What browsers call the applicationServerKey. */
  get publicKey(): string {
    return this.#keys.publicKey
  }

  /** The header that says who posts, to the push service at this origin. [RFC8292 3] */
  authorization(origin: string): string {
    const now = Math.floor(this.#clock.now() / 1000)
    const known = this.#tokens.get(origin)
    if (known !== undefined && known.until > now) return known.authorization
    const { publicKey, privateKey } = this.#keys
    const { Authorization: authorization } = webPushLibrary().getVapidHeaders(
      origin,
      this.#subject,
      publicKey,
      privateKey,
      'aes128gcm',
      now + validFor,
    )
    this.#tokens.set(origin, { authorization, until: now + usedFor })
    return authorization
  }
}
