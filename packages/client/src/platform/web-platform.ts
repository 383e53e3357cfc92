/** Browsers, workers, Deno and Bun as a platform: WebSocket, fetch, Web Cryptography. */
import { UsageError } from '../contract/errors.ts'
import type { Platform } from '../contract/platform.ts'
import { systemClock } from './clock.ts'
import { discoverWebSocket } from './discovery.ts'
import { watchNetwork } from './network.ts'
import { webCrypto } from './web-crypto.ts'
import { openWebSocket } from './websocket.ts'

export const webPlatform: Platform = {
  crypto: webCrypto,
  clock: systemClock,
  discover: discoverWebSocket,
  async open(text, options) {
    if (/^wss?:/i.test(text) && URL.canParse(text)) return openWebSocket(new URL(text), options)
    throw new UsageError(`"${text}" cannot be opened here: use a wss: address, or @rookery/client/node.`)
  },
  watchNetwork,
}
