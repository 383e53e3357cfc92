/** How somebody left a room (XEP-0045 7.14, 8.2, 9.1, 10.9, 11.1, 15.6.2). */
import type { Jid } from '@rookery/protocol/jid'
import type { MucUser } from '@rookery/protocol/xeps/muc'
import {
  MUC_BANNED,
  MUC_KICKED,
  MUC_REMOVED_BY_AFFILIATION,
  MUC_REMOVED_BY_ERROR,
  MUC_REMOVED_MEMBERS_ONLY,
  MUC_SHUTDOWN,
} from '@rookery/protocol/xeps/muc-status'
import type { RequestError } from '../../contract/errors.ts'

export type ExitCause =
  /** Of their own accord. */
  | 'left'
  | 'kicked'
  | 'banned'
  /** They are no member any more. */
  | 'affiliation'
  /** The room is for members now. */
  | 'members-only'
  /** The service goes down; one comes back by oneself: `room.state` is `entering` then, and `joined` follows. */
  | 'shutdown'
  /** The room lost them; one comes back by oneself, likewise. */
  | 'error'
  /** The room is no more. */
  | 'destroyed'
  /** Coming back was refused: see `error`. */
  | 'refused'

export interface Exit {
  readonly cause: ExitCause
  /** For people to read. */
  readonly reason?: string | undefined
  /** Who did it: a nickname. */
  readonly by?: string | undefined
  /** Where to go instead of a room that is no more. */
  readonly alternative?: Jid | undefined
  readonly error?: RequestError | undefined
}

/** The first that is there counts: 333 stands beside 307 where nobody kicked. [XEP-0045 11.1] */
const causes: readonly (readonly [number, ExitCause])[] = [
  [MUC_REMOVED_BY_ERROR, 'error'],
  [MUC_BANNED, 'banned'],
  [MUC_KICKED, 'kicked'],
  [MUC_REMOVED_BY_AFFILIATION, 'affiliation'],
  [MUC_REMOVED_MEMBERS_ONLY, 'members-only'],
  [MUC_SHUTDOWN, 'shutdown'],
]

export function readExit({ destroy, items, statuses }: MucUser, status: string | undefined): Exit {
  if (destroy !== undefined) return { cause: 'destroyed', reason: destroy.reason, alternative: destroy.jid }
  const cause = causes.find(([code]) => statuses.includes(code))?.[1] ?? 'left'
  const [item] = items
  return { cause, reason: item?.reason ?? status, by: item?.actor?.nick }
}
