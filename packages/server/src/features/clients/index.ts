/** Client access management, XEP-0494 0.1.0: the owner of an account sees which clients can use it, and turns them out. */
import { CodecError } from '@rookery/protocol/codec'
import { StanzaError } from '@rookery/protocol/stanza'
import { clients as codec, list, revoke as revokeCodec } from '@rookery/protocol/xeps/clients'
import { type Feature, feature } from '../../feature.ts'
import { revocationService } from '../../services/revocation.ts'
import type { Session } from '../../session.ts'
import { listClients } from './list.ts'
import { revoke } from './revoke.ts'

export const clients: Feature = feature({
  name: 'clients',
  summary: 'Shows the owner of an account which clients can use it, and turns them out.',
  specifications: [{ number: 'XEP-0494', version: '0.1.0', status: 'complete' }],
  needs: ['access', 'sessions', 'services', 'clock', 'log'],
  start({ access, sessions, services, clock, log }) {
    const idOf = ({ agent, jid }: Session): string => agent ?? access.idOfSession(jid.local, jid.resource)
    const here = (local: string) => sessions.of(local).map((session) => ({ id: idOf(session), session }))
    const leftBehind = () => services.find(revocationService)

    /** Its last time here is now. Nobody waits. */
    function seen({ agent, jid }: Session): undefined {
      if (agent === undefined) return undefined
      const noted = access.seen(jid.local, agent, jid.resource)
      if (noted instanceof Promise) noted.catch((error) => log.error({ error }, 'a client could not be noted'))
      return undefined
    }

    return {
      iq: [
        {
          type: 'get',
          at: 'account',
          payload: list,
          async handle({ to }) {
            const present = here(to.local).map(({ id, session }) => ({ id, since: session.since }))
            return codec.build({ clients: listClients(await access.list(to.local), present, clock.now()) })
          },
        },
        {
          type: 'set',
          at: 'account',
          payload: revokeCodec,
          handle({ to, payload }) {
            const asked = revokeCodec.parse(payload)
            if (asked === undefined || asked instanceof CodecError) return new StanzaError('bad-request')
            return revoke({ access, log, sessions: here, leftBehind }, to.local, asked.id)
          },
        },
      ],
      session: { opened: seen, resumed: seen, ended: seen },
    }
  },
})
