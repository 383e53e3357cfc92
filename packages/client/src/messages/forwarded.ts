/** A message that a server hands on in another (XEP-0297): out of an archive, or a copy. Whether to believe that server is decided before. */
import { type Jid, parseJid } from '@rookery/protocol/jid'
import { Message } from '@rookery/protocol/stanza'
import type { Forwarded } from '@rookery/protocol/xeps/forward'
import type { Clock } from '../contract/platform.ts'

export interface ForwardedMessage {
  readonly message: Message
  readonly from: Jid
  readonly to: Jid
  /** When the server got it, in ms since 1970. */
  readonly at: number
}

/** `sender` and `receiver`: who is meant where it does not say. Undefined where it is no message, or its addresses are none. */
export function readForwarded(
  { stanza, delay }: Forwarded,
  clock: Clock,
  sender: Jid | undefined,
  receiver: Jid,
): ForwardedMessage | undefined {
  const read = (name: string, missing: Jid | undefined): Jid | undefined => {
    const text = stanza?.attr(name)
    return text === undefined ? missing : parseJid(text)
  }
  const from = read('from', sender)
  const to = read('to', receiver)
  if (stanza?.name !== 'message' || from === undefined || to === undefined) return undefined
  const now = clock.now()
  return { message: new Message(stanza, from, to), from, to, at: Math.min(delay?.stamp ?? now, now) }
}
