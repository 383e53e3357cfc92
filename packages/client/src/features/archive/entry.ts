/** A message out of an archive, read from what the archive forwards (XEP-0313 4.2). Which archive is to be believed is decided before. */
import type { Jid } from '@rookery/protocol/jid'
import type { ArchiveResult } from '@rookery/protocol/xeps/mam'
import type { Core } from '../../contract/extension.ts'
import { ReceivedMessage, readForwarded, type Way } from '../../messages/index.ts'

/** A message as it lies in an archive; `at` is when the archive got it. */
export class ArchivedMessage extends ReceivedMessage {
  /** What the archive calls it. */
  get archiveId(): string {
    return this.way.archived!
  }
}

/** How far somebody has come in an archive. */
export interface Mark {
  /** The id of a message there; the empty text: before all that is as new as `at`. */
  readonly id: string
  /** When it came there, in ms since 1970. */
  readonly at: number
}

/** Undefined where the message has been removed, or is none that this archive can hold. */
export function readEntry(
  core: Pick<Core, 'account' | 'jid' | 'clock'>,
  of: Jid,
  { id, forwarded }: ArchiveResult,
): ArchivedMessage | undefined {
  const { account, clock } = core
  const read = readForwarded(forwarded, clock, account, core.jid ?? account)
  if (read === undefined) return undefined
  const { message, from, to, at } = read
  const isOfAccount = of.equals(account)
  // [XEP-0313 6.1.2] a room speaks for what was said in it, and for nothing else
  if (!isOfAccount && !(message.type === 'groupchat' && from.bare.equals(of))) return undefined
  const own = isOfAccount && from.bare.equals(account)
  const way: Way = { archived: id, isPast: true, at, own }
  return new ArchivedMessage(message, from, to, way)
}
