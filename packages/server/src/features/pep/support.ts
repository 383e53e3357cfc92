/** What of XEP-0060 and XEP-0163 there is here, and its bounds. */
import { PUBSUB_NS } from '@rookery/protocol/xeps/pubsub'
import { z } from 'zod'
import type { Identity } from '../../powers.ts'

const count = (initial: number, text: string) => z.number().int().min(1).default(initial).describe(text)

export const config = z
  .strictObject({
    nodes: count(100, 'Nodes of one account.'),
    items: count(1000, "Items of one node; what 'max' means for pubsub#max_items."),
    itemBytes: count(131_072, 'Bytes of one item.'),
    bytes: count(4_194_304, 'Bytes of all items of one account.'),
  })
  .prefault({})

/** Features of pubsub that are truly there; what is not listed is refused as unsupported. [XEP-0060 10] */
export const features: readonly string[] = [
  PUBSUB_NS,
  ...[
    'access-whitelist',
    'auto-create',
    'config-node-max',
    'delete-items',
    'delete-nodes',
    'filtered-notifications',
    'item-ids',
    'last-published',
    'persistent-items',
    'publish',
    'publish-options',
    'pubsub-on-a-jid',
    'retract-items',
    'retrieve-items',
  ].map((name) => `${PUBSUB_NS}#${name}`),
]
export const identities: readonly Identity[] = [{ category: 'pubsub', type: 'pep' }]
