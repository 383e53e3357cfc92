/**
 * Last Activity (XEP-0012 2.0): how long somebody has been away, idle or up. Ours, the idle time that our presence says, is told to those who
 * may see our presence. [XEP-0012 6]
 */
import type { Jid } from '@rookery/protocol/jid'
import { StanzaError } from '@rookery/protocol/stanza'
import { last as element, LAST_NS } from '@rookery/protocol/xeps/last'
import { ask } from '../contract/ask.ts'
import { UnexpectedAnswerError } from '../contract/errors.ts'
import { defineExtension, type Extension } from '../contract/extension.ts'
import type { WaitOptions } from '../contract/within.ts'
import { presence } from './presence/index.ts'
import { roster } from './roster/index.ts'

export interface LastActivity {
  /** Since a contact has left (bare address), since somebody touched a device (full address), since a server was started (domain). */
  readonly seconds: number
  /** The words with which they left. */
  readonly status: string | undefined
}

/** Asks. Throws RequestError (`forbidden` where we may not know), TimeoutError, DisconnectedError, UnexpectedAnswerError. */
export type AskLast = (of: Jid | string, options?: WaitOptions) => Promise<LastActivity>

export const last: Extension<'last', AskLast> = defineExtension({
  name: 'last',
  features: [LAST_NS],
  start: (core): AskLast => {
    const contacts = core.use(roster)
    const presences = core.use(presence)
    core.respond('get', 'query', LAST_NS, ({ from }) => {
      if (from !== undefined && !contacts.seesUs(from)) throw new StanzaError('forbidden') // [XEP-0012 4]
      const now = core.clock.now()
      return element.build({ seconds: Math.max(0, Math.floor((now - (presences.own?.idleSince ?? now)) / 1000)) })
    })
    return async (of, options) => {
      const { seconds, status } = await ask(core, 'get', element.build({}), element, { ...options, to: of })
      if (seconds === undefined) throw new UnexpectedAnswerError('The answer has no seconds.')
      return { seconds, status }
    }
  },
})
