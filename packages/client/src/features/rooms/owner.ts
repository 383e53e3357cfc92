/** What the owner of a room tells it (XEP-0045 10). */
import type { Jid } from '@rookery/protocol/jid'
import { type MucOwner, mucOwner } from '@rookery/protocol/xeps/muc'
import type { WaitOptions } from '../../contract/within.ts'
import type { Core } from '../../extension.ts'

/** Configures a room that was just made: `roomSettings` makes one. */
export type RoomSetup = (core: Pick<Core, 'request'>, room: Jid, options: WaitOptions) => Promise<undefined>

export async function administer(
  core: Pick<Core, 'request'>,
  room: Jid,
  what: MucOwner,
  options: WaitOptions = {},
): Promise<undefined> {
  const { signal, timeout } = options
  await core.request('set', mucOwner.build(what), { to: room, signal, timeout })
}

/** The room as its service likes it. [XEP-0045 10.1.2] */
export const acceptDefaults: RoomSetup = (core, room, options) =>
  administer(core, room, { form: { type: 'submit', instructions: [], fields: [], items: [] } }, options)
