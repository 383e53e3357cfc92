/**
 * Features and errors of the stream itself where nothing around them declares the prefix: on WebSocket (RFC 7395 3.3.3). They
 * are written with the prefix all the same, as clients look for it.
 */
import { NS } from '../namespaces.ts'
import { type Element, writeElement } from '../xml/index.ts'

export function writeStreamsElement(element: Element): string {
  const name = `stream:${element.name}`
  let inner = ''
  for (const child of element.childElements()) inner += writeElement(child, '')
  return inner === ''
    ? `<${name} xmlns:stream='${NS.streams}'/>`
    : `<${name} xmlns:stream='${NS.streams}'>${inner}</${name}>`
}
