/** Errors of TLS in sentences that say what is wrong and what to do. */
import { ConnectError } from '../contract/errors.ts'

/** `error` is undefined where the other side just closed. */
export function tlsError(error: (Error & { code?: unknown; cert?: unknown }) | undefined, name: string): ConnectError {
  const code = typeof error?.code === 'string' ? error.code : ''
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return bad(`is for ${namesOf(error?.cert)}, not for ${name}.`, error)
  if (code === 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' && 'Deno' in globalThis)
    // whatever the reason is (seen in 2.9)
    return bad(`has expired, or is signed by an authority that this machine does not know. ${trust}`, error)
  const sentence = certificateProblems.get(code)
  if (sentence !== undefined) return bad(sentence, error)
  if (/^(?:CERT|CRL|UNABLE_TO|HOSTNAME|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH|DEPTH_ZERO|SELF_SIGNED)/.test(code))
    return bad(`cannot be verified (${code}).`, error)
  if (/UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION/.test(code))
    return new ConnectError('no-encryption', `${name} has only versions of TLS before 1.2, which are not safe.`, error)
  if (/NO_APPLICATION_PROTOCOL/.test(code))
    return new ConnectError('bad-answer', `${name} has TLS at this port, but no XMPP.`, error)
  if (code.startsWith('ERR_SSL') || code === 'EPROTO')
    return new ConnectError('bad-answer', `${name} does not speak TLS at this port as we do (${code}).`, error)
  const how = code === '' ? '' : ` (${code})`
  return new ConnectError('unreachable', `${name} broke the connection off while TLS began${how}.`, error)

  function bad(what: string, cause: unknown): ConnectError {
    return new ConnectError('bad-certificate', `The certificate of ${name} ${what}`, cause)
  }
}

const trust = 'To trust it, give its authority as `tls.ca`.'

/** By OpenSSL's names. [RFC5280 6] */
const certificateProblems: ReadonlyMap<string, string> = new Map([
  ['CERT_HAS_EXPIRED', 'has expired: its operator must renew it, unless the clock of this machine is wrong.'],
  ['CERT_NOT_YET_VALID', 'is not valid yet: is the clock of this machine right?'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', `is signed by itself. ${trust}`],
  ['SELF_SIGNED_CERT_IN_CHAIN', `is signed by an authority that this machine does not know. ${trust}`],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', `is signed by an authority that this machine does not know. ${trust}`],
  [
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    `comes without those between it and its authority: its operator must send them. ${trust}`,
  ],
  ['CERT_REVOKED', 'was revoked: its operator must replace it.'],
])

/** The names a certificate is for, not more than a few: it is the other side's text. */
function namesOf(certificate: unknown): string {
  const text =
    typeof certificate === 'object' && certificate !== null && 'subjectaltname' in certificate
      ? String(certificate.subjectaltname)
      : ''
  const names = text.split(', ').flatMap((entry) => /^(?:DNS|IP Address):([\w.*:-]{1,253})$/.exec(entry)?.[1] ?? [])
  if (names.length === 0) return 'another name'
  return names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ')
}
