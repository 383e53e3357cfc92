/** From a mechanism's name to an attempt with it, on the initiating side: the table of everything we can do. */

import { anonymousClient } from './anonymous.ts'
import type { SaslClientMechanism, SaslClientOptions } from './client-mechanism.ts'
import { externalClient } from './external.ts'
import { hashedTokenClient } from './hashed-token.ts'
import { hashedTokenMechanism, scramMechanism } from './mechanism-name.ts'
import { plainClient } from './plain.ts'
import { ScramClient } from './scram-client.ts'

/** Undefined for a mechanism we do not know; take the name from `chooseMechanism`. */
export function createClientMechanism(name: string, options: SaslClientOptions): SaslClientMechanism | undefined {
  const scram = scramMechanism(name)
  if (scram !== undefined) return new ScramClient(options, scram.hash, scram.plus)
  const token = hashedTokenMechanism(name)
  if (token !== undefined) return hashedTokenClient(options, token)
  switch (name) {
    case 'PLAIN':
      return plainClient(options)
    case 'EXTERNAL':
      return externalClient(options)
    case 'ANONYMOUS':
      return anonymousClient()
    default:
      return undefined
  }
}
