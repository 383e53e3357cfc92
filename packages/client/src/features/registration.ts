/** The own account (XEP-0077 2.4): another password, or the end of it. To make a new one, which comes before a login, see `register`. */
import { register as codec, REGISTER_NS, type Register } from '@rookery/protocol/xeps/register'
import { lacking } from '../contract/ask.ts'
import { type Core, defineExtension, type Extension } from '../contract/extension.ts'
import type { WaitOptions } from '../contract/within.ts'

export class Registration {
  readonly #core: Core

  constructor(core: Core) {
    this.#core = core
  }

  /**
   * Sets another password. Give it to the client before it connects again: it knows the old one. Throws UnsupportedError, RequestError
   * (`not-allowed`, `bad-request`: too weak).
   */
  async changePassword(password: string, options: WaitOptions = {}): Promise<undefined> {
    const { local, domain } = this.#core.account
    await this.#set({ username: local, password }, { ...options, to: domain })
  }

  /**
   * Ends the account, with all that the server keeps of it, at once. The server ends the session as well: close the client. Throws
   * UnsupportedError, RequestError, and DisconnectedError when the server was too quick to answer.
   */
  async deleteAccount(options: WaitOptions = {}): Promise<undefined> {
    await this.#set({ remove: true }, options)
  }

  async #set(value: Register, options: WaitOptions & { readonly to?: string }): Promise<undefined> {
    await this.#core
      .request('set', codec.build(value), options)
      .catch(lacking(REGISTER_NS, 'The server does not let accounts be changed.'))
  }
}

/** What one may do with one's own account. */
export const registration: Extension<'registration', Registration> = defineExtension({
  name: 'registration',
  start: (core) => new Registration(core),
})
