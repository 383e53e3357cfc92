/** Conversations between two, and what rooms share with them. See chat.ts. */
import { CHAT_STATES_NS } from '@rookery/protocol/xeps/chat-states'
import { CORRECTION_NS } from '@rookery/protocol/xeps/correction'
import { FALLBACK_NS } from '@rookery/protocol/xeps/fallback'
import { MARKERS_NS } from '@rookery/protocol/xeps/markers'
import { REACTIONS_NS } from '@rookery/protocol/xeps/reactions'
import { RECEIPTS_NS } from '@rookery/protocol/xeps/receipts'
import { REPLIES_NS } from '@rookery/protocol/xeps/replies'
import { RETRACTION_NS } from '@rookery/protocol/xeps/retraction'
import { STANZA_ID_NS } from '@rookery/protocol/xeps/stanza-id'
import { defineExtension, type Extension, events } from '../../contract/extension.ts'
import { presence } from '../presence/index.ts'
import { Chat, type ChatEvents, type ChatOptions } from './chat.ts'

export { type Authored, isBySameAuthor } from './author.ts'
export { Chat, type ChatEvents, type ChatOptions, type Confirmed, type SendOptions, type Target } from './chat.ts'
export {
  type Attachment,
  contentElements,
  type MessageContent,
  type Quoted,
  reactionElements,
  readContent,
  retractionElements,
  stateElement,
  unnamed,
} from './content.ts'
export { ChatMessage, type Place, requireOwn } from './message.ts'
export {
  type ChatNote,
  type Correction,
  type Displayed,
  hasContent,
  type NoteAbout,
  type NoteBase,
  notesOf,
  type Reactions,
  type Receipt,
  type Retraction,
  type StateChange,
} from './notes.ts'

export const chat: Extension<'chat', Chat, ChatEvents> = chatWith({})

/** The same with other options: `use: [chatWith({ receipts: 'none' })]`. */
/* @__NO_SIDE_EFFECTS__ */
export function chatWith(options: ChatOptions): Extension<'chat', Chat, ChatEvents> {
  return defineExtension({
    name: 'chat',
    features: [
      CHAT_STATES_NS,
      CORRECTION_NS,
      FALLBACK_NS,
      MARKERS_NS,
      REACTIONS_NS,
      RECEIPTS_NS,
      REPLIES_NS,
      RETRACTION_NS,
      STANZA_ID_NS,
    ],
    events: events<ChatEvents>(),
    start: (core) => {
      // who is not there gets nothing that is sent to the account [RFC6121 8.5.2.2]
      if (options.presence !== false) core.use(presence)
      return new Chat(core, options)
    },
  })
}
