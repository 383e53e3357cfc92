/**
 * XHTML-IM (XEP-0071 1.5.4), read only: what a message with markup says, as far as the recommended profile goes. Nothing of the markup is
 * kept, so nothing can be smuggled in: elements and attributes that are not known leave their text and no more. [XEP-0071 11.1]
 */
import { parseInteger } from '../codec/index.ts'
import type { Element, Node } from '../xml/index.ts'
import { safeLink } from './links.ts'
import { mostNested, type RichElement, type RichNode, type RichStyle, type StyleProperty } from './rich-text.ts'

export const XHTML_IM_NS = 'http://jabber.org/protocol/xhtml-im'
const XHTML_NS = 'http://www.w3.org/1999/xhtml'

/** What a message says in XHTML-IM; undefined when it does not. `language`: which body to prefer. */
export function xhtmlOf(message: Element, language?: string): RichNode[] | undefined {
  const bodies = message.child('html', XHTML_IM_NS)?.childElements() ?? []
  const found = bodies.filter((body) => body.is('body', XHTML_NS))
  const body = found.find((one) => language !== undefined && one.attr('xml:lang') === language) ?? found[0]
  return body === undefined ? undefined : richText(body)
}

interface Frame {
  readonly nodes: readonly Node[]
  /** Which of them is next. */
  at: number
  readonly into: RichNode[]
  readonly depth: number
  readonly inLink: boolean
  readonly inList: boolean
}

/** The content of an element. It walks with a list of its own: depth on the wire does not matter. */
function richText(body: Element): RichNode[] {
  const root: RichNode[] = []
  const frames: Frame[] = [{ nodes: body.children, at: 0, into: root, depth: 0, inLink: false, inList: false }]
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    const node = frame.nodes[frame.at++]
    if (node === undefined) frames.pop()
    else if (typeof node === 'string') addText(frame, node)
    else if (node.ns === XHTML_NS) {
      const into: RichNode[] = []
      const made = frame.depth < mostNested ? make(node, into, frame.inLink) : undefined
      if (made !== undefined && made !== '') frame.into.push(made)
      const opened = typeof made === 'object' && 'children' in made ? made : undefined
      frames.push({
        nodes: node.children,
        at: 0,
        into: opened === undefined ? frame.into : into,
        depth: frame.depth + (opened === undefined ? 0 : 1),
        inLink: frame.inLink || opened?.type === 'link',
        inList: opened === undefined ? frame.inList : opened.type === 'list',
      })
    }
  }
  return root
}

/** Space is no more than space between words; between blocks it is nothing. */
function addText({ into, inList }: Frame, text: string): void {
  const folded = text.replace(/[ \t\r\n]+/g, ' ')
  const before = into.at(-1)
  if (folded === ' ' && (inList || before === undefined || isBlock(before))) return
  if (folded !== '') into.push(folded)
}

function isBlock(node: RichNode): boolean {
  return typeof node === 'object' && ['paragraph', 'quote', 'list', 'item'].includes(node.type)
}

/** What an element of the profile becomes; undefined for those that are but their content. [XEP-0071 7.8] */
function make(element: Element, children: RichNode[], inLink: boolean): RichNode | undefined {
  const style = styleOf(element.attr('style'))
  const more = style === undefined ? undefined : { style }
  switch (element.name) {
    case 'p':
    case 'div': // not of the profile, but lines would run together
      return { type: 'paragraph', children, ...more }
    case 'blockquote':
      return { type: 'quote', children, ...more }
    case 'ul':
    case 'ol':
      return { type: 'list', ordered: element.name === 'ol', children, ...more }
    case 'li':
      return { type: 'item', children, ...more }
    case 'em':
      return { type: 'emphasis', children }
    case 'strong':
      return { type: 'strong', children }
    case 'cite':
    case 'span':
      return { type: element.name, children, ...more }
    case 'br':
      return { type: 'break' }
    case 'a': {
      const url = inLink ? undefined : safeLink(element.attr('href') ?? '')
      return url === undefined ? undefined : { type: 'link', url, children, ...more }
    }
    case 'img':
      return image(element, more)
    default:
      return undefined
  }
}

function image(element: Element, more: { style: RichStyle } | undefined): RichElement | string {
  const url = safeLink(element.attr('src') ?? '', ['https', 'http', 'cid'])
  const alt = element.attr('alt') ?? ''
  if (url === undefined) return alt
  const width = pixels(element.attr('width'))
  const height = pixels(element.attr('height'))
  return { type: 'image', url, alt, ...(width && { width }), ...(height && { height }), ...more }
}

function pixels(text: string | undefined): number | undefined {
  const value = text === undefined ? undefined : parseInteger(text)
  return value !== undefined && value > 0 && value < 10_000 ? value : undefined
}

const colour = /^(#[\da-f]{3}|#[\da-f]{6}|[a-z]{3,20}|rgb\([\d ,.%]{1,30}\))$/
const margin = /^(0|\d{1,2}(px|pt)|[12]?\d%|\d(\.\d)?em)$/
/** The values taken of each property: they load nothing, and inside of each other they do not add up. [XEP-0071 7.6.1] */
const properties: ReadonlyMap<string, RegExp> = new Map<StyleProperty, RegExp>([
  ['background-color', colour],
  ['color', colour],
  ['font-family', /^[a-z\d ,-]{1,100}$/],
  ['font-size', /^((xx?-)?(small|large)|medium|[1-3]?\d(px|pt))$/],
  ['font-style', /^(normal|italic|oblique)$/],
  ['font-weight', /^(normal|bold|bolder|lighter|[1-9]00)$/],
  ['margin-left', margin],
  ['margin-right', margin],
  ['text-align', /^(left|right|center|justify)$/],
  ['text-decoration', /^(none|underline|overline|line-through)$/],
])

function styleOf(attribute: string | undefined): RichStyle | undefined {
  if (attribute === undefined) return undefined
  const style: Record<string, string> = {} // keys are those of `properties`
  for (const declaration of attribute.toLowerCase().split(';')) {
    const colon = declaration.indexOf(':')
    const name = declaration.slice(0, Math.max(colon, 0)).trim()
    const value = declaration.slice(colon + 1).trim()
    if (properties.get(name)?.test(value)) style[name] = value
  }
  return Object.keys(style).length === 0 ? undefined : style
}
