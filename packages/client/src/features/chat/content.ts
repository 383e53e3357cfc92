/** What one sends, as payloads of a message: text, what it answers or corrects, what comes with it. The same between two and in rooms. */
import type { Jid } from '@rookery/protocol/jid'
import * as NS from '@rookery/protocol/namespaces'
import { privately } from '@rookery/protocol/xeps/carbons'
import { CHAT_STATES, type ChatState, chatState } from '@rookery/protocol/xeps/chat-states'
import { replace } from '@rookery/protocol/xeps/correction'
import { fallback, fallbackBefore } from '@rookery/protocol/xeps/fallback'
import { type Hint, hint } from '@rookery/protocol/xeps/hints'
import { markable } from '@rookery/protocol/xeps/markers'
import { reactions } from '@rookery/protocol/xeps/reactions'
import { receiptRequest } from '@rookery/protocol/xeps/receipts'
import { quotation, REPLIES_NS, reply } from '@rookery/protocol/xeps/replies'
import { RETRACTION_NS, retract } from '@rookery/protocol/xeps/retraction'
import { type Element, el } from '@rookery/protocol/xml'
import { readJid } from '../../contract/address.ts'
import { UsageError } from '../../contract/errors.ts'
import { SentMessage } from '../../messages/index.ts'
import { ChatMessage, correctableId, requireOwn } from './message.ts'

/** A message that is answered, by what the application remembers of it. */
export interface Quoted {
  /** Its `reference`. */
  readonly id: string
  /** Who wrote it. */
  readonly author?: Jid | string | undefined
  /** Its text, quoted for clients that know no replies. */
  readonly text?: string | undefined
}

/** Something that comes with a message: made by `attachFile` or `attachLink`. */
export interface Attachment {
  readonly elements: readonly Element[]
  /** The text of a message that has none of its own. */
  readonly text: string
  /** The specification that says the same as that text. */
  readonly fallbackFor?: string | undefined
}

export interface MessageContent {
  readonly body?: string | undefined
  /** The same in other languages, by their tags: `{ de: 'Guten Tag' }`. */
  readonly bodies?: Readonly<Record<string, string>> | undefined
  readonly subject?: string | undefined
  /** An id, and of which thread this one is a part. [RFC6121 5.2.5] */
  readonly thread?: string | { readonly id: string; readonly parent?: string | undefined } | undefined
  readonly replyTo?: ChatMessage | Quoted | undefined
  /** The own message that this one takes the place of, or its `id`. */
  readonly correct?: ChatMessage | SentMessage | string | undefined
  readonly attach?: Attachment | readonly Attachment[] | undefined
  /** Ask to be told when it has arrived. */
  readonly receipt?: boolean | undefined
  /** Ask to be told when it has been seen. */
  readonly markable?: boolean | undefined
  readonly state?: ChatState | undefined
  /** What servers are asked to do with it (XEP-0334). */
  readonly hints?: readonly Hint[] | undefined
  /** No copies for other devices, on both sides (XEP-0280). */
  readonly private?: boolean | undefined
  /** Elements of your own. */
  readonly payloads?: readonly Element[] | undefined
}

/** What a text alone means. Throws a UsageError when it is neither text nor content. */
export function readContent<C extends MessageContent>(content: string | C): C | MessageContent {
  if (typeof content === 'string') return { body: content }
  if (content && typeof content === 'object') return content
  throw new UsageError('A message is a text, or an object such as { body: "text" }.')
}

/** Throws a UsageError when it cannot be said: nothing to refer to, no address. */
export function contentElements(content: MessageContent): (Element | undefined)[] {
  const { thread, subject, replyTo, correct, private: isPrivate } = content
  const attachments = content.attach === undefined ? [] : [content.attach].flat()
  const answered = replyTo === undefined ? undefined : readQuoted(replyTo)
  const quoted = answered?.text === undefined ? '' : quotation(answered.text)
  const text = content.body ?? (attachments.map((one) => one.text).join('\n') || undefined)
  const body = (words: string, language?: string): Element =>
    el('body', NS.client, { 'xml:lang': language }, quoted + words)
  return [
    subject === undefined ? undefined : el('subject', NS.client, {}, subject),
    text === undefined ? undefined : body(text),
    ...Object.entries(content.bodies ?? {}).map(([language, words]) => body(words, language)),
    typeof thread === 'string' ? el('thread', NS.client, {}, thread) : undefined,
    typeof thread === 'object' ? el('thread', NS.client, { parent: thread.parent }, thread.id) : undefined,
    answered &&
      reply.build({ id: answered.id, to: answered.author === undefined ? undefined : readJid(answered.author) }),
    quoted === '' ? undefined : fallbackBefore(REPLIES_NS, quoted),
    correct === undefined ? undefined : replace.build({ id: readCorrected(correct) }),
    ...attachments.flatMap(({ elements }) => elements),
    ...(content.body === undefined ? fallbacks(attachments) : []),
    content.receipt === true ? receiptRequest.build({}) : undefined,
    content.markable === true ? markable.build({}) : undefined,
    content.state && stateElement(content.state),
    ...(isPrivate === true ? [privately.build({}), hint('no-copy')] : []), // [XEP-0280 9]
    ...(content.hints ?? []).map(hint),
    ...(content.payloads ?? []),
  ]
}

/** All that this account has to say about a message, by its `reference`. */
export function reactionElements(reference: string, given: readonly string[]): Element[] {
  if (!Array.isArray(given)) throw new UsageError('Reactions are a list: [] takes them back.')
  return [reactions.build({ id: reference, reactions: [...new Set(given)] }), hint('store')] // [XEP-0444 3]
}

/** `id`: of the message to take back; in a room its `stanzaId`. */
export function retractionElements(id: string): Element[] {
  return [
    retract.build({ id }),
    fallback.build({ for: RETRACTION_NS, body: [], subject: [] }),
    el('body', NS.client, {}, '/me took back a message, but your client cannot remove it.'),
    hint('store'), // [XEP-0424 3]
  ]
}

function readQuoted(message: ChatMessage | Quoted): Quoted {
  if (!(message instanceof ChatMessage)) return message
  const { reference, from, body } = message
  return { id: reference ?? unnamed(), author: from, text: body }
}

function readCorrected(message: ChatMessage | SentMessage | string): string {
  if (typeof message === 'string') return message || unnamed()
  requireOwn(message)
  const { element } =
    message instanceof SentMessage ? message.stanza : message instanceof ChatMessage ? message : unnamed()
  return correctableId(message.id, element) ?? unnamed()
}

/** What says that the text says nothing that is not in the attachments. [XEP-0447 3.1] */
function fallbacks(attachments: readonly Attachment[]): Element[] {
  const named = new Set(attachments.map(({ fallbackFor }) => fallbackFor))
  const [only] = named
  return named.size === 1 && only !== undefined ? [fallback.build({ for: only, body: [{}], subject: [] })] : []
}

export function stateElement(state: ChatState): Element {
  if (CHAT_STATES.includes(state)) return chatState(state)
  throw new UsageError(`A chat state is one of ${CHAT_STATES.join(', ')}.`)
}

/** A message without an id cannot be named. */
export function unnamed(): never {
  throw new UsageError('That message has no id to refer to.')
}
