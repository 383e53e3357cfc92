/**
 * Web Push beside push notifications (`urn:rookery:webpush:0`, ours, described in docs/guide/push.md): how a browser's subscription
 * (RFC 8030, RFC 8291) becomes a node of the push service that a server has built in (XEP-0357 0.4.1 leaves that open).
 */
import {
  address,
  attribute,
  type ElementCodec,
  element,
  nonEmpty,
  optionalAttribute,
  type Text,
  text,
} from '../codec/index.ts'
import { type FieldKind, type FormCodec, form, textSingle } from '../forms/index.ts'
import type { Jid } from '../jid/index.ts'
import { type Element, el } from '../xml/index.ts'

export const WEBPUSH_NS = 'urn:rookery:webpush:0'

/** Bytes in base64url without padding; ordinary base64, and padding, are understood. */
function base64Url(bytes: number): Text<string> {
  const length = Math.ceil((bytes * 4) / 3)
  return {
    expected: `${bytes} bytes in base64url`,
    decode: (written) => {
      let bare = written.trim()
      while (bare.length > length && bare.endsWith('=')) bare = bare.slice(0, -1)
      if (bare.length !== length) return undefined
      bare = bare.replaceAll('+', '-').replaceAll('/', '_')
      return /^[A-Za-z0-9_-]*$/.test(bare) ? bare : undefined
    },
    encode: (value) => value,
  }
}

/** An uncompressed point of P-256. [RFC8291 2.1, RFC8292 3.2] */
const publicKey = base64Url(65)

/** What a browser needs to subscribe; asked without the key, answered with it. */
export const webPushKey: ElementCodec<{ readonly key?: string | undefined }> = element(WEBPUSH_NS, 'vapid', {
  key: optionalAttribute('key', publicKey),
})

export interface WebPushSubscribe {
  readonly endpoint: string
  readonly p256dh: string
  readonly auth: string
}

/** A browser's PushSubscription, as its `toJSON()` has it. */
export const webPushSubscribe: ElementCodec<WebPushSubscribe> = element(WEBPUSH_NS, 'subscribe', {
  endpoint: text('endpoint', nonEmpty),
  p256dh: text('p256dh', publicKey),
  auth: text('auth', base64Url(16)), // [RFC8291 3.2]
})

export interface WebPushSubscribed {
  readonly jid: Jid
  readonly node: string
  /** Goes into the publish options of `<enable/>`. [XEP-0357 5] */
  readonly secret: string
}

export const webPushSubscribed: ElementCodec<WebPushSubscribed> = element(WEBPUSH_NS, 'subscribed', {
  jid: attribute('jid', address),
  node: attribute('node', nonEmpty),
  secret: attribute('secret', nonEmpty),
})

export const webPushUnsubscribe: ElementCodec<{ readonly node: string }> = element(WEBPUSH_NS, 'unsubscribe', {
  node: attribute('node', nonEmpty),
})

/** In a notification: somebody is calling, the device should wake at once. [RFC8030 5.3] */
export const urgent: Element = el('urgent', WEBPUSH_NS)

/** In the information about the server (XEP-0128): the key before anybody asks. */
export const webPushInfo: FormCodec<{ readonly key: FieldKind<string, false> }> = form(WEBPUSH_NS, {
  key: textSingle({ var: 'vapid-key' }),
})
