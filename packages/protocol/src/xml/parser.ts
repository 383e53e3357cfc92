/**
 * The incremental XML parser: wire bytes in, stream header, whole first-level elements and errors out, pulled one at a time
 * (RFC 6120 section 11, XML 1.0 fifth edition, Namespaces in XML 1.0). It knows no stanzas, sends nothing, throws nothing on wire data.
 */
import { checkDeclaration } from './declaration.ts'
import { decodeRun, LITERAL, TEXT } from './decode.ts'
import { Element } from './element.ts'
import { XmlError } from './errors.ts'
import { authenticated, type XmlLimits } from './limits.ts'
import { matchesAt } from './names.ts'
import { isContentNamespace, STREAM_NS, XML_NS } from './namespaces.ts'
import { badCharacter, badUtf8, INCOMPLETE, malformedTag, REFUSED, StartTag } from './start-tag.ts'
import { StreamOpen } from './stream-open.ts'
import { CDATA, DECLARATION, findTokenEnd, READY, SHORT, SPACE, TAG, TEXT_RUN, tagClass } from './token-end.ts'
import { borrowWorkbench, returnWorkbench, type Workbench } from './workbench.ts'

/** The end tag of the root element. */
export const CLOSE: unique symbol = Symbol('close')

/** Where in the document: */
const AT_START = 0
const AFTER_BOM = 1
const PROLOG = 2
const IN_ROOT = 3
/** A root element without content: its end is still to be told. */
const AT_END = 4
const AFTER_ROOT = 5

const BANG = 0x21
const AMP = 0x26
const SLASH = 0x2f
const LT = 0x3c
const GT = 0x3e
const QUESTION = 0x3f
const BRACKET = 0x5b
const CLOSING_BRACKET = 0x5d

/** 0: needs no look inside text. */
const textClass: Uint8Array = Uint8Array.from({ length: 256 }, (_, c) =>
  (c < 0x20 && c !== 9 && c !== 10) || c >= 0x80 || c === AMP || c === LT || c === GT ? 1 : 0,
)

const tooLarge: XmlError = new XmlError('policy-violation', 'element too large')
const tooDeep: XmlError = new XmlError('policy-violation', 'elements nested too deeply')
const tooMany: XmlError = new XmlError('policy-violation', 'too many elements')
const tooManyPrefixes: XmlError = new XmlError('policy-violation', 'too many namespace prefixes')
const wrongEnd: XmlError = new XmlError('not-well-formed', 'end tag does not match')
const unknownPrefix: XmlError = new XmlError('not-well-formed', 'undeclared namespace prefix')
const expandedDuplicate: XmlError = new XmlError('not-well-formed', 'duplicate attribute')
const restricted: XmlError = new XmlError(
  'restricted-xml',
  'comments, processing instructions and DTDs are not allowed',
)
const bracketsInText: XmlError = new XmlError('not-well-formed', ']]> in text')

const otherEncoding: XmlError = new XmlError('unsupported-encoding', 'only UTF-8 is supported')
const textOutsideRoot: XmlError = new XmlError('not-well-formed', 'text outside the root element')
const textInRoot: XmlError = new XmlError('bad-format', 'text between first-level elements')
const afterRoot: XmlError = new XmlError('not-well-formed', 'data after the end of the root element')
const BOM = '\u00ef\u00bb\u00bf'

const startTag: StartTag = new StartTag()

export class XmlParser {
  #limits: XmlLimits
  readonly #rootIsElement: boolean
  #error: XmlError | undefined
  #place = AT_START
  /** Whitespace may come before the declaration: the end of what was sent before a stream restart. */
  #restarted = false

  /** Bytes not yet consumed: either `#buffer` from `#position`, or `#held` and `#tail` while a token is unfinished. */
  #buffer = ''
  #position = 0
  #held = ''
  #tail = ''
  /** State of `findTokenEnd`; READY if no token is unfinished. */
  #unfinished = READY

  #rootName = ''
  #rootDefaultNs = ''
  #rootPrefixes: readonly string[] = []

  /** The first-level element that is open, if `#depth` > 0. */
  #bench: Workbench | undefined
  #depth = 0
  #elements = 0
  /** Its bytes in earlier buffers, and where it begins in this one. */
  #bytes = 0
  #from = 0
  #reusable = true
  #outerDefaultIsReusable = true
  #innerPrefixes = 0
  #inner = ''
  #innerFrom = 0
  #event: StreamOpen | Element | typeof CLOSE | undefined

  /** 'document': the root is itself the one element to return (WebSocket frames, stored XML). */
  constructor(limits: XmlLimits, shape: 'stream' | 'document' = 'stream') {
    this.#limits = limits
    this.#rootIsElement = shape === 'document'
  }

