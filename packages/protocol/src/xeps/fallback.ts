/**
 * Fallback Indication (XEP-0428 0.2.1): which part of a body or subject is there only for clients that do not know a specification.
 * Counts characters as XEP-0426 does: code points, while JavaScript counts UTF-16 units.
 */
import {
  attribute,
  children,
  type ElementCodec,
  element,
  findAll,
  integer,
  nonEmpty,
  optionalAttribute,
} from '../codec/index.ts'
import type { Element } from '../xml/index.ts'

export const FALLBACK_NS = 'urn:xmpp:fallback:0'

/** In code points, the end excluded; what is missing is where the text starts or ends. */
export interface FallbackRegion {
  readonly start?: number | undefined
  readonly end?: number | undefined
}

export interface Fallback {
  /** The specification: mostly its namespace. */
  readonly for: string
  /** None in both: all of the body and of the subject. [XEP-0428 2.2] */
  readonly body: readonly FallbackRegion[]
  readonly subject: readonly FallbackRegion[]
}

const count = integer(0)

export const fallback: ElementCodec<Fallback> = element(FALLBACK_NS, 'fallback', {
  for: attribute('for', nonEmpty),
  subject: children(region('subject')),
  body: children(region('body')),
})

function region(name: string): ElementCodec<FallbackRegion> {
  return element(FALLBACK_NS, name, { start: optionalAttribute('start', count), end: optionalAttribute('end', count) })
}

/** Marks what was put before the body as the fallback for a specification. */
export function fallbackBefore(specification: string, text: string): Element {
  return fallback.build({ for: specification, body: [{ start: 0, end: [...text].length }], subject: [] })
}

/**
 * The ranges of a message's body or subject that are fallback for the specifications named: [start, end] in UTF-16 units, in order,
 * apart from each other, within the text whatever the message says.
 */
export function fallbackRanges(
  message: Element,
  text: string,
  specifications: readonly string[],
  part: 'body' | 'subject' = 'body',
): [start: number, end: number][] {
  const ranges: [number, number][] = []
  let from = 0
  for (const [character, isFallback] of marked(message, text, specifications, part)) {
    const last = ranges.at(-1)
    const to = from + character.length
    if (isFallback && last?.[1] === from) last[1] = to
    else if (isFallback) ranges.push([from, to])
    from = to
  }
  return ranges
}

/** What is left of a body or subject for a client that shows in its own way what the fallback for these specifications says. */
export function withoutFallback(
  message: Element,
  text: string,
  specifications: readonly string[],
  part: 'body' | 'subject' = 'body',
): string {
  let left = ''
  for (const [character, isFallback] of marked(message, text, specifications, part)) if (!isFallback) left += character
  return left
}

/** The characters of a text, each with whether it is fallback. */
function* marked(
  message: Element,
  text: string,
  specifications: readonly string[],
  part: 'body' | 'subject',
): Generator<[character: string, isFallback: boolean], undefined> {
  /** Where regions start and end: how many more, or fewer. Beyond the text nothing is written. */
  const edges = new Int32Array(text.length + 1)
  for (const found of findAll(fallback, message)) {
    if (!specifications.includes(found.for)) continue
    const regions = found.body.length + found.subject.length === 0 ? [{}] : found[part]
    for (const { start = 0, end = text.length } of regions as readonly FallbackRegion[]) {
      if (start >= end) continue
      edges[start]!++
      edges[end]!--
    }
  }
  let depth = 0
  let point = 0
  for (const character of text) {
    depth += edges[point++]!
    yield [character, depth > 0]
  }
}
