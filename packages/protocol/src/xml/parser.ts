/**
 * The incremental XML parser: wire bytes in, stream header, whole first-level elements and errors out, pulled one at a time
 * (RFC 6120 section 11, XML 1.0 with the names of its fourth edition, Namespaces in XML 1.0). It knows no stanzas, sends nothing, throws nothing on wire data.
 */
import { type Assembly, borrowAssembly, returnAssembly } from './assembly.ts'
import { checkDeclaration } from './declaration.ts'
import { decodeRun, LITERAL, TEXT } from './decode.ts'
import { Element, omitted } from './element.ts'
import { XmlError } from './errors.ts'
import type { XmlLimits } from './limits.ts'
import { matchesAt } from './names.ts'
import { BROKEN, GOING_ON, Oversized } from './oversized.ts'
import { badCharacter, badUtf8, INCOMPLETE, malformedTag, REFUSED, StartTag } from './start-tag.ts'
import { StreamOpen } from './stream-open.ts'
import { CDATA, DECLARATION, findTokenEnd, READY, SHORT, SPACE, TAG, TEXT_RUN, tagClass } from './token-end.ts'

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
const wrongEnd: XmlError = new XmlError('not-well-formed', 'end tag does not match')
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
  /**
   * The chunk that completed an unfinished token. `#buffer` is then only that token: the `#heldLength` bytes held before, and the
   * beginning of this chunk. Reading goes on in the chunk itself, because V8 reads joined strings at half the speed.
   */
  #following = ''
  #heldLength = 0

  #rootName = ''
  #rootDefaultNs = ''
  #rootPrefixes: readonly string[] = []

  /** The first-level element that is open. */
  #assembly: Assembly | undefined
  /** Its bytes in earlier buffers, and where it begins in this one. */
  #bytes = 0
  #from = 0
  /** Its content in earlier buffers, and where it begins in this one. */
  #inner = ''
  #innerFrom = 0
  #event: StreamOpen | Element | typeof CLOSE | undefined

  /** A first-level element whose content is being left out, how, and how many bytes that were; told when its end has come. */
  #hollow: Element | undefined
  #oversized: Oversized | undefined
  #omittedBytes = 0

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
    if (this.#oversized !== undefined) this.#leaveOut(this.#oversized, chunk)
    else if (this.#following !== '') this.#following += chunk
    else if (this.#unfinished !== READY) this.#continue(chunk)
    else if (this.#position >= this.#buffer.length) {
      this.#buffer = chunk
      this.#position = 0
    } else {
      this.#buffer = this.#buffer.slice(this.#position) + chunk
      this.#position = 0
    }
  }

  /** More bytes for an unfinished token. */
  #continue(chunk: string): void {
    const state = findTokenEnd(this.#unfinished, chunk, 0)
    if (state >= 0) {
      this.#unfinished = state
      this.#hold(chunk)
      return
    }
    const held = this.#held + this.#tail
    // A token of which so little is known may be incomplete still.
    if (this.#unfinished === SHORT) this.#buffer = held + chunk
    else {
      this.#buffer = held + chunk.slice(0, -state)
      this.#following = chunk
      this.#heldLength = held.length
    }
    this.#unfinished = READY
    this.#position = 0
    this.#held = this.#tail = ''
  }

  /** Goes on in the chunk whose beginning completed the token that ended at `i`; gives the index there. */
  #follow(i: number): number {
    const held = this.#heldLength
    if (this.#assembly !== undefined) {
      if (this.#innerFrom < held) {
        if (this.#assembly.reusable) this.#inner += this.#buffer.slice(this.#innerFrom, held)
        this.#innerFrom = 0
      } else this.#innerFrom -= held
    }
    this.#from -= held
    this.#buffer = this.#following
    this.#following = ''
    return i - held
  }

  /** The next event; undefined if more bytes are needed. An error is the last event, and repeated. */
  next(): StreamOpen | Element | typeof CLOSE | XmlError | undefined {
    if (this.#error !== undefined) return this.#error
    if (this.#hollow !== undefined) return this.#tellHollow()
    if (this.#place === AT_END) {
      this.#place = AFTER_ROOT
      return CLOSE
    }
    if (this.#unfinished !== READY) return this.#missing()
    let buffer = this.#buffer
    let end = buffer.length
    let i = this.#position
    while (i < end) {
      const from = i
      if (this.#assembly === undefined) i = this.#outside(buffer, i)
      else if (buffer.charCodeAt(i) !== LT) i = this.#text(buffer, i)
      else if (i + 1 === end) i = this.#wait(i, SHORT)
      else {
        const c = buffer.charCodeAt(i + 1)
        if (c === SLASH) i = this.#endTag(buffer, i)
        else if (c === BANG) i = this.#cdata(buffer, i)
        else if (c === QUESTION) i = this.#refuse(restricted)
        else i = this.#startTag(buffer, i)
      }
      if (i < 0) return i === REFUSED ? this.#refused(from) : this.#missing()
      if (this.#bytes + i - this.#from > this.#limits.bytes) {
        this.#refuse(tooLarge)
        return this.#refused(i)
      }
      if (this.#following !== '') {
        i = this.#follow(i)
        buffer = this.#buffer
        end = buffer.length
      }
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

  /** Whether an element has begun and its end has not come: something may be kept waiting for it. */
  get isPartial(): boolean {
    return this.#assembly !== undefined || this.#unfinished !== READY || this.#oversized !== undefined
  }

  /** The bytes not yet consumed, which the parser forgets, with an element that was open. */
  takeRest(): string {
    this.#rejoin()
    const rest = this.#buffer.slice(this.#position) + this.#held + this.#tail
    this.#buffer = this.#held = this.#tail = this.#inner = ''
    this.#position = this.#bytes = this.#from = 0
    this.#unfinished = READY
    this.#assembly = this.#oversized = this.#hollow = undefined
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
    const { local, prefix, wire } = tag.name
    const prefixes = tag.declared.slice()
    const assembly = borrowAssembly('', [])
    const error = assembly.open(tag, this.#limits)
    if (error !== undefined) return this.#refuse(error)
    const { ns, attributes } = assembly.finish(undefined)
    returnAssembly(assembly)
    this.#rootName = wire
    this.#rootDefaultNs = tag.defaultNs ?? ''
    this.#rootPrefixes = prefixes
    this.#event = new StreamOpen(local, ns, prefix, attributes, this.#rootDefaultNs, prefixes)
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
    const next = tag.read(buffer, i, this.#limits)
    if (next < 0) return next === INCOMPLETE ? this.#wait(i, TAG) : this.#refuse(tag.error)
    let assembly = this.#assembly
    if (assembly === undefined) {
      assembly = this.#assembly = borrowAssembly(this.#rootDefaultNs, this.#rootPrefixes)
      this.#innerFrom = next
    }
    const error = assembly.open(tag, this.#limits)
    if (error !== undefined) return this.#refuse(error)
    if (tag.selfClosed) this.#close(assembly, buffer, next)
    return next
  }

  #endTag(buffer: string, i: number): number {
    const assembly = this.#assembly!
    const next = this.#matchEnd(buffer, i, assembly.openName())
    if (next >= 0) this.#close(assembly, buffer, i)
    return next
  }

  #close(assembly: Assembly, buffer: string, innerEnd: number): void {
    if (assembly.depth > 1) {
      assembly.close()
      return
    }
    const inner = assembly.reusable ? this.#inner + buffer.slice(this.#innerFrom, innerEnd) : undefined
    this.#event = assembly.finish(inner)
    if (this.#rootIsElement) this.#place = AFTER_ROOT
    this.#inner = ''
    this.#assembly = undefined
    returnAssembly(assembly)
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
        if (c === 13) this.#assembly!.reusable = false
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
    this.#assembly!.reusable = false
    return close === i + 9 ? close + 3 : this.#decoded(buffer, i + 9, close, LITERAL, close + 3)
  }

  #decoded(buffer: string, start: number, end: number, kind: number, next: number): number {
    const text = decodeRun(buffer, start, end, kind)
    if (typeof text !== 'string') return this.#refuse(text === null ? badCharacter : badUtf8)
    return this.#addText(text, next)
  }

  #addText(text: string, next: number): number {
    this.#assembly!.addText(text)
    return next
  }

  /** Keeps the bytes from `i` on, the beginning of a token, until its end has come. */
  #wait(i: number, state: number): number {
    this.#rejoin()
    const buffer = this.#buffer
    if (this.#assembly !== undefined) {
      if (this.#assembly.reusable) this.#inner += buffer.slice(this.#innerFrom, i)
      this.#innerFrom = 0
    }
    this.#bytes += i - this.#from
    this.#from = 0
    this.#held = i === 0 ? buffer : buffer.slice(i)
    this.#buffer = ''
    this.#position = 0
    const next = state > SHORT ? findTokenEnd(state, this.#held, state === DECLARATION ? 1 : 0) : state
    this.#unfinished = next < 0 ? SHORT : next
    return INCOMPLETE
  }

  #rejoin(): void {
    if (this.#following === '') return
    this.#buffer = this.#buffer.slice(0, this.#heldLength) + this.#following
    this.#following = ''
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
  #missing(): Element | XmlError | undefined {
    if (this.#bytes + this.#held.length + this.#tail.length <= this.#limits.bytes) return undefined
    this.#refuse(tooLarge)
    return this.#refused(this.#position)
  }

  #refuse(error: XmlError): number {
    this.#error = error
    return REFUSED
  }

  /** The end, unless what is too large is left out: from there on. */
  #refused(from: number): Element | XmlError | undefined {
    const error = this.#error!
    const event = this.#event
    this.#event = undefined
    const isIn = this.#place === IN_ROOT && !this.#rootIsElement && (event === undefined || event instanceof Element)
    if (!isIn || this.#limits.omitted === undefined || error.condition !== 'policy-violation') {
      this.takeRest()
      return error
    }
    this.#error = undefined
    this.#position = from
    const names = this.#assembly?.openNames() ?? []
    const rest = this.takeRest()
    const name = names[0] ?? event?.name ?? /^<([^ \t\r\n/>]*)/.exec(rest)![1]!
    const hollow = new Element(name, this.#rootDefaultNs, [], omitted)
    if (event !== undefined) {
      // it was the last of its bytes that was too much
      this.feed(rest)
      return hollow
    }
    this.#hollow = hollow
    this.#oversized = new Oversized(names)
    this.#omittedBytes = 0
    this.feed(rest)
    return this.#error ?? this.#tellHollow()
  }

  #leaveOut(oversized: Oversized, chunk: string): void {
    this.#omittedBytes += chunk.length
    const end = oversized.feed(chunk)
    if (end === BROKEN) this.#refuse(malformedTag)
    else if (this.#omittedBytes > (this.#limits.omitted ?? 0)) this.#refuse(tooLarge)
    if (this.#error !== undefined) this.takeRest()
    if (end === GOING_ON || this.#error !== undefined) return
    this.#oversized = undefined
    this.feed(chunk.slice(end))
  }

  #tellHollow(): Element | undefined {
    if (this.#oversized !== undefined) return undefined
    const hollow = this.#hollow
    this.#hollow = undefined
    return hollow
  }
}
