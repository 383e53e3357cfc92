/** Push notifications, XEP-0357 0.4.1: tells push services about what somebody misses, and is one for browsers if it is asked to be. */
import { then } from '@rookery/protocol'
import { PUSH_NS } from '@rookery/protocol/xeps/push'
import { AccountDocuments } from '../../account-documents.ts'
import { type Feature, feature } from '../../feature.ts'
import { provide } from '../../service.ts'
import { pushService } from '../../services/push.ts'
import { revocationService } from '../../services/revocation.ts'
import { pushConfig } from './config.ts'
import { Notifier } from './notifier.ts'
import { registrationsForm } from './registration.ts'
import { Requests } from './requests.ts'
import { webPushWiring } from './web/wiring.ts'

const named = (name: string): { name: string; ns: string } => ({ name, ns: PUSH_NS })

export const push: Feature = feature({
  name: 'push',
  summary: 'Tells the devices of those who are away, through push services or, for browsers, by itself.',
  specifications: [{ number: 'XEP-0357', version: '0.4.1', status: 'complete' }],
  config: pushConfig,
  needs: ['host', 'clock', 'random', 'log', 'ask', 'sessions', 'services', 'documents'],
  disco: { account: [PUSH_NS] }, // [XEP-0357 4.1]
  start({ host, clock, random, log, ask, sessions, services, documents }, config) {
    const registrations = new AccountDocuments(documents, registrationsForm)
    const notifier = new Notifier({ host, clock, ask, sessions, services, log, config, registrations })
    const web =
      config.webPush === false
        ? undefined
        : webPushWiring({ host, documents, random, clock, log }, config.webPush, config.registrations)
    const requests = new Requests({ host: host.jid, registrations, most: config.registrations, web: web?.service })
    return {
      ...web?.wiring,
      iq: [
        { type: 'set', at: 'account', payload: named('enable'), handle: requests.enable },
        { type: 'set', at: 'account', payload: named('disable'), handle: requests.disable },
        ...(web?.wiring.iq ?? []),
      ],
      screen({ stanza, side, account }) {
        if (stanza.kind !== 'message' || side !== 'in') return undefined
        const isDone = requests.revoked(stanza, account)
        return isDone === false ? undefined : then(isDone, (yes) => (yes ? 'silence' : undefined))
      },
      notify: (trip) => notifier.arrived(trip),
      session: {
        available: ({ account }) => notifier.seen(account.local),
        resumed: ({ account }) => notifier.seen(account.local),
        detached: (session) => notifier.left(session),
      },
      async accountRemoved(local) {
        await registrations.forget(local)
        notifier.forget(local)
        await web?.wiring.accountRemoved?.(local)
        return undefined
      },
      provides: [
        provide(pushService, { requested: (local) => notifier.requested(local) }),
        provide(revocationService, { revoked: (local, resource) => requests.forget(local, resource) }),
      ],
      stop() {
        notifier.stop()
        return web?.wiring.stop?.()
      },
    }
  },
})
