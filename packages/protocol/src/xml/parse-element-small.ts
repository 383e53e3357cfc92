/**
 * One whole document that is one element, read in one go: for bundles for browsers, where frames come whole and size counts. It accepts and
 * refuses what `parser.ts` does, and makes the same of it, but for `inner`, which it never keeps. No expression here can backtrack far:
 * what may repeat is told from what follows by its first character.
 */
import { ATTRIBUTE, decodeRun, LITERAL, TEXT } from './decode.ts'
import { Element, type Node } from './element.ts'
import { XmlError } from './errors.ts'
import { authenticated, type XmlLimits } from './limits.ts'
import { XML_NS, XMLNS_NS } from './namespaces.ts'
import { splitName } from './qualified-name.ts'

const malformed: XmlError = new XmlError('not-well-formed', 'malformed XML')
const restricted: XmlError = new XmlError('restricted-xml', 'no comments, processing instructions, DTDs')
const excessive: XmlError = new XmlError('policy-violation', 'too much XML')
const otherEncoding: XmlError = new XmlError('unsupported-encoding', 'only UTF-8 is supported')
const badUtf8: XmlError = new XmlError('bad-format', 'not UTF-8')

/** [XML 2.8] */
const declaration =
  /^<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*(["'])1\.\d+\1(?:[ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*(["'])([A-Za-z][\w.-]*)\2)?(?:[ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*(["'])(?:yes|no)\4)?[ \t\r\n]*\?>/
