/** Node as a platform: TCP, TLS, WebSocket, DNS. */
import { Resolver } from 'node:dns/promises'
import { UsageError } from '../contract/errors.ts'
import type { Platform } from '../contract/platform.ts'
import { systemClock } from '../platform/clock.ts'
import { moved } from './moved.ts'
import { watchAddresses } from './network.ts'
import { nodeCrypto } from './node-crypto.ts'
import { resolveService, type SrvResolver } from './resolve.ts'
import { startTls } from './start-tls.ts'
import { openTcp } from './tcp.ts'
import { openWebSocket } from './websocket.ts'

/** `resolver` makes what asks for SRV records, each time one is needed; that of the system unless told. */
export function createNodePlatform(resolver: () => SrvResolver = systemResolver): Platform {
  return {
    crypto: nodeCrypto,
    clock: systemClock,
    discover: (domain, signal) => resolveService(domain, resolver(), signal),
    async open(text, options) {
      const url = URL.canParse(text) ? new URL(text) : undefined
      if ((url?.protocol === 'xmpp:' || url?.protocol === 'xmpps:') && url.hostname !== '') return openTcp(url, options)
      if (url?.protocol === 'wss:' || url?.protocol === 'ws:') return openWebSocket(url, options)
      throw new UsageError(
        `"${text}" is no address of a service: xmpps://host:port, xmpp://host:port or wss://… is one.`,
      )
    },
    moved,
    startTls,
    watchNetwork: watchAddresses,
  }
}

export const nodePlatform: Platform = createNodePlatform()

function systemResolver(): Resolver {
  return new Resolver({ timeout: 3000, tries: 2 })
}
