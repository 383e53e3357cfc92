/**
 * A process may die between the commit of a message and the session of a client that is away: in the archive it is, and not in the queue of the
 * session. Before its client may come back such a session is given what it lacks, in the order of the archive. docs/decisions/0023
 */
import { type Maybe, NS } from '@rookery/protocol'
import { parseJid } from '@rookery/protocol/jid'
import { Message } from '@rookery/protocol/stanza'
import { Element, parseElement, type XmlLimits } from '@rookery/protocol/xml'
import type { ArchiveEntry, ArchiveStore } from '@rookery/storage'
import type { ArchiveIds } from '../../archive-ids.ts'
import { Delivery } from '../../delivery.ts'
import type { Session } from '../../session.ts'
import type { Names } from './names.ts'
import { withStanzaId } from './stanza-ids.ts'

const pageSize = 100

/** It was within the limits when it came. */
const generous: XmlLimits = {
  bytes: 33_554_432,
  depth: 1024,
  elements: 1_000_000,
  attributes: 10_000,
  nameLength: 1024,
  prefixes: 1024,
}

export interface RevivalParts {
  readonly store: ArchiveStore
  readonly ids: ArchiveIds
  readonly names: () => Names
}

export async function giveWhatIsLacking(session: Session, { store, ids, names }: RevivalParts): Promise<undefined> {
  const revival = session.management?.revival
  if (revival === undefined) return undefined
  const { local } = session.account
  for (let after = revival.through; !session.isEnded; ) {
    const { entries, isComplete } = await store.page(local, { after }, { limit: pageSize })
    const storing: Maybe<undefined>[] = []
    for (const entry of entries) {
      const message = entry.isOut || revival.ids.has(entry.id) ? undefined : messageOf(entry)
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
  const element = parseElement(stanza.replace(/^<message/, `<message xmlns='${NS.client}'`), generous)
  if (!(element instanceof Element)) return undefined
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
