/**
 * The form of a message's text: Message Styling (XEP-0393 1.1.1) and XHTML-IM (XEP-0071 1.5.4), read as one kind of tree that holds no
 * markup. Not reached from the feature: only who calls one of these functions has it in the bundle.
 */
import type { RichNode } from '@rookery/protocol/xeps/rich-text'
import { isUnstyled, styledBlocks } from '@rookery/protocol/xeps/styling'
import { xhtmlOf } from '@rookery/protocol/xeps/xhtml'
import type { ChatMessage } from './message.ts'

/** The text as blocks and spans, as it is styled: with `*`, `_`, `~`, backticks and `>`. Undefined: there is no text. */
export function styledTextOf(message: ChatMessage, language?: string): RichNode[] | undefined {
  const body = message.bodyIn(language)
  if (body === undefined) return undefined
  if (!isUnstyled(message.element)) return styledBlocks(body)
  return body.split('\n').map((line) => ({ type: 'line', children: line === '' ? [] : [line] })) // [XEP-0393 7]
}

/** The same, or what the message says in XHTML-IM, where it does. */
export function richTextOf(message: ChatMessage, language?: string): RichNode[] | undefined {
  return xhtmlOf(message.element, language) ?? styledTextOf(message, language)
}
