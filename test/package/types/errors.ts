/** Errors are one union: `kind` says which one it is, and what that one knows. */
import { type ClientError, ConnectError, type ConnectReason, LoginError } from '@rookery/client'

export function whatToDo(error: ClientError): string {
  if (error.kind === 'connect') return error.reason
  if (error.kind === 'request') return error.condition
  // @ts-expect-error 2339: only some kinds have a condition
  if (error.kind === 'timeout') return error.condition
  // @ts-expect-error 2367: there is no such kind
  if (error.kind === 'time-out') return 'wait'
  return error.message
}

/** A `switch` over all kinds needs no default. */
export function isMine({ kind }: ClientError): boolean {
  switch (kind) {
    case 'usage':
    case 'listener':
      return true
    case 'connect':
    case 'login':
    case 'stream':
    case 'disconnected':
    case 'request':
    case 'unexpected-answer':
    case 'timeout':
    case 'unsupported':
    case 'store':
    case 'registration':
    case 'rpc':
    case 'soap':
    case 'transfer':
    case 'upload':
      return false
  }
}

export const reason: ConnectReason = new ConnectError('unreachable', 'Is the network there?').reason

// @ts-expect-error 2345: there is no such reason
export const other: ConnectError = new ConnectError('unreached', 'Is the network there?')

export function relabel(error: LoginError): void {
  // @ts-expect-error 2540: errors are not changed
  error.reason = 'refused'
}

// @ts-expect-error 2345: the condition is one of SASL's
export const login: LoginError = new LoginError('refused', 'no', 'not-authorised')
