/** What users do to their own account: change its password, remove it. XEP-0077 2.4 sections 3.2 and 3.3. */
import { type Maybe, then } from '@rookery/protocol'
import { isBroken } from '@rookery/protocol/codec'
import { StanzaError } from '@rookery/protocol/stanza'
import { register as codec } from '@rookery/protocol/xeps/register'
import type { Element } from '@rookery/protocol/xml'
import type { IqRequest } from '../../iq-request.ts'
import type { Powers } from '../../powers.ts'
import { checkPassword, checkUsername, failureOf } from './credentials.ts'

export interface OwnAccount {
  get(request: IqRequest): Maybe<Element | StanzaError>
  set(request: IqRequest): Maybe<StanzaError | undefined>
  removed(local: string): Promise<undefined>
}

export function ownAccount(
  accounts: Powers['accounts'],
  log: Powers['log'],
  settings: { readonly passwordChange: boolean; readonly removal: boolean },
): OwnAccount {
  /** Removals whose answer must go out before the session ends. */
  const removals = new Map<string, () => void>()

  function remove(local: string): Maybe<StanzaError | undefined> {
    if (!settings.removal) return new StanzaError('not-allowed') // [XEP-0077 3.2]
    if (removals.has(local)) return new StanzaError('conflict', { text: 'the account is being removed already' })
    return new Promise((resolve, reject) => {
      const done = (): void => resolve(undefined)
      removals.set(local, done)
      accounts
        .remove(local)
        .then(done, reject)
        .finally(() => removals.delete(local))
    })
  }

  async function change(local: string, password: string): Promise<StanzaError | undefined> {
    try {
      if (await accounts.setPassword(local, password)) return undefined
    } catch (error) {
      const busy = failureOf(error)
      if (busy === undefined) throw error
      return busy
    }
    return new StanzaError('unexpected-request', { text: 'you have no account here' }) // [XEP-0077 3.3]
  }

  /** Whose account it is says the session alone, never a name in the request. [S44] */
  function setFor(local: string, domain: string, payload: Element): Maybe<StanzaError | undefined> {
    const asked = codec.parse(payload)
    if (asked === undefined || isBroken(asked)) return new StanzaError('bad-request') // [XEP-0077 3.2]
    if (asked.remove) return remove(local)
    if (!settings.passwordChange) return new StanzaError('not-allowed') // [XEP-0077 3.3]
    if (asked.username === undefined || (asked.password ?? '') === '')
      return new StanzaError('bad-request', { text: 'username and password are needed' }) // [XEP-0077 3.3]
    const named = checkUsername(asked.username, domain)
    if (named instanceof StanzaError || named !== local)
      return new StanzaError('forbidden', { text: 'only the own password can be changed' })
    const wrong = checkPassword(asked.password!)
    return wrong ?? change(local, asked.password!)
  }

  return {
    /** [XEP-0077 3.1] */
    get: ({ from }) =>
      then(accounts.exists(from.local), (exists) =>
        exists
          ? codec.build({ registered: true, username: from.local, password: '' })
          : new StanzaError('service-unavailable'),
      ),
    set: ({ from, payload }) =>
      then(accounts.exists(from.local), (exists) =>
        exists ? setFor(from.local, from.domain, payload) : new StanzaError('registration-required'),
      ),
    async removed(local) {
      log.info({ event: 'account-removed', local }, 'an account was removed')
      removals.get(local)?.()
      // the answer goes out in this turn, the sessions end in the next
      await new Promise((resolve) => setImmediate(resolve))
      return undefined
    },
  }
}
