/**
 * The push service that is built in: browsers of our accounts subscribe and get a node, notifications published there go to them.
 * XEP-0357 0.4.1 section 3, and `urn:rookery:webpush:0`, docs/guide/push.md. Only accounts of the host have nodes.
 */
import { ECDH, timingSafeEqual } from 'node:crypto'
import type { Maybe } from '@rookery/protocol'
import { then } from '@rookery/protocol'
import { CodecError } from '@rookery/protocol/codec'
import { firstValueOf } from '@rookery/protocol/forms'
import type { Jid } from '@rookery/protocol/jid'
import { StanzaError } from '@rookery/protocol/stanza'
import { pushPublication, summaryOf } from '@rookery/protocol/xeps/push'
import {
  urgent,
  webPushKey,
  webPushSubscribe,
  webPushSubscribed,
  webPushUnsubscribe,
} from '@rookery/protocol/xeps/webpush'
import type { Element } from '@rookery/protocol/xml'
import type { AccountDocuments } from '../../../account-documents.ts'
import type { IqRequest } from '../../../iq-request.ts'
import type { RandomPower } from '../../../powers.ts'
import { endpointOf } from './endpoint.ts'
import { added, dropped, type Subscription, type Subscriptions } from './subscription.ts'
import type { DeviceNotification, PushTransport } from './transport.ts'

export interface WebPushServiceParts {
  readonly host: Jid
  readonly subscriptions: AccountDocuments<Subscriptions>
  readonly random: RandomPower
  /** Browsers of one account. */
  readonly most: number
  readonly allowEndpoints: readonly string[]
  /** There once the host is ready. */
  transport(): PushTransport<Subscription>
  publicKey(): string
}

const noSuchNode = new StanzaError('item-not-found')

export class WebPushService {
  readonly #parts: WebPushServiceParts

  constructor(parts: WebPushServiceParts) {
    this.#parts = parts
  }

  readonly key = (): Element => webPushKey.build({ key: this.#parts.publicKey() })

  readonly subscribe = async ({ payload, from }: IqRequest): Promise<Element | StanzaError> => {
    const asked = webPushSubscribe.parse(payload)
    if (asked === undefined || asked instanceof CodecError)
      return new StanzaError('bad-request', { text: asked?.sentence })
    const { endpoint, p256dh, auth } = asked
    if (endpointOf(endpoint, this.#parts.allowEndpoints) === undefined)
      return new StanzaError('not-acceptable', { text: 'the endpoint must be a public https address' }) // [S104]
    if (!isPoint(p256dh)) return new StanzaError('bad-request', { text: 'p256dh is no public key' })
    let made: Subscription | undefined
    await this.#parts.subscriptions.change(from.local, (list) => {
      const known = list.find((one) => one.endpoint === endpoint)
      if (known !== undefined && known === list.at(-1) && known.p256dh === p256dh && known.auth === auth) {
        made = known
        return list
      }
      const { random, most } = this.#parts
      made = { endpoint, p256dh, auth, node: known?.node ?? random.id(), secret: known?.secret ?? random.id() }
      return added(list, made, most)
    })
    return made === undefined
      ? new StanzaError('internal-server-error')
      : webPushSubscribed.build({ jid: this.#parts.host, node: made.node, secret: made.secret })
  }

  readonly unsubscribe = async ({ payload, from }: IqRequest): Promise<StanzaError | undefined> => {
    const asked = webPushUnsubscribe.parse(payload)
    if (asked === undefined || asked instanceof CodecError)
      return new StanzaError('bad-request', { text: asked?.sentence })
    await this.drop(from.local, asked.node)
    return undefined
  }

  /** A notification for one of the nodes, from the account it belongs to or its server. [XEP-0357 3.2] */
  readonly publish = ({ payload, from, session }: IqRequest): Maybe<StanzaError | undefined> => {
    const asked = pushPublication.parse(payload)
    if (asked === undefined || asked instanceof CodecError)
      return new StanzaError('bad-request', { text: asked?.sentence })
    // clients have full JIDs: they do not publish here [XEP-0357 3.2]
    if (session !== undefined || !from.isBare || from.local === '') return new StanzaError('forbidden')
    return then(this.#parts.subscriptions.of(from.local), async (list) => {
      const device = list.find(({ node }) => node === asked.node)
      if (device === undefined) return noSuchNode
      const secret = asked.options === undefined ? undefined : firstValueOf(asked.options, 'secret')
      if (secret === undefined || !isEqual(secret, device.secret)) return new StanzaError('not-authorized')
      const summary = summaryOf(asked.notification)
      if (summary instanceof CodecError) return new StanzaError('bad-request', { text: summary.sentence })
      return this.#send(from.local, device, {
        account: from.toString(),
        count: summary?.messageCount ?? 0,
        requests: summary?.pendingSubscriptionCount,
        from: summary?.lastMessageSender?.toString(),
        body: summary?.lastMessageBody,
        isUrgent: asked.notification.payloads.some(({ name, ns }) => urgent.is(name, ns)),
      })
    })
  }

  has(local: string, node: string | undefined): Maybe<boolean> {
    return then(this.#parts.subscriptions.of(local), (list) => list.some((one) => one.node === node))
  }

  /** Forgets a browser of the account, or all. */
  async drop(local: string, node: string | undefined): Promise<void> {
    await this.#parts.subscriptions.change(local, (list) => dropped(list, node))
  }

  async #send(local: string, device: Subscription, notification: DeviceNotification): Promise<StanzaError | undefined> {
    switch (await this.#parts.transport().send(device, notification)) {
      case 'sent':
        return undefined
      case 'later':
        return new StanzaError('recipient-unavailable') // of the type wait: the publisher comes again
      case 'gone':
        await this.drop(local, device.node)
        return noSuchNode
    }
  }
}

/** On the curve. [RFC8291 2.1] */
function isPoint(key: string): boolean {
  try {
    ECDH.convertKey(key, 'prime256v1', 'base64url', 'base64url', 'uncompressed')
    return Buffer.from(key, 'base64url')[0] === 4
  } catch {
    return false
  }
}

function isEqual(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)]
  return left.length === right.length && timingSafeEqual(left, right)
}
