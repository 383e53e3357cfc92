/** STARTTLS (RFC 6120 section 5): before anything else, and never left out because nobody offers it. */
import { NS } from '@rookery/protocol'
import { el } from '@rookery/protocol/xml'
import { ConnectError } from '../errors.ts'
import type { Negotiation, Step } from './negotiation.ts'

export const startTls: Step<Pick<Negotiation, 'connection' | 'offers' | 'options'>> = {
  ready: ({ connection, offers, options: { plaintext } }) =>
    !connection.transport.isSecure && (!plaintext || offers.child('starttls', NS.tls)?.child('required') !== undefined),
  negotiate: async ({ connection, offers }) => {
    // an offer that is missing was taken away by somebody in between, for all we can know [RFC6120 13.9.2.1]
    if (connection.transport.startTls === undefined || offers.child('starttls', NS.tls) === undefined)
      throw new ConnectError('no-encryption', 'The server offers no encryption. If this is meant, set `plaintext`.')
    connection.send(el('starttls', NS.tls))
    const answer = await connection.nextElement()
    if (!answer.is('proceed', NS.tls)) throw new ConnectError('no-encryption', 'The server began no TLS.')
    await connection.startTls()
    return 'restart'
  },
}
