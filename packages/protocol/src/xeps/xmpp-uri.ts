/**
 * URIs that lead to XMPP (RFC 5122, with the queries of XEP-0147 1.2): `xmpp:juliet@capulet.example?message;body=Hi`. Reading one tells what
 * it asks for and does nothing. Whoever acts on it asks a person first: the URI comes from a stranger [XEP-0147 5].
 */
import { type Jid, jidFromParts } from '../jid/index.ts'

export interface XmppUri {
  readonly jid: Jid
  /** The account to act with, where the URI names one. */
  readonly account?: Jid | undefined
  /** What to do, e.g. `message`, `join`, `roster`; without it, what one usually does with an address. */
  readonly action?: string | undefined
  /** With which values; the first counts where a key comes twice. */
  readonly keys: ReadonlyMap<string, string>
}

/** Longer ones are refused unread. */
const LONGEST = 16_384

/** Undefined when it is no such URI, or has no address. International characters may stand as they are. */
export function parseXmppUri(text: string): XmppUri | undefined {
  if (text.length > LONGEST || text.slice(0, 5).toLowerCase() !== 'xmpp:') return undefined
  try {
    return read(text.slice(5))
  } catch {
    return undefined // decodeURIComponent throws where a percent sign begins no octets of UTF-8
  }
}

function read(text: string): XmppUri | undefined {
  let [path, query] = cut(cut(text, '#')[0], '?')
  let account: Jid | undefined
  if (path.startsWith('//')) {
    const [authority, rest] = cut(path.slice(2), '/')
    account = readAddress(authority)
    if (account === undefined) return undefined
    path = rest
  }
  const jid = readAddress(path)
  if (jid === undefined) return undefined
  const [action, ...pairs] = query.split(';')
  const keys = new Map<string, string>()
  for (const pair of pairs) {
    const [key, value] = cut(pair, '=').map(decodeURIComponent) as [string, string]
    if (key !== '' && !keys.has(key)) keys.set(key, value)
  }
  return { jid, keys, ...(account && { account }), ...(action && { action: decodeURIComponent(action) }) }
}

/** Parts are told apart before anything is decoded: an encoded `@` or `/` separates nothing. [RFC5122 2.7.2] */
function readAddress(path: string): Jid | undefined {
  const [bare, resource] = cut(path, '/')
  const at = bare.indexOf('@')
  const [local, domain] = at < 0 ? ['', bare] : [bare.slice(0, at), bare.slice(at + 1)]
  if (at === 0) return undefined
  return jidFromParts(decodeURIComponent(local), decodeURIComponent(domain), decodeURIComponent(resource))
}

/** Before and after the first separator. */
function cut(text: string, separator: string): [before: string, after: string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

/** The URI in ASCII; every part is encoded, so that nothing in a value can become another key. */
export function formatXmppUri({ jid, account, action, keys }: Partial<XmppUri> & { readonly jid: Jid }): string {
  let uri = account === undefined ? 'xmpp:' : `xmpp://${writeAddress(account)}/`
  uri += writeAddress(jid)
  if (action === undefined && keys === undefined) return uri
  uri += `?${encode(action ?? '')}`
  for (const [key, value] of keys ?? []) uri += `;${encode(key)}=${encode(value)}`
  return uri
}

function writeAddress({ local, domain, resource }: Jid): string {
  const host = domain[0] === '[' ? domain : encode(domain)
  return `${local && `${encode(local)}@`}${host}${resource && `/${encode(resource)}`}`
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}
