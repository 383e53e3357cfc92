/** A message out of an archive, read from what the archive forwards (XEP-0313 4.2). Which archive is to be believed is decided before. */
import { type Jid, parseJid } from '@rookery/protocol/jid'
import { Message } from '@rookery/protocol/stanza'
import type { ArchiveResult } from '@rookery/protocol/xeps/mam'
import type { Core } from '../../contract/extension.ts'
import { ReceivedMessage, type Way } from '../../messages/index.ts'

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
  const { stanza, delay } = forwarded
  if (stanza === undefined || stanza.name !== 'message') return undefined
  const from = readAddress(stanza.attr('from'), account)
  const to = readAddress(stanza.attr('to'), core.jid ?? account)
  if (from === undefined || to === undefined) return undefined
  const message = new Message(stanza, from, to)
  const isOfAccount = of.equals(account)
  // [XEP-0313 6.1.2] a room speaks for what was said in it, and for nothing else
  if (!isOfAccount && !(message.type === 'groupchat' && from.bare.equals(of))) return undefined
  const now = clock.now()
  const own = isOfAccount && from.bare.equals(account)
  const way: Way = { archived: id, isPast: true, at: Math.min(delay?.stamp ?? now, now), own }
  return new ArchivedMessage(message, from, to, way)
}

function readAddress(text: string | undefined, missing: Jid): Jid | undefined {
  return text === undefined ? missing : parseJid(text)
}
