/** What a query asks for, made out and checked. XEP-0313 1.1.3 section 4, XEP-0059 1.0. Pure. */
import { isBroken } from '@rookery/protocol/codec'
import type { PageRequest } from '@rookery/protocol/rsm'
import { StanzaError } from '@rookery/protocol/stanza'
import { archiveForm, archiveQuery } from '@rookery/protocol/xeps/mam'
import type { Element } from '@rookery/protocol/xml'
import { type ArchiveFilter, SEARCH_WORD_LENGTH, SEARCH_WORDS } from '@rookery/storage'
import type { Names } from './names.ts'

export interface Asked {
  readonly queryId: string | undefined
  /** Which messages match. */
  readonly filter: ArchiveFilter
  /** The page among them: after, or before, this id. */
  readonly after: number | undefined
  readonly before: number | undefined
  readonly skip: number
  readonly limit: number
  /** The last page is meant, or the one before an id. */
  readonly fromEnd: boolean
  /** Ids that have to be in the archive. [XEP-0313 4.1.3, 4.3.2] */
  readonly named: readonly number[]
  /** The newest first. */
  readonly flip: boolean
}

export interface PageSizes {
  readonly usual: number
  readonly most: number
}

const mostIds = 200
const notFound = new StanzaError('item-not-found')
/** XEP-0442 is not known here. */
const noNodes = new StanzaError('feature-not-implemented', { text: 'there are no archives of nodes here' })
const unknownField = new StanzaError('feature-not-implemented', { text: 'the form has a field that is not known here' })

export function readQuery(payload: Element, names: Names, sizes: PageSizes): Asked | StanzaError {
  const query = archiveQuery.parse(payload)
  if (query === undefined) return bad('this is no query')
  if (isBroken(query)) return bad(query.sentence)
  if (query.node !== undefined) return noNodes
  const named: number[] = []
  /** An id that nobody was ever told is like one that is not there any more. [S94] */
  const name = (text: string): number => {
    const id = names.idOf(text) ?? Number.NaN
    named.push(id)
    return id
  }
  const filter = query.form === undefined ? {} : readForm(query.form, name)
  if (filter instanceof StanzaError) return filter
  const page = readPage(query.page ?? {}, name, sizes)
  if (named.some(Number.isNaN)) return notFound
  return { queryId: query.queryId, filter, ...page, named: [...new Set(named)], flip: query.flip === true }
}

function readForm(x: Element, name: (text: string) => number): ArchiveFilter | StanzaError {
  const sent = archiveForm.submission(x)
  if (sent === undefined || sent === 'cancel') return bad('the form is not one for archive queries')
  if (isBroken(sent)) return bad(sent.sentence)
  if (sent.unknown.length > 0) return unknownField // [XEP-0313 4.1.5]
  const { with: peer, start, end, beforeId, afterId, ids, fulltext } = sent.values
  if (ids !== undefined && ids.length > mostIds) return tooMuch(`at most ${mostIds} ids can be asked for at once`)
  const words = fulltext?.split(/\s+/u).filter((word) => word !== '')
  if (words !== undefined && (words.length > SEARCH_WORDS || words.some((word) => word.length > SEARCH_WORD_LENGTH)))
    return tooMuch(`at most ${SEARCH_WORDS} words of ${SEARCH_WORD_LENGTH} characters can be searched for`)
  return {
    ...(peer !== undefined && { peer: peer.toString() }),
    ...(start !== undefined && { start }),
    ...(end !== undefined && { end }),
    ...(beforeId !== undefined && { before: name(beforeId) }),
    ...(afterId !== undefined && { after: name(afterId) }),
    ...(ids !== undefined && { ids: ids.map(name) }),
    ...(words !== undefined && words.length > 0 && { words }),
  }
}

function readPage(page: PageRequest, name: (text: string) => number, sizes: PageSizes) {
  const { max = sizes.usual, after, before, index } = page
  return {
    after: after === undefined ? undefined : name(after),
    before: before === undefined || before === '' ? undefined : name(before), // [XEP-0313 4.3.3]
    skip: index ?? 0,
    limit: Math.min(max, sizes.most), // [XEP-0313 4.3.1]
    fromEnd: before !== undefined,
  }
}

function bad(text: string): StanzaError {
  return new StanzaError('bad-request', { text })
}

function tooMuch(text: string): StanzaError {
  return new StanzaError('policy-violation', { text })
}
