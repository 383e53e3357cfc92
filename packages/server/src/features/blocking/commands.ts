/** The commands that show and change a block list, and what follows them. XEP-0191 1.3 sections 3.2 to 3.5. */
import { isBroken } from '@rookery/protocol/codec'
import { type Jid, parseJid } from '@rookery/protocol/jid'
import { iq, StanzaError } from '@rookery/protocol/stanza'
import { BLOCKING_NS, block as blockCodec, blocklist, unblock as unblockCodec } from '@rookery/protocol/xeps/blocking'
import type { Element } from '@rookery/protocol/xml'
import type { AccountDocuments } from '../../account-documents.ts'
import type { IqRequest } from '../../iq-request.ts'
import type { Powers } from '../../powers.ts'
import { presenceService } from '../../services/presence.ts'
import { reportingService } from '../../services/reporting.ts'
import { rosterService } from '../../services/roster.ts'
import { type Slot, slot, yesOrNo } from '../../slot.ts'
import { type BlockList, nobody } from './block-list.ts'

/** Whether the client has asked for the list, and is told of changes. [XEP-0191 3.3] */
export const wantsPushes: Slot<boolean> = slot('blocking:wants-pushes', 'resumption', () => false, yesOrNo)

/** Thrown inside a change to leave the list as it is. */
const tooMany = new StanzaError('resource-constraint', { type: 'cancel', text: 'the block list is full' })

export class Commands {
  readonly #lists: AccountDocuments<BlockList>
  readonly #powers: Pick<Powers, 'sessions' | 'limits' | 'random' | 'services'>

  constructor(lists: AccountDocuments<BlockList>, powers: Pick<Powers, 'sessions' | 'limits' | 'random' | 'services'>) {
    this.#lists = lists
    this.#powers = powers
  }

  readonly get = async ({ to, session }: IqRequest): Promise<Element> => {
    session?.set(wantsPushes, true)
    const list = await this.#lists.of(to.local)
    return blocklist.build({ jids: list.jids })
  }

  readonly block = async ({ from, to, payload }: IqRequest): Promise<StanzaError | undefined> => {
    const asked = blockCodec.parse(payload)
    if (asked === undefined || isBroken(asked)) return faultOf(payload)
    const { blockedContacts } = this.#powers.limits
    const extend = (list: BlockList): BlockList => {
      const longer = list.with(asked.jids)
      if (blockedContacts > 0 && longer.size > blockedContacts && longer.size > list.size) throw tooMany
      return longer
    }
    // they see us go before they are not sent anything any more [XEP-0191 3.3]
    await this.#lists.change(to.local, extend, (_, before) => this.#hide(to.local, asked.jids, before))
    this.#push(to.local, blockCodec.build(asked)) // what is reported is no news to the other clients
    await this.#powers.services.find(reportingService)?.blocked(from.bare, payload) // [XEP-0377 6]
    return undefined
  }

  readonly unblock = async ({ to, payload }: IqRequest): Promise<StanzaError | undefined> => {
    const asked = unblockCodec.parse(payload)
    if (asked === undefined || isBroken(asked)) return faultOf(payload)
    const shorten = (list: BlockList): BlockList => (asked.jids.length === 0 ? nobody : list.without(asked.jids)) // [XEP-0191 3.5]
    const before = await this.#lists.change(to.local, shorten)
    this.#push(to.local, payload)
    await this.#show(to.local, asked.jids.length === 0 ? before.jids : asked.jids, before)
    return undefined
  }

  /** To every resource that asked for the list. [XEP-0191 3.3, 3.4] */
  #push(local: string, payload: Element): void {
    for (const session of this.#powers.sessions.of(local))
      if (session.peek(wantsPushes) === true)
        session.send(iq(session.account, session.jid, 'set', this.#powers.random.id(), payload))
  }

  /** The presence room knows whom a domain stands for, and who may be told. [XEP-0191 3.3] */
  async #hide(local: string, jids: readonly Jid[], before: BlockList): Promise<undefined> {
    const presence = this.#powers.services.find(presenceService)
    for (const jid of jids) if (!before.matches(jid)) await presence?.hideFrom(local, jid)
  }

  /** Nobody who is blocked by another entry of the list. [XEP-0191 3.4] */
  async #show(local: string, jids: readonly Jid[], before: BlockList): Promise<undefined> {
    const presence = this.#powers.services.find(presenceService)
    const list = await this.#lists.of(local)
    const domains = new Set<string>()
    for (const jid of jids) if (jid.isDomain) domains.add(jid.domain)
    for (const jid of jids) {
      const isCovered = !jid.isDomain && domains.has(jid.domain)
      if (isCovered || !before.matches(jid) || list.matches(jid)) continue
      const inDomain = jid.isDomain ? (await this.#roster(local)).filter(({ domain }) => domain === jid.domain) : []
      const heard = inDomain.filter((contact) => !list.matches(contact))
      const shown = heard.length === inDomain.length ? [jid] : heard.filter((contact) => !contact.isDomain)
      for (const one of shown) await presence?.showTo(local, one)
    }
  }

  async #roster(local: string): Promise<readonly Jid[]> {
    const items = await this.#powers.services.find(rosterService)?.items(local)
    return items === undefined ? [] : [...items.keys()].flatMap((key) => parseJid(key) ?? [])
  }
}

function faultOf(payload: Element): StanzaError {
  const addresses = payload
    .childElements()
    .flatMap((item) => (item.is('item', BLOCKING_NS) ? (item.attr('jid') ?? []) : []))
  return new StanzaError(addresses.some((text) => parseJid(text) === undefined) ? 'jid-malformed' : 'bad-request')
}
