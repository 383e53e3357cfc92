/** Stream limits advertisement (XEP-0478): what this server takes, before and after login. */
import { limits as codec } from '@rookery/protocol/xeps/limits'
import type { ServerStreamFeature } from './negotiation.ts'

export const limits: ServerStreamFeature = {
  name: 'limits',
  offer: (n) => {
    const { preAuthBytes, stanzaBytes, idleSeconds, negotiationSeconds } = n.config.limits
    const silence = n.account === undefined ? negotiationSeconds : idleSeconds
    return codec.build({
      maxBytes: n.account === undefined ? preAuthBytes : stanzaBytes,
      ...(silence > 0 ? { idleSeconds: silence } : {}),
    })
  },
  takes: () => false,
  receive: () => undefined,
}
