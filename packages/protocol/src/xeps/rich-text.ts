/**
 * Text with a little form: what styling.ts and xhtml.ts read, so that an application draws both in one way. No specification of its own.
 * It holds no markup: a text is to be shown as text, and a link is one of links.ts. At most 32 elements are inside of each other.
 */

/** Text is a string. */
export type RichNode = string | RichElement

/** Its text may name another place than it leads to. */
export interface RichLink {
  readonly type: 'link'
  readonly url: string
  readonly style?: RichStyle | undefined
  readonly children: readonly RichNode[]
}

export type RichElement =
  | {
      /** Blocks: `line`, `paragraph`, `quote`, and `item` of a list. Within a line: the others. */
      readonly type: 'line' | 'paragraph' | 'quote' | 'item' | 'strong' | 'emphasis' | 'strike' | 'cite' | 'span'
      readonly style?: RichStyle | undefined
      readonly children: readonly RichNode[]
    }
  | {
      readonly type: 'list'
      readonly ordered: boolean
      readonly style?: RichStyle | undefined
      readonly children: readonly RichNode[]
    }
  | {
      /** To be shown as it is: `preformatted` is a block, `code` is within a line. */
      readonly type: 'preformatted' | 'code'
      readonly text: string
    }
  | RichLink
  | {
      /** Whoever loads it tells its server that they read: ask first. The address is of the web, or a `cid:` (XEP-0231). */
      readonly type: 'image'
      readonly url: string
      /** To be shown instead. */
      readonly alt: string
      /** Pixels. */
      readonly width?: number | undefined
      readonly height?: number | undefined
      readonly style?: RichStyle | undefined
    }
  | { readonly type: 'break' }

/** Properties of CSS with values that were checked: they load nothing, and keep to their place. */
export type RichStyle = { readonly [P in StyleProperty]?: string }

export type StyleProperty =
  | 'background-color'
  | 'color'
  | 'font-family'
  | 'font-size'
  | 'font-style'
  | 'font-weight'
  | 'margin-left'
  | 'margin-right'
  | 'text-align'
  | 'text-decoration'

/** Most elements inside of each other. */
export const mostNested = 32
