/** User Location (XEP-0080 1.10.0). */
import { location as codec, LOCATION_NS, type Location } from '@rookery/protocol/xeps/location'
import type { Extension } from '../contract/extension.ts'
import { type Personal, type PersonalNode, personalNode } from './pep/index.ts'
import type { PubsubEvents } from './pubsub/index.ts'

export type { Location } from '@rookery/protocol/xeps/location'

/** Where somebody is. */
export const location: Extension<
  'location',
  PersonalNode<Location>,
  PubsubEvents & { readonly location: Personal<Location> }
> = personalNode({
  name: 'location',
  node: LOCATION_NS,
  codec,
  event: 'location',
  empty: {},
})
