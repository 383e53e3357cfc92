/** Node as a platform, for tests that reconnect hundreds of times: the time to wait is always drawn as the shortest. */
import { nodePlatform, type Platform } from '@rookery/client/node'

export const impatient: Platform = {
  ...nodePlatform,
  // the jitter of the back-off is the only draw of a single byte
  crypto: {
    ...nodePlatform.crypto,
    random: (length) => (length === 1 ? new Uint8Array(1) : nodePlatform.crypto.random(length)),
  },
}
