/** Personal eventing, XEP-0163 1.2.2: every account has nodes of its own, for data that its devices share. */

import { StanzaError } from '@rookery/protocol/stanza'
import { PUBSUB_NS, PUBSUB_OWNER_NS } from '@rookery/protocol/xeps/pubsub'
import { type Feature, feature } from '../../feature.ts'
import { provide } from '../../service.ts'
import { capabilitiesService } from '../../services/capabilities.ts'
import { type PepService, pepService } from '../../services/pep.ts'
import { Nodes } from './nodes.ts'
import { Notifications, waiting } from './notifications.ts'
import { Requests } from './requests.ts'
import { config, features, identities } from './support.ts'

const partly = "for the owner's own devices alone: no access models but whitelist"

export const pep: Feature = feature({
  name: 'pep',
  summary: 'Keeps data that the devices of a user share, and tells them of changes.',
  specifications: [
    {
      number: 'XEP-0060',
      version: '1.30.0',
      status: 'partial',
      note: `${partly}, no subscriptions, affiliations, collections, result sets, and nodes are configured when first published to`,
    },
    { number: 'XEP-0163', version: '1.2.2', status: 'partial', note: partly },
    { number: 'XEP-0223', version: '1.1.1', status: 'complete' },
  ],
  config,
  needs: ['clock', 'random', 'log', 'documents', 'sessions', 'services'],
  uses: [capabilitiesService],
  slots: [waiting],
  // private data is looked for at the host, eventing at the account [XEP-0223 5, XEP-0163 6.1]
  disco: {
    account: features,
    host: [`${PUBSUB_NS}#publish-options`],
    identities: { account: identities, host: identities },
  },
  start({ clock, random, log, documents, sessions, services }, bounds) {
    const nodes = new Nodes(documents, clock, log, bounds)
    const notifications = new Notifications(nodes, { services, sessions, clock, random, log })
    const requests = new Requests(nodes, notifications, random, bounds)
    const payload = { name: 'pubsub', ns: PUBSUB_NS }
    const ofOwner = { name: 'pubsub', ns: PUBSUB_OWNER_NS }

    const service: PepService = {
      async publish(account, node, item, creation) {
        const done = await nodes.publish(account.local, node, item, (present) => present ?? creation)
        if (done instanceof StanzaError) return done
        notifications.published(account, node, item, done)
        return undefined
      },
    }

    return {
      // others are told the same whether there is such a node, or account, or not [S92]
      iq: [
        { type: 'get', at: 'account', payload, handle: (request) => requests.get(request) },
        { type: 'set', at: 'account', payload, handle: (request) => requests.set(request) },
        { type: 'get', at: 'account', payload: ofOwner, handle: (request) => requests.getAsOwner(request) },
        { type: 'set', at: 'account', payload: ofOwner, handle: (request) => requests.setAsOwner(request) },
      ],
      session: {
        presence(session, before) {
          if (before === undefined && session.isAvailable) notifications.catchUp(session)
          return undefined
        },
      },
      async accountRemoved(local) {
        await nodes.settled(local) // [S52]
        return undefined
      },
      provides: [provide(pepService, service)],
    }
  },
})
