/** Client Access Management (XEP-0494 0.1.0): what has access to an account, and how it loses it. */
import {
  attribute,
  boolean,
  child,
  children,
  dateTime,
  type ElementCodec,
  element,
  flag,
  nonEmpty,
  oneOf,
  optionalChild,
  optionalText,
} from '../codec/index.ts'
import { type Element, el } from '../xml/index.ts'

export const CLIENTS_NS = 'urn:xmpp:cam:0'

/** How a client has proved that it may use the account. */
export interface ClientAuth {
  readonly password?: boolean | undefined
  readonly grant?: boolean | undefined
  readonly fast?: boolean | undefined
}

export interface ClientAgent {
  readonly software?: string | undefined
  readonly uri?: string | undefined
  readonly device?: string | undefined
}

export interface Client {
  /** Opaque; by which it is revoked. */
  readonly id: string
  readonly connected: boolean
  readonly type: 'session' | 'access'
  /** ms since epoch */
  readonly firstSeen?: number | undefined
  readonly lastSeen?: number | undefined
  readonly auth: ClientAuth
  readonly permission: { readonly status: 'unrestricted' | 'normal' | 'restricted' }
  readonly userAgent?: ClientAgent | undefined
}

export const client: ElementCodec<Client> = element(CLIENTS_NS, 'client', {
  id: attribute('id', nonEmpty),
  connected: attribute('connected', boolean),
  type: attribute('type', oneOf('session', 'access')),
  firstSeen: optionalText('first-seen', dateTime),
  lastSeen: optionalText('last-seen', dateTime),
  auth: child(element(CLIENTS_NS, 'auth', { password: flag('password'), grant: flag('grant'), fast: flag('fast') })),
  permission: child(
    element(CLIENTS_NS, 'permission', { status: attribute('status', oneOf('unrestricted', 'normal', 'restricted')) }),
  ),
  userAgent: optionalChild(
    element(CLIENTS_NS, 'user-agent', {
      software: optionalText('software'),
      uri: optionalText('uri'),
      device: optionalText('device'),
    }),
  ),
})

/** The request, and its answer. [XEP-0494 3.1] */
export const list: ElementCodec<Record<never, never>> = element(CLIENTS_NS, 'list', {})

export const clients: ElementCodec<{ readonly clients: readonly Client[] }> = element(CLIENTS_NS, 'clients', {
  clients: children(client),
})

/** [XEP-0494 3.2] */
export const revoke: ElementCodec<{ readonly id: string }> = element(CLIENTS_NS, 'revoke', {
  id: attribute('id', nonEmpty),
})

/** Beside `service-unavailable`: it knows the password. [XEP-0494 3.2] */
export const passwordResetRequired: Element = el('password-reset-required', CLIENTS_NS)
