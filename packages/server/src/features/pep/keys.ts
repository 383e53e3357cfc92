/**
 * Where nodes and items lie among the documents of an account: a document with the configuration of each node, one with the payload of each
 * item. Ids and order are in the keys, so that a list of keys tells all but the payloads.
 */
import type { DocumentInfo } from '@rookery/storage'

const nodePrefix = 'pep:node\n'
const itemPrefix = 'pep:item\n'

export interface KeptItem {
  readonly id: string
  /** ms since epoch; no two items of a node have the same */
  readonly at: number
  readonly key: string
  readonly bytes: number
}

export interface KeptNode {
  readonly name: string
  /** Oldest first. */
  readonly items: readonly KeptItem[]
}

/** All that an account keeps. */
export interface Survey {
  readonly nodes: ReadonlyMap<string, KeptNode>
  /** Payloads and keys. */
  readonly bytes: number
  /** Keys of items that were replaced, or whose node is gone: what the end of the process kept from being removed. */
  readonly leftovers: readonly string[]
}

export function nodeKey(node: string): string {
  return nodePrefix + oneLine(node)
}

export function itemKey(node: string, at: number, id: string): string {
  return `${itemPrefix}${oneLine(node)}\n${String(at).padStart(15, '0')}\n${oneLine(id)}`
}

export function survey(documents: readonly DocumentInfo[]): Survey {
  const nodes = new Map<string, { name: string; items: KeptItem[] }>()
  for (const { key } of documents) {
    if (!key.startsWith(nodePrefix)) continue
    const name = plain(key.slice(nodePrefix.length))
    nodes.set(name, { name, items: [] })
  }
  const leftovers: string[] = []
  let bytes = 0
  for (const document of documents) {
    const { key } = document
    if (!key.startsWith(itemPrefix)) continue
    const [node = '', at = '', id = ''] = key.slice(itemPrefix.length).split('\n')
    const items = nodes.get(plain(node))?.items
    if (items === undefined) leftovers.push(key)
    else items.push({ id: plain(id), at: Number(at), key, bytes: key.length + document.bytes })
  }
  for (const node of nodes.values()) {
    node.items = newestOfEach(node.items, leftovers)
    for (const item of node.items) bytes += item.bytes
  }
  return { nodes, bytes, leftovers }
}

/** One item of an id, in the order of time. */
function newestOfEach(items: readonly KeptItem[], leftovers: string[]): KeptItem[] {
  const byId = new Map<string, KeptItem>()
  for (const item of items.toSorted((a, b) => a.at - b.at)) {
    const older = byId.get(item.id)
    if (older !== undefined) leftovers.push(older.key)
    byId.delete(item.id) // the newer one goes to the end
    byId.set(item.id, item)
  }
  return [...byId.values()]
}

/** Keys are split at line breaks, which ids may have. */
function oneLine(id: string): string {
  return id.replaceAll('%', '%25').replaceAll('\n', '%0A')
}

function plain(part: string): string {
  return part.replaceAll('%0A', '\n').replaceAll('%25', '%')
}
