/** Web Push: encrypts a notification for a browser and posts it to the push service of the browser's maker. RFC 8030, RFC 8291, RFC 8292. */
import { createHash } from 'node:crypto'
import type { ClockPower, Log } from '../../../powers.ts'
import type { WebPushConfig } from '../config.ts'
import { Destinations } from '../destinations.ts'
import type { Outcome } from '../verdict.ts'
import { endpointOf } from './endpoint.ts'
import { webPushLibrary } from './library.ts'
import { payloadOf } from './payload.ts'
import { type Answer, ForbiddenAddress, Poster } from './post.ts'
import type { Subscription } from './subscription.ts'
import type { DeviceNotification, PushTransport } from './transport.ts'
import type { Vapid } from './vapid.ts'

/** Requests under way to one push service, and to all. */
const parallelEach = 32
const parallel = 128

/** Between two warnings, in milliseconds: devices name their push services themselves. */
const quiet = 3_600_000

export interface WebPushParts {
  readonly vapid: Vapid
  readonly config: WebPushConfig
  readonly clock: ClockPower
  readonly log: Log
  readonly poster?: Poster
}

export class WebPush implements PushTransport<Subscription> {
  readonly #parts: WebPushParts
  readonly #poster: Poster
  readonly #destinations: Destinations
  /** Nobody is warned before, in monotonic milliseconds. */
  #quietUntil = Number.NEGATIVE_INFINITY

  constructor(parts: WebPushParts) {
    this.#parts = parts
    this.#poster = parts.poster ?? new Poster(parts.clock, parts.config.timeoutSeconds * 1000)
    // nobody waits here: who finds no place comes again later
    this.#destinations = new Destinations(parts.clock, { parallel, parallelEach: () => parallelEach, waiting: 0 })
  }

  send(device: Subscription, notification: DeviceNotification): Promise<Outcome> {
    const url = endpointOf(device.endpoint, this.#parts.config.allowEndpoints)
    if (url === undefined) return Promise.resolve('gone')
    return new Promise((resolve) => {
      const attempt = (): Promise<boolean> =>
        this.#post(url, device, notification).then((outcome) => {
          resolve(outcome)
          return outcome === 'sent'
        })
      if (!this.#destinations.enter(url.origin, attempt)) resolve('later')
    })
  }

  stop(): void {
    this.#destinations.stop()
    this.#poster.stop()
  }

  async #post(url: URL, { p256dh, auth, node }: Subscription, notification: DeviceNotification): Promise<Outcome> {
    const { vapid, config, log } = this.#parts
    try {
      const body = webPushLibrary().encrypt(p256dh, auth, payloadOf(notification), 'aes128gcm').cipherText
      const headers = {
        Authorization: vapid.authorization(url.origin),
        'Content-Encoding': 'aes128gcm',
        'Content-Type': 'application/octet-stream',
        'Content-Length': body.length,
        TTL: config.ttlSeconds, // [RFC8030 5.2]
        Urgency: notification.isUrgent ? 'high' : 'normal', // [RFC8030 5.3]
        Topic: topicOf(node), // the newest count is the only one of interest [RFC8030 5.4]
      }
      const isTrusted = config.allowEndpoints.includes(url.origin)
      return this.#outcome(url, await this.#poster.post(url, headers, body, isTrusted))
    } catch (error) {
      log.debug({ origin: url.origin, error }, 'a push service could not be reached')
      return error instanceof ForbiddenAddress ? 'gone' : 'later'
    }
  }

  /** Whom it does not take us for may be our fault, and then it is so for all: a wrong subject, a wrong clock. [RFC8292 2, 4] */
  #refused(origin: string, status: number): void {
    const { clock, log } = this.#parts
    log.debug({ origin, status }, 'a push service refused a notification')
    if ((status !== 401 && status !== 403) || clock.monotonic() < this.#quietUntil) return
    this.#quietUntil = clock.monotonic() + quiet
    log.warn(
      { origin, status },
      'a push service does not accept who we say we are: look at features.push.webPush.subject, and at the clock of this machine',
    )
  }

  #outcome(url: URL, { status, retryAfter }: Answer): Outcome {
    if (status >= 200 && status < 300) return 'sent'
    // a subscription that ended [RFC8030 7.3]; and what leads elsewhere is none of ours
    if (status === 404 || status === 410 || status < 400) return 'gone'
    this.#refused(url.origin, status)
    const isBusy = status === 429 || status >= 500
    if (isBusy && retryAfter !== undefined && retryAfter > 0) this.#destinations.pause(url.origin, retryAfter * 1000)
    return 'later'
  }
}

/** Says nothing to anybody; two accounts in one browser have different ones. */
function topicOf(node: string): string {
  return createHash('sha256').update(node).digest('base64url').slice(0, 32)
}