const space = /[ \t\r\n]*/y
const tagName = /[^\0- "&'/<=>]+/y
const tagEnd = /[ \t\r\n]*(\/?)>/y
const attribute = /[ \t\r\n]+([^\0- "&'/<=>]+)[ \t\r\n]*=[ \t\r\n]*(?:"([^"<]*)"|'([^'<]*)')/y

interface Open {
  /** As on the wire. */
  readonly tag: string
  readonly name: string
  readonly ns: string
  readonly attributes: readonly string[]
  readonly children: Node[]
  /** How many namespace declarations were in scope before it. */
  readonly outside: number
}

export function parseElement(wire: string, limits: XmlLimits = authenticated): Element | XmlError {
  return wire.length > limits.bytes ? excessive : new Reader(wire, limits).read()
}

class Reader {
  readonly #wire: string
  readonly #limits: XmlLimits
  #at = 0
  #elements = 0
  readonly #open: Open[] = []
  /** [prefix, namespace, …], innermost last; the default namespace has the prefix ''. */
  readonly #scope: string[] = ['xml', XML_NS, '', '']

  constructor(wire: string, limits: XmlLimits) {
    this.#wire = wire
    this.#limits = limits
  }

  read(): Element | XmlError {
    const wire = this.#wire
    if (/^[\xfe\xff]/.test(wire)) return otherEncoding
    if (wire.startsWith('\xef\xbb\xbf')) this.#at = 3
    if (/^<\?xml[ \t\r\n?]/.test(wire.slice(this.#at, this.#at + 6))) {
      const found = declaration.exec(wire.slice(this.#at))
      if (found === null) return malformed
      if (found[3] !== undefined && found[3].toUpperCase() !== 'UTF-8') return otherEncoding
      this.#at += found[0].length
    }
    this.#skip(space)
    for (;;) {
      const result = this.#step()
      if (result instanceof XmlError) return result
      if (result === undefined) continue
      if (this.#open.length > 0) this.#open.at(-1)!.children.push(result)
      else {
        this.#skip(space)
        return this.#at === wire.length ? result : malformed
      }
    }
  }

  /** Text up to a tag, and the tag; an element that has come to its end, or what is wrong. */
  #step(): Element | XmlError | undefined {
    const wire = this.#wire
    const start = wire.indexOf('<', this.#at)
    if (start < 0) return malformed
    if (start > this.#at) {
      if (wire.slice(this.#at, start).includes(']]>')) return malformed // [XML 2.4]
      const error = this.#text(this.#at, start, TEXT)
      if (error !== undefined) return error
    }
    this.#at = start + 1
    if (wire.startsWith('![CDATA[', this.#at)) {
      const end = wire.indexOf(']]>', start)
      if (end < 0) return malformed
      this.#at = end + 3
      return this.#text(start + 9, end, LITERAL)
    }
    if (/[!?]/.test(wire.charAt(this.#at))) return wire.startsWith('![', this.#at) ? malformed : restricted // [RFC6120 11.1]
    return wire.startsWith('/', this.#at) ? this.#endTag() : this.#startTag()
  }

  /** Text on both sides of a CDATA section's borders is one text. */
  #text(from: number, to: number, kind: number): XmlError | undefined {
    const children = this.#open.at(-1)?.children
    const text = decode(this.#wire.slice(from, to), kind)
    if (text instanceof XmlError) return text
    if (children === undefined) return malformed
    if (typeof children.at(-1) === 'string') children.push(`${children.pop()}${text}`)
    else if (text !== '') children.push(text)
    return undefined
  }

  #endTag(): Element | XmlError {
    const open = this.#open.pop()
    if (open === undefined || !this.#wire.startsWith(`/${open.tag}`, this.#at)) return malformed
    this.#at += 1 + open.tag.length
    const end = this.#match(tagEnd)
    if (end === null || end[1] !== '') return malformed
    this.#scope.length = open.outside
    return new Element(open.name, open.ns, open.attributes, open.children)
  }

  #startTag(): Element | XmlError | undefined {
    const { depth, elements, attributes: most, nameLength, prefixes } = this.#limits
    const tag = this.#match(tagName)?.[0] ?? ''
    if (this.#open.length >= depth || ++this.#elements > elements || tag.length > nameLength) return excessive
    const outside = this.#scope.length
    /** [prefix, local part, value] */
    const found: [string, string, string][] = []
    const seen = new Set<string>()
    for (;;) {
      const match = this.#match(attribute)
      if (match === null) break
      const [, name = '', quoted, apostrophed = ''] = match
      if (seen.size >= most || name.length > nameLength) return excessive
      const parts = splitName(name)
      const value = decode(quoted ?? apostrophed, ATTRIBUTE)
      if (value instanceof XmlError) return value
      if (parts === undefined || seen.size === seen.add(name).size) return malformed
      const [prefix, local] = parts
      if (name === 'xmlns' || prefix === 'xmlns') {
        if (!isLegal(prefix, local, value)) return malformed
        this.#scope.push(prefix === '' ? '' : local, value)
      } else found.push([prefix, local, value])
    }
    const end = this.#match(tagEnd)
    const name = splitName(tag)
    if (end === null || name === undefined || name[0] === 'xmlns') return malformed
    if (this.#scope.filter((prefix, i) => i % 2 === 0 && i > 2 && prefix !== '').length > prefixes) return excessive
    const ns = this.#namespace(name[0])
    if (ns === undefined) return malformed
    const attributes: string[] = []
    for (const [prefix, local, value] of found) {
      const space = prefix === '' ? '' : this.#namespace(prefix)
      if (space === undefined) return malformed
      attributes.push(prefix === '' ? local : prefix === 'xml' ? `xml:${local}` : `{${space}}${local}`, value)
    }
    // [XML-NAMES 6.3]
    if (new Set(attributes.filter((_, i) => i % 2 === 0)).size < found.length) return malformed
    const open: Open = { tag, name: name[1], ns, attributes, children: [], outside }
    if (end[1] === '') {
      this.#open.push(open)
      return undefined
    }
    this.#scope.length = outside
    return new Element(open.name, ns, attributes, [])
  }

  #namespace(prefix: string): string | undefined {
    for (let i = this.#scope.length - 2; i >= 0; i -= 2) if (this.#scope[i] === prefix) return this.#scope[i + 1]
    return undefined
  }

  /** What an expression finds right here; goes on behind it. */
  #match(expression: RegExp): RegExpExecArray | null {
    expression.lastIndex = this.#at
    const match = expression.exec(this.#wire)
    if (match !== null) this.#at = expression.lastIndex
    return match
  }

  #skip(expression: RegExp): void {
    this.#match(expression)
  }
}

function decode(wire: string, kind: number): string | XmlError {
  const text = decodeRun(wire, 0, wire.length, kind)
  return text ?? (text === null ? malformed : badUtf8)
}

/** [XML-NAMES 3 Reserved Prefixes and Namespace Names, 2.3 No Prefix Undeclaring] */
function isLegal(prefix: string, declared: string, uri: string): boolean {
  if (uri === XMLNS_NS || (prefix === '' && uri === XML_NS)) return false
  return prefix === '' || (declared !== 'xmlns' && uri !== '' && (declared === 'xml') === (uri === XML_NS))
}
