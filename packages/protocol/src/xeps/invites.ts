/**
 * Invitations: the token that lets somebody register (XEP-0445 0.2.0) or become a contact (XEP-0379 0.3.3), the link that carries it, and
 * what a server answers who asked for one by a command (XEP-0401 0.6.0). Whether a token is worth anything is not known here.
 */
import { attribute, dateTime, type ElementCodec, element, nonEmpty } from '../codec/index.ts'
import { type DataForm, firstValueOf } from '../forms/index.ts'
import type { Jid } from '../jid/index.ts'
import { type Element, el } from '../xml/index.ts'
import { safeLink } from './links.ts'
import { formatXmppUri, parseXmppUri } from './xmpp-uri.ts'

export const PREAUTH_NS = 'urn:xmpp:pars:0'
/** Commands of a server. [XEP-0401 3] */
export const INVITE_COMMAND = 'urn:xmpp:invite#invite'
export const CREATE_ACCOUNT_COMMAND = 'urn:xmpp:invite#create-account'

/** In a request before a registration form is asked for, and in a request for a subscription. [XEP-0445 4] [XEP-0379 3.4] */
export const preauth: ElementCodec<{ readonly token: string }> = element(PREAUTH_NS, 'preauth', {
  token: attribute('token', nonEmpty),
})

/** Stream feature: a token is taken. [XEP-0445 3] */
export const inviteFeature: Element = el('register', 'urn:xmpp:ibr-token:0')

export type Invite =
  /** Register: this account, or one of one's choice at this host. */
  | { readonly kind: 'account'; readonly jid: Jid; readonly token: string }
  /** Become a contact of this account, and register at its host before, where that is allowed and needed. */
  | {
      readonly kind: 'contact'
      readonly jid: Jid
      readonly token: string
      readonly mayRegister: boolean
      /** What the contact would like to be called. */
      readonly name?: string | undefined
    }

/** What an `xmpp:` link invites to; undefined when it is no invitation. [XEP-0445 2] */
export function parseInvite(text: string): Invite | undefined {
  const uri = parseXmppUri(text)
  const token = uri?.keys.get('preauth')
  if (uri === undefined || !token) return undefined
  const jid = uri.jid.bare
  if (uri.action === 'register') return { kind: 'account', jid, token }
  if (uri.action !== 'roster' || jid.local === '') return undefined
  const name = uri.keys.get('name')
  return { kind: 'contact', jid, token, mayRegister: uri.keys.get('ibr') === 'y', ...(name && { name }) }
}

export function formatInvite(invite: Invite): string {
  const keys = new Map([['preauth', invite.token]])
  if (invite.kind === 'account') return formatXmppUri({ jid: invite.jid, action: 'register', keys })
  if (invite.mayRegister) keys.set('ibr', 'y')
  if (invite.name) keys.set('name', invite.name)
  return formatXmppUri({ jid: invite.jid, action: 'roster', keys })
}

export interface Invitation {
  /** The link, which `parseInvite` reads. */
  readonly uri: string
  /** A page for who has no client yet; of https, or left out. */
  readonly landingUrl?: string | undefined
  /** When it ends, in milliseconds since 1970; never, where it is missing. */
  readonly expires?: number | undefined
}

/** In the form that ends the command; undefined when there is no link in it. [XEP-0401 5.1] */
export function invitationOf(form: DataForm): Invitation | undefined {
  const uri = firstValueOf(form, 'uri')
  if (uri === undefined || parseInvite(uri) === undefined) return undefined
  const landingUrl = safeLink(firstValueOf(form, 'landing-url') ?? '', ['https'])
  // the text says "expire", the registry "expiry" [XEP-0401 5.1, 12.1]
  const expires = dateTime.decode(firstValueOf(form, 'expire') ?? firstValueOf(form, 'expiry') ?? '')
  return { uri, ...(landingUrl && { landingUrl }), ...(expires !== undefined && { expires }) }
}
