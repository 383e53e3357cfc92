/**
 * Message Archive Management (XEP-0313 1.1.3) with the preferences of XEP-0441 0.2.0 and the text search of XEP-0431 0.2.0: queries,
 * results and what ends them. Pages are chosen as in rsm/. Which messages are archived is not decided here.
 */
import {
  address,
  attribute,
  boolean,
  child,
  dateTime,
  type ElementCodec,
  element,
  flag,
  mapped,
  nonEmpty,
  type OptionalPart,
  oneOf,
  optionalAttribute,
  optionalChild,
  optionalElement,
  string,
  texts,
} from '../codec/index.ts'
import {
  booleanField,
  dateTimeField,
  type FieldKind,
  FORM_NS,
  type FormCodec,
  form,
  jidSingle,
  textMulti,
  textSingle,
} from '../forms/index.ts'
import type { Jid } from '../jid/index.ts'
import { type PageRequest, type PageResult, pageRequest, pageResult } from '../rsm/index.ts'
import type { Element } from '../xml/index.ts'
import { type Forwarded, forwarded } from './forward.ts'

export const MAM_NS = 'urn:xmpp:mam:2'
/** before-id, after-id, ids, flipped pages and metadata are known. [XEP-0313 7] */
export const MAM_EXTENDED = 'urn:xmpp:mam:2#extended'
/** The field include-groupchat is known, whether rooms are archived or not. [XEP-0313 7] */
export const MAM_GROUPCHAT_FIELD = 'urn:xmpp:mam:2#groupchat-field'
export const FULLTEXT_NS = 'urn:xmpp:fulltext:0'
/** The field of a search for words. [XEP-0431 3.1] */
export const FULLTEXT_FIELD = '{urn:xmpp:fulltext:0}fulltext'

export interface ArchiveQuery {
  /** Comes back with every result. */
  readonly queryId?: string | undefined
  /** For archives of pubsub nodes (XEP-0442). */
  readonly node?: string | undefined
  /** Which messages: to be read with `archiveForm`. */
  readonly form?: Element | undefined
  readonly page?: PageRequest | undefined
  /** The newest of the page comes first. [XEP-0313 4.3.4] */
  readonly flip?: boolean | undefined
}

export const archiveQuery: ElementCodec<ArchiveQuery> = element(MAM_NS, 'query', {
  queryId: optionalAttribute('queryid', string),
  node: optionalAttribute('node', string),
  form: optionalElement('x', FORM_NS),
  page: optionalChild(pageRequest),
  flip: flag('flip-page'),
})

type Optional<T> = FieldKind<T, false>

/** Which messages a query is about; all conditions hold together, none is required. [XEP-0313 4.1] */
export const archiveForm: FormCodec<{
  readonly with: Optional<Jid>
  readonly start: Optional<number>
  readonly end: Optional<number>
  readonly beforeId: Optional<string>
  readonly afterId: Optional<string>
  readonly ids: Optional<readonly string[]>
  readonly includeGroupchat: Optional<boolean>
  readonly fulltext: Optional<string>
}> = form(MAM_NS, {
  with: jidSingle(),
  start: dateTimeField(),
  end: dateTimeField(),
  beforeId: textSingle({ var: 'before-id' }),
  afterId: textSingle({ var: 'after-id' }),
  ids: openList('ids'),
  includeGroupchat: booleanField({ var: 'include-groupchat' }),
  fulltext: textSingle({ var: FULLTEXT_FIELD }),
})

/** A choice among more than could be listed. [XEP-0313 4.1.5] */
function openList(name: string): Optional<readonly string[]> {
  return { ...textMulti({ var: name }), type: 'list-multi', validate: { datatype: 'xs:string', open: true } }
}

export interface ArchiveResult {
  readonly queryId?: string | undefined
  /** The message's id in the archive. */
  readonly id: string
  readonly forwarded: Forwarded
}

/** In a message from the archive, and worth nothing where nobody asked. [XEP-0313 4.2, 8.2] */
export const archiveResult: ElementCodec<ArchiveResult> = element(MAM_NS, 'result', {
  queryId: optionalAttribute('queryid', string),
  id: attribute('id', nonEmpty),
  forwarded: child(forwarded),
})

export interface ArchiveFin {
  /** No further page is left in this direction. [XEP-0313 4.3.2] */
  readonly complete?: boolean | undefined
  /** False: the same question may have another answer later. */
  readonly stable?: boolean | undefined
  readonly page: PageResult
}

/** Ends the results of a query. [XEP-0313 4] */
export const archiveFin: ElementCodec<ArchiveFin> = element(MAM_NS, 'fin', {
  complete: optionalAttribute('complete', boolean),
  stable: optionalAttribute('stable', boolean),
  page: child(pageResult),
})

export interface ArchiveEdge {
  readonly id: string
  /** Milliseconds since 1970 in UTC. */
  readonly timestamp: number
}

/** The oldest and the newest message; neither in an empty archive. */
export interface ArchiveMetadata {
  readonly start?: ArchiveEdge | undefined
  readonly end?: ArchiveEdge | undefined
}

/** [XEP-0313 5] */
export const archiveMetadata: ElementCodec<ArchiveMetadata> = element(
  MAM_NS,
  'metadata',
  { start: edge('start'), end: edge('end') },
  ({ start, end }) =>
    (start === undefined) === (end === undefined) ? undefined : '<start/> and <end/> come together.',
)

function edge(name: string): OptionalPart<ArchiveEdge> {
  return optionalChild(
    element(MAM_NS, name, { id: attribute('id', nonEmpty), timestamp: attribute('timestamp', dateTime) }),
  )
}

export type ArchiveDefault = 'always' | 'never' | 'roster'

export interface ArchivePreferences {
  /** For everybody who is on neither list. [XEP-0441 2.1.1] */
  readonly default: ArchiveDefault
  readonly always?: readonly Jid[] | undefined
  readonly never?: readonly Jid[] | undefined
}

/** Whose messages are archived; of an answer both lists are part, even empty. [XEP-0441 2.1] */
export const archivePreferences: ElementCodec<ArchivePreferences> = element(MAM_NS, 'prefs', {
  default: attribute('default', oneOf('always', 'never', 'roster')),
  always: jids('always'),
  never: jids('never'),
})

function jids(name: string): OptionalPart<readonly Jid[]> {
  return mapped(
    optionalChild(element(MAM_NS, name, { jids: texts('jid', address) })),
    (list) => list.jids,
    (list) => ({ jids: list }),
  )
}
