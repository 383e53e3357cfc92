/** Takes a client's access away: its tokens, what else it left here, its sessions. XEP-0494 0.1.0 section 3.2. */
import type { Maybe } from '@rookery/protocol'
import { StanzaError } from '@rookery/protocol/stanza'
import { StreamError } from '@rookery/protocol/stream'
import { passwordResetRequired } from '@rookery/protocol/xeps/clients'
import type { Powers } from '../../powers.ts'
import type { RevocationService } from '../../services/revocation.ts'
import type { Session } from '../../session.ts'

export interface RevokeParts {
  readonly access: Powers['access']
  readonly log: Powers['log']
  sessions(local: string): readonly { readonly id: string; readonly session: Session }[]
  leftBehind(): RevocationService | undefined
}

/**
 * What can be taken is taken in any case. Whoever knows the password can come back all the same until it is changed, and the owner is told so: that
 * is the error, and no reason to leave the client where it is.
 */
export async function revoke(parts: RevokeParts, local: string, id: string): Promise<StanzaError | undefined> {
  const own = () => parts.sessions(local).filter((one) => one.id === id)
  const record = await parts.access.revoke(local, id)
  const sessions = own()
  if (record === undefined && sessions.length === 0) return new StanzaError('item-not-found')
  const resources = new Set(sessions.map(({ session }) => session.jid.resource))
  if (record?.resource !== undefined) resources.add(record.resource)
  for (const resource of resources) await forget(parts, local, resource)
  // the answer goes out first, should it be the asker's own session; and a login that was under way has become a session by then
  setImmediate(() => {
    for (const { session } of own())
      session.link.close(new StreamError('not-authorized', 'the access of this client was revoked'))
  })
  parts.log.info({ event: 'client-revoked', local, client: id }, "a client's access was revoked")
  if (record?.certificate === true)
    return new StanzaError('service-unavailable', { text: 'it logs in with a certificate, which is not revoked here' })
  if (record !== undefined && record.password !== true) return undefined
  return new StanzaError('service-unavailable', {
    text: 'it knows the password: change that, too',
    application: passwordResetRequired,
  })
}

function forget(parts: RevokeParts, local: string, resource: string): Maybe<undefined> {
  const failed = (error: unknown): undefined => {
    parts.log.error({ error }, 'what a revoked client left could not be forgotten')
  }
  try {
    const forgotten = parts.leftBehind()?.revoked(local, resource)
    return forgotten instanceof Promise ? forgotten.catch(failed) : forgotten
  } catch (error) {
    return failed(error)
  }
}
