/**
 * How elements are written where each stands by itself, with its own namespaces: as WebSocket frames (RFC 7395 3.3.3) and in the
 * bodies of BOSH (XEP-0206 2).
 */
import type { ContentNamespace } from '../namespaces.ts'
import * as NS from '../namespaces.ts'
import { type Element, el, writeElement } from '../xml/index.ts'

/** Stands behind each element that is written, so that the transport can tell them apart: NUL, which no XML may contain. [XML 2.2] */
export const FRAME_END = '\0'

/** Features and errors of the stream itself have the prefix, as clients look for it. */
export function elementFrame(element: Element): string {
  const { name, ns, children } = element
  const prefixed = ns === NS.streams ? el(`stream:${name}`, '', { 'xmlns:stream': ns }, children) : element
  return writeElement(prefixed, '') + FRAME_END
}

/** A stanza that is written already and relies on the default namespace of its stream. */
export function stanzaFrame(wire: string, content: ContentNamespace): string {
  return wire.replace(/[ />]/, (end) => ` xmlns='${content}'${end}`) + FRAME_END
}
