/**
 * What messages say about other messages, and about their sender: corrections, retractions, reactions, receipts, markers, states. Whether
 * the sender may is for the reader to see.
 */
import type { Jid } from '@rookery/protocol/jid'
import { type ChatState, chatStateOf } from '@rookery/protocol/xeps/chat-states'
import { displayedMarker } from '@rookery/protocol/xeps/markers'
import { reactions } from '@rookery/protocol/xeps/reactions'
import { receipt } from '@rookery/protocol/xeps/receipts'
import { retractedBy } from '@rookery/protocol/xeps/retraction'
import type { Authored } from './author.ts'
import type { ChatMessage } from './message.ts'

/** Of XEP-0447 and XEP-0066, written here because a bundler takes their files whole. */
const files: readonly string[] = ['urn:xmpp:sfs:0', 'jabber:x:oob']

/** What a message says about another one, or about its sender. */
export interface NoteBase extends Authored {
  readonly peer: Jid
  readonly from: Jid
  /** By another device of this account. */
  readonly isOwn: boolean
  /** In ms since 1970. */
  readonly at: number
  /** The message that says so. */
  readonly message: ChatMessage
}

/** A note about a message. */
export interface NoteAbout extends NoteBase {
  /** Which one: by its `id` where corrections, retractions and receipts name it, by its `reference` in reactions and markers. */
  readonly id: string
}

/** `message` takes the place of the message with this `id`, if both are by the same author. */
export interface Correction extends NoteAbout {
  readonly kind: 'corrected'
}

/** The message with this `id` (in a room: `stanzaId`) is taken back, if its author says so. */
export interface Retraction extends NoteAbout {
  readonly kind: 'retracted'
}

/** What the author thinks of the message whose `reference` is this `id`: these are all, what they said before is void. */
export interface Reactions extends NoteAbout {
  readonly kind: 'reactions'
  readonly reactions: readonly string[]
}

/** The message with this `id` has arrived. */
export interface Receipt extends NoteAbout {
  readonly kind: 'receipt'
}

/** The message whose `reference` is this `id`, and all before it, have been seen. */
export interface Displayed extends NoteAbout {
  readonly kind: 'displayed'
}

export interface StateChange extends NoteBase {
  readonly kind: 'state'
  readonly state: ChatState
}

export type ChatNote = Correction | Retraction | Reactions | Receipt | Displayed | StateChange

export function notesOf(message: ChatMessage): ChatNote[] {
  const { received, element, peer, from, author, isOwn, at } = message
  const base: NoteBase = { peer, from, author, isOwn, at, message }
  const notes: ChatNote[] = []
  const note = (kind: Exclude<ChatNote, StateChange | Reactions>['kind'], id: string | undefined): void => {
    if (id !== undefined) notes.push({ ...base, kind, id })
  }
  const retracted = retractedBy(element)
  note('retracted', retracted)
  if (retracted === undefined) note('corrected', message.corrects)
  const given = received.payload(reactions)
  if (given !== undefined) notes.push({ ...base, kind: 'reactions', ...given })
  note('receipt', received.payload(receipt)?.id)
  note('displayed', received.payload(displayedMarker)?.id)
  const state = chatStateOf(element)
  if (state !== undefined) notes.push({ ...base, kind: 'state', state })
  return notes
}

/** Whether there is something to show: the body of a reaction or a retraction is for clients that know neither. */
export function hasContent({ received, element }: ChatMessage): boolean {
  if (retractedBy(element) !== undefined || received.payload(reactions) !== undefined) return false
  return element.children.some((child) => {
    if (typeof child === 'string') return false
    const { name, ns } = child
    return name === 'body' || name === 'subject'
      ? ns === element.ns
      : (name === 'file-sharing' || name === 'x') && files.includes(ns)
  })
}
