/**
 * SCRAM (RFC 5802, RFC 7677) from the client's side, written for these tests alone: it says whatever an attacker would, and shares no line with
 * what it attacks. Not a client.
 */
import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { type RawClient, SASL } from '../harness/client.ts'

export interface ScramAttempt {
  /** E.g. `SCRAM-SHA-256-PLUS`. */
  readonly mechanism: string
  readonly user: string
  readonly password?: string
  /** The GS2 flag: `n`, `y`, `p=tls-exporter`. Default `n`. */
  readonly flag?: string
  readonly authzid?: string
  /** Channel binding data. */
  readonly binding?: Uint8Array
  /** What the second message claims the flag was, if not the truth. */
  readonly laterFlag?: string
}

export interface ScramOutcome {
  /** `success`, or the condition of the failure. */
  readonly condition: string
  /** server-first-message; '' when there was none. */
  readonly challenge: string
  /** The server has proved that it knows the account's keys. */
  readonly isProved: boolean
  /** The last answer, as it came. */
  readonly answer: string
}

export const base64 = (data: string | Uint8Array): string =>
  (typeof data === 'string' ? Buffer.from(data, 'utf8') : Buffer.from(data)).toString('base64')

const hashOf = (mechanism: string): string => `sha${/^SCRAM-SHA-(1|256|512)(-PLUS)?$/.exec(mechanism)![1]}`

/** client-first-message */
export function firstMessage({ user, flag = 'n', authzid }: ScramAttempt, nonce: string): string {
  const name = user.replaceAll('=', '=3D').replaceAll(',', '=2C')
  return `${flag},${authzid === undefined ? '' : `a=${authzid}`},n=${name},r=${nonce}`
}

/** Sends an `<auth/>` and gives the answer: `challenge`, `success` or the condition of the failure, with its data. */
export async function exchange(
  client: RawClient,
  wire: string,
): Promise<{ condition: string; data: string; answer: string }> {
  client.send(wire)
  const answer = await client.waitFor(
    /<challenge[^>]*>[^<]*<\/challenge>|<challenge[^>]*\/>|<success[^>]*\/>|<\/success>|<\/failure>/,
  )
  const failed = /<failure[^>]*>\s*<([a-z-]+)/.exec(answer)
  if (failed !== null) return { condition: failed[1]!, data: '', answer }
  const given = /<(challenge|success)[^>]*>([^<]*)</.exec(answer)
  const data = Buffer.from(given?.[2] ?? '', 'base64').toString('utf8')
  return { condition: answer.includes('<success') ? 'success' : 'challenge', data, answer }
}

export const authElement = (mechanism: string, text: string | Uint8Array): string =>
  `<auth xmlns='${SASL}' mechanism='${mechanism}'>${base64(text)}</auth>`

export const responseElement = (text: string): string => `<response xmlns='${SASL}'>${base64(text)}</response>`

/** client-final-message, and the signature that the server must answer with. */
export function finalMessage(
  attempt: ScramAttempt,
  first: string,
  challenge: string,
): { text: string; signature: Buffer } {
  const hash = hashOf(attempt.mechanism)
  const [, nonce, salt, iterations] = /^r=([^,]*),s=([^,]*),i=(\d+)/.exec(challenge) ?? []
  if (nonce === undefined) throw new Error(`not a challenge of SCRAM: ${challenge}`)
  const length = createHash(hash).digest().length
  const password = (attempt.password ?? `secret-${attempt.user}`).normalize('NFC')
  const salted = pbkdf2Sync(password, Buffer.from(salt!, 'base64'), Number(iterations), length, hash)
  const hmac = (key: Uint8Array, text: string): Buffer => createHmac(hash, key).update(text).digest()
  const clientKey = hmac(salted, 'Client Key')
  const header = first.slice(0, first.indexOf(',', first.indexOf(',') + 1) + 1)
  const claimed = attempt.laterFlag === undefined ? header : header.replace(/^[^,]*/, attempt.laterFlag)
  const binding = Buffer.concat([Buffer.from(claimed), attempt.binding ?? Buffer.alloc(0)])
  const withoutProof = `c=${binding.toString('base64')},r=${nonce}`
  const whole = `${first.slice(header.length)},${challenge},${withoutProof}`
  const signed = hmac(createHash(hash).update(clientKey).digest(), whole)
  const proof = clientKey.map((byte, index) => byte ^ signed[index]!)
  const signature = hmac(hmac(salted, 'Server Key'), whole)
  return { text: `${withoutProof},p=${base64(proof)}`, signature }
}

/** One attempt to log in, on a stream that is open. */
export async function scram(client: RawClient, attempt: ScramAttempt): Promise<ScramOutcome> {
  const first = firstMessage(attempt, randomBytes(12).toString('base64url'))
  const begun = await exchange(client, authElement(attempt.mechanism, first))
  if (begun.condition !== 'challenge')
    return { condition: begun.condition, challenge: '', isProved: false, answer: begun.answer }
  const { text, signature } = finalMessage(attempt, first, begun.data)
  const ended = await exchange(client, responseElement(text))
  const given = Buffer.from(/^v=([^,]*)/.exec(ended.data)?.[1] ?? '', 'base64')
  const isProved = given.length === signature.length && timingSafeEqual(given, signature)
  return { condition: ended.condition, challenge: begun.data, isProved, answer: ended.answer }
}

/** The mechanisms and binding types that stream features list. */
export function offersOf(features: string): { mechanisms: string[]; bindings: string[] } {
  const ofSasl = /<mechanisms .*?<\/mechanisms>/s.exec(features)?.[0] ?? '' // not those of XEP-0388
  return {
    mechanisms: [...ofSasl.matchAll(/<mechanism>([^<]*)<\/mechanism>/g)].map(([, name]) => name!),
    bindings: [...features.matchAll(/<channel-binding type='([^']*)'/g)].map(([, type]) => type!),
  }
}

/** What the client's end of a TLS connection says about it. [RFC9266, RFC5929] */
export function bindingData(socket: TLSSocket, type: string, certificateHash = 'sha256'): Buffer {
  switch (type) {
    case 'tls-exporter':
      return socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0))
    case 'tls-unique':
      return (socket.isSessionReused() ? socket.getPeerFinished() : socket.getFinished()) ?? Buffer.alloc(0)
    case 'tls-server-end-point':
      return createHash(certificateHash).update(socket.getPeerCertificate(true).raw).digest()
    default:
      return Buffer.from('anything')
  }
}
