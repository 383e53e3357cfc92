/**
 * Message Styling (XEP-0393 1.1.1): the form of a body that is written with `*`, `_`, `~`, backticks and `>`. One pass from left to right;
 * neither long lines nor deep quotations cost more than their length. The directives are left out of the result.
 */
import { type Element, el } from '../xml/index.ts'
import { mostNested, type RichNode } from './rich-text.ts'

/** The line and three spans may be inside. */
const mostQuoted = mostNested - 4

export const STYLING_NS = 'urn:xmpp:styling:0'

/** Whether a message wants its body to be shown as it is. [XEP-0393 7] */
export function isUnstyled(message: Element): boolean {
  return message.child('unstyled', STYLING_NS) !== undefined
}

export function unstyled(): Element {
  return el('unstyled', STYLING_NS)
}

/** The blocks of a body: `line`, `preformatted`, and `quote` with blocks in it. */
export function styledBlocks(body: string): RichNode[] {
  const open: RichNode[][] = [[]] // the body, and each quotation that is open
  let code: { depth: number; lines: string[] } | undefined
  const endCode = (): void => {
    if (code !== undefined) open[code.depth]!.push({ type: 'preformatted', text: code.lines.join('\n') })
    code = undefined
  }
  for (const line of body.split('\n')) {
    let at = 0
    let depth = 0
    // [XEP-0393 6.1.3]
    while (line[at] === '>' && depth < mostQuoted && depth !== code?.depth) {
      at += isSpace(line[at + 1]) ? 2 : 1
      depth++
    }
    if (code !== undefined && code.depth > depth) endCode()
    open.length = Math.min(open.length, depth + 1)
    while (open.length <= depth) {
      const children: RichNode[] = []
      open.at(-1)!.push({ type: 'quote', children })
      open.push(children)
    }
    const rest = line.slice(at)
    // [XEP-0393 6.1.2]
    if (code !== undefined) {
      if (rest === '```') endCode()
      else code.lines.push(rest)
    } else if (rest.startsWith('```')) code = { depth, lines: [] }
    else open[depth]!.push({ type: 'line', children: styledSpans(rest) })
  }
  endCode()
  return open[0]!
}

const kinds = { '*': 'strong', _: 'emphasis', '~': 'strike', '`': 'code' } as const
type Directive = keyof typeof kinds

/** The spans of one line. [XEP-0393 6.2] */
function styledSpans(line: string): RichNode[] {
  const root: RichNode[] = []
  // A directive within its own span would have ended it: no more than three are ever open.
  const open = [{ start: 0, end: line.length, children: root }]
  const next = { '*': 0, _: 0, '~': 0, '`': 0 }

  /** Where a span that starts before `from` ends. `from` only grows, so that a line is searched once for each directive. */
  function closing(directive: Directive, from: number): number {
    let found = Math.max(next[directive], from)
    while (found < line.length && (line[found] !== directive || isSpace(line[found - 1]))) found++
    next[directive] = found
    return found
  }

  let text = 0 // where the text that is not yet a node starts
  let at = 0
  const flush = (): void => {
    if (text < at) open.at(-1)!.children.push(line.slice(text, at))
  }
  while (at < line.length) {
    const span = open.at(-1)!
    if (at === span.end) {
      flush()
      open.pop()
      text = ++at
      continue
    }
    const char = line[at]!
    if (!isDirective(char) || (at !== span.start && !isSpace(line[at - 1])) || isSpace(line[at + 1])) {
      at++
      continue
    }
    const end = closing(char, at + 1)
    if (end >= span.end) at++
    // with nothing between, neither is a directive
    else if (end === at + 1) at += 2
    else {
      flush()
      text = at + 1
      if (char === '`') {
        span.children.push({ type: 'code', text: line.slice(text, end) })
        at = text = end + 1
      } else {
        const children: RichNode[] = []
        span.children.push({ type: kinds[char], children })
        open.push({ start: text, end, children })
        at++
      }
    }
  }
  flush()
  return root
}

function isDirective(char: string): char is Directive {
  return char === '*' || char === '_' || char === '~' || char === '`'
}

function isSpace(char: string | undefined): boolean {
  return char !== undefined && /\p{White_Space}/u.test(char)
}
