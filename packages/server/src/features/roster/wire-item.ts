/** An item as it is stored, as it is on the wire. */
import { jid } from '@rookery/protocol/jid'
import type { RosterItem as WireItem } from '@rookery/protocol/xeps/roster'
import type { RosterItem } from '@rookery/storage'

export function wireItem(item: RosterItem): WireItem {
  return {
    jid: jid(item.jid),
    groups: item.groups,
    subscription: item.subscription,
    ...(item.name === undefined ? {} : { name: item.name }),
    ...(item.ask ? { ask: 'subscribe' } : {}),
    ...(item.approved ? { approved: true } : {}),
  }
}
