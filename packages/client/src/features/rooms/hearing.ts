/**
 * What is heard in a room: what occupants say to all or to us, and what the room itself tells (XEP-0045 7.2.14, 7.4, 7.5, 8.1, 8.6, 10.2.1).
 * Everything here came from the address of the room; what only the room may say is believed of its bare address alone.
 */
import { moderationOf } from '@rookery/protocol/xeps/moderation'
import { mucUser } from '@rookery/protocol/xeps/muc'
import type { Element } from '@rookery/protocol/xml'
import { type Deferred, deferred } from '../../contract/deferred.ts'
import { together } from '../../contract/together.ts'
import type { ReceivedMessage, SentMessage } from '../../messages/index.ts'
import { hasContent, notesOf } from '../chat/index.ts'
import type { RoomEvents, RoomNote, RoomSubject } from './events.ts'
import type { Room } from './room.ts'
import { RoomMessage } from './room-message.ts'

export interface HearingParts {
  readonly room: Room
  /** A promise while listeners work, true when there are any. */
  readonly tell: <K extends keyof RoomEvents>(event: K, payload: RoomEvents[K]) => unknown
  readonly isHeard: (event: keyof RoomEvents) => boolean
  readonly sentMessage: (id: string) => SentMessage | undefined
  /** Asks the room what it is. */
  readonly learn: () => Promise<undefined>
}

const subjectsMax = 20

/** [XEP-0045 7.2.15, 8.1] One with a body only has a title. */
export function isSubject(message: Element): boolean {
  return message.child('subject') !== undefined && (message.child('body') ?? message.child('thread')) === undefined
}

export class Hearing {
  /** For those who loop over messages. */
  readonly shown: WeakMap<ReceivedMessage, RoomMessage> = new WeakMap()
  subject: RoomSubject | undefined
  readonly #parts: HearingParts
  /** Those that we have set, and the room has not told of. */
  #subjects: SentMessage[] = []
  #history: Deferred<undefined> = deferred()

  constructor(parts: HearingParts) {
    this.#parts = parts
  }

  /** Resolves when the room has sent what was said meanwhile, or will not. */
  caughtUp(): Promise<undefined> {
    return this.#history.promise
  }

  end(): void {
    this.#history.resolve(undefined)
    this.#history = deferred()
  }

  /** The subject is set with this. */
  expect(subject: SentMessage): void {
    this.#subjects = [...this.#subjects.filter(({ fate }) => fate !== 'failed'), subject].slice(-subjectsMax)
  }

  /** A promise while listeners work, true when nobody has to read it any more. */
  receive(received: ReceivedMessage): unknown {
    const { type, from } = received
    if (type === 'error') return undefined
    if (from.isBare) {
      const told = this.#fromRoom(received)
      if (told !== undefined) return told
    }
    const { room } = this.#parts
    if (type !== 'groupchat') {
      const whisper = new RoomMessage(room, received)
      return !from.isBare && hasContent(whisper) ? this.#parts.tell('whisper', whisper) : undefined
    }
    const sent = this.#sentAs(received)
    const message = new RoomMessage(room, received, sent !== undefined)
    if (sent !== undefined) {
      sent.stanzaId = message.stanzaId
      sent.advance('delivered')
    }
    return isSubject(received.element) ? this.#subjectIs(message, received.subject) : this.#said(message)
  }

  #said(message: RoomMessage): unknown {
    const { room, tell, isHeard } = this.#parts
    const isShown = hasContent(message) && (message.corrects === undefined || !isHeard('corrected'))
    const works: unknown[] = []
    if (isShown) {
      this.shown.set(message.received, message)
      works.push(tell('message', message))
    }
    const notes = notesOf(message)
    for (const note of notes) {
      const { kind } = note
      if (kind !== 'receipt') works.push(tell(kind, { room, ...note } as RoomNote<'state'>))
    }
    return together(works) ?? (works.includes(true) || (!isShown && notes.length > 0) || undefined)
  }

  /** The message of ours that comes back here for the first time; ids are no secret afterwards. */
  #sentAs({ id, from }: ReceivedMessage): SentMessage | undefined {
    const { room, sentMessage } = this.#parts
    const sent = id === undefined || from.resource !== room.nick ? undefined : sentMessage(id)
    return sent?.to.equals(room.address) === true && sent.fate !== 'delivered' ? sent : undefined
  }

  #subjectIs({ at, nick, isHistory }: RoomMessage, text = ''): unknown {
    const { room, tell } = this.#parts
    this.end() // it ends the history [XEP-0045 7.2.15]
    if (nick === room.nick) {
      // some rooms tell it without its id
      const mine = this.#subjects.findIndex(({ stanza }) => stanza.element.childText('subject') === text)
      for (const sent of this.#subjects.splice(0, mine + 1)) sent.advance('delivered')
    }
    const before = this.subject
    this.subject = { text, by: nick || undefined, at }
    if (before?.text === text && isHistory) return true
    return tell('subject', { ...this.subject, room }) ?? true
  }

  /** What the room itself says to us. */
  #fromRoom(received: ReceivedMessage): unknown {
    const { room, tell, learn } = this.#parts
    const isToAll = received.type === 'groupchat'
    const taken = isToAll ? moderationOf(received.element) : undefined
    if (taken !== undefined) {
      const { id: stanzaId, reason, by } = taken // [XEP-0425 5] of the room alone
      return tell('moderated', { room, stanzaId, reason, by: by?.resource }) ?? true
    }
    const said = received.payload(mucUser)
    if (said?.decline !== undefined) {
      const { from, reason } = said.decline
      return tell('declined', { room, from, reason }) ?? true
    }
    if (isToAll && said !== undefined && said.statuses.length > 0)
      return learn().then(() => tell('configured', { room, statuses: said.statuses }))
    return undefined
  }
}
