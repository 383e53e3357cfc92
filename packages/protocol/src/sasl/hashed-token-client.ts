/** The Hashed Token mechanisms (draft-schmaus-kitten-sasl-ht-09) on the initiating side: see `hashed-token.ts`. */

import { concatBytes, encodeUtf8 } from './bytes.ts'
import { giveUp, nameToSend, type SaslClientOptions, type Say, sayLast } from './client-mechanism.ts'
import type { HashName } from './sasl-crypto.ts'

/** Proves the token by this mechanism, whose name says the hash and the binding. */
export async function proveToken(name: string, hash: HashName, options: SaslClientOptions, say: Say): Promise<void> {
  const { crypto, channel, token } = options
  const authcid = encodeUtf8(`${nameToSend(options)}\0`)
  const key = encodeUtf8(token || giveUp('bad-password'))
  const bound = name.endsWith('-NONE')
    ? new Uint8Array(0)
    : (channel?.tokenBinding(name) ?? giveUp('binding-unavailable'))
  const mac = async (label: string): Promise<Uint8Array> =>
    crypto.hmac(hash, key, concatBytes(encodeUtf8(label), bound))
  const proof = await sayLast(say, concatBytes(authcid, await mac('Initiator')))
  if (!crypto.equal(await mac('Responder'), proof)) giveUp('server-not-verified')
}