  setLimits(limits: XmlLimits): void {
    this.#limits = limits
  }

  /** Appends wire bytes. */
  feed(chunk: string): void {
    if (this.#error !== undefined || chunk === '') return
    if (this.#unfinished !== READY) {
      this.#unfinished = findTokenEnd(this.#unfinished, chunk, 0)
      if (this.#unfinished === READY) {
        this.#buffer = this.#held + this.#tail + chunk
        this.#position = 0
        this.#held = this.#tail = ''
      } else this.#hold(chunk)
    } else if (this.#position >= this.#buffer.length) {
      this.#buffer = chunk
      this.#position = 0
    } else {
      this.#buffer = this.#buffer.slice(this.#position) + chunk
      this.#position = 0
    }
  }

  /** The next event; undefined if more bytes are needed. An error is the last event, and repeated. */
  next(): StreamOpen | Element | typeof CLOSE | XmlError | undefined {
    if (this.#error !== undefined) return this.#error
    if (this.#place === AT_END) {
      this.#place = AFTER_ROOT
      return CLOSE
    }
    if (this.#unfinished !== READY) return this.#missing()
    const buffer = this.#buffer
    const end = buffer.length
    let i = this.#position
    while (i < end) {
      if (this.#depth === 0) i = this.#outside(buffer, i)
      else if (buffer.charCodeAt(i) !== LT) i = this.#text(buffer, i)
      else if (i + 1 === end) i = this.#wait(i, SHORT)
      else {
        const c = buffer.charCodeAt(i + 1)
        if (c === SLASH) i = this.#endTag(buffer, i)
        else if (c === BANG) i = this.#cdata(buffer, i)
        else if (c === QUESTION) i = this.#refuse(restricted)
        else i = this.#startTag(buffer, i)
      }
      if (i < 0) return i === REFUSED ? this.#error : this.#missing()
      if (this.#bytes + i - this.#from > this.#limits.bytes) this.#refuse(tooLarge)
      if (this.#error !== undefined) return this.#error
      if (this.#event !== undefined) {
        const event = this.#event
        this.#event = undefined
        this.#position = i
        return event
      }
    }
    this.#wait(end, READY)
    return undefined
  }

  /** A new document begins with the bytes not yet consumed (stream restart). */
  restart(): void {
    if (this.#error !== undefined) return
    const rest = this.takeRest()
    this.#place = AT_START
    this.#restarted = true
    this.#rootName = this.#rootDefaultNs = ''
    this.#rootPrefixes = []
    this.feed(rest)
  }

  /** The bytes not yet consumed, which the parser forgets, with an element that was open. */
  takeRest(): string {
    const rest = this.#buffer.slice(this.#position) + this.#held + this.#tail
    this.#buffer = this.#held = this.#tail = this.#inner = ''
    this.#position = this.#depth = this.#bytes = this.#from = 0
    this.#unfinished = READY
    this.#bench = undefined
    return rest
  }

  /** One step between first-level elements, or before or after the root. */
  #outside(buffer: string, i: number): number {
    const place = this.#place
    const c = buffer.charCodeAt(i)
    this.#from = i
    this.#bytes = 0
    if (tagClass[c] === SPACE) {
      // Consumed without being kept or counted. [RFC6120 11.7] Before the root it ends the chance for a declaration.
      if (place < PROLOG && !this.#restarted) this.#place = PROLOG
      this.#from = i + 1
      return i + 1
    }
    if (place === AFTER_ROOT) return this.#refuse(afterRoot)
    if (c !== LT) return this.#textOutside(buffer, i, c)
    if (i + 1 === buffer.length) return this.#wait(i, SHORT)
    const d = buffer.charCodeAt(i + 1)
    if (d === BANG) {
      if (i + 2 === buffer.length) return this.#wait(i, SHORT)
      if (buffer.charCodeAt(i + 2) !== BRACKET) return this.#refuse(restricted)
      return this.#refuse(place === IN_ROOT ? textInRoot : textOutsideRoot)
    }
    if (d === QUESTION) return place < PROLOG ? this.#declaration(buffer, i) : this.#refuse(restricted)
    if (place === IN_ROOT) return d === SLASH ? this.#rootEnd(buffer, i) : this.#startTag(buffer, i)
    if (d === SLASH) return this.#refuse(wrongEnd)
    return this.#rootIsElement ? this.#startTag(buffer, i) : this.#rootStart(buffer, i)
  }

  #textOutside(buffer: string, i: number, c: number): number {
    if (this.#place === AT_START) {
      if (c === 0xfe || c === 0xff) return this.#refuse(otherEncoding)
      // A UTF-8 byte order mark is tolerated, although it should be read as a character. [RFC6120 11.6]
      if (c === 0xef && matchesAt(buffer, i, BOM.slice(0, buffer.length - i))) {
        if (buffer.length - i < BOM.length) return this.#wait(i, SHORT)
        this.#place = AFTER_BOM
        return i + BOM.length
      }
    }
    if (this.#place < IN_ROOT) return this.#refuse(textOutsideRoot) // [XML 2.1]
    // Well-formed, but nothing a stream can carry. [RFC6120 4.9.3.1, 11.7]
    return this.#refuse(c < 0x20 ? badCharacter : textInRoot)
  }

  /** `<?` at the start of the document. */
  #declaration(buffer: string, i: number): number {
    const available = Math.min(6, buffer.length - i)
    if (!matchesAt(buffer, i, '<?xml'.slice(0, available))) return this.#refuse(restricted)
    if (available < 6) return this.#wait(i, SHORT)
    const after = buffer.charCodeAt(i + 5)
    if (tagClass[after] !== SPACE && after !== QUESTION) return this.#refuse(restricted)
    const close = buffer.indexOf('?>', i)
    const nextTag = buffer.indexOf('<', i + 1)
    if (nextTag >= 0 && (close < 0 || nextTag < close)) return this.#refuse(malformedTag)
    if (close < 0) return this.#wait(i, DECLARATION)
    const error = checkDeclaration(buffer.slice(i, close + 2))
    if (error !== undefined) return this.#refuse(error)
    this.#place = PROLOG
    return close + 2
  }

  #rootStart(buffer: string, i: number): number {
    const tag = startTag
    const next = tag.read(buffer, i, this.#limits)
    if (next < 0) return next === INCOMPLETE ? this.#wait(i, TAG) : this.#refuse(tag.error)
    if (tag.declared.length >> 1 > this.#limits.prefixes) return this.#refuse(tooManyPrefixes)
    const name = tag.name
    this.#rootName = name.wire
    this.#rootDefaultNs = tag.defaultNs ?? ''
    this.#rootPrefixes = tag.declared.slice()
    const ns = name.prefix === '' ? this.#rootDefaultNs : this.#resolve(name.prefix)
    if (ns === undefined || !this.#resolveAttributes(tag))
      return this.#refuse(ns === undefined ? unknownPrefix : tag.error)
    this.#event = new StreamOpen(
      name.local,
      ns,
      name.prefix,
      tag.takeAttributes(),
      this.#rootDefaultNs,
      this.#rootPrefixes,
    )
    this.#place = tag.selfClosed ? AT_END : IN_ROOT
    return next
  }

  #rootEnd(buffer: string, i: number): number {
    const next = this.#matchEnd(buffer, i, this.#rootName)
    if (next < 0) return next
    this.#event = CLOSE
    this.#place = AFTER_ROOT
    return next
  }

  #startTag(buffer: string, i: number): number {
    const tag = startTag
    const limits = this.#limits
    const next = tag.read(buffer, i, limits)
    if (next < 0) return next === INCOMPLETE ? this.#wait(i, TAG) : this.#refuse(tag.error)
    const depth = this.#depth
    let bench = this.#bench
    let defaultNs = this.#rootDefaultNs
    let ownDefault = false
    if (depth === 0 || bench === undefined) {
      this.#elements = 0
      this.#reusable = true
      bench = this.#bench = borrowWorkbench()
    } else {
      const parent = bench.frames[depth - 1]!
      defaultNs = parent.defaultNs
      ownDefault = parent.ownDefault
    }
    if (depth >= limits.depth) return this.#refuse(tooDeep)
    if (++this.#elements > limits.elements) return this.#refuse(tooMany)

    if (tag.defaultNs !== undefined) {
      // The writer leaves such a repetition out, so that it is re-scoped with its parent.
      if (depth > 0 && tag.defaultNs === defaultNs && isContentNamespace(defaultNs)) this.#reusable = false
      defaultNs = tag.defaultNs
      ownDefault = depth > 0
    }
    const firstPrefix = bench.prefixes.length
    if (tag.declared.length > 0 && !this.#declarePrefixes(tag.declared, bench)) return this.#refuse(tooManyPrefixes)
    const name = tag.name
    let ns: string | undefined = defaultNs
    if (name.prefix !== '') {
      ns = this.#resolve(name.prefix)
      if (ns === undefined) return this.#refuse(unknownPrefix)
    } else if (depth > 0 && !ownDefault && !this.#outerDefaultIsReusable) this.#reusable = false
    if (tag.prefixedAt.length > 0 && !this.#resolveAttributes(tag)) return this.#refuse(tag.error)
    const attributes = tag.takeAttributes()

    if (depth === 0) {
      this.#outerDefaultIsReusable = name.prefix === '' && isContentNamespace(ns)
      this.#innerPrefixes = bench.prefixes.length
      // What the start tag itself needed does not matter to its content.
      this.#reusable = true
      this.#inner = ''
      this.#innerFrom = next
      if (tag.selfClosed) {
        this.#bench = undefined
        bench.dropPrefixes(0)
        returnWorkbench(bench)
        this.#emit(new Element(name.local, ns, attributes, [], ''))
        return next
      }
    } else if (tag.selfClosed) {
      if (bench.prefixes.length > firstPrefix) bench.dropPrefixes(firstPrefix)
      bench.push(new Element(name.local, ns, attributes, [], undefined))
      return next
    }
    const frame = bench.frameAt(depth)
    frame.name = name
    frame.ns = ns
    frame.attributes = attributes
    frame.defaultNs = defaultNs
    frame.ownDefault = ownDefault
    frame.firstNode = bench.nodeCount
    frame.firstPrefix = firstPrefix
    this.#depth = depth + 1
    return next
  }

  #endTag(buffer: string, i: number): number {
    const bench = this.#bench!
    const frame = bench.frames[this.#depth - 1]!
    const name = frame.name!
    const next = this.#matchEnd(buffer, i, name.wire)
    if (next < 0) return next
    const children = bench.take(frame.firstNode)
    if (bench.prefixes.length > frame.firstPrefix) bench.dropPrefixes(frame.firstPrefix)
    if (--this.#depth > 0) {
      bench.push(new Element(name.local, frame.ns, frame.attributes, children, undefined))
      return next
    }
    const inner = this.#reusable ? this.#inner + buffer.slice(this.#innerFrom, i) : undefined
    this.#emit(new Element(name.local, frame.ns, frame.attributes, children, inner))
    this.#inner = ''
    this.#bench = undefined
    returnWorkbench(bench)
    return next
  }

  #emit(element: Element): void {
    this.#event = element
    if (this.#rootIsElement) this.#place = AFTER_ROOT
  }

  /** The index after the end tag at `i`, which must be that of `name`. */
  #matchEnd(buffer: string, i: number, name: string): number {
    const end = buffer.length
    let at = i + 2
    for (let k = 0; k < name.length; k++, at++) {
      if (at === end) return this.#wait(i, TAG)
      if (buffer.charCodeAt(at) !== name.charCodeAt(k)) return this.#refuse(wrongEnd)
    }
    while (at < end && tagClass[buffer.charCodeAt(at)] === SPACE) at++
    if (at === end) return this.#wait(i, TAG)
    return buffer.charCodeAt(at) === GT ? at + 1 : this.#refuse(wrongEnd)
  }

  #text(buffer: string, start: number): number {
    const end = buffer.length
    let i = start
    let decode = false
    for (;;) {
      let c = 0
      while (i < end && textClass[(c = buffer.charCodeAt(i))] === 0) i++
      if (i === end) return this.#wait(start, TEXT_RUN)
      if (c === LT) break
      if (c === GT) {
        if (
          i - 2 >= start &&
          buffer.charCodeAt(i - 1) === CLOSING_BRACKET &&
          buffer.charCodeAt(i - 2) === CLOSING_BRACKET
        ) {
          return this.#refuse(bracketsInText) // [XML 2.4]
        }
      } else if (c < 0x20 && c !== 13) return this.#refuse(badCharacter)
      else {
        decode = true
        if (c === 13) this.#reusable = false
      }
      i++
    }
    return decode ? this.#decoded(buffer, start, i, TEXT, i) : this.#addText(buffer.slice(start, i), i)
  }

  /** CDATA sections are text; nothing in RFC 6120 11.1 forbids them. They are not passed on as written. */
  #cdata(buffer: string, i: number): number {
    const available = Math.min(9, buffer.length - i)
    if (!matchesAt(buffer, i, '<![CDATA['.slice(0, available))) {
      return this.#refuse(available > 2 && buffer.charCodeAt(i + 2) === BRACKET ? malformedTag : restricted)
    }
    if (available < 9) return this.#wait(i, SHORT)
    const close = buffer.indexOf(']]>', i + 9)
    if (close < 0) return this.#wait(i, CDATA)
    this.#reusable = false
    return close === i + 9 ? close + 3 : this.#decoded(buffer, i + 9, close, LITERAL, close + 3)
  }

  #decoded(buffer: string, start: number, end: number, kind: number, next: number): number {
    const text = decodeRun(buffer, start, end, kind)
    if (typeof text !== 'string') return this.#refuse(text === null ? badCharacter : badUtf8)
    return this.#addText(text, next)
  }

  /** Text on both sides of a CDATA section's borders is one text. */
  #addText(text: string, next: number): number {
    const bench = this.#bench!
    const last = bench.nodeCount - 1
    const before = last >= bench.frames[this.#depth - 1]!.firstNode ? bench.nodes[last] : undefined
    if (typeof before === 'string') bench.nodes[last] = before + text
    else bench.push(text)
    return next
  }

  #declarePrefixes(declared: readonly string[], bench: Workbench): boolean {
    for (let i = 0; i < declared.length; i += 2) {
      const uri = declared[i + 1]!
      // Never passed on with a prefix [RFC6120 4.8.5], and nothing inside a stanza may look like the stream's own.
      if (this.#depth > 0 && (uri === STREAM_NS || isContentNamespace(uri))) this.#reusable = false
      bench.prefixes.push(declared[i]!)
      bench.uris.push(uri)
    }
    return bench.prefixes.length + (this.#rootPrefixes.length >> 1) <= this.#limits.prefixes
  }

  /** The namespace of a prefix. One that was declared outside the content makes the content not reusable. */
  #resolve(prefix: string): string | undefined {
    if (prefix === 'xml') return XML_NS
    const bench = this.#bench
    if (bench !== undefined) {
      const at = bench.prefixes.lastIndexOf(prefix)
      if (at >= 0) {
        if (at < this.#innerPrefixes) this.#reusable = false
        return bench.uris[at]
      }
    }
    this.#reusable = false
    for (let i = 0; i < this.#rootPrefixes.length; i += 2) {
      if (this.#rootPrefixes[i] === prefix) return this.#rootPrefixes[i + 1]
    }
    return undefined
  }

  /** Gives prefixed attributes their expanded names; false if one has an unknown prefix or occurs twice. [XML-NAMES 5, 6.3] */
  #resolveAttributes(tag: StartTag): boolean {
    for (let i = 0; i < tag.prefixedAt.length; i++) {
      const name = tag.prefixedNames[i]!
      const ns = this.#resolve(name.prefix)
      if (ns === undefined) {
        tag.error = unknownPrefix
        return false
      }
      tag.attributes[tag.prefixedAt[i]!] = `{${ns}}${name.local}`
    }
    if (!tag.duplicateExpandedName()) return true
    tag.error = expandedDuplicate
    return false
  }

  /** Keeps the bytes from `i` on, the beginning of a token, until its end has come. */
  #wait(i: number, state: number): number {
    const buffer = this.#buffer
    if (this.#depth > 0) {
      if (this.#reusable) this.#inner += buffer.slice(this.#innerFrom, i)
      this.#innerFrom = 0
    }
    this.#bytes += i - this.#from
    this.#from = 0
    this.#held = i === 0 ? buffer : buffer.slice(i)
    this.#buffer = ''
    this.#position = 0
    const next = state > SHORT ? findTokenEnd(state, this.#held, 0) : state
    this.#unfinished = next === READY && i < buffer.length ? SHORT : next
    return INCOMPLETE
  }

  /** Adds to an unfinished token. Short pieces are gathered first, because a string made of very many pieces is costly. */
  #hold(chunk: string): void {
    this.#tail += chunk
    if (this.#tail.length < 512) return
    this.#tail.charCodeAt(0) // Makes V8 join the pieces.
    this.#held += this.#tail
    this.#tail = ''
  }

  /** More bytes are needed, unless those already here are too many. */
  #missing(): XmlError | undefined {
    if (this.#bytes + this.#held.length + this.#tail.length <= this.#limits.bytes) return undefined
    this.#refuse(tooLarge)
    return this.#error
  }

  #refuse(error: XmlError): number {
    this.takeRest()
    this.#error = error
    this.#event = undefined
    return REFUSED
  }
}

const unfinishedDocument: XmlError = new XmlError('not-well-formed', 'the document ends too early')

/** One document that is one element, through the same tokenizer. */
export function parseElement(wire: string, limits: XmlLimits = authenticated): Element | XmlError {
  const parser = new XmlParser(limits, 'document')
  parser.feed(wire)
  const element = parser.next()
  if (element instanceof XmlError) return element
  if (!(element instanceof Element)) return unfinishedDocument
  const rest = parser.next()
  return rest instanceof XmlError ? rest : element
}
