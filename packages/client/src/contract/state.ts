/** What the connection is doing, as one value to look at and one event to follow. */
import type { Jid } from '@rookery/protocol/jid'
import type { ClientError } from './errors.ts'

export type ClientState =
  /** Not connected, and not trying to be. */
  | { readonly name: 'offline' }
  | { readonly name: 'connecting'; readonly attempt: number }
  /** Connecting, to go on with the session of before: nothing was lost yet. */
  | { readonly name: 'resuming'; readonly attempt: number }
  | {
      readonly name: 'online'
      /** The full address of this session. */
      readonly jid: Jid
      /** It is the session of before: presence and rooms are still there, nothing has to be done again. */
      readonly resumed: boolean
    }
  /** The connection was lost or not made; the next try is at `retryAt` (ms since 1970), or when the network changes. */
  | { readonly name: 'waiting'; readonly attempt: number; readonly retryAt: number; readonly reason: ClientError }
  /** Given up: trying again would not help. `connect()` starts anew. */
  | { readonly name: 'failed'; readonly reason: ClientError }
