/** Addresses are values of their own, not texts. */
import { type Jid, jid, parseJid } from '@rookery/protocol/jid'

export const romeo: Jid = jid('romeo@montague.lit/orchard')

// @ts-expect-error 2322: what comes from others may be no address
export const sender: Jid = parseJid('romeo@montague.lit')

// @ts-expect-error 2322: a text is no address
export const text: Jid = 'romeo@montague.lit'

export function move(one: Jid): void {
  // @ts-expect-error 2540: addresses are not changed
  one.resource = 'tomb'
}
