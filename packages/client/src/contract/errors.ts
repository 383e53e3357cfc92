/**
 * Everything that can go wrong, as one discriminated union: `error.kind` says what it is, `error.message` what to do next.
 * Errors never hold passwords or tokens.
 */
import type { SaslCondition } from '@rookery/protocol/sasl'
import type { StanzaError, StanzaErrorCondition, StanzaErrorType } from '@rookery/protocol/stanza'
import type { StreamErrorCondition } from '@rookery/protocol/stream'
import type { SoapFault, SoapFaultCode } from '@rookery/protocol/xeps/soap'
import type { Element } from '@rookery/protocol/xml'

export type ClientError =
  | UsageError
  | ConnectError
  | LoginError
  | StreamClosedError
  | DisconnectedError
  | RequestError
  | UnexpectedAnswerError
  | TimeoutError
  | UnsupportedError
  | StoreError
  | ListenerError
  | RegistrationError
  | RpcFault
  | SoapFaultError
  | TransferError
  | UploadError

/** The library was used in a way that cannot work: an address that is none, an option that cannot be, a call at the wrong time. */
export class UsageError extends Error {
  readonly kind = 'usage'
  override readonly name = 'UsageError'
}

export type ConnectReason =
  /** The domain does not exist, or offers no service for clients. */
  | 'unknown-host'
  /** Nobody answers at any of its addresses. */
  | 'unreachable'
  /** The certificate is not for this domain, expired, or signed by nobody we trust. */
  | 'bad-certificate'
  /** The server offers no encryption, or somebody has taken the offer away. */
  | 'no-encryption'
  /** It answers, but speaks no XMPP that we understand. */
  | 'bad-answer'
  /** It sends us from one host to the next. */
  | 'too-many-redirects'
  | 'timeout'

/** No connection came about. */
export class ConnectError extends Error {
  readonly kind = 'connect'
  override readonly name = 'ConnectError'
  readonly reason: ConnectReason

  constructor(reason: ConnectReason, text: string, cause?: unknown) {
    super(text, { cause })
    this.reason = reason
  }
}

export type LoginReason =
  /** The server refused; its condition is in `condition`. */
  | 'refused'
  /** No mechanism that both sides have and that is safe here. */
  | 'no-mechanism'
  /** The server did not prove that it knows the account, or its list was changed on the way: perhaps somebody is in between. */
  | 'not-verified'
  /** There is nothing to log in with: no password, one that cannot be, and no token that is still good. */
  | 'no-credentials'

/** What to do about it; about everything else: see below. */
const advice: { readonly [Problem in LoginReason | SaslCondition]?: string } = {
  'no-credentials': 'Check the name and the password.',
  'not-authorized': 'Check the name and the password.',
  'not-verified': 'Somebody may be between you and the server.',
  'temporary-auth-failure': 'Try again later.',
}

/** The login failed. Only a refusal that says "for now" is tried again. */
export class LoginError extends Error {
  readonly kind = 'login'
  override readonly name = 'LoginError'
  readonly reason: LoginReason
  readonly condition: SaslCondition | undefined

  constructor(reason: LoginReason, text: string, condition?: SaslCondition) {
    super(`${text} ${advice[condition ?? reason] ?? 'Ask whoever runs the server.'}`)
    this.reason = reason
    this.condition = condition
  }
}

/** The server ended the stream with an error. */
export class StreamClosedError extends Error {
  readonly kind = 'stream'
  override readonly name = 'StreamClosedError'
  readonly condition: StreamErrorCondition
  /** Where the server sends us, with `see-other-host`. [RFC6120 4.9.3.19] */
  readonly host: string | undefined

  constructor(condition: StreamErrorCondition, text?: string, host?: string) {
    super(`The server ended the stream: ${condition}${text === undefined ? '' : ` (${text})`}.`)
    this.condition = condition
    this.host = host
  }
}

/** The connection was lost, or there is none, and what was asked cannot be known or done now. */
export class DisconnectedError extends Error {
  readonly kind = 'disconnected'
  override readonly name = 'DisconnectedError'

  constructor(text = 'There is no connection.') {
    super(text)
  }
}

/** Somebody refused a request or a message. [RFC6120 8.3] */
export class RequestError extends Error {
  readonly kind = 'request'
  override readonly name = 'RequestError'
  declare readonly condition: StanzaErrorCondition
  declare readonly type: StanzaErrorType
  declare readonly text: string | undefined
  /** The condition of the application, which says more. [RFC6120 8.3.4] */
  declare readonly application: Element | undefined
  /** Who found the error, where that is neither of those who talk. [RFC6120 8.3.2] */
  declare readonly by: string | undefined
  /** Where to go instead of what is `gone`, or elsewhere by `redirect`: a URI, most often `xmpp:name@domain`. Nobody has looked at it. [RFC6120 8.3.3.5] */
  declare readonly redirect: string | undefined
  /** Who refused. */
  readonly from: string | undefined

