/**
 * An expected stanza with its blanks, and how it is held against one that came. Strict: what is not mentioned must not be there,
 * except where scenarios/README.md says so (an address that says nothing new, the language, the details of an error).
 */
import { readFragment } from './stream-reader.ts'
import { attributesOf, CLIENT, is, MORE, STANZA_ERRORS, STREAM, showXml, textOf, type Xml } from './xml.ts'

export interface Pattern {
  readonly name: string
  readonly ns: string
  readonly attributes: ReadonlyMap<string, string>
  readonly moreAttributes: boolean
  readonly children: readonly { readonly pattern: Pattern; readonly isOptional: boolean }[]
  readonly moreChildren: boolean
  readonly text: string
  readonly source: Xml
}

/** Whom the stanza came to: addresses that say no more than this may be left out. */
export interface Recipient {
  readonly bare: string | undefined
  readonly full: string | undefined
}

export type Captures = ReadonlyMap<string, string>

/** What did not fit, in words; or the captures afterwards. */
export type Fit = { readonly captures: Captures } | { readonly difference: string }

/** Puts an attribute in the place of `…` inside tags; quoted values are left alone. */
const markTags = (text: string): string => {
  let result = ''
  let quote = ''
  let inTag = false
  for (const char of text) {
    if (quote !== '') quote = char === quote ? '' : quote
    else if (inTag && (char === '"' || char === "'")) quote = char
    else if (char === '<') inTag = true
    else if (char === '>') inTag = false
    else if (inTag && char === '…') {
      result += `${MORE}=""`
      continue
    }
    result += char
  }
  return result
}

const compile = (xml: Xml, inError: boolean): Pattern => {
  const attributes = attributesOf(xml)
  const moreAttributes = attributes.delete(MORE)
  // Inside <error/> the namespace of the condition may be left out.
  const ns = inError && xml.ns === CLIENT ? STANZA_ERRORS : xml.ns
  const isError = is(xml, 'error', CLIENT)
  const children: { pattern: Pattern; isOptional: boolean }[] = []
  let text = ''
  let moreChildren = attributes.get('type') === 'error' && xml.ns === CLIENT
  let isOptional = false
  for (const child of xml.children) {
    if (typeof child !== 'string') {
      children.push({ pattern: compile(child, isError), isOptional })
      isOptional = false
      continue
    }
    const word = child.trim()
    if (word.endsWith('maybe') && xml.children.some((other) => typeof other !== 'string')) {
      isOptional = true
      if (word.includes('…')) moreChildren = true
    } else if (word === '…') moreChildren = true
    else text += child
  }
  return { name: xml.name, ns, attributes, moreAttributes, children, moreChildren, text, source: xml }
}

/** Throws an Error when the block is not XML. */
export const readPatterns = (block: string): Pattern[] =>
  readFragment(markTags(block)).map((xml) => compile(xml, false))

const blank = /\{([^{}]*)\}/

/** `{any}` fits everything, `{word}` what it fitted the first time; the rest is literal. `{maybe …}` is for attributes. */
const fitText = (expected: string, actual: string, captures: Captures): Captures | undefined => {
  const parts = expected.split(/\{([^{}]*)\}/)
  if (parts.length === 1) return expected === actual ? captures : undefined
  const result = new Map(captures)
  let rest = actual
  const literal = parts[0]!
  if (!rest.startsWith(literal)) return undefined
  rest = rest.slice(literal.length)
  for (let i = 1; i < parts.length; i += 2) {
    const name = parts[i]!
    const after = parts[i + 1]!
    const known = name === 'any' ? undefined : result.get(name)
    const end =
      known !== undefined ? known.length : i + 2 >= parts.length ? rest.length - after.length : rest.indexOf(after)
    if (end < 0 || rest.slice(end, end + after.length) !== after) return undefined
    const value = rest.slice(0, end)
    if (known !== undefined && value !== known) return undefined
    if (name !== 'any') {
      if (value === '') return undefined
      result.set(name, value)
    }
    rest = rest.slice(end + after.length)
  }
  return rest === '' ? result : undefined
}

const fitAttributes = (
  pattern: Pattern,
  actual: Xml,
  captures: Captures,
  free: (name: string, value: string) => boolean,
): Fit => {
  const there = attributesOf(actual)
  let known = captures
  for (const [name, expected] of pattern.attributes) {
    const maybe = /^\{maybe(?: (.*))?\}$/.exec(expected)
    const value = there.get(name)
    there.delete(name)
    if (value === undefined) {
      if (maybe) continue
      return { difference: `<${pattern.name}/> has no attribute ${name}, expected "${expected}"` }
    }
    const fitted = fitText(maybe ? (maybe[1] ?? '{any}') : expected, value, known)
    if (!fitted) return { difference: `${name} of <${pattern.name}/> is "${value}", expected "${expected}"` }
    known = fitted
  }
  if (!pattern.moreAttributes)
    for (const [name, value] of there)
      if (name !== 'xml:lang' && !free(name, value))
        return { difference: `<${pattern.name}/> has an attribute ${name}="${value}" nobody expected` }
  return { captures: known }
}

