/** From a mechanism's name to an attempt with it, on the receiving side: the table of everything we can be asked for. */

import { AnonymousServer } from './anonymous.ts'
import { ExternalServer } from './external.ts'
import { HashedTokenServer } from './hashed-token.ts'
import { hashedTokenMechanism, scramMechanism } from './mechanism-name.ts'
import { PlainServer } from './plain.ts'
import { ScramServer } from './scram-server.ts'
import type { SaslServerContext, SaslServerMechanism } from './server-mechanism.ts'

/**
 * Undefined when the name was not offered on this stream or is not known: the answer is `invalid-mechanism`, or
 * `encryption-required` where the caller would have offered it over TLS. Names are compared exactly. [RFC4422 3.1]
 */
export function createServerMechanism(name: string, context: SaslServerContext): SaslServerMechanism | undefined {
  if (!context.offered.includes(name)) return undefined
  const scram = scramMechanism(name)
  if (scram !== undefined) return new ScramServer(context, scram.hash, scram.plus)
  const token = hashedTokenMechanism(name)
  if (token !== undefined) return new HashedTokenServer(context, name, token)
  switch (name) {
    case 'PLAIN':
      return new PlainServer(context)
    case 'EXTERNAL':
      return new ExternalServer(context)
    case 'ANONYMOUS':
      return new AnonymousServer(context)
    default:
      return undefined
  }
}
