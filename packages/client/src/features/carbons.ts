/**
 * Message Carbons (XEP-0280 1.0.1): what the other devices of the account send and receive is seen here as well, as messages with a
 * `way.carbon`. Copies are believed of the own account only.
 */
import { isBroken } from '@rookery/protocol/codec'
import type { Message } from '@rookery/protocol/stanza'
import { CARBONS_NS, received, sent } from '@rookery/protocol/xeps/carbons'
import { el } from '@rookery/protocol/xml'
import { lacking } from '../contract/ask.ts'
import { RequestError } from '../contract/errors.ts'
import { type Core, defineExtension, type Extension, type SessionStart } from '../contract/extension.ts'
import type { WaitOptions } from '../contract/within.ts'
import type { Unwrapped } from '../messages/index.ts'
import { messages, readForwarded } from '../messages/index.ts'

export type CarbonsOptions = WaitOptions

export class Carbons {
  readonly #core: Core
  #wanted = true
  #isOn = false

  constructor(core: Core) {
    this.#core = core
    core.inline(el('enable', CARBONS_NS)) // [XEP-0280 5]
    core.onSession('prepare', (start) => this.#begin(start))
    core.use(messages).unwrap((stanza) => this.#unwrap(stanza))
  }

  /** Whether copies come: they do in every session, where the server has them and nobody called `disable`. */
  get isOn(): boolean {
    return this.#isOn
  }

  /** Asks for copies, in this session and the next ones. Throws UnsupportedError, RequestError, TimeoutError, DisconnectedError. */
  enable(options: CarbonsOptions = {}): Promise<undefined> {
    return this.#turn(true, options).catch(lacking(CARBONS_NS))
  }

  disable(options: CarbonsOptions = {}): Promise<undefined> {
    return this.#turn(false, options).catch(lacking(CARBONS_NS))
  }

  async #turn(on: boolean, options: CarbonsOptions): Promise<undefined> {
    this.#wanted = on
    await this.#core.request('set', el(on ? 'enable' : 'disable', CARBONS_NS), options)
    this.#isOn = on
  }

  async #begin({ resumed, restored }: SessionStart): Promise<undefined> {
    if (resumed && !restored) return // [XEP-0280 4] as before
    this.#isOn = this.#core.isTurnedOn(CARBONS_NS)
    if (this.#isOn === this.#wanted) return
    try {
      await this.#turn(this.#wanted, {})
    } catch (error) {
      // a server without copies is no fault: `isOn` says it
      if (!(error instanceof RequestError) || error.type === 'wait') throw error
    }
  }

  #unwrap(stanza: Message): Unwrapped {
    const { account, clock } = this.#core
    // [XEP-0280 11] from anybody else it is a message like any, whatever is in it
    if (stanza.from?.equals(account) !== true) return undefined
    const outbound = sent.find(stanza.element)
    const way = outbound === undefined ? 'received' : 'sent'
    const copy = outbound ?? received.find(stanza.element)
    if (copy === undefined) return undefined
    if (isBroken(copy)) return 'taken'
    const inner = readForwarded(copy.forwarded, clock, undefined, account) // [RFC6120 10.3.1]
    if (inner === undefined) return 'taken'
    const { message, from, to, at } = inner
    // what the server copies was sent or received by the account [XEP-0280 7, 8], and is not of a room [XEP-0280 6.1]
    const isOurs = (way === 'sent' ? from : to).bare.equals(account)
    return isOurs && message.type !== 'groupchat' ? { stanza: message, way: { carbon: way, at } } : 'taken'
  }
}

export const carbons: Extension<'carbons', Carbons> = defineExtension({
  name: 'carbons',
  start: (core) => new Carbons(core),
})
