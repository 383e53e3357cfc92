/** A client that announces what it can do, and answers when it is asked (XEP-0115). For tests of what depends on it. */
import { createHash } from 'node:crypto'
import { capsVersion } from '@rookery/protocol/caps'
import { DISCO_INFO_NS, type DiscoInfo, discoInfo } from '@rookery/protocol/disco'
import { type Element, writeElement } from '@rookery/protocol/xml'
import type { MemoryClient } from './memory-server.ts'

export function clientInfo(...features: string[]): DiscoInfo {
  return { identities: [{ category: 'client', type: 'pc' }], features: [DISCO_INFO_NS, ...features], forms: [] }
}

export function versionOf(info: DiscoInfo): string {
  const version = capsVersion(info, (data) => createHash('sha1').update(data).digest())
  if (typeof version !== 'string') throw new Error('not a version')
  return version
}

export function announcement(ver: string, hash = "hash='sha-1'"): string {
  return `<presence><c xmlns='http://jabber.org/protocol/caps' ${hash} node='urn:test' ver='${ver}'/></presence>`
}

/** The question about capabilities that came, if one did; everything else is dropped. */
export async function questionTo(client: MemoryClient): Promise<Element | undefined> {
  return (await client.all()).find((element) => element.child('query', DISCO_INFO_NS) !== undefined)
}

export function answerTo(question: Element, info: DiscoInfo): string {
  const { id, from } = { id: question.attr('id'), from: question.attr('from') }
  return `<iq type='result' id='${id}' to='${from}'>${writeElement(discoInfo.build(info), 'jabber:client')}</iq>`
}

/** Goes online wanting to know of these nodes, and says so when asked. */
export async function goOnline(client: MemoryClient, ...nodes: string[]): Promise<void> {
  const info = clientInfo(...nodes.map((node) => `${node}+notify`))
  client.send(announcement(versionOf(info)))
  const question = await questionTo(client)
  if (question !== undefined) client.send(answerTo(question, info))
}
