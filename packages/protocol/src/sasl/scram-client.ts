/** SCRAM on the initiating side (RFC 5802, RFC 7677, downgrade protection of XEP-0474), for every hash, with and without -PLUS. */

import { decodeBase64, encodeBase64 } from './base64.ts'
import { concatBytes, encodeUtf8, xorBytes } from './bytes.ts'
import {
  giveUp,
  nameToSend,
  passwordToProve,
  type SaslClientOptions,
  type SaslProblem,
  type Say,
  sayLast,
} from './client-mechanism.ts'
import { offersToHash } from './downgrade.ts'
import type { ScramMechanism } from './mechanism-name.ts'
import { messageText } from './message-text.ts'
import { hashLength } from './sasl-crypto.ts'

const nonceLength = 18

/** Optional extensions may follow, those of letters without a meaning of their own. [RFC5802 7] */
const serverFirst = /^r=([!-+\--~]+),s=([^,\0]+),i=([1-9]\d{0,14})((?:,(?![acimnprsve])[A-Za-z]=[^,\0]+)*)$/
const serverFinal = /^([ev])=([^,\0]+)(?:,(?![acimnprsve])[A-Za-z]=[^,\0]+)*$/

/** The nonce is given only to repeat a published exchange. */
export async function proveByScram(
  { hash, plus }: ScramMechanism,
  options: SaslClientOptions,
  say: Say,
  ownNonce: string = encodeBase64(options.crypto.random(nonceLength)),
): Promise<void> {
  const {
    crypto,
    channel,
    authzid,
    offered,
    offeredBindings = [],
    minIterations = 4096,
    maxIterations = 1_000_000,
  } = options
  const name = nameToSend(options)
  const password = passwordToProve(options)
  // [RFC5802 6] 'n': who knows nothing of the channel cannot bind to it
  const binding = channel?.scramBinding(options, plus)
  if (plus && binding === undefined) giveUp('binding-unavailable')
  const header = `${binding?.flag ?? 'n'},${authzid === undefined ? '' : `a=${escapeName(authzid)}`},`
  const bare = `n=${escapeName(name)},r=${ownNonce}`
  const challenge = await say(encodeUtf8(header + bare))
  if (challenge.isSuccess) giveUp('server-not-verified')

  const first = messageText(challenge.data) ?? ''
  const [, nonce = '', salted = '', count, more = ''] = serverFirst.exec(first) ?? []
  const salt = decodeBase64(salted)
  const listed = more.split(',').slice(1)
  const extensions = new Map(listed.map((one) => [one.charAt(0), one.slice(2)]))
  // a server may give its reason where its first message was due
  if (nonce === '' || salt === undefined || extensions.size < listed.length)
    return refused(first, 'malformed-challenge')
  // [RFC5802 5.1] ours must be the beginning; a server that adds nothing would let an old exchange be replayed
  if (!nonce.startsWith(ownNonce) || nonce === ownNonce) giveUp('nonce-changed')
  const iterations = Number(count)
  if (iterations < minIterations) giveUp('iterations-too-low')
  if (iterations > maxIterations) giveUp('iterations-too-high')
  binding?.check(extensions)
  // [XEP-0474 6.2]
  const proved = extensions.get('h')
  if (proved !== undefined && proved !== encodeBase64(await crypto.hash(hash, offersToHash(offered, offeredBindings))))
    giveUp('downgrade', 'the list of mechanisms was changed')

  // [RFC5802 3]
  const bindingInput = concatBytes(encodeUtf8(header), binding?.data ?? new Uint8Array(0))
  const withoutProof = `c=${encodeBase64(bindingInput)},r=${nonce}`
  const hmac = async (key: Uint8Array, text: string): Promise<Uint8Array> => crypto.hmac(hash, key, encodeUtf8(text))
  const authMessage = `${bare},${first},${withoutProof}`
  const saltedPassword = await crypto.pbkdf2(hash, encodeUtf8(password), salt, iterations, hashLength[hash])
  const clientKey = await hmac(saltedPassword, 'Client Key')
  const proof = xorBytes(clientKey, await hmac(await crypto.hash(hash, clientKey), authMessage))
  const signature = await hmac(await hmac(saltedPassword, 'Server Key'), authMessage)
  const last = await say(encodeUtf8(`${withoutProof},p=${encodeBase64(proof)}`))

  // [RFC5802 5] without the right signature "the client MUST consider the authentication exchange to be unsuccessful"
  const final = messageText(last.data) ?? ''
  const [, kind, value = ''] = serverFinal.exec(final) ?? []
  if (kind !== 'v' || !crypto.equal(decodeBase64(value) ?? new Uint8Array(0), signature))
    refused(final, 'server-not-verified')
  // the server's last message may also come as a challenge, to be answered with nothing [RFC6120 6.3.10]
  if (!last.isSuccess) await sayLast(say, new Uint8Array(0))
}

/** Gives up for the reason that the server gives, if it gives one. */
function refused(text: string, problem: SaslProblem): never {
  const [, kind, reason] = serverFinal.exec(text) ?? []
  return kind === 'e' ? giveUp('server-error', reason) : giveUp(problem)
}

/** The characters that would end or confuse an attribute. [RFC5802 5.1] */
function escapeName(name: string): string {
  return name.replaceAll('=', '=3D').replaceAll(',', '=2C')
}
