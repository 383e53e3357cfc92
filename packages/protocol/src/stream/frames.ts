/**
 * How elements are written where each stands by itself, with its own namespaces: as WebSocket frames (RFC 7395 3.3.3) and in the
 * bodies of BOSH (XEP-0206 2).
 */
import { type ContentNamespace, NS } from '../namespaces.ts'
import { type Element, writeElement } from '../xml/index.ts'

/** Stands behind each element that is written, so that the transport can tell them apart: NUL, which no XML may contain. [XML 2.2] */
export const FRAME_END = '\0'

export function elementFrame(element: Element, content: ContentNamespace): string {
  if (element.ns === NS.streams) return streamsElement(element) + FRAME_END
  return element.ns === content
    ? stanzaFrame(writeElement(element, content), content)
    : writeElement(element, '') + FRAME_END
}

/** A stanza that is written already and relies on the default namespace of its stream. */
export function stanzaFrame(wire: string, content: ContentNamespace): string {
  let end = 1
  for (let c = wire.charCodeAt(end); c !== 0x20 && c !== 0x2f && c !== 0x3e; c = wire.charCodeAt(++end)) {
    if (end >= wire.length) return wire + FRAME_END
  }
  return `${wire.slice(0, end)} xmlns='${content}'${wire.slice(end)}${FRAME_END}`
}

/** Features and errors of the stream itself have the prefix, as clients look for it. */
function streamsElement(element: Element): string {
  const name = `stream:${element.name}`
  let inner = ''
  for (const child of element.childElements()) inner += writeElement(child, '')
  return inner === ''
    ? `<${name} xmlns:stream='${NS.streams}'/>`
    : `<${name} xmlns:stream='${NS.streams}'>${inner}</${name}>`
}
