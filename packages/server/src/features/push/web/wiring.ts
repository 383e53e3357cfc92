/** The built-in push service as a part of the push room: what it plugs in when it is turned on. XEP-0357 0.4.1 section 3. */
import { PUSH_NS } from '@rookery/protocol/xeps/push'
import { WEBPUSH_NS, webPushInfo } from '@rookery/protocol/xeps/webpush'
import type { DocumentStore } from '@rookery/storage'
import { AccountDocuments } from '../../../account-documents.ts'
import type { Wiring } from '../../../feature.ts'
import type { ClockPower, HostPower, Log, RandomPower } from '../../../powers.ts'
import type { WebPushConfig } from '../config.ts'
import { WebPushService } from './service.ts'
import { subscriptionsForm } from './subscription.ts'
import { Vapid } from './vapid.ts'
import { WebPush } from './web-push.ts'

export interface WebPushPowers {
  readonly host: HostPower
  readonly documents: DocumentStore
  readonly random: RandomPower
  readonly clock: ClockPower
  readonly log: Log
}

/** `most`: browsers of one account. */
export function webPushWiring(
  { host, documents, random, clock, log }: WebPushPowers,
  config: WebPushConfig,
  most: number,
): { service: WebPushService; wiring: Wiring } {
  const subscriptions = new AccountDocuments(documents, subscriptionsForm)
  let started: { vapid: Vapid; transport: WebPush } | undefined
  const running = (): { vapid: Vapid; transport: WebPush } => {
    if (started === undefined) throw new TypeError('web push was not made ready')
    return started
  }
  const service = new WebPushService({
    host: host.jid,
    subscriptions,
    random,
    most,
    allowEndpoints: config.allowEndpoints,
    transport: () => running().transport,
    publicKey: () => running().vapid.publicKey,
  })
  const ours = (name: string): { name: string; ns: string } => ({ name, ns: WEBPUSH_NS })
  const wiring: Wiring = {
    disco: {
      host: [PUSH_NS, WEBPUSH_NS],
      identities: { host: [{ category: 'pubsub', type: 'push' }] }, // [XEP-0357 4.2]
    },
    async ready() {
      const vapid = await Vapid.load(documents, config.subject, clock)
      started = { vapid, transport: new WebPush({ vapid, config, clock, log }) }
      return undefined
    },
    iq: [
      { type: 'get', at: 'host', from: 'local', payload: ours('vapid'), handle: service.key },
      { type: 'set', at: 'host', from: 'local', payload: ours('subscribe'), handle: service.subscribe },
      { type: 'set', at: 'host', from: 'local', payload: ours('unsubscribe'), handle: service.unsubscribe },
      {
        type: 'set',
        at: 'host',
        from: 'local',
        payload: { name: 'pubsub', ns: 'http://jabber.org/protocol/pubsub' },
        handle: service.publish,
      },
    ],
    forms: () => [webPushInfo.result({ key: running().vapid.publicKey })],
    accountRemoved: (local) => subscriptions.forget(local),
    stop() {
      started?.transport.stop()
      return undefined
    },
  }
  return { service, wiring }
}
