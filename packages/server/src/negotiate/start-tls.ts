/** STARTTLS, the server's side. RFC 6120 section 5. */
import { NS } from '@rookery/protocol'
import { startTls as codec, proceed } from '@rookery/protocol/xeps/starttls'
import type { ServerStreamFeature } from './negotiation.ts'

export const startTls: ServerStreamFeature = {
  name: 'starttls',
  // once TLS stands, or somebody has logged in without it, it is not offered any more [RFC6120 5.3.3]
  offer: (n) =>
    n.tls === undefined && n.canStartTls && n.account === undefined
      ? codec.build({ required: n.config.tls.required })
      : undefined,
  takes: (element, n) => element.is('starttls', NS.tls) && startTls.offer(n) !== undefined,
  receive(_element, n) {
    n.send(proceed)
    n.secure()
    return undefined
  },
}
