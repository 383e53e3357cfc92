/** Pages a whole archive (XEP-0313 1.1 with XEP-0059), from the beginning or from the end, and sets preferences; each over a connection of its own. */
import { NS } from '@rookery/protocol'
import { isBroken } from '@rookery/protocol/codec'
import { type PageResult, pageRequest, pageResult } from '@rookery/protocol/rsm'
import { bind } from '@rookery/protocol/xeps/bind'
import { type Element, el } from '@rookery/protocol/xml'
import type { ArchivedMessage } from '../history.ts'
import { type Credentials, login, type Place } from './login.ts'
import { bare, MAM, originOf, readResult } from './received.ts'
import type { Wire } from './wire.ts'

const pageSize = 250
/** A page that takes longer than this will not come. */
const patience = 120_000

/** Binds a resource that receives nothing: it sends no presence. */
async function visit<T>(
  place: Place,
  credentials: Credentials,
  resource: string,
  work: (wire: Wire) => Promise<T>,
): Promise<T> {
  const { wire } = await login(place, credentials)
  try {
    wire.send(el('iq', NS.client, { type: 'set', id: 'bind' }, [bind.build({ resource })]))
    if ((await answerTo(wire, 'bind')).attr('type') !== 'result') throw new Error(`${resource} cannot be bound`)
    return await work(wire)
  } finally {
    wire.close()
  }
}

async function answerTo(wire: Wire, id: string, meanwhile: (element: Element) => void = () => {}): Promise<Element> {
  const timer = setTimeout(() => wire.drop(), patience)
  try {
    for (;;) {
      const element = await wire.read()
      if (element.is('iq', NS.client) && element.attr('id') === id) return element
      meanwhile(element)
    }
  } finally {
    clearTimeout(timer)
  }
}

/** From now on the account keeps nothing. [XEP-0313 7] */
export const keepNothing = (place: Place, credentials: Credentials): Promise<void> =>
  visit(place, credentials, 'settings', async (wire) => {
    const prefs = el('prefs', MAM, { default: 'never' }, [el('always', MAM), el('never', MAM)])
    wire.send(el('iq', NS.client, { type: 'set', id: 'prefs' }, [prefs]))
    const answer = await answerTo(wire, 'prefs')
    if (answer.attr('type') !== 'result') throw new Error(`${credentials.username} cannot turn its archive off`)
  })

export interface WholeArchive {
  readonly messages: readonly ArchivedMessage[]
  readonly count: number | undefined
  readonly pages: number
}

/** All messages, oldest first, whichever way they were paged. */
export const readArchive = (
  place: Place,
  credentials: Credentials,
  way: 'forward' | 'backward',
): Promise<WholeArchive> =>
  visit(place, credentials, `audit-${way}`, async (wire) => {
    const pages: ArchivedMessage[][] = []
    let count: number | undefined
    let at: string | undefined
    for (;;) {
      const { page, set, isComplete } = await readPage(wire, `page-${pages.length}`, way, at)
      pages.push(page)
      count ??= set.count
      const next = way === 'forward' ? set.last : set.first?.id
      if (isComplete || page.length === 0 || next === undefined) break
      if (next === at) throw new Error(`paging ${way} stays at ${at}`)
      at = next
    }
    if (way === 'backward') pages.reverse()
    return { messages: pages.flat(), count, pages: pages.length }
  })

async function readPage(
  wire: Wire,
  id: string,
  way: 'forward' | 'backward',
  at: string | undefined,
): Promise<{ page: ArchivedMessage[]; set: PageResult; isComplete: boolean }> {
  const place = way === 'backward' ? { before: at ?? '' } : at === undefined ? {} : { after: at }
  const query = el('query', MAM, { queryid: id }, [pageRequest.build({ max: pageSize, ...place })])
  wire.send(el('iq', NS.client, { type: 'set', id }, [query]))
  const page: ArchivedMessage[] = []
  const answer = await answerTo(wire, id, (element) => {
    const message = archived(element, id)
    if (message !== undefined) page.push(message)
  })
  const fin = answer.child('fin', MAM)
  const set = fin === undefined ? undefined : pageResult.find(fin)
  if (fin === undefined || isBroken(set))
    throw new Error(`a page was refused: ${answer.child('error')?.firstElement()?.name ?? 'a broken answer'}`)
  return { page, set: set ?? {}, isComplete: ['true', '1'].includes(fin.attr('complete') ?? '') }
}

function archived(element: Element, queryId: string): ArchivedMessage | undefined {
  const result = readResult(element, queryId)
  if (result === undefined) return undefined
  const { id, message } = result
  return {
    id,
    from: bare(message.attr('from')),
    to: bare(message.attr('to')),
    origin: originOf(message),
    body: message.childText('body') ?? '',
    isError: message.attr('type') === 'error',
  }
}
