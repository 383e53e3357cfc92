/** For tests: reads an archive as a client does. */
import { MAM_NS } from '@rookery/protocol/xeps/mam'
import type { Element } from '@rookery/protocol/xml'
import { conditionOf, type MemoryClient } from './memory-server.ts'

export interface Page {
  /** Bodies, or names of the first child where there is none, in the order in which they came. */
  readonly bodies: readonly string[]
  readonly ids: readonly string[]
  readonly stamps: readonly (string | undefined)[]
  readonly messages: readonly Element[]
  readonly results: readonly Element[]
  readonly fin: Element | undefined
  readonly isComplete: boolean
  readonly first: string | undefined
  readonly last: string | undefined
  readonly index: string | undefined
  readonly count: string | undefined
  /** Condition of the error. */
  readonly error: string | undefined
}

let asked = 0

/** What stands in `<query/>`: fields of the form by name, and a `<set/>`. */
export function queryOf(fields: Record<string, string | readonly string[]> = {}, set = '', more = ''): string {
  const form = Object.entries(fields).map(([name, given]) => {
    const values = typeof given === 'string' ? [given] : given
    return `<field var='${name}'>${values.map((value) => `<value>${value}</value>`).join('')}</field>`
  })
  const x = `<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>${MAM_NS}</value></field>${form.join('')}</x>`
  const page = set === '' ? '' : `<set xmlns='http://jabber.org/protocol/rsm'>${set}</set>`
  return `${form.length === 0 ? '' : x}${page}${more}`
}

export async function read(client: MemoryClient, inner = '', attributes = '', to = ''): Promise<Page> {
  const id = `archive-${++asked}`
  const before = await client.all()
  if (before.length > 0) throw new Error('something came that nobody looked at')
  client.send(
    `<iq type='set' id='${id}'${to}><query xmlns='${MAM_NS}' queryid='${id}'${attributes}>${inner}</query></iq>`,
  )
  const results: Element[] = []
  for (;;) {
    const next = await client.next()
    if (next === undefined) throw new Error('the connection ended')
    if (next.name === 'message') results.push(next)
    else if (next.attr('id') === id) return pageOf(results, next, id)
  }
}

function pageOf(messages: readonly Element[], answer: Element, id: string): Page {
  const results = messages.map((message) => message.child('result', MAM_NS)!)
  if (results.some((result) => result.attr('queryid') !== id)) throw new Error('a result of another query came')
  const forwarded = results.map((result) => result.child('forwarded', 'urn:xmpp:forward:0')!)
  const stanzas = forwarded.map((one) => one.child('message', 'jabber:client')!)
  const fin = answer.child('fin', MAM_NS)
  const set = fin?.child('set', 'http://jabber.org/protocol/rsm')
  return {
    bodies: stanzas.map((one) => one.childText('body') ?? one.firstElement()?.name ?? ''),
    ids: results.map((result) => result.attr('id')!),
    stamps: forwarded.map((one) => one.child('delay', 'urn:xmpp:delay')?.attr('stamp')),
    messages: stanzas,
    results: messages,
    fin,
    isComplete: fin?.attr('complete') === 'true',
    first: set?.childText('first'),
    last: set?.childText('last'),
    index: set?.child('first')?.attr('index'),
    count: set?.childText('count'),
    error: conditionOf(answer),
  }
}

/** The id that a message bears in the archive of this account. */
export function stanzaIds(message: Element | undefined, by: string): (string | undefined)[] {
  return (message?.childElements() ?? [])
    .filter((child) => child.is('stanza-id', 'urn:xmpp:sid:0') && child.attr('by') === by)
    .map((child) => child.attr('id'))
}

export const chat = (body: string, to = 'juliet@localhost', more = ''): string =>
  `<message to='${to}' type='chat'><body>${body}</body>${more}</message>`
