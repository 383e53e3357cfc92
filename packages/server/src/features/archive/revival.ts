/**
 * A process may die between the commit of a message and the session of a client that is away: in the archive it is, and not in the queue of the
 * session. Before its client may come back such a session is given what it lacks, in the order of the archive. docs/decisions/0023
 */
import type { Maybe } from '@rookery/protocol'
import { parseJid } from '@rookery/protocol/jid'
import { Message } from '@rookery/protocol/stanza'
import type { ArchiveEntry, ArchiveStore } from '@rookery/storage'
import type { ArchiveIds } from '../../archive-ids.ts'
import { Delivery } from '../../delivery.ts'
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

export async function giveWhatIsLacking(session: Session, parts: RevivalParts): Promise<undefined> {
  const { store, ids, names, sessions } = parts
  const { local } = session.account
  const through = session.management?.restoredThrough
  if (through === undefined || sessions.of(local).some(({ priority }) => priority > session.priority)) return undefined
  const start = ids.timeOf(ids.last) - window
  for (let after = through; !session.isEnded; ) {
    const { entries, isComplete } = await store.page(local, { after, start }, { limit: pageSize })
    const storing: Maybe<undefined>[] = []
    for (const entry of entries) {
      const message = entry.isOut ? undefined : messageOf(entry)
      if (message === undefined || !isFor(session, message)) continue
      const named = withStanzaId(message, session.account, names().nameOf(entry.id))
      const delivery = new Delivery(named, ids.timeOf(entry.id), 'archive', entry.id)
      storing.push(session.sendMessage(delivery, named.wire()))
    }
    await Promise.all(storing)
    const last = entries.at(-1)
    if (isComplete || last === undefined) return undefined
    after = last.id
  }
  return undefined
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
