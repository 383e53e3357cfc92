/** From a new connection to a session, in the order of RFC 6120 and XEP-0170; resumption takes the place of binding (XEP-0198 5). */
import * as NS from '@rookery/protocol/namespaces'
import { MANAGEMENT_NS } from '@rookery/protocol/xeps/names'
import { bindResource } from './bind.ts'
import { login } from './login.ts'
import { enableManagement, readResumption, resume } from './manage.ts'
import type { Negotiation } from './negotiation.ts'
import { openStream } from './open-stream.ts'

export async function negotiate(negotiation: Negotiation): Promise<Negotiation> {
  const { connection, platform, account, options, resumable } = negotiation
  const from = account.local === '' ? undefined : account.bare.toString()
  negotiation.offers = await openStream(connection, platform, options, from)
  const isOver = await login(negotiation)
  if (negotiation.resumption?.kind === 'resumed') return negotiation
  if (isOver) connection.restart()
  negotiation.offers = isOver ? await connection.openStream(from) : await connection.nextElement('features', NS.streams)
  const isManaged = negotiation.offers.child('sm', MANAGEMENT_NS) !== undefined
  if (!negotiation.jid) {
    if (isManaged && resumable && !negotiation.resumption) {
      connection.send(resume(resumable))
      negotiation.resumption = readResumption(await connection.nextElement(), resumable)
      if (negotiation.resumption.kind === 'resumed') return negotiation
    }
    negotiation.jid = await bindResource(negotiation)
  }
  if (isManaged && !negotiation.enabled) negotiation.enabled = await enableManagement(negotiation)
  return negotiation
}
