/**
 * Reads one start tag into scratch fields: names, decoded values, declarations; no namespace is resolved yet. There is one reader for all
 * parsers, its result is good until the next read.
 */
import { ATTRIBUTE, decodeRun } from './decode.ts'
import { XmlError } from './errors.ts'
import type { XmlLimits } from './limits.ts'
import { DEFAULT_DECLARATION, nameAt, PREFIX_DECLARATION, PREFIXED, QName, sharedText } from './names.ts'
import { XML_NS, XMLNS_NS } from './namespaces.ts'
import { SPACE, tagClass } from './token-end.ts'

export const INCOMPLETE = -1
export const REFUSED = -2

export const malformedTag: XmlError = new XmlError('not-well-formed', 'malformed tag')
export const badName: XmlError = new XmlError('not-well-formed', 'not a qualified name')
export const longName: XmlError = new XmlError('policy-violation', 'name too long')
// <unsupported-encoding/> would fit too [RFC6120 4.9.3.22]; <bad-format/> may stand for it and cannot be read as "try UTF-16" [RFC6120 4.9.3.1].
export const badUtf8: XmlError = new XmlError('bad-format', 'not UTF-8')
export const badCharacter: XmlError = new XmlError('not-well-formed', 'illegal character or undeclared entity')
const tooManyAttributes: XmlError = new XmlError('policy-violation', 'too many attributes')
export const duplicate: XmlError = new XmlError('not-well-formed', 'duplicate attribute')
const reserved: XmlError = new XmlError('not-well-formed', 'illegal namespace declaration')

const QUOT = 0x22
const AMP = 0x26
const APOS = 0x27
const SLASH = 0x2f
const LT = 0x3c
const EQUALS = 0x3d
const GT = 0x3e

/** 0: needs no look inside an attribute value. */
const valueClass: Uint8Array = Uint8Array.from({ length: 256 }, (_, c) =>
  c < 0x20 || c >= 0x80 || c === QUOT || c === APOS || c === AMP || c === LT ? 1 : 0,
)

const nobody: QName = new QName('', '', '')

export class StartTag {
  name: QName = nobody
  selfClosed = false
  /** [name, value, …] as in `Element`; a prefixed name is replaced when its prefix is known. Only the first `count` entries count. */
  readonly attributes: string[] = []
  count = 0
  readonly prefixedAt: number[] = []
  readonly prefixedNames: QName[] = []
  /** The value of xmlns, if there is one. */
  defaultNs: string | undefined = undefined
  /** [prefix, namespace, …] */
  readonly declared: string[] = []
  error: XmlError = malformedTag

