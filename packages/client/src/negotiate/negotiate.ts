/** The one loop that negotiates a stream (RFC 6120 section 4.3.5): the first step whose turn it is, until the session stands. */
import { NS } from '@rookery/protocol'
import { ConnectError } from '../errors.ts'
import { bindResource } from './bind.ts'
import { enableManagement, resumeSession } from './manage.ts'
import type { Negotiation, Step } from './negotiation.ts'
import { login } from './sasl.ts'
import { login2 } from './sasl2.ts'
import { startTls } from './start-tls.ts'

/** In the order of RFC 6120 and XEP-0170; resumption takes the place of binding. */
const steps: readonly Step[] = [startTls, login2, login, resumeSession, bindResource, enableManagement]

export async function negotiate(negotiation: Negotiation): Promise<Negotiation> {
  const { connection } = negotiation
  const opened = (): Promise<typeof negotiation.offers> => {
    const { local, bare } = negotiation.account
    // our address is shown to nobody but the server, and not in clear [RFC6120 4.7.1]
    return connection.openStream(connection.transport.isSecure && local !== '' ? bare.toString() : undefined)
  }
  negotiation.offers = await opened()
  for (;;) {
    const step = steps.find(({ ready }) => ready(negotiation))
    if (step === undefined) {
      if (negotiation.jid !== undefined) return negotiation
      throw new ConnectError('bad-answer', 'The server offers no login that this client knows.')
    }
    const next = await step.negotiate(negotiation)
    if (next === 'done') return negotiation
    if (next === 'restart') {
      connection.restart()
      negotiation.offers = await opened()
    } else if (next === 'features') negotiation.offers = await connection.nextElement('features', NS.streams)
  }
}
