/** Reads an archive page by page (XEP-0313), over the wire and by hand. */
import type { RawClient } from './client.ts'

export interface Entry {
  readonly id: string
  readonly body: string
  readonly stamp: string
  readonly wire: string
}

export interface Page {
  readonly entries: readonly Entry[]
  /** `<fin/>`, or an error. */
  readonly answer: string
  readonly isComplete: boolean
}

let queries = 0

/** One page; `set` is what stands in `<set/>`, `form` a data form. */
export async function page(client: RawClient, set: string, form = '', to = ''): Promise<Page> {
  const id = `q${++queries}`
  const address = to === '' ? '' : ` to='${to}'`
  client.send(
    `<iq type='set' id='${id}'${address}><query xmlns='urn:xmpp:mam:2' queryid='${id}'>${form}<set xmlns='http://jabber.org/protocol/rsm'>${set}</set></query></iq>`,
  )
  const wire = await client.waitFor(new RegExp(`<iq [^>]*id='${id}'.*?</iq>`, 's'), 30_000)
  const entries = [...wire.matchAll(/<result [^>]*>.*?<\/result>/gs)].map(([result]) => ({
    id: /\sid='([^']*)'/.exec(result)![1]!,
    body: /<body>([^<]*)<\/body>/.exec(result)?.[1] ?? '',
    stamp: /stamp='([^']*)'/.exec(result)?.[1] ?? '',
    wire: result,
  }))
  const answer = wire.slice(wire.lastIndexOf('<iq '))
  return { entries, answer, isComplete: /complete='true'/.test(answer) }
}

/** All of it, oldest first. */
export async function whole(client: RawClient, way: 'forward' | 'backward', max: number): Promise<Entry[]> {
  const pages: (readonly Entry[])[] = []
  for (let place = way === 'forward' ? '' : '<before/>'; ; ) {
    const { entries, isComplete, answer } = await page(client, `<max>${max}</max>${place}`)
    if (!answer.includes("type='result'")) throw new Error(answer)
    pages.push(entries)
    if (isComplete || entries.length === 0) break
    place = way === 'forward' ? `<after>${entries.at(-1)!.id}</after>` : `<before>${entries[0]!.id}</before>`
  }
  if (way === 'backward') pages.reverse()
  return pages.flat()
}
