/** The messages in a client's log of its streams, and how often somebody who knows about archive ids (XEP-0359) saw one of them. */
import { type Element, parseElement, XmlError } from '@rookery/protocol/xml'

type Way = 'live' | 'copy' | 'own' | 'archive'

interface LoggedMessage {
  readonly way: Way
  readonly body: string
  /** Bare JIDs. */
  readonly from: string
  readonly to: string
  /** As its sender named it. */
  readonly id: string
  /** As the archive of our account named it. */
  readonly archiveId: string
}

const ns = {
  client: 'jabber:client',
  carbons: 'urn:xmpp:carbons:2',
  archive: 'urn:xmpp:mam:2',
  forward: 'urn:xmpp:forward:0',
  ids: 'urn:xmpp:sid:0',
} as const

const bare = (jid: string | undefined): string => jid?.split('/')[0] ?? ''

/** A child in any of the namespaces a log may leave out. */
const body = (message: Element): string => message.childText('body') ?? ''

const read = (message: Element, way: Way, account: string, archiveId?: string): LoggedMessage => {
  const ids = message.childElements().filter((child) => child.is('stanza-id', ns.ids) && child.attr('by') === account)
  return {
    way,
    body: body(message),
    from: bare(message.attr('from')),
    to: bare(message.attr('to')),
    id: message.attr('id') ?? '',
    archiveId: archiveId ?? ids[0]?.attr('id') ?? '',
  }
}

/** What is wrapped in a copy or in an archive's result; the message itself if it is neither. */
const unwrap = (message: Element, account: string): LoggedMessage => {
  const inside = (wrapper: Element | undefined): Element | undefined =>
    wrapper?.child('forwarded', ns.forward)?.child('message', ns.client)
  const result = message.child('result', ns.archive)
  const archived = inside(result)
  if (archived !== undefined) return read(archived, 'archive', account, result?.attr('id'))
  const copy = inside(message.child('received', ns.carbons) ?? message.child('sent', ns.carbons))
  return copy === undefined ? read(message, 'live', account) : read(copy, 'copy', account)
}

/** Lines with `RECV: <message …` and `SENT: <message …`, read as bytes. */
export const messagesIn = (log: string, account: string): LoggedMessage[] =>
  log.split('\n').flatMap((line) => {
    const [, direction, xml] = /(RECV|SENT): (<message .*)$/.exec(line) ?? []
    if (xml === undefined) return []
    const message = parseElement(xml)
    if (message instanceof XmlError) throw new Error(`the log has no message here: ${line}`, { cause: message })
    if (direction === 'RECV') return [unwrap(message, account)]
    return [{ ...read(message, 'own', account), from: account }]
  })

/**
 * How often it was seen: each time it came on the stream, but once if the archive gave it too, or more than once, and once if it was our own,
 * however often it went out.
 */
export const timesSeen = (messages: readonly LoggedMessage[]): number => {
  const seen = messages.filter(({ way }) => way === 'live' || way === 'copy')
  const own = new Set(messages.filter(({ way }) => way === 'own').map(({ id }) => id))
  const known = new Set(seen.map(({ archiveId }) => archiveId).filter((id) => id !== ''))
  const archived = messages.filter(
    ({ way, id, archiveId }) => way === 'archive' && !own.has(id) && !known.has(archiveId),
  )
  return seen.length + own.size + new Set(archived.map(({ archiveId }) => archiveId)).size
}
