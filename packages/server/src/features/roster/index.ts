/** The roster: contacts, groups, versions and pushes. RFC 6121 section 2. Subscriptions are the presence room's. */
import { type Maybe, NS, then } from '@rookery/protocol'
import { type Jid, jid } from '@rookery/protocol/jid'
import { StanzaError } from '@rookery/protocol/stanza'
import type { RosterItem } from '@rookery/storage'
import { type Feature, feature } from '../../feature.ts'
import { provide } from '../../service.ts'
import { presenceService } from '../../services/presence.ts'
import { rosterService } from '../../services/roster.ts'
import { isInterested, Pushes } from './pushes.ts'
import { Requests } from './requests.ts'
import { Rosters } from './rosters.ts'
import { rosterStreamFeatures } from './stream-features.ts'

const payload = { name: 'query', ns: NS.roster }
/** Whether the account exists or not. [RFC6121 2.3.3, S100] */
const refusal = new StanzaError('forbidden')

export const roster: Feature = feature({
  name: 'roster',
  summary: 'Keeps the contacts of an account, with groups, versions and pushes.',
  specifications: [
    { number: 'RFC 6121', version: '2011-03', status: 'complete', note: 'section 2' },
    { number: 'XEP-0237', version: '1.3', status: 'complete' },
  ],
  needs: ['host', 'rosters', 'sessions', 'random', 'limits', 'services'],
  slots: [isInterested],
  start: ({ host, rosters: store, sessions, random, limits, services }) => {
    const pushes = new Pushes(sessions, random)
    const rosters = new Rosters(host.domain, store, pushes, limits, (local) => sessions.of(local).length > 0)
    const endSubscriptions = (local: string, contact: Jid, item: RosterItem): Maybe<undefined> =>
      services.find(presenceService)?.endSubscriptions(local, contact, item)
    const requests = new Requests(rosters, store, pushes, limits, endSubscriptions)
    return {
      iq: [
        { type: 'get', at: 'account', payload, refusal, handle: (request) => requests.get(request) },
        { type: 'set', at: 'account', payload, refusal, handle: (request) => requests.set(request) },
      ],
      streamFeatures: rosterStreamFeatures,
      provides: [provide(rosterService, rosters)],
      session: {
        ended: (session) => {
          rosters.release(session.account.local)
          return undefined
        },
      },
      accountRemoved: async (local) => {
        await rosters.settled(local)
        const items = rosters.peek(local)?.items
        rosters.forget(local)
        let waits: Maybe<undefined>
        for (const item of items?.values() ?? []) {
          const told = endSubscriptions(local, jid(item.jid), item)
          if (told instanceof Promise) waits = then(waits, () => told)
        }
        return waits
      },
    }
  },
})
