/**
 * One whole document that is one element, read in one go: for bundles for browsers, where frames come whole, and as strings, and size counts.
 * It accepts and refuses what `parser.ts` does, and makes the same of it, but for `inner`, which it never keeps. No expression here can
 * backtrack far: what may repeat is told from what follows by its first character.
 */
import { Element, type Node } from './element.ts'
import { XmlError } from './errors.ts'
import { authenticated, type XmlLimits } from './limits.ts'
import { qualifiedName } from './names-of-engine.ts'
import { XML_NS, XMLNS_NS } from './namespaces.ts'
import { illegal } from './wire-of-strings.ts'

const malformed: XmlError = new XmlError('not-well-formed')

/** A byte order mark and a declaration, with the encoding that it names. [XML 2.8] */
const beginning =
  /^\ufeff?(?:<\?xml[ \t\n]+version[ \t\n]*=[ \t\n]*(["'])1\.\d+\1(?:[ \t\n]+encoding[ \t\n]*=[ \t\n]*(["'])([A-Za-z][\w.-]*)\2)?(?:[ \t\n]+standalone[ \t\n]*=[ \t\n]*(["'])(?:yes|no)\4)?[ \t\n]*\?>|(?!<\?xml[ \t\n?]))/
/** Text, and the markup behind it: a CDATA section, or a tag with its slash, name, attributes and slash. [XML 2.7, 3.1] */
const piece =
  /([^<]*)<(?:!\[CDATA\[(.*?)]]>|(\/?)([^\s"'/<=>]+)((?:[ \t\n]+[^\s"'/<=>]+[ \t\n]*=[ \t\n]*(?:"[^"<]*"|'[^'<]*'))*)[ \t\n]*(\/?)>)/gsy
/** One of the attributes of a tag. */
const attribute = /([^ \t\n=]+)[ \t\n]*=[ \t\n]*(["'])(.*?)\2/gs
const declaration = /^xmlns(?::|$)(.*)/

/** Prefixes and their namespaces; '' is the default one's. */
type Scope = ReadonlyMap<string, string>

interface Open {
  /** Its name as it was written. */
  readonly tag: string
  readonly element: Element
  /** Of the element; they come while it is open. */
  readonly children: Node[]
  readonly scope: Scope
}

export function parseElement(wire: string, limits: XmlLimits = authenticated): Element | XmlError {
  try {
    return read(wire, limits)
  } catch (error) {
    if (error instanceof XmlError) return error
    throw error
  }
}

/** Throws an XmlError. */
function read(wire: string, limits: XmlLimits): Element {
  const within = (size: number, limit: Exclude<keyof XmlLimits, 'omitted'>): void => {
    if (size > limits[limit]) throw new XmlError('policy-violation')
  }
  within(wire.length, 'bytes')
  const lines = wire.replaceAll(/\r\n?/g, '\n') // [XML 2.11]
  const [declared, , , encoding = 'utf-8'] = beginning.exec(lines) ?? refuse()
  if (encoding.toLowerCase() !== 'utf-8') throw new XmlError('unsupported-encoding')
  const text = lines.slice(declared.length)
  const open: Open[] = []
  let elements = 0
  let at = 0
  let run = ''

  const start = (tag: string, written: string, outside: Scope): Open => {
    const scope = new Map(outside)
    const found = Array.from(written.matchAll(attribute), ([, name = '', , literal = '']) => {
      const value = expand(literal.replaceAll(/[\t\n]/g, ' ')) // [XML 3.3.3]
      const prefix = declaration.exec(name)?.[1]
      if (prefix !== undefined) scope.set(mayDeclare(prefix, value) ? prefix : refuse(), value)
      return [name, value] as const
    })
    within(open.length + 1, 'depth')
    within(++elements, 'elements')
    within(found.length, 'attributes')
    within(scope.size - reserved.length, 'prefixes')
    const resolve = (name: string): readonly [prefix: string, ns: string, local: string] => {
      within(name.length, 'nameLength')
      const [, prefix = '', local = ''] = qualifiedName.exec(name) ?? refuse()
      return [prefix, scope.get(prefix) ?? refuse(), local]
    }
    const attributes = new Map(
      found.map(([name, value]) => {
        const [prefix, ns, local] = resolve(name)
        return [/^(?:xml(?:ns)?)?$/.test(prefix) ? name : `{${ns}}${local}`, value]
      }),
    )
    const [prefix, ns, local] = resolve(tag)
    if (prefix === 'xmlns' || attributes.size < found.length) throw malformed // [XML-NAMES 6.3]
    const children: Node[] = []
    const kept = [...attributes].filter(([name]) => !declaration.test(name))
    return { tag, element: new Element(local, ns, kept.flat(), children), children, scope }
  }

  for (const [all, before = '', section = '', slash, tag, written = '', empty = ''] of text.matchAll(piece)) {
    const inside = open.at(-1)
    at += all.length
    run += expand(before) + legal(section)
    if (inside === undefined ? !/^[ \t\n]*<[^!]/.test(all) : before.includes(']]>')) throw malformed // [XML 2.4]
    if (tag === undefined) continue
    if (inside !== undefined && run !== '') inside.children.push(run)
    run = ''
    if (slash === '') {
      const opened = start(tag, written, inside?.scope ?? new Map(reserved))
      inside?.children.push(opened.element)
      open.push(opened)
      if (empty === '') continue
    } else if (tag !== inside?.tag || written + empty !== '') throw malformed
    const closed = open.pop()!
    if (open.length > 0) continue
    return /[^ \t\n]/.test(text.slice(at)) ? refuse() : closed.element
  }
  // [RFC6120 11.1]
  if (/^[^<]*<(?:\?|!(?!\[))/.test(text.slice(at))) throw new XmlError('restricted-xml')
  throw malformed
}

function refuse(): never {
  throw malformed
}

function legal(text: string): string {
  return text.search(illegal) < 0 ? text : refuse()
}

const entities: readonly string[] = ['lt', 'gt', 'amp', 'quot', 'apos']

/** Text with its references resolved. [XML 4.1, 4.6] */
function expand(text: string): string {
  const expanded = text.replaceAll(/&(?:#(x[\dA-Fa-f]+|\d+)|(\w+));|&/g, (_, number: string, name: string) => {
    const code = Number(`0${number}`)
    return legal(code <= 0x10ffff ? String.fromCodePoint(code) : ('<>&"\''[entities.indexOf(name)] ?? '\0'))
  })
  return legal(expanded)
}

const reserved: readonly [string, string][] = [
  ['xml', XML_NS],
  ['xmlns', XMLNS_NS],
  ['', ''],
]

/** [XML-NAMES 3 Reserved Prefixes and Namespace Names, 2.3 No Prefix Undeclaring] */
function mayDeclare(prefix: string, uri: string): boolean {
  if (prefix === 'xmlns' || uri === XMLNS_NS || (uri === '' && prefix !== '')) return false
  return (prefix === 'xml') === (uri === XML_NS)
}
