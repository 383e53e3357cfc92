/**
 * What is kept across a reload or a restart: the session to resume, messages that are not acknowledged, tokens. A store is a small
 * table of texts; one client holds it at a time.
 */
import type { Maybe } from '@rookery/protocol'

/** Setting a key, or removing it where the value is undefined. */
export type Change = readonly [key: string, value: string | undefined]

export interface Store {
  /** All that is kept, in the order of keys (by code unit). */
  read(): Maybe<readonly (readonly [key: string, value: string])[]>
  /** All or nothing, and in the order of calls. Waits until it would survive the end of the process, where the store can. */
  write(changes: readonly Change[]): Maybe<undefined>
  /** Lets go of it. */
  close(): Maybe<undefined>
}

/** Opens the store of an account (a bare address) for one client: a second one gets one of its own, or a StoreError. */
export type OpenStore = (account: string) => Maybe<Store>
