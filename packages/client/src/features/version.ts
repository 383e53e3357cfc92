/** Software Version (XEP-0092 1.1): what software somebody uses. We tell `software` and `version` of the options, not the system. [XEP-0092 5] */
import type { Jid } from '@rookery/protocol/jid'
import { version as element, VERSION_NS, type Version } from '@rookery/protocol/xeps/version'
import { ask } from '../contract/ask.ts'
import { defineExtension, type Extension } from '../contract/extension.ts'
import type { WaitOptions } from '../contract/within.ts'

export type { Version } from '@rookery/protocol/xeps/version'

/** Asks a device or a server. Throws RequestError, TimeoutError, DisconnectedError, UnexpectedAnswerError. */
export type AskVersion = (of: Jid | string, options?: WaitOptions) => Promise<Version>

export const version: Extension<'version', AskVersion> = defineExtension({
  name: 'version',
  features: [VERSION_NS],
  start: (core): AskVersion => {
    const { name, version: number = '' } = core.software
    core.respond('get', 'query', VERSION_NS, () => element.build({ name, version: number }))
    return (of, options) => ask(core, 'get', element.build({}), element, { ...options, to: of })
  },
})
