/** Accounts for strangers: registration on a stream that nobody has logged in to. XEP-0077 2.4 sections 3.1 and 8. */
import type { Maybe } from '@rookery/protocol'
import { NS } from '@rookery/protocol'
import { isBroken } from '@rookery/protocol/codec'
import { parseJid } from '@rookery/protocol/jid'
import { errorOf, Iq, iqType, resultOf, StanzaError } from '@rookery/protocol/stanza'
import { StreamError } from '@rookery/protocol/stream'
import { register as codec, REGISTER_NS } from '@rookery/protocol/xeps/register'
import type { Element } from '@rookery/protocol/xml'
import type { Negotiation } from '../../negotiate/index.ts'
import type { Powers } from '../../powers.ts'
import type { Rate } from '../../rate.ts'
import { checkPassword, checkUsername, failureOf } from './credentials.ts'

export interface Parts extends Pick<Powers, 'host' | 'accounts' | 'log'> {
  readonly rate: Rate
  readonly settings: { readonly open: boolean; readonly instructions: string }
}

export interface NewAccounts {
  offers(n: Negotiation): boolean
  takes(element: Element, n: Negotiation): boolean
  receive(element: Element, n: Negotiation): Maybe<undefined>
}

export function newAccounts({ host, accounts, log, rate, settings }: Parts): NewAccounts {
  /** Passwords do not go in the clear where logins may not. [XEP-0077 11] */
  const isSafe = (n: Negotiation): boolean => n.tls !== undefined || !n.config.tls.required

  function refusal(iq: Iq, n: Negotiation): StanzaError | undefined {
    if (iq.id === undefined) return new StanzaError('bad-request', { text: 'an IQ needs an id' })
    const to = iq.element.attr('to')
    if (to !== undefined && !parseJid(to)?.equals(host.jid)) return new StanzaError('service-unavailable')
    if (!settings.open) return new StanzaError('service-unavailable') // [XEP-0077 3.1]
    if (!isSafe(n)) return new StanzaError('not-authorized', { text: 'start TLS first' })
    return undefined
  }

  function answer(iq: Iq, n: Negotiation): Maybe<Element | StanzaError | undefined> {
    const refused = refusal(iq, n)
    if (refused !== undefined) return refused
    if (iq.type === 'get') return codec.build({ instructions: settings.instructions, username: '', password: '' }) // [XEP-0077 3.1]
    const asked = iq.payload === undefined ? undefined : codec.parse(iq.payload)
    if (asked === undefined || isBroken(asked)) return new StanzaError('bad-request')
    if (asked.remove) return new StanzaError('unexpected-request', { text: 'log in first' }) // [XEP-0077 3.2]
    const { username = '', password = '' } = asked
    if (username === '' || password === '')
      return new StanzaError('not-acceptable', { text: 'username and password are needed' }) // [XEP-0077 3.1]
    return create(username, password, n)
  }

  async function create(username: string, password: string, n: Negotiation): Promise<StanzaError | undefined> {
    const local = checkUsername(username, host.domain)
    const wrong = local instanceof StanzaError ? local : checkPassword(password)
    if (local instanceof StanzaError || wrong !== undefined) return wrong
    if (!rate.take(n.remoteNetwork))
      return new StanzaError('resource-constraint', {
        text: 'too many accounts were made from your network; try later',
      })
    try {
      if (await accounts.create(local, password)) {
        log.info({ event: 'registered', account: `${local}@${host.domain}`, address: n.remoteAddress }, 'registered')
        return undefined
      }
    } catch (error) {
      rate.giveBack(n.remoteNetwork)
      const busy = failureOf(error)
      if (busy === undefined) throw error
      return busy
    }
    rate.giveBack(n.remoteNetwork)
    return new StanzaError('conflict', { text: 'this username is taken' })
  }

  function reply(iq: Iq, n: Negotiation, given: Element | StanzaError | undefined): undefined {
    const stanza = given instanceof StanzaError ? errorOf(iq, given) : resultOf(iq, given)
    if (stanza !== undefined) n.send(stanza.element)
    // nobody learns by trying which names there are, or which password would do [S51]
    if (given instanceof StanzaError && given.condition === 'conflict' && n.failedLogin())
      n.close(new StreamError('policy-violation', 'too many failed registrations'))
    return undefined
  }

  return {
    offers: (n) => settings.open && n.account === undefined && isSafe(n),
    takes: (element, n) =>
      n.account === undefined && element.is('iq', NS.client) && element.child(codec.name, REGISTER_NS) !== undefined,
    receive(element, n) {
      const type = iqType(element.attr('type'))
      if (type === 'result' || type === 'error') return undefined
      const iq = new Iq(element, undefined, undefined, type ?? 'set')
      if (type === undefined) return reply(iq, n, new StanzaError('bad-request'))
      const given = answer(iq, n)
      if (!(given instanceof Promise)) return reply(iq, n, given)
      return given.then(
        (late) => reply(iq, n, late),
        (error) => {
          log.error({ error, address: n.remoteAddress }, 'an account could not be made')
          return reply(iq, n, new StanzaError('internal-server-error'))
        },
      )
    },
  }
}
