/**
 * External Service Discovery (XEP-0215 1.0.0): servers beside XMPP, such as STUN and TURN for calls, and how to log in there. Passwords are held
 * by nobody but the caller.
 */
import { isBroken } from '@rookery/protocol/codec'
import type { Jid } from '@rookery/protocol/jid'
import { type Iq, StanzaError } from '@rookery/protocol/stanza'
import {
  EXTERNAL_SERVICES_NS,
  type ExternalService,
  externalCredentials,
  externalServices as servicesElement,
} from '@rookery/protocol/xeps/external-services'
import { readJid } from '../contract/address.ts'
import { ask } from '../contract/ask.ts'
import { type Core, defineExtension, type Extension, events } from '../contract/extension.ts'
import type { WaitOptions } from '../contract/within.ts'
import { disco } from './disco.ts'

export type { ExternalService } from '@rookery/protocol/xeps/external-services'

export interface ServicesOptions extends WaitOptions {
  /** Whom to ask; our server unless told. */
  readonly from?: Jid | string | undefined
}

export type ExternalServicesEvents = {
  /** What has changed in a list that was asked for: each service says in `action` whether it is new, gone or different. */
  readonly externalServices: { readonly from: Jid; readonly services: readonly ExternalService[] }
}

/** So many of those who were asked may tell of changes. */
const maxAsked = 20

export class ExternalServices {
  readonly #core: Core<ExternalServicesEvents>
  readonly #asked: Set<string> = new Set()

  constructor(core: Core<ExternalServicesEvents>) {
    this.#core = core
    core.respond('set', 'services', EXTERNAL_SERVICES_NS, (request) => this.#pushed(request))
    core.onSessionEnd(() => this.#asked.clear())
  }

  /** All, or those of a type such as `turn`. Throws UnsupportedError, RequestError, TimeoutError, DisconnectedError, UnexpectedAnswerError. */
  async list(type?: string, options: ServicesOptions = {}): Promise<readonly ExternalService[]> {
    const to = await this.#whom(options)
    if (this.#asked.size < maxAsked) this.#asked.add(to.toString())
    const { signal, timeout } = options
    const question = servicesElement.build({ type, services: [] })
    return (await ask(this.#core, 'get', question, servicesElement, { to, signal, timeout })).services
  }

  /** A name and a password for a service that is `restricted`; several where it is there on several ports. Throws as `list` does. */
  async credentials(
    service: Pick<ExternalService, 'host' | 'type' | 'port'>,
    options: ServicesOptions = {},
  ): Promise<readonly ExternalService[]> {
    const to = await this.#whom(options)
    const { signal, timeout } = options
    const { host, type, port } = service
    const question = externalCredentials.build({ services: [{ host, type, port }] })
    return (await ask(this.#core, 'get', question, externalCredentials, { to, signal, timeout })).services
  }

  async #whom({ from, signal, timeout }: ServicesOptions): Promise<Jid> {
    const to = readJid(from ?? this.#core.account.domain)
    await this.#core.use(disco).require(to, EXTERNAL_SERVICES_NS, { signal, timeout })
    return to
  }

  /** [XEP-0215 3.2] from one whom we have asked */
  #pushed({ from, payload }: Iq): undefined {
    const by = from ?? readJid(this.#core.account.domain)
    if (!this.#asked.has(by.toString())) throw new StanzaError('service-unavailable')
    const read = servicesElement.parse(payload!)
    if (read === undefined || isBroken(read)) throw new StanzaError('bad-request')
    this.#core.emit('externalServices', { from: by, services: read.services })
  }
}

/** Servers for calls, and others beside XMPP. */
export const externalServices: Extension<'externalServices', ExternalServices, ExternalServicesEvents> =
  defineExtension({
    name: 'externalServices',
    events: events<ExternalServicesEvents>(),
    start: (core) => new ExternalServices(core),
  })
