/** vcard-temp (XEP-0054 1.3.0): the card of others, and our own. Where a card is published instead (XEP-0292), the codec is vcard4.ts. */
import type { Jid } from '@rookery/protocol/jid'
import type { VCard } from '@rookery/protocol/xeps/card'
import { vcard as element, VCARD_NS } from '@rookery/protocol/xeps/vcard'
import { ask, lacking } from '../contract/ask.ts'
import { RequestError } from '../contract/errors.ts'
import { type Core, defineExtension, type Extension } from '../contract/extension.ts'
import type { WaitOptions } from '../contract/within.ts'

export type { VCard } from '@rookery/protocol/xeps/card'

export class VCards {
  readonly #core: Core

  constructor(core: Core) {
    this.#core = core
  }

  /** The card of somebody, or our own; `{}` where there is none. What it says is theirs: shown, never trusted. Throws UnsupportedError, RequestError, TimeoutError, DisconnectedError, UnexpectedAnswerError. */
  async get(jid?: Jid | string, options?: WaitOptions): Promise<VCard> {
    try {
      return await ask(this.#core, 'get', element.build({}), element, { ...options, to: jid })
    } catch (error) {
      // [XEP-0054 3.1, 3.3] of others, nobody is told whether the account or only the card is missing
      const { condition } = error instanceof RequestError ? error : {}
      if (condition === 'item-not-found' || (condition === 'service-unavailable' && jid !== undefined)) return {}
      return lacking(VCARD_NS)(error)
    }
  }

  /** Replaces our card. Throws UnsupportedError, RequestError, TimeoutError, DisconnectedError. */
  async set(card: VCard, options?: WaitOptions): Promise<undefined> {
    await this.#core.request('set', element.build(card), options).catch(lacking(VCARD_NS))
  }

  /** Changes these parts of our card (undefined: takes them away), and leaves others as they are, also those that other clients know. */
  async change(parts: VCard, options?: WaitOptions): Promise<undefined> {
    await this.set({ ...(await this.get(undefined, options)), ...parts }, options)
  }
}

/** Cards. */
export const vcard: Extension<'vcard', VCards> = defineExtension({
  name: 'vcard',
  features: [VCARD_NS],
  start: (core) => new VCards(core),
})
