/**
 * One whole document that is one element, read in one go: for bundles for browsers, where frames come whole and size counts. It accepts and
 * refuses what `parser.ts` does, and makes the same of it, but for `inner`, which it never keeps. No expression here can backtrack far:
 * what may repeat is told from what follows by its first character.
 */
import { Element, type Node } from './element.ts'
import { XmlError } from './errors.ts'
import { authenticated, type XmlLimits } from './limits.ts'
import { splitName } from './names-of-engine.ts'
import { XML_NS, XMLNS_NS } from './namespaces.ts'
import { decodeWire, illegal } from './wire-of-platform.ts'

const malformed: XmlError = new XmlError('not-well-formed', 'malformed XML')
const restricted: XmlError = new XmlError('restricted-xml', 'no comments, processing instructions, DTDs')
const excessive: XmlError = new XmlError('policy-violation', 'too much XML')
const otherEncoding: XmlError = new XmlError('unsupported-encoding', 'only UTF-8 is supported')
const badUtf8: XmlError = new XmlError('bad-format', 'not UTF-8')

/** [XML 2.8] */
const declaration =
  /^<\?xml[ \t\n]+version[ \t\n]*=[ \t\n]*(["'])1\.\d+\1(?:[ \t\n]+encoding[ \t\n]*=[ \t\n]*(["'])([A-Za-z][\w.-]*)\2)?(?:[ \t\n]+standalone[ \t\n]*=[ \t\n]*(["'])(?:yes|no)\4)?[ \t\n]*\?>/
const space = /[ \t\n]*/y
const tagName = /[^\0- "&'/<=>]+/y
const tagEnd = /[ \t\n]*(\/?)>/y
const attribute = /[ \t\n]+([^\0- "&'/<=>]+)[ \t\n]*=[ \t\n]*(?:"([^"<]*)"|'([^'<]*)')/y

const entities: ReadonlyMap<string, string> = /* @__PURE__ */ new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
])

interface Open {
  /** As on the text. */
  readonly tag: string
  readonly name: string
  readonly ns: string
  readonly attributes: readonly string[]
  readonly children: Node[]
  /** How many namespace declarations were in scope before it. */
  readonly outside: number
}

export function parseElement(wire: string, limits: XmlLimits = authenticated): Element | XmlError {
  if (wire.length > limits.bytes) return excessive
  if (/^[\xfe\xff]/.test(wire)) return otherEncoding
  const text = decodeWire(wire)
  if (text === undefined) return badUtf8
  if (text.search(illegal) >= 0) return malformed
  return new Reader(text.replaceAll(/\r\n?/g, '\n'), limits).read() // [XML 2.11]
}

class Reader {
  readonly #text: string
  readonly #limits: XmlLimits
  #at = 0
  #elements = 0
  readonly #open: Open[] = []
  /** [prefix, namespace, …], innermost last; the default namespace has the prefix ''. */
  readonly #scope: string[] = ['xml', XML_NS, '', '']

  constructor(text: string, limits: XmlLimits) {
    this.#text = text
    this.#limits = limits
  }

  read(): Element | XmlError {
    const text = this.#text
    if (text.startsWith('\ufeff')) this.#at = 1
    if (/^<\?xml[ \t\n?]/.test(text.slice(this.#at, this.#at + 6))) {
      const found = declaration.exec(text.slice(this.#at))
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
        return this.#at === text.length ? result : malformed
      }
    }
  }

  /** Text up to a tag, and the tag; an element that has come to its end, or what is wrong. */
  #step(): Element | XmlError | undefined {
    const text = this.#text
    const start = text.indexOf('<', this.#at)
    if (start < 0) return malformed
    if (start > this.#at) {
      const run = text.slice(this.#at, start)
      const error = run.includes(']]>') ? malformed : this.#addText(expand(run)) // [XML 2.4]
      if (error !== undefined) return error
    }
    this.#at = start + 1
    if (text.startsWith('![CDATA[', this.#at)) {
      const end = text.indexOf(']]>', start)
      if (end < 0) return malformed
      this.#at = end + 3
      return this.#addText(text.slice(start + 9, end))
    }
    if (/[!?]/.test(text.charAt(this.#at))) return text.startsWith('![', this.#at) ? malformed : restricted // [RFC6120 11.1]
    return text.startsWith('/', this.#at) ? this.#endTag() : this.#startTag()
  }

  /** Text on both sides of a CDATA section's borders is one text. */
  #addText(text: string | undefined): XmlError | undefined {
    const children = this.#open.at(-1)?.children
    if (children === undefined || text === undefined) return malformed
    if (typeof children.at(-1) === 'string') children.push(`${children.pop()}${text}`)
    else if (text !== '') children.push(text)
    return undefined
  }

  #endTag(): Element | XmlError {
    const open = this.#open.pop()
    if (open === undefined || !this.#text.startsWith(`/${open.tag}`, this.#at)) return malformed
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
      const value = expand((quoted ?? apostrophed).replaceAll(/[\t\n]/g, ' ')) // [XML 3.3.3]
      if (parts === undefined || value === undefined || seen.size === seen.add(name).size) return malformed
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
    const match = expression.exec(this.#text)
    if (match !== null) this.#at = expression.lastIndex
    return match
  }

  #skip(expression: RegExp): void {
    this.#match(expression)
  }
}

/** Text with its references resolved [XML 4.1, 4.6]; undefined if one of them is none. */
function expand(text: string): string | undefined {
  let isLegal = true
  const expanded = text.replaceAll(/&([^&;]*)(;?)/g, (_, name: string, end: string) => {
    const [, hex, decimal] = /^#(?:x([\dA-Fa-f]+)|(\d+))$/.exec(name) ?? []
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
    const character = code <= 0x10ffff ? String.fromCodePoint(code) : entities.get(name)
    if (end === '' || character === undefined || character.search(illegal) >= 0) isLegal = false
    return character ?? ''
  })
  return isLegal ? expanded : undefined
}

/** [XML-NAMES 3 Reserved Prefixes and Namespace Names, 2.3 No Prefix Undeclaring] */
function isLegal(prefix: string, declared: string, uri: string): boolean {
  if (uri === XMLNS_NS || (prefix === '' && uri === XML_NS)) return false
  return prefix === '' || (declared !== 'xmlns' && uri !== '' && (declared === 'xml') === (uri === XML_NS))
}
