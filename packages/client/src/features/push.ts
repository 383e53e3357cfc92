/**
 * Push notifications (XEP-0357 0.4.1): the server is asked to tell a push service when something came for an account that is away. How an
 * application gets a node there is its own affair.
 */
import { type DataForm, makeField } from '@rookery/protocol/forms'
import type { Jid } from '@rookery/protocol/jid'
import { disablePush, enablePush, PUBLISH_OPTIONS, PUSH_NS } from '@rookery/protocol/xeps/push'
import { readJid } from '../contract/address.ts'
import { isMissing, lacking } from '../contract/ask.ts'
import { type Core, defineExtension, type Extension } from '../contract/extension.ts'
import type { WaitOptions } from '../contract/within.ts'
import { disco } from './disco.ts'

export interface EnableOptions extends WaitOptions {
  /** Where the service wants it published. */
  readonly node?: string | undefined
  /** What the service wants to be given with each notification, such as `{ secret: '…' }`. */
  readonly publishOptions?: Readonly<Record<string, string>> | undefined
}

export interface DisableOptions extends WaitOptions {
  /** Only this node; all of the service unless told. */
  readonly node?: string | undefined
}

export class Push {
  readonly #core: Core

  constructor(core: Core) {
    this.#core = core
  }

  /**
   * Notifications go to this service from now on, also over restarts, until `disable`. Enabling the same node again changes its options. Throws
   * UnsupportedError, RequestError, TimeoutError, DisconnectedError.
   */
  async enable(service: Jid | string, options: EnableOptions = {}): Promise<undefined> {
    const { node, publishOptions, signal, timeout } = options
    const jid = readJid(service)
    await this.#core.use(disco).require(this.#core.account, PUSH_NS, { signal, timeout })
    const forms = publishOptions === undefined ? [] : [formOf(publishOptions)]
    await this.#core.request('set', enablePush.build({ jid, node, forms }), { signal, timeout })
  }

  /** No more of them; nothing happens where there were none. Throws as `enable` does. */
  async disable(service: Jid | string, { node, signal, timeout }: DisableOptions = {}): Promise<undefined> {
    const disable = disablePush.build({ jid: readJid(service), node })
    await this.#core.request('set', disable, { signal, timeout }).catch((error: unknown) => {
      if (!isMissing(error)) lacking(PUSH_NS)(error)
    })
  }
}

/** [XEP-0357 5] */
function formOf(options: Readonly<Record<string, string>>): DataForm {
  const fields = Object.entries(options).map(([name, value]) => makeField(name, 'text-single', [value]))
  const type = makeField('FORM_TYPE', 'hidden', [PUBLISH_OPTIONS])
  return { type: 'submit', instructions: [], fields: [type, ...fields], items: [] }
}

/** Being told of messages while no client is connected. */
export const push: Extension<'push', Push> = defineExtension({ name: 'push', start: (core) => new Push(core) })
