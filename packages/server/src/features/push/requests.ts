/** Turning push notifications on and off: what a client asks its own account for. XEP-0357 0.4.1 sections 5, 6 and 8. */

import type { Maybe } from '@rookery/protocol'
import { then } from '@rookery/protocol'
import { CodecError, type ElementCodec } from '@rookery/protocol/codec'
import { dataForm } from '@rookery/protocol/forms'
import { type Jid, parseJid } from '@rookery/protocol/jid'
import { type Message, StanzaError } from '@rookery/protocol/stanza'
import { affiliationNotice, disablePush, enablePush, publishOptionsOf } from '@rookery/protocol/xeps/push'
import { type Element, writeElement } from '@rookery/protocol/xml'
import type { AccountDocuments } from '../../account-documents.ts'
import type { IqRequest } from '../../iq-request.ts'
import { added, meant, mostNodeLength, mostOptionsBytes, type Registrations, removed } from './registration.ts'
import type { WebPushService } from './web/service.ts'

export interface RequestsParts {
  readonly host: Jid
  readonly registrations: AccountDocuments<Registrations>
  /** Registrations of one account. */
  readonly most: number
  /** The push service that is built in. */
  readonly web: WebPushService | undefined
}

export class Requests {
  readonly #parts: RequestsParts

  constructor(parts: RequestsParts) {
    this.#parts = parts
  }

  readonly enable = ({ payload, from, to }: IqRequest): Maybe<StanzaError | undefined> => {
    const asked = read(enablePush, payload)
    if (asked instanceof StanzaError) return asked
    const { jid: service, node } = asked
    const form = publishOptionsOf(asked)
    const options = form === undefined ? undefined : writeElement(dataForm.build(form), '')
    if ((node?.length ?? 0) > mostNodeLength || (options?.length ?? 0) > mostOptionsBytes)
      return new StanzaError('policy-violation', {
        text: `a node may have ${mostNodeLength} characters and its options ${mostOptionsBytes} bytes`,
      })
    if (service.bare.equals(to) && service.isBare)
      return new StanzaError('not-acceptable', { text: 'an account is no push service' })
    return then(this.#isKnown(to.local, service, node), async (isKnown) => {
      if (!isKnown) return new StanzaError('item-not-found', { text: 'subscribe the browser first' })
      const registration = { service, node, options, resource: from.resource }
      await this.#parts.registrations.change(to.local, (list) => added(list, registration, this.#parts.most))
      return undefined
    })
  }

  readonly disable = async ({ payload, to }: IqRequest): Promise<StanzaError | undefined> => {
    const asked = read(disablePush, payload)
    if (asked instanceof StanzaError) return asked
    await this.#parts.registrations.change(to.local, (list) => removed(list, meant(asked.jid, asked.node)))
    if (asked.jid.equals(this.#parts.host)) await this.#parts.web?.drop(to.local, asked.node)
    return undefined
  }

  /** What the client registered that used this resource; that client has no access any more. [XEP-0494 3.2] */
  async forget(local: string, resource: string): Promise<undefined> {
    let gone: Registrations = []
    await this.#parts.registrations.change(local, (list) => {
      gone = list.filter((one) => one.resource === resource)
      return removed(list, (one) => one.resource === resource)
    })
    for (const { service, node } of gone) if (service.equals(this.#parts.host)) await this.#parts.web?.drop(local, node)
    return undefined
  }

  /** Whether the message says that a push service stops serving this account, and we did as it says. [XEP-0357 8] */
  revoked(message: Message, account: Jid): Maybe<boolean> {
    const { from, element } = message
    if (from === undefined || message.type === 'error') return false
    const notice = affiliationNotice.find(element)
    if (notice === undefined || notice instanceof CodecError) return false
    const { jid, affiliation } = notice.affiliation
    if (affiliation !== 'none' || !(jid.equals(account) || jid.equals(this.#parts.host))) return false
    const isMeant = meant(from, notice.node)
    return then(this.#parts.registrations.of(account.local), async (list) => {
      if (!list.some(isMeant)) return false
      await this.#parts.registrations.change(account.local, (now) => removed(now, isMeant))
      return true
    })
  }

  /** A node of our own service must be there; another service is asked when there is something to tell. */
  #isKnown(local: string, service: Jid, node: string | undefined): Maybe<boolean> {
    if (!service.equals(this.#parts.host)) return true
    return this.#parts.web?.has(local, node) ?? false
  }
}

/** What was asked, or what is wrong with it. */
function read<T extends object>(codec: ElementCodec<T>, payload: Element): T | StanzaError {
  const asked = codec.parse(payload)
  if (asked === undefined) return new StanzaError('bad-request')
  if (!(asked instanceof CodecError)) return asked
  const jid = payload.attr('jid')
  const isMalformed = jid !== undefined && parseJid(jid) === undefined
  return new StanzaError(isMalformed ? 'jid-malformed' : 'bad-request', { text: asked.sentence })
}
