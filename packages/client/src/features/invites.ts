/**
 * Invitations (XEP-0401 0.6.0): links that make somebody a contact, or give them an account. To register with one, see `register`.
 */
import { isBroken } from '@rookery/protocol/codec'
import { dataForm, type FormAnswers } from '@rookery/protocol/forms'
import { presence } from '@rookery/protocol/stanza'
import {
  CREATE_ACCOUNT_COMMAND,
  INVITE_COMMAND,
  type Invitation,
  type Invite,
  invitationOf,
  preauth,
} from '@rookery/protocol/xeps/invites'
import { isMissing } from '../contract/ask.ts'
import { DisconnectedError, UnexpectedAnswerError, UnsupportedError } from '../contract/errors.ts'
import { type Core, defineExtension, type Extension } from '../contract/extension.ts'
import type { WaitOptions } from '../contract/within.ts'
import { commands } from './commands/index.ts'

export { type Invitation, type Invite, parseInvite } from '@rookery/protocol/xeps/invites'

export interface AccountInviteOptions extends WaitOptions {
  /** The local part of the new account; to be chosen by who is invited unless told. */
  readonly username?: string | undefined
  /** Whether the two become contacts. */
  readonly subscribe?: boolean | undefined
}

export class Invites {
  readonly #core: Core

  constructor(core: Core) {
    this.#core = core
  }

  /** A link that makes somebody a contact of ours, and lets them register where the server allows it. Throws UnsupportedError, RequestError. */
  create(options: WaitOptions = {}): Promise<Invitation> {
    return this.#make(INVITE_COMMAND, {}, options)
  }

  /** A link that gives somebody an account at our server: for its administrators. Throws UnsupportedError, RequestError. */
  createAccount({ username, subscribe, ...options }: AccountInviteOptions = {}): Promise<Invitation> {
    return this.#make(CREATE_ACCOUNT_COMMAND, { username, 'roster-subscription': subscribe }, options)
  }

  /** Asks who has invited us to become contacts; they need not agree again. [XEP-0379 3.4] */
  accept({ jid, token }: Invite & { readonly kind: 'contact' }): undefined {
    if (!this.#core.send(presence(undefined, jid, 'subscribe', [preauth.build({ token })])))
      throw new DisconnectedError('There is no connection now.')
  }

  async #make(node: string, answers: FormAnswers, options: WaitOptions): Promise<Invitation> {
    const { domain } = this.#core.account
    const session = await this.#core
      .use(commands)
      .execute(domain, node, options)
      .catch((error: unknown) => {
        if (isMissing(error)) throw new UnsupportedError(node, `${domain} makes no such invitations.`)
        throw error
      })
    if (session.status === 'executing') await session.complete(answers, options)
    const forms = session.payloads.flatMap((payload) => {
      const form = dataForm.parse(payload)
      return form === undefined || isBroken(form) ? [] : [form]
    })
    for (const form of forms) {
      const invitation = invitationOf(form)
      if (invitation !== undefined) return invitation
    }
    throw new UnexpectedAnswerError(session.notes[0]?.text ?? 'The server made no invitation.')
  }
}

/** Links that invite. */
export const invites: Extension<'invites', Invites> = defineExtension({
  name: 'invites',
  start: (core) => new Invites(core),
})