const meaningful = (xml: Xml): Xml[] => xml.children.filter((child) => typeof child !== 'string')

/** Assigns each expected child to one that came, trying others when a choice does not work out. */
const fitChildren = (pattern: Pattern, actual: Xml, captures: Captures): Fit => {
  const there = meaningful(actual)
  let difference = ''
  const search = (index: number, used: ReadonlySet<number>, known: Captures): Captures | undefined => {
    const wanted = pattern.children[index]
    if (!wanted) {
      const extra = there.find((child, position) => !used.has(position) && !isDetail(pattern, child))
      if (!extra || pattern.moreChildren) return known
      difference ||= `<${pattern.name}/> has a child nobody expected: ${showXml(extra, pattern.ns)}`
      return undefined
    }
    let closest = ''
    for (const [position, child] of there.entries()) {
      if (used.has(position)) continue
      const fit = fitElement(wanted.pattern, child, known)
      if ('difference' in fit) {
        if (child.name === wanted.pattern.name) closest ||= fit.difference
        continue
      }
      const result = search(index + 1, new Set([...used, position]), fit.captures)
      if (result) return result
    }
    if (wanted.isOptional) return search(index + 1, used, known)
    difference ||= closest || `<${pattern.name}/> has no child ${showXml(wanted.pattern.source, pattern.ns)}`
    return undefined
  }
  const result = search(0, new Set(), captures)
  return result ? { captures: result } : { difference }
}

/** What a server may add on its own, and who looks for it must mention: name, namespace, inside what. */
const details: readonly (readonly [string, string, string])[] = [
  ['text', STANZA_ERRORS, 'error'], // [RFC6120 8.3.2]
  ['delay', 'urn:xmpp:delay', 'presence'], // [XEP-0203 2]
  ['x', 'vcard-temp:x:update', 'presence'], // [XEP-0398 4]
  ['stanza-id', 'urn:xmpp:sid:0', 'message'], // [XEP-0359 3]
  ['archived', 'urn:xmpp:mam:tmp', 'message'], // what stanza-id was called in XEP-0313 0.3
]

const isDetail = (pattern: Pattern, extra: Xml): boolean =>
  pattern.ns === CLIENT &&
  details.some(([name, ns, inside]) => inside === pattern.name && is(extra, name, ns)) &&
  !pattern.children.some((child) => is(child.pattern.source, extra.name, extra.ns))

const fitElement = (
  pattern: Pattern,
  actual: Xml,
  captures: Captures,
  free: (name: string, value: string) => boolean = () => false,
): Fit => {
  if (pattern.name !== actual.name) return { difference: `<${actual.name}/> came, expected <${pattern.name}/>` }
  if (pattern.ns !== actual.ns)
    return { difference: `<${actual.name}/> is of "${actual.ns}", expected "${pattern.ns}"` }
  const isError = is(pattern.source, 'error', CLIENT)
  const mayStand = (name: string, value: string): boolean => free(name, value) || (isError && /^(code|by)$/.test(name))
  const fit = fitAttributes(pattern, actual, captures, mayStand)
  if ('difference' in fit) return fit
  const children = fitChildren(pattern, actual, fit.captures)
  if ('difference' in children) return children
  const text = meaningful(actual).length > 0 ? textOf(actual).trim() : textOf(actual)
  const wanted = pattern.children.length > 0 ? pattern.text.trim() : pattern.text
  if (wanted === '' && pattern.moreChildren) return children
  const fitted = fitText(wanted, text, children.captures)
  if (!fitted) return { difference: `<${pattern.name}/> says "${text}", expected "${wanted}"` }
  return { captures: fitted }
}

/** Whether a top-level element is the expected one. */
export const fitPattern = (pattern: Pattern, actual: Xml, captures: Captures, recipient: Recipient): Fit =>
  fitElement(pattern, actual, captures, (name, value) => {
    if (pattern.ns === STREAM) return false
    // "To me" and "from my own account" say no more than the connection does. [RFC6120 8.1.1.1, 8.1.2.1]
    if (name === 'to') return value === recipient.bare || value === recipient.full
    return name === 'from' && value === recipient.bare
  })

/** Puts captured values into a block that is sent. */
export const fillIn = (text: string, captures: Captures): string =>
  text.replaceAll(new RegExp(blank, 'g'), (whole, name: string) => captures.get(name) ?? whole)
