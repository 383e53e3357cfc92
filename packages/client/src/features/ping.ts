/** XMPP Ping (XEP-0199 2.0.1): whether somebody is there, and how far away; and we answer. */
import type { Jid } from '@rookery/protocol/jid'
import { ping as element, PING_NS } from '@rookery/protocol/xeps/ping'
import { defineExtension, type Extension } from '../contract/extension.ts'
import type { WaitOptions } from '../contract/within.ts'

/** Resolves with the milliseconds it took; the own account (which is the server) unless told. Throws RequestError, TimeoutError, DisconnectedError. */
export type Ping = (to?: Jid | string, options?: WaitOptions) => Promise<number>

export const ping: Extension<'ping', Ping> = defineExtension({
  name: 'ping',
  features: [PING_NS],
  start: (core): Ping => {
    core.respond('get', 'ping', PING_NS, () => undefined)
    return async (to, options) => {
      const start = core.clock.now()
      await core.request('get', element.build({}), { ...options, to })
      return core.clock.now() - start
    }
  },
})
