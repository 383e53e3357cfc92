/**
 * Questions to archives, a page at a time (XEP-0313 1.1.3 with XEP-0059): results come as messages before the answer, and count only for the
 * question whose id they have, from the archive that was asked [XEP-0313 8.2, S57].
 */
import { intact } from '@rookery/protocol/codec'
import { formatDateTime } from '@rookery/protocol/dates'
import { dataForm, type FormValue, submitForm } from '@rookery/protocol/forms'
import type { Jid } from '@rookery/protocol/jid'
import { askForPage, type PageRequest } from '@rookery/protocol/rsm'
import type { Message } from '@rookery/protocol/stanza'
import { type ArchiveResult, archiveFin, archiveResult, FULLTEXT_FIELD, MAM_NS } from '@rookery/protocol/xeps/mam'
import { type Element, el } from '@rookery/protocol/xml'
import { ask } from '../../contract/ask.ts'
import { UnexpectedAnswerError } from '../../contract/errors.ts'
import type { Core } from '../../contract/extension.ts'
import type { WaitOptions } from '../../contract/within.ts'
import type { Unwrapped } from '../../messages/index.ts'
import { messages } from '../../messages/index.ts'

/** What came, in the order of the archive. */
export interface Answered {
  readonly results: readonly ArchiveResult[]
  readonly first: string | undefined
  readonly last: string | undefined
  /** Nothing is left in the direction that was asked for. */
  readonly isComplete: boolean
  /** How many there are in all, where the archive tells. */
  readonly count: number | undefined
}

/** Which messages: all conditions hold together. Times in ms since 1970. [XEP-0313 4.1] */
export interface Filter {
  readonly with?: Jid | undefined
  readonly start?: number | undefined
  readonly end?: number | undefined
  readonly afterId?: string | undefined
  readonly beforeId?: string | undefined
  readonly ids?: readonly string[] | undefined
  readonly text?: string | undefined
  readonly includeGroupchat?: boolean | undefined
}

export interface Question {
  readonly filter?: Filter | undefined
  readonly page: PageRequest & { readonly max: number }
}

interface Open {
  readonly of: Jid
  readonly results: ArchiveResult[]
  /** Results that may still come, and bytes of them. */
  room: number
  bytes: number
}

/** Bytes of a page that is not complete. */
const mostBytes = 32 << 20

export class Questions {
  readonly #core: Core
  readonly #open: Map<string, Open> = new Map()

  constructor(core: Core) {
    this.#core = core
    core.use(messages).unwrap((stanza) => this.#take(stanza))
  }

  /** Throws RequestError, TimeoutError, DisconnectedError, UnexpectedAnswerError. */
  async ask(of: Jid, { filter, page }: Question, { signal, timeout }: WaitOptions): Promise<Answered> {
    const queryId = this.#core.newId()
    const open: Open = { of, results: [], room: page.max, bytes: mostBytes }
    this.#open.set(queryId, open)
    try {
      const payload = el('query', MAM_NS, { queryid: queryId }, [filter && formOf(filter), askForPage(page)])
      const to = of.equals(this.#core.account) ? undefined : of
      const fin = await ask(this.#core, 'set', payload, archiveFin, { to, signal, timeout })
      if (open.room < 0 || open.bytes < 0)
        throw new UnexpectedAnswerError('The archive sends more than it was asked for.')
      const { first, last, count } = fin.page
      return { results: open.results, first: first?.id, last, isComplete: fin.complete === true, count }
    } finally {
      this.#open.delete(queryId)
    }
  }

  #take({ element, from }: Message): Unwrapped {
    const found = archiveResult.find(element)
    if (found === undefined) return undefined
    // nobody asked for it, or it is not from whom was asked: nobody is to see it
    const result = intact(found)
    const open = this.#open.get(result?.queryId ?? '')
    if (result === undefined || open === undefined || from?.equals(open.of) !== true) return 'taken'
    open.bytes -= element.inner?.length ?? 1000
    if (--open.room >= 0 && open.bytes >= 0) open.results.push(result)
    return 'taken'
  }
}

/** Undefined where no condition is set. */
function formOf({
  with: peer,
  start,
  end,
  afterId,
  beforeId,
  ids,
  text,
  includeGroupchat,
}: Filter): Element | undefined {
  const answers: Record<string, FormValue | undefined> = {
    with: peer,
    start: start === undefined ? undefined : formatDateTime(start),
    end: end === undefined ? undefined : formatDateTime(end),
    'after-id': afterId,
    'before-id': beforeId,
    ids,
    'include-groupchat': includeGroupchat,
    [FULLTEXT_FIELD]: text,
  }
  const form = submitForm(MAM_NS, answers)
  return form.fields.length > 1 ? dataForm.build(form) : undefined
}