  /** Reads the tag whose '<' is at `start`; gives the index after it, INCOMPLETE, or REFUSED with `error` set. */
  read(wire: string, start: number, limits: XmlLimits): number {
    const end = wire.length
    this.count = 0
    this.defaultNs = undefined
    if (this.declared.length > 0) this.declared.length = 0
    if (this.prefixedAt.length > 0) this.prefixedAt.length = this.prefixedNames.length = 0

    let i = start + 1
    let c = 0
    let hash = 0
    while (i < end && tagClass[(c = wire.charCodeAt(i))] === 0) {
      hash = (Math.imul(hash, 31) + c) | 0
      i++
    }
    if (i - start - 1 > limits.nameLength) return this.#refuse(longName)
    if (i === end) return INCOMPLETE
    const name = nameAt(wire, start + 1, i, hash)
    if (name === undefined || name.prefix === 'xmlns') return this.#refuse(badName)
    this.name = name

    for (;;) {
      let spaced = false
      while (tagClass[c] === SPACE) {
        spaced = true
        if (++i === end) return INCOMPLETE
        c = wire.charCodeAt(i)
      }
      if (c === GT) {
        this.selfClosed = false
        return this.#hasDuplicates() ? this.#refuse(duplicate) : i + 1
      }
      if (c === SLASH) {
        if (i + 1 === end) return INCOMPLETE
        if (wire.charCodeAt(i + 1) !== GT) return this.#refuse(malformedTag)
        this.selfClosed = true
        return this.#hasDuplicates() ? this.#refuse(duplicate) : i + 2
      }
      if (!spaced) return this.#refuse(malformedTag)

      const nameStart = i
      hash = 0
      while (i < end && tagClass[(c = wire.charCodeAt(i))] === 0) {
        hash = (Math.imul(hash, 31) + c) | 0
        i++
      }
      if (i - nameStart > limits.nameLength) return this.#refuse(longName)
      if (i === end) return INCOMPLETE
      const attribute = nameAt(wire, nameStart, i, hash)
      if (attribute === undefined) return this.#refuse(badName)
      const before = ((this.count + this.declared.length) >> 1) + (this.defaultNs === undefined ? 0 : 1)
      if (before >= limits.attributes) return this.#refuse(tooManyAttributes)

      while (tagClass[c] === SPACE) {
        if (++i === end) return INCOMPLETE
        c = wire.charCodeAt(i)
      }
      if (c !== EQUALS) return this.#refuse(malformedTag)
      do {
        if (++i === end) return INCOMPLETE
        c = wire.charCodeAt(i)
      } while (tagClass[c] === SPACE)
      if (c !== APOS && c !== QUOT) return this.#refuse(malformedTag)

      const quote = c
      const valueStart = ++i
      let decode = false
      for (;;) {
        while (i < end && valueClass[(c = wire.charCodeAt(i))] === 0) i++
        if (i === end) return INCOMPLETE
        if (c === quote) break
        if (c === LT) return this.#refuse(malformedTag)
        if (c !== APOS && c !== QUOT) {
          if (c < 0x20 && tagClass[c] !== SPACE) return this.#refuse(badCharacter)
          decode = true
        }
        i++
      }
      const kind = attribute.kind
      let value: string | undefined | null
      if (decode) value = decodeRun(wire, valueStart, i, ATTRIBUTE)
      else if (kind >= DEFAULT_DECLARATION) value = sharedText(wire, valueStart, i)
      else value = wire.slice(valueStart, i)
      if (typeof value !== 'string') return this.#refuse(value === null ? badCharacter : badUtf8)

      if (kind >= DEFAULT_DECLARATION) {
        if (!this.#declare(attribute, value)) return REFUSED
      } else {
        if (kind === PREFIXED) {
          this.prefixedAt.push(this.count)
          this.prefixedNames.push(attribute)
        }
        this.#set(this.count++, attribute.attribute)
        this.#set(this.count++, value)
      }
      if (++i === end) return INCOMPLETE
      c = wire.charCodeAt(i)
    }
  }

  /** Takes the attributes, leaving nothing of them behind (a string can keep a whole chunk alive). */
  takeAttributes(): readonly string[] {
    const { attributes: a, count } = this
    if (count === 0) return none
    let taken: readonly string[]
    if (count === 2) taken = [a[0]!, a[1]!]
    else if (count === 4) taken = [a[0]!, a[1]!, a[2]!, a[3]!]
    else taken = a.slice(0, count)
    for (let i = 1; i < count; i += 2) a[i] = ''
    return taken
  }

  /** Does an attribute name occur twice? [XML-NAMES 6.3] */
  repeatsName(): boolean {
    const { attributes, count } = this
    if (count > 16) {
      const seen = new Set<string>()
      for (let i = 0; i < count; i += 2) seen.add(attributes[i]!)
      return seen.size * 2 < count
    }
    for (let i = 2; i < count; i += 2) {
      const name = attributes[i]!
      for (let k = 0; k < i; k += 2) if (attributes[k] === name) return true
    }
    return false
  }

  #set(index: number, text: string): void {
    if (index < this.attributes.length) this.attributes[index] = text
    else this.attributes.push(text)
  }

  /** [XML 3.1 WFC: Unique Att Spec]; if there are prefixed names, all names are judged when those are expanded. */
  #hasDuplicates(): boolean {
    return this.prefixedAt.length === 0 && this.repeatsName()
  }

  /** [XML-NAMES 3 Reserved Prefixes and Namespace Names, 2.3 No Prefix Undeclaring] */
  #declare(name: QName, uri: string): boolean {
    let error: XmlError | undefined
    if (name.kind === DEFAULT_DECLARATION) {
      if (this.defaultNs !== undefined) error = duplicate
      else if (uri === XML_NS || uri === XMLNS_NS) error = reserved
      this.defaultNs = uri
    } else if (name.kind === PREFIX_DECLARATION) {
      const prefix = name.local
      for (let i = 0; i < this.declared.length; i += 2) if (this.declared[i] === prefix) error = duplicate
      if (prefix === 'xmlns' || uri === '' || uri === XMLNS_NS || (prefix === 'xml') !== (uri === XML_NS))
        error = reserved
      this.declared.push(prefix, uri)
    }
    if (error === undefined) return true
    this.error = error
    return false
  }

  #refuse(error: XmlError): number {
    this.error = error
    return REFUSED
  }
}

const none: readonly never[] = []
