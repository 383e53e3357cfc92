/** Entity Time (XEP-0202 2.0): what time it is for somebody. Ours is told to those who may see our presence: it says where we are. */
import type { Jid } from '@rookery/protocol/jid'
import { StanzaError } from '@rookery/protocol/stanza'
import { time as element, TIME_NS } from '@rookery/protocol/xeps/time'
import { ask } from '../contract/ask.ts'
import { UnexpectedAnswerError } from '../contract/errors.ts'
import { defineExtension, type Extension } from '../contract/extension.ts'
import type { WaitOptions } from '../contract/within.ts'
import { roster } from './roster/index.ts'

export interface TimeOfOther {
  /** Their clock, in ms since 1970. */
  readonly at: number
  /** Minutes ahead of UTC. */
  readonly offset: number
}

/** Asks a device or a server. Throws RequestError, TimeoutError, DisconnectedError, UnexpectedAnswerError. */
export type AskTime = (of: Jid | string, options?: WaitOptions) => Promise<TimeOfOther>

export const time: Extension<'time', AskTime> = defineExtension({
  name: 'time',
  features: [TIME_NS],
  start: (core): AskTime => {
    const contacts = core.use(roster)
    core.respond('get', 'time', TIME_NS, ({ from }) => {
      if (from !== undefined && !contacts.seesUs(from)) throw new StanzaError('forbidden')
      const now = core.clock.now()
      return element.build({ tzo: -new Date(now).getTimezoneOffset(), utc: now })
    })
    return async (of, options) => {
      const { utc, tzo } = await ask(core, 'get', element.build({}), element, { ...options, to: of })
      if (utc === undefined || tzo === undefined) throw new UnexpectedAnswerError('The answer has no time.')
      return { at: utc, offset: tzo }
    }
  },
})
