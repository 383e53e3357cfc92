/**
 * A process may die between the commit of a message and its recipient. At the next start, before anybody may come back: a session whose client was
 * away is given what it lacks, in the order of the archive; what clients that were connected have not said to have waits for the account, as
 * if nobody had been there. docs/decisions/0023, 0025
 */
import { type Jid, parseJid } from '@rookery/protocol/jid'
import { Message } from '@rookery/protocol/stanza'
import type { ArchiveEntry, ArchiveStore } from '@rookery/storage'
import type { ArchiveIds } from '../../archive-ids.ts'
import { type Came, Delivery } from '../../delivery.ts'
import type { SessionsPower } from '../../powers.ts'
import type { Session } from '../../session.ts'
import { readStanza } from '../../stored-stanza.ts'
import type { Names } from './names.ts'
import { withStanzaId } from './stanza-ids.ts'

const pageSize = 100

/** What a process that died had begun to hand on is not older than that, in milliseconds. */
const window = 60_000

export interface RevivalParts {
  readonly store: ArchiveStore
  readonly ids: ArchiveIds
  readonly names: () => Names
  readonly sessions: SessionsPower
}

export class Revival {
  readonly #parts: RevivalParts

  constructor(parts: RevivalParts) {
    this.#parts = parts
  }

  readonly revived = async (session: Session): Promise<undefined> => {
    const { sessions } = this.#parts
    const { account, management, priority } = session
    const through = management?.restoredThrough
    if (through === undefined || sessions.of(account.local).some((other) => other.priority > priority)) return undefined
    for await (const page of this.#messages(account, through)) {
      const storing = page
        .filter(({ message }) => isFor(session, message))
        .map(({ message, at, id }) => session.sendMessage(new Delivery(message, at, 'archive', id), message.wire()))
      await Promise.all(storing)
      if (session.isEnded) return undefined
    }
    return undefined
  }

  readonly lost = async (
    account: Jid,
    reached: number,
    give: (message: Message, came: Came) => Promise<void>,
  ): Promise<undefined> => {
    for await (const page of this.#messages(account, reached)) {
      const revived = this.#parts.sessions.of(account.local)
      const missed = page.filter(({ message }) => !revived.some((session) => isFor(session, message)))
      await Promise.all(missed.map(({ message, at, id }) => give(message, { at, isKept: true, id })))
    }
    return undefined
  }

  /** What the account received behind `after`, as its clients are given it; in pages, oldest first. */
  async *#messages(account: Jid, after: number): AsyncGenerator<readonly Received[]> {
    const { store, ids, names } = this.#parts
    const start = ids.timeOf(ids.last) - window
    for (;;) {
      const { entries, isComplete } = await store.page(account.local, { after, start }, { limit: pageSize })
      yield entries.flatMap((entry) => {
        const message = entry.isOut ? undefined : messageOf(entry)
        if (message === undefined) return []
        const named = withStanzaId(message, account, names().nameOf(entry.id))
        return [{ message: named, at: ids.timeOf(entry.id), id: entry.id }]
      })
      const last = entries.at(-1)
      if (isComplete || last === undefined) return
      after = last.id
    }
  }
}

interface Received {
  readonly message: Message
  readonly at: number
  readonly id: number
}

function messageOf({ stanza }: ArchiveEntry): Message | undefined {
  const element = readStanza(stanza)
  if (element === undefined) return undefined
  const [from, to] = ['from', 'to'].map((name) => element.attr(name))
  return new Message(
    element,
    from === undefined ? undefined : parseJid(from),
    to === undefined ? undefined : parseJid(to),
  )
}

/** [RFC6121 8.5.2.1.1, 8.5.3.1] */
function isFor(session: Session, { to }: Message): boolean {
  if (to?.isFull === true) return to.resource === session.jid.resource
  return session.isAvailable && session.priority >= 0
}
