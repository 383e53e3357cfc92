/** Bookmarks (XEP-0402 1.2.0): the rooms that the user's devices remember. Entering them is for the rooms, or for the application. */
import type { Jid } from '@rookery/protocol/jid'
import { BOOKMARKS_NS, type Bookmark, bookmark } from '@rookery/protocol/xeps/bookmarks'
import { readJid } from '../contract/address.ts'
import { type Core, defineExtension, type Extension, events } from '../contract/extension.ts'
import type { WaitOptions } from '../contract/within.ts'
import { OwnList } from './pep/index.ts'
import type { PubsubEvents } from './pubsub/index.ts'

export type { Bookmark } from '@rookery/protocol/xeps/bookmarks'

export interface BookmarkedRoom extends Bookmark {
  readonly room: Jid
}

export type BookmarksEvents = PubsubEvents & {
  /** A bookmark is new or different, on this device or on another; undefined: it was removed. */
  readonly bookmark: { readonly room: Jid; readonly bookmark: Bookmark | undefined }
}

export class Bookmarks {
  readonly #list: OwnList<Bookmark>

  constructor(core: Core<BookmarksEvents>) {
    this.#list = new OwnList(core as unknown as Core<PubsubEvents>, BOOKMARKS_NS, bookmark, (room, changed) =>
      core.emit('bookmark', { room, bookmark: changed }),
    )
  }

  /** All of them, as they were fetched at the beginning of the session and changed since. */
  get all(): readonly BookmarkedRoom[] {
    return Array.from(this.#list.entries(), ([room, found]) => ({ ...found, room }))
  }

  /** Those to enter by themselves: at the beginning, and when the event brings one; those that no longer are to be left. [XEP-0402 4] */
  get autojoin(): readonly BookmarkedRoom[] {
    return this.all.filter(({ autojoin }) => autojoin === true)
  }

  get(room: Jid | string): Bookmark | undefined {
    return this.#list.get(readJid(room).bare)
  }

  /**
   * Adds a bookmark, or replaces it; what other clients added to it (`extensions`) stays unless you give others. Throws an UnsupportedError
   * where the server cannot keep it private.
   */
  async add(room: Jid | string, added: Bookmark = {}, options: WaitOptions = {}): Promise<undefined> {
    const { extensions, ...rest } = added
    const make = (before: Bookmark | undefined): Bookmark => ({ ...rest, extensions: extensions ?? before?.extensions })
    await this.#list.set(readJid(room).bare, make, options)
  }

  /** Does nothing where there is none. */
  async remove(room: Jid | string, options: WaitOptions = {}): Promise<undefined> {
    await this.#list.remove(readJid(room).bare, options)
  }
}

/** Rooms that all devices remember. */
export const bookmarks: Extension<'bookmarks', Bookmarks, BookmarksEvents> = defineExtension({
  name: 'bookmarks',
  events: events<BookmarksEvents>(),
  start: (core) => new Bookmarks(core),
})
