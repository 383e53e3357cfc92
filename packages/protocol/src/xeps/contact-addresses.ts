/** Contact Addresses for XMPP Services (XEP-0157 1.1.1): a form in the disco info of a server. Addresses are URIs; they are not checked here. */
import { type FieldKind, type FormCodec, form, textMulti } from '../forms/index.ts'

export const SERVER_INFO_FORM = 'http://jabber.org/network/serverinfo'

type Addresses = FieldKind<readonly string[], false>

export const contactAddresses: FormCodec<{
  readonly abuse: Addresses
  readonly admin: Addresses
  readonly feedback: Addresses
  readonly sales: Addresses
  readonly security: Addresses
  readonly status: Addresses
  readonly support: Addresses
}> = form(SERVER_INFO_FORM, {
  abuse: addresses('abuse-addresses'),
  admin: addresses('admin-addresses'),
  feedback: addresses('feedback-addresses'),
  sales: addresses('sales-addresses'),
  security: addresses('security-addresses'),
  status: addresses('status-addresses'),
  support: addresses('support-addresses'),
})

function addresses(name: string): Addresses {
  return { ...textMulti({ var: name }), type: 'list-multi' } // the registered type [XEP-0157 7.1]
}
