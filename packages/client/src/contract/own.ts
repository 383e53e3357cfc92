/** Who may tell us of what our server keeps for us. */
import { type Iq, StanzaError } from '@rookery/protocol/stanza'
import type { Core } from './extension.ts'

/** Throws where a request comes from anybody but our own account. [RFC6121 2.1.6, XEP-0191 3.3] */
export function requireOwn(core: Pick<Core, 'account'>, { from }: Iq): void {
  if (from !== undefined && !from.equals(core.account)) throw new StanzaError('service-unavailable')
}
