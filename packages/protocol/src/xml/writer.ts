/**
 * Elements to wire strings: no prefixes but those that attributes need, xmlns only where the default namespace changes.
 * Names are trusted: they come from the parser or from code.
 */
import { escapeAttribute, escapeText, toWire } from '#text'
import type { Element } from './element.ts'
import { isContentNamespace, XML_NS } from './namespaces.ts'

/**
 * The element as it may stand where the default namespace is `outerNs`. An element in one content namespace is re-scoped to another
 * one, with those of its descendants that inherit it [RFC6120 4.8.3].
 */
export function writeElement(element: Element, outerNs: string): string {
  return writeStart(element, outerNs) + writeContent(element)
}

/** The start tag without its end (`<message to='…'`), so that attributes can be added; `writeContent` completes it. */
export function writeStart(element: Element, outerNs: string): string {
  const ns = element.ns
  const inherits = ns === outerNs || (isContentNamespace(ns) && isContentNamespace(outerNs))
  return startTag(element, inherits)
}

/** What follows `writeStart`: `/>`, or `>`, the content and the end tag. */
export function writeContent(element: Element): string {
  let out = contentStart(element)
  if (out !== '>') return out
  const open: Open[] = [{ element, ns: element.ns, next: 0 }]
  for (let top: Open | undefined = open[0]; top !== undefined; top = open.at(-1)) {
    const node = top.element.children[top.next++]
    if (typeof node === 'string') out += escapeText(node)
    else if (node === undefined) {
      out += endTag(top.element)
      open.pop()
    } else {
      const start = contentStart(node)
      out += startTag(node, node.ns === top.ns) + start
      if (start === '>') open.push({ element: node, ns: node.ns === XML_NS ? top.ns : node.ns, next: 0 })
    }
  }
  return out
}

/** An element whose children are being written. */
interface Open {
  readonly element: Element
  /** The default namespace of its content. */
  readonly ns: string
  next: number
}

/** What follows a start tag: `>` alone where the children are still to be written. */
function contentStart(element: Element): string {
  const { inner = element.children.length === 0 ? '' : undefined } = element
  if (inner === undefined) return '>'
  return inner === '' ? '/>' : `>${inner}${endTag(element)}`
}

/** ` name='value'`, escaped, with the space before it. The name is one that needs no declaration. */
export function writeAttribute(name: string, value: string): string {
  return ` ${name}='${escapeAttribute(value)}'`
}

function startTag(element: Element, inheritsNs: boolean): string {
  const attributes = element.attributes
  let out = `<${tagName(element)}`
  if (!inheritsNs && element.ns !== XML_NS) out += ` xmlns='${escapeAttribute(element.ns)}'`
  for (let i = 0; i < attributes.length; i += 2) {
    const name = attributes[i]!
    const value = escapeAttribute(attributes[i + 1]!)
    if (name.charCodeAt(0) === 0x7b) out += qualified(attributes, i, value)
    else out += ` ${toWire(name)}='${value}'`
  }
  return out
}

function endTag(element: Element): string {
  return `</${tagName(element)}>`
}

/** The XML namespace may not be declared as the default one. [XML-NAMES 3] */
function tagName(element: Element): string {
  return element.ns === XML_NS ? `xml:${toWire(element.name)}` : toWire(element.name)
}

/** A '{uri}local' attribute with a prefix of its own. The uri may hold any character, the local name no brace. */
function qualified(attributes: readonly string[], index: number, value: string): string {
  const name = attributes[index]!
  const brace = name.lastIndexOf('}')
  const prefix = `ns${index >> 1}`
  return ` xmlns:${prefix}='${escapeAttribute(name.slice(1, brace))}' ${prefix}:${toWire(name.slice(brace + 1))}='${value}'`
}