  constructor(error: StanzaError, from?: string) {
    const { condition, redirect, text = redirect } = error
    super(`${from ?? 'The server'} refused: ${condition}${text === undefined ? '' : ` (${text})`}.`)
    Object.assign(this, error)
    this.from = from
  }
}

/** An answer came that is not what the specification says. */
export class UnexpectedAnswerError extends Error {
  readonly kind = 'unexpected-answer'
  override readonly name = 'UnexpectedAnswerError'
}

/** No answer in time. */
export class TimeoutError extends Error {
  readonly kind = 'timeout'
  override readonly name = 'TimeoutError'
}

/** The server, a room or a contact lacks what was asked for. */
export class UnsupportedError extends Error {
  readonly kind = 'unsupported'
  override readonly name = 'UnsupportedError'
  /** The namespace of the feature. */
  readonly feature: string

  constructor(feature: string, text: string) {
    super(text)
    this.feature = feature
  }
}

/** What is kept on disk cannot be read or written. */
export class StoreError extends Error {
  readonly kind = 'store'
  override readonly name = 'StoreError'
}

/** A listener or an extension threw; what it threw is the cause. */
export class ListenerError extends Error {
  readonly kind = 'listener'
  override readonly name = 'ListenerError'

  constructor(where: string, cause: unknown) {
    super(`A listener of "${where}" threw.`, { cause })
  }
}

export type RegistrationReason =
  /** Somebody has this name. */
  | 'taken'
  /** The server takes no strangers, or none without an invitation. */
  | 'closed'
  /** The token is not known, or not any more. */
  | 'bad-token'
  /** Accounts are made on a page: `url`. */
  | 'elsewhere'
  /** Name, password or answers are not as the server wants them, or too many accounts were made. */
  | 'refused'
  /** The connection broke before the server said whether it made the account: try to log in. */
  | 'unsure'

export class RegistrationError extends Error {
  readonly kind = 'registration'
  override readonly name = 'RegistrationError'
  readonly reason: RegistrationReason
  /** Where a person can make the account instead, if the server says: of `elsewhere`, and of what it has refused. */
  readonly url: string | undefined

  constructor(reason: RegistrationReason, text: string, url?: string) {
    super(text)
    this.reason = reason
    this.url = url
  }
}

/** Why a file was not uploaded. */
export type UploadReason =
  /** Larger than `maxBytes`. */
  | 'too-large'
  /** Too much was uploaded; again at `retryAt`, where the service says. */
  | 'quota'
  /** The place it was to be put is not safe: no TLS. */
  | 'insecure'
  /** The server of files refused (`status`), or cannot be reached. */
  | 'failed'

export class UploadError extends Error {
  readonly kind = 'upload'
  override readonly name = 'UploadError'
  declare readonly reason: UploadReason
  /** Bytes of the largest file. */
  declare readonly maxBytes: number | undefined
  /** In milliseconds since 1970. */
  declare readonly retryAt: number | undefined
  /** Of HTTP. */
  declare readonly status: number | undefined

  constructor(
    reason: UploadReason,
    text: string,
    { cause, ...more }: Partial<Pick<UploadError, 'maxBytes' | 'retryAt' | 'status' | 'cause'>> = {},
  ) {
    super(text, { cause })
    Object.assign(this, more, { reason })
  }
}

/** Why a file did not get to the other side, or from there. */
export type TransferReason =
  /** The other side does not want it. */
  | 'declined'
  /** One side gave up. */
  | 'cancelled'
  /** More came than was offered. It is not kept. */
  | 'too-large'
  /** Less came than was offered. */
  | 'incomplete'
  /** What came is not what was sent. */
  | 'hash-mismatch'
  /** The connection of one side is gone. What came so far can be kept: the rest can be sent with an offset. */
  | 'gone'
  | 'failed'

export class TransferError extends Error {
  readonly kind = 'transfer'
  override readonly name = 'TransferError'
  readonly reason: TransferReason

  constructor(reason: TransferReason, text: string) {
    super(text)
    this.reason = reason
  }
}

/** The procedure failed and says why. Thrown by a procedure of yours, it is what the caller gets. */
export class RpcFault extends Error {
  readonly kind = 'rpc'
  override readonly name = 'RpcFault'
  readonly code: number

  constructor(code: number, text: string) {
    super(text)
    this.code = code
  }
}

/** The other side refused, in the words of SOAP. Thrown by a service of yours, it is what the caller gets. */
export class SoapFaultError extends Error {
  readonly kind = 'soap'
  override readonly name = 'SoapFaultError'
  readonly code: SoapFaultCode
  /** All that it says; undefined where only code and text came. */
  readonly fault: SoapFault | undefined

  constructor(code: SoapFaultCode, text: string, fault?: SoapFault) {
    super(text)
    this.code = code
    this.fault = fault
  }
}
