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
const declarationStart = /<\?xml[ \t\n?]/y
const declaration =
  /[ \t\n]*version[ \t\n]*=[ \t\n]*(["'])1\.\d+\1(?:[ \t\n]+encoding[ \t\n]*=[ \t\n]*(["'])([A-Za-z][\w.-]*)\2)?(?:[ \t\n]+standalone[ \t\n]*=[ \t\n]*(["'])(?:yes|no)\4)?[ \t\n]*\?>/y
const tagName = /[^\0- "&'/<=>]+/y
const tagEnd = /[ \t\n]*(\/?)>/y
const attribute = /[ \t\n]+([^\0- "&'/<=>]+)[ \t\n]*=[ \t\n]*(?:"([^"<]*)"|'([^'<]*)')/y

interface Open {
  /** Its name as it was written. */
  readonly tag: string
  readonly element: Element
  /** Of the element; they come while it is open. */
  readonly children: Node[]
  /** How many namespace declarations are in scope around it. */
  readonly outside: number
}

export function parseElement(wire: string, limits: XmlLimits = authenticated): Element | XmlError {
  if (wire.length > limits.bytes) return excessive
  if (/^[\xfe\xff]/.test(wire)) return otherEncoding
  const text = decodeWire(wire)
  if (text === undefined) return badUtf8
  return text.search(illegal) < 0 ? read(text.replaceAll(/\r\n?/g, '\n'), limits) : malformed // [XML 2.11]
}

function read(text: string, limits: XmlLimits): Element | XmlError {
  const open: Open[] = []
  /** Declared prefixes and their namespaces, innermost last; '' is the default one's. */
  const prefixes = ['xml', '']
  const uris = [XML_NS, '']
  let elements = 0
  let at = text.startsWith('\ufeff') ? 1 : 0

  /** What an expression finds right here; goes on behind it. */
  const match = (expression: RegExp): RegExpExecArray | null => {
    expression.lastIndex = at
    const found = expression.exec(text)
    if (found !== null) at = expression.lastIndex
    return found
  }
  const namespace = (prefix: string): string | undefined => uris[prefixes.lastIndexOf(prefix)]

  /** Reads a start tag up to its end; what is open then. */
  const startTag = (): Open | XmlError => {
    const outside = prefixes.length
    const tag = match(tagName)?.[0] ?? ''
    if (open.length >= limits.depth || ++elements > limits.elements || tag.length > limits.nameLength) return excessive
    const declared: string[] = []
    /** [prefix, local part, value] */
    const found: [string, string, string][] = []
    for (let next = match(attribute); next !== null; next = match(attribute)) {
      const name = next[1]!
      if (declared.length + found.length >= limits.attributes || name.length > limits.nameLength) return excessive
      const value = expand((next[2] ?? next[3]!).replaceAll(/[\t\n]/g, ' ')) // [XML 3.3.3]
      const [prefix, local] = splitName(name) ?? []
      if (prefix === undefined || local === undefined || value === undefined) return malformed
      if (prefix === 'xmlns' || name === 'xmlns') {
        if (!mayDeclare(prefix, local, value)) return malformed
        declared.push(name)
        prefixes.push(prefix === '' ? '' : local)
        uris.push(value)
      } else found.push([prefix, local, value])
    }
    if (prefixes.filter((prefix) => prefix !== '').length - 1 > limits.prefixes) return excessive
    const attributes = found.flatMap(([prefix, local, value]) => {
      if (prefix === '' || prefix === 'xml') return [prefix === '' ? local : `xml:${local}`, value]
      const ns = namespace(prefix)
      return ns === undefined ? [] : [`{${ns}}${local}`, value]
    })
    const names = [...declared, ...attributes.filter((_, i) => i % 2 === 0)]
    // an unknown prefix, or a name that comes twice [XML-NAMES 6.3]
    if (new Set(names).size < declared.length + found.length) return malformed
    const [prefix = 'xmlns', local = ''] = splitName(tag) ?? []
    const ns = namespace(prefix)
    if (prefix === 'xmlns' || ns === undefined) return malformed
    const children: Node[] = []
    return { tag, element: new Element(local, ns, attributes, children), children, outside }
  }

  if (match(declarationStart) !== null) {
    const found = match(declaration)
    if (found === null) return malformed
    if (found[3] !== undefined && found[3].toUpperCase() !== 'UTF-8') return otherEncoding
  }
  for (;;) {
    const start = text.indexOf('<', at)
    const written = text.slice(at, start)
    let run = expand(written)
    if (start < 0 || run === undefined || written.includes(']]>')) return malformed // [XML 2.4]
    let top = open.at(-1)
    at = start + 1
    const isSection = text.startsWith('![CDATA[', at)
    if (isSection) {
      const end = text.indexOf(']]>', at)
      if (end < 0) return malformed
      run += text.slice(start + 9, end)
      at = end + 3
    }
    if (top === undefined) {
      if (isSection || /[^ \t\n]/.test(written)) return malformed
    } else if (run !== '') {
      const { children } = top
      children.push(typeof children.at(-1) === 'string' ? `${children.pop()}${run}` : run)
    }
    if (isSection) continue
    if (/[!?]/.test(text.charAt(at))) return text.startsWith('![', at) ? malformed : restricted // [RFC6120 11.1]
    const isEnd = text.startsWith('/', at)
    if (isEnd) {
      if (top === undefined || !text.startsWith(top.tag, at + 1)) return malformed
      at += 1 + top.tag.length
    } else {
      const opened = startTag()
      if (opened instanceof XmlError) return opened
      top?.children.push(opened.element)
      open.push((top = opened))
    }
    const end = match(tagEnd)
    if (end === null || (isEnd && end[1] !== '')) return malformed
    if (!isEnd && end[1] === '') continue
    open.pop()
    prefixes.length = uris.length = top.outside
    if (open.length === 0) return /[^ \t\n]/.test(text.slice(at)) ? malformed : top.element
  }
}

const entities: readonly string[] = ['lt', 'gt', 'amp', 'quot', 'apos']

/** Text with its references resolved [XML 4.1, 4.6]; undefined if one of them is none. */
function expand(text: string): string | undefined {
  let isLegal = true
  const expanded = text.replaceAll(/&([^&;]*)(;?)/g, (_, name: string, end: string) => {
    const [, hex, decimal] = /^#(?:x([\dA-Fa-f]+)|(\d+))$/.exec(name) ?? []
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
    const character = code <= 0x10ffff ? String.fromCodePoint(code) : '<>&"\''[entities.indexOf(name)]
    if (end === '' || character === undefined || character.search(illegal) >= 0) isLegal = false
    return character ?? ''
  })
  return isLegal ? expanded : undefined
}

/** [XML-NAMES 3 Reserved Prefixes and Namespace Names, 2.3 No Prefix Undeclaring] */
function mayDeclare(prefix: string, declared: string, uri: string): boolean {
  if (uri === XMLNS_NS || (prefix === '' && uri === XML_NS)) return false
  return prefix === '' || (declared !== 'xmlns' && uri !== '' && (declared === 'xml') === (uri === XML_NS))
}
