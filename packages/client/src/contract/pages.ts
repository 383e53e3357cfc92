/** Lists that come page by page, as far as they are read (XEP-0059 1.0). Who knows no pages gives all in the first. */
import { intact } from '@rookery/protocol/codec'
import { askForPage, pageResult } from '@rookery/protocol/rsm'
import type { Element } from '@rookery/protocol/xml'

/** What one answer has: items, and the `<set/>` beside them. */
export interface Page<T> {
  readonly items: readonly T[]
  readonly set: Element | undefined
}

/** `max`: of a page; `ask` is given the `<set/>` of the question. */
export async function* pages<T>(max: number, ask: (set: Element) => Promise<Page<T>>): AsyncGenerator<T, undefined> {
  let after: string | undefined
  for (let seen = 0; ; ) {
    const { items, set } = await ask(askForPage({ max, after }))
    yield* items
    seen += items.length
    const { last, count = Number.POSITIVE_INFINITY } = (set && intact(pageResult.parse(set))) ?? {}
    if (items.length === 0 || last === undefined || last === after || seen >= count) return
    after = last
  }
}
