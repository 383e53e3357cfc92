/**
 * Pages of a result set (XEP-0059 1.0, Result Set Management): the `<set/>` of a request and that of an answer. Paging itself is not here.
 * A number that is negative, no number or larger than xs:int is an error; how large a page may be is for the caller to clamp.
 */
import {
  type ElementCodec,
  element,
  integer,
  optionalAttribute,
  optionalChild,
  optionalText,
  ownText,
} from '../codec/index.ts'
import { type Element, el } from '../xml/index.ts'

export const RSM_NS = 'http://jabber.org/protocol/rsm'

export interface PageRequest {
  /** How many items at most; 0 asks for the count alone. [XEP-0059 2.7] */
  readonly max?: number | undefined
  /** The page after this item. */
  readonly after?: string | undefined
  /** The page before this item; the empty text asks for the last page. [XEP-0059 2.5] */
  readonly before?: string | undefined
  /** The page that starts at this place. [XEP-0059 2.6] */
  readonly index?: number | undefined
}

export interface PageResult {
  /** The first item of the page, with its place in the whole set where that is known. Missing when the page is empty. */
  readonly first?: { readonly id: string; readonly index?: number | undefined } | undefined
  readonly last?: string | undefined
  /** How many items the whole set has. */
  readonly count?: number | undefined
}

const size = integer(0, 2 ** 31 - 1)

/** The `<set/>` of a request. Ways of choosing a page exclude each other. */
export const pageRequest: ElementCodec<PageRequest> = element(
  RSM_NS,
  'set',
  {
    max: optionalText('max', size),
    after: optionalText('after'),
    before: optionalText('before'),
    index: optionalText('index', size),
  },
  ({ after, before, index }) => {
    const ways = [after, before, index].filter((way) => way !== undefined)
    return ways.length > 1 ? 'A page is chosen by one of <after/>, <before/> and <index/>.' : undefined
  },
)

/** The same as `pageRequest.build`, for those who only ask. */
export function askForPage(page: PageRequest): Element {
  const ways = Object.entries<string | number | undefined>({ ...page })
  return el(
    'set',
    RSM_NS,
    undefined,
    ways.map(([name, value]) => (value === undefined ? undefined : el(name, RSM_NS, undefined, String(value)))),
  )
}

/** The `<set/>` of an answer. [XEP-0059 2.2] */
export const pageResult: ElementCodec<PageResult> = element(
  RSM_NS,
  'set',
  {
    first: optionalChild(element(RSM_NS, 'first', { id: ownText(), index: optionalAttribute('index', size) })),
    last: optionalText('last'),
    count: optionalText('count', size),
  },
  ({ first, last }) =>
    (first === undefined) === (last === undefined) ? undefined : '<first/> and <last/> come together.',
)
