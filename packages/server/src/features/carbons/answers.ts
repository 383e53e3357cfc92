/** Which messages were copied lately, by the ids their senders gave them: an error that answers one is copied too. Bounded. */
import type { Jid } from '@rookery/protocol/jid'
import type { Message } from '@rookery/protocol/stanza'
import { RecentMap } from '@rookery/storage'

/** Characters of two addresses and an id, with room to spare. Whoever makes longer ones has to live without the copies of errors. */
const longestKey = 512

export class CopiedMessages {
  readonly #recent = new RecentMap<string, true>(20_000)

  /** `side`: whether the account sent or received it. */
  note(message: Message, side: 'out' | 'in', account: Jid): void {
    const key = keyOf(message, side, account)
    if (key !== undefined) this.#recent.set(key, true)
  }

  /** Whether this error answers one of them. [XEP-0280 6.1] */
  isAnsweredBy(error: Message, side: 'out' | 'in', account: Jid): boolean {
    const key = keyOf(error, side, account)
    return key !== undefined && this.#recent.get(key) === true
  }
}

/** The same for a message and its answer: the account, the other side, the id. */
function keyOf(message: Message, side: 'out' | 'in', account: Jid): string | undefined {
  const other = side === 'out' ? message.to : message.from
  const { id } = message
  if (other === undefined || id === undefined) return undefined
  const key = `${account.local} ${other.bare} ${id}`
  return key.length > longestKey ? undefined : key
}
