/** Presence whole: availability, probes, directed presence and subscriptions. RFC 6121 sections 3 and 4. */
import type { Maybe } from '@rookery/protocol'
import { type Presence, StanzaError } from '@rookery/protocol/stanza'
import { type Feature, feature } from '../../feature.ts'
import { provide } from '../../service.ts'
import { presenceService } from '../../services/presence.ts'
import { pushService } from '../../services/push.ts'
import { rosterService } from '../../services/roster.ts'
import type { Session } from '../../session.ts'
import { Arrivals } from './arrivals.ts'
import { Availability } from './availability.ts'
import { directedTo } from './directed.ts'
import { Outgoing } from './outgoing.ts'
import { Subscriptions } from './subscriptions.ts'
import { Visibility } from './visibility.ts'

const toNobody = new StanzaError('bad-request', { text: 'name the contact in to' })

export const presence: Feature = feature({
  name: 'presence',
  summary: 'Tells contacts who is there, and manages who may know.',
  specifications: [{ number: 'RFC 6121', version: '2011-03', status: 'complete', note: 'sections 3 and 4' }],
  needs: ['host', 'route', 'presence', 'sessions', 'services', 'limits', 'log'],
  uses: [rosterService],
  slots: [directedTo],
  start: ({ host, route, presence: power, sessions, services, limits, log }) => {
    const roster = () => services.use(rosterService)
    const outgoing = new Outgoing({ route, services, sessions, log })
    const availability = new Availability(outgoing, roster, sessions, power, limits)
    const subscriptions = new Subscriptions(outgoing, roster, sessions, limits, () => services.find(pushService))
    const arrivals = new Arrivals(outgoing, roster, sessions)
    const visibility = new Visibility(outgoing, subscriptions, roster, sessions, host.domain)

    function outbound(stanza: Presence, session: Session): Maybe<undefined> {
      const { type, to } = stanza
      switch (type) {
        case 'available':
          return to === undefined ? availability.available(stanza, session) : availability.directed(stanza, to, session)
        case 'unavailable':
          if (to !== undefined) return availability.directed(stanza, to, session)
          return availability.unavailable(stanza, session)
        case 'probe': // no cause for an error [RFC6121 4.3]
        case 'error':
          return to === undefined ? undefined : outgoing.send(stanza)
        default:
          if (to === undefined) return outgoing.refuse(stanza, toNobody, session)
          return subscriptions.outbound(stanza, type, to, session)
      }
    }

    function inbound(stanza: Presence): Maybe<undefined> {
      const { type, from, to } = stanza
      if (from === undefined || to === undefined) return undefined
      switch (type) {
        case 'available':
        case 'unavailable':
        case 'error':
          return arrivals.deliver(stanza, from, to)
        case 'probe':
          return arrivals.probe(stanza, from, to)
        default:
          return subscriptions.inbound(stanza, type, from, to)
      }
    }

    function absent(stanza: Presence): Maybe<undefined> {
      const { type, from, to } = stanza
      return type !== 'probe' || from === undefined || to === undefined ? undefined : arrivals.denied(stanza, from, to)
    }

    return {
      presence: { outbound, inbound, absent },
      session: { ended: (session) => availability.ended(session) },
      provides: [provide(presenceService, visibility)],
    }
  },
})
