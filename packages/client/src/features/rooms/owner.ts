/** What the owner of a room tells it (XEP-0045 10). */
import { FORM_NS } from '@rookery/protocol/forms'
import type { Jid } from '@rookery/protocol/jid'
import { MUC_OWNER_NS } from '@rookery/protocol/xeps/muc'
import { type Element, el } from '@rookery/protocol/xml'
import type { Core } from '../../contract/extension.ts'
import type { WaitOptions } from '../../contract/within.ts'

/** Configures a room that was just made: `roomSettings` makes one. */
export type RoomSetup = (core: Pick<Core, 'request'>, room: Jid, options: WaitOptions) => Promise<undefined>

/** `what`: a submitted form, or `<destroy/>`. */
export async function administer(
  core: Pick<Core, 'request'>,
  room: Jid,
  what: Element,
  options: WaitOptions = {},
): Promise<undefined> {
  await core.request('set', el('query', MUC_OWNER_NS, {}, [what]), { ...options, to: room })
}

/** The room as its service likes it. [XEP-0045 10.1.2] */
export const acceptDefaults: RoomSetup = (core, room, options) =>
  administer(core, room, el('x', FORM_NS, { type: 'submit' }), options)
