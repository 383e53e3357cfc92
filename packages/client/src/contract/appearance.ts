/** What we say of ourselves in presence: told by who knows it (presence), for those who say it to somebody in particular (rooms). */
import type { Jid } from '@rookery/protocol/jid'
import type { Element } from '@rookery/protocol/xml'
import { defineExtension, type Extension } from './extension.ts'

export interface Appearance {
  elements: (to: Jid) => readonly (Element | undefined)[]
  /** To be called when it has changed. */
  readonly changed: (() => void)[]
}

export const appearance: Extension<'appearance', Appearance> = defineExtension({
  name: 'appearance',
  start: (): Appearance => ({ elements: () => [], changed: [] }),
})
