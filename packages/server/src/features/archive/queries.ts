/** Answers queries: finds a page of the archive and sends it, at the pace of the client. XEP-0313 1.1.3 sections 4 and 5. */
import { type Maybe, NS } from '@rookery/protocol'
import type { Jid } from '@rookery/protocol/jid'
import type { PageResult } from '@rookery/protocol/rsm'
import { StanzaError } from '@rookery/protocol/stanza'
import { delay } from '@rookery/protocol/xeps/delay'
import { FORWARD_NS } from '@rookery/protocol/xeps/forward'
import { archiveFin, MAM_NS } from '@rookery/protocol/xeps/mam'
import { type Element, writeAttribute, writeElement } from '@rookery/protocol/xml'
import type { ArchiveEntry, ArchiveFilter, ArchivePage, ArchiveStore } from '@rookery/storage'
import type { IqRequest } from '../../iq-request.ts'
import type { SessionsPower } from '../../powers.ts'
import type { Session } from '../../session.ts'
import type { Names } from './names.ts'
import { type Asked, type PageSizes, readQuery } from './read-query.ts'

export interface QueryParts {
  readonly store: ArchiveStore
  readonly names: () => Names
  readonly sessions: SessionsPower
  readonly sizes: PageSizes
  /** A client has been given this page. */
  readonly given: (session: Session, asked: Asked, entries: readonly ArchiveEntry[]) => undefined
}

/** What was found, all of it at one moment. */
interface Found extends ArchivePage {
  readonly count: number | undefined
  /** Place of the first message among all that match. */
  readonly index: number | undefined
}

/** Bytes sent before the client has to take what it got. */
const breath = 65_536
/** Bytes of a page; a message that has more is a page of its own. */
const mostBytes = 2_097_152
const notFound = new StanzaError('item-not-found')
const nobodyThere = new StanzaError('service-unavailable')
const interrupted = new StanzaError('recipient-unavailable', {
  text: 'the connection was gone before the page was sent',
})

export class Queries {
  readonly #parts: QueryParts

  constructor(parts: QueryParts) {
    this.#parts = parts
  }

  readonly answer = async ({ payload, from, to, session: origin }: IqRequest): Promise<Element | StanzaError> => {
    const { names, sizes, sessions } = this.#parts
    const asked = readQuery(payload, names(), sizes)
    if (asked instanceof StanzaError) return asked
    const session = origin ?? sessions.find(from)
    if (session === undefined) return nobodyThere
    const found = await this.#find(to.local, asked)
    if (found === undefined) return notFound
    if (!(await this.#send(session, to, asked, found.entries))) return interrupted // it will ask again when it is back
    this.#parts.given(session, asked, found.entries)
    return archiveFin.build({
      complete: found.isComplete ? true : undefined, // [XEP-0313 4.3.2]
      page: this.#pageOf(found),
    })
  }

  /** Called in one breath, so that all parts of the answer are about the same moment. Undefined: an id that was named is not there. [S96] */
  async #find(local: string, asked: Asked): Promise<Found | undefined> {
    const { store } = this.#parts
    const { named, limit, fromEnd, skip, filter } = asked
    const present = Promise.all(named.map((id) => store.has(local, id)))
    const reading = limit === 0 ? undefined : store.page(local, windowOf(asked), { limit, fromEnd, skip })
    const counting = store.count(local, filter)
    const placing = this.#placeOfEdge(local, asked, counting)
    const [isThere, page, count, place] = await Promise.all([present, reading, counting, placing])
    if (isThere.includes(false)) return undefined
    if (page === undefined) return { entries: [], isComplete: count === 0, count, index: undefined } // [XEP-0059 2.7]
    const cut = withinBytes(page, fromEnd)
    const index = place !== undefined && fromEnd ? place - cut.entries.length : place
    return { ...cut, count, index }
  }

  /** How many match before the edge that the page is read from. */
  #placeOfEdge(local: string, asked: Asked, total: Promise<number | undefined>): Maybe<number | undefined> {
    const { filter, after, before, skip, fromEnd } = asked
    if (fromEnd) return before === undefined ? total : this.#parts.store.count(local, upTo(filter, before))
    return after === undefined ? skip : this.#parts.store.count(local, upTo(filter, after + 1))
  }

  /** True: the client has taken it, or has what is left waiting for it. With stream management all of it waits until it is acknowledged. */
  async #send(session: Session, account: Jid, asked: Asked, entries: readonly ArchiveEntry[]): Promise<boolean> {
    const before = `<message from='${account.wire}' to='${session.jid.wire}'><result xmlns='${MAM_NS}'${
      asked.queryId === undefined ? '' : writeAttribute('queryid', asked.queryId)
    } id='`
    const names = this.#parts.names()
    let bytes = 0
    if (session.isDetached) return false
    for (const entry of asked.flip ? entries.toReversed() : entries) {
      const wire = `${before}${names.nameOf(entry.id)}'>${forwardedForm(entry)}</result></message>`
      session.sendWire(wire)
      bytes += wire.length
      if (bytes < breath || session.management !== undefined) continue
      bytes = 0
      if (!(await new Promise<boolean>((resolve) => session.link.flushed(resolve)))) return false
    }
    return !session.isEnded
  }

  #pageOf({ entries, count, index }: Found): PageResult {
    const names = this.#parts.names()
    const [first, last] = [entries[0], entries.at(-1)]
    if (first === undefined || last === undefined) return { count }
    return { first: { id: names.nameOf(first.id), index }, last: names.nameOf(last.id), count }
  }
}

/** As much of a page as is sent at once; what is left belongs to the next. [XEP-0313 4.3.1] */
function withinBytes(page: ArchivePage, fromEnd: boolean): ArchivePage {
  const nearest = fromEnd ? page.entries.toReversed() : page.entries
  let bytes = 0
  const fits = nearest.findIndex(({ stanza }, index) => {
    bytes += stanza.length
    return bytes > mostBytes && index > 0
  })
  if (fits === -1) return page
  const entries = nearest.slice(0, fits)
  return { entries: fromEnd ? entries.reverse() : entries, isComplete: false }
}

/** What matches, on the side of the page's edge. */
function windowOf({ filter, after, before }: Asked): ArchiveFilter {
  const window = before === undefined ? filter : upTo(filter, before)
  return after === undefined ? window : { ...window, after: Math.max(after, filter.after ?? 0) }
}

/** What matches and has a smaller id. */
function upTo(filter: ArchiveFilter, before: number): ArchiveFilter {
  return { ...filter, before: Math.min(before, filter.before ?? before) }
}

/** [XEP-0297 3.1, XEP-0313 4.2] */
function forwardedForm({ at, stanza }: ArchiveEntry): string {
  const stamp = writeElement(delay.build({ stamp: at }), FORWARD_NS)
  const opening = '<message'
  return `<forwarded xmlns='${FORWARD_NS}'>${stamp}${opening} xmlns='${NS.client}'${stanza.slice(opening.length)}</forwarded>`
}
