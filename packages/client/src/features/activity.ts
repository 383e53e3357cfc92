/** User Activity (XEP-0108 1.3). */
import { ACTIVITY_NS, type Activity, activity as codec } from '@rookery/protocol/xeps/activity'
import type { Extension } from '../contract/extension.ts'
import { type Personal, type PersonalNode, personalNode } from './pep/index.ts'
import type { PubsubEvents } from './pubsub/index.ts'

export type { Activity } from '@rookery/protocol/xeps/activity'

/** What somebody does. */
export const activity: Extension<
  'activity',
  PersonalNode<Activity>,
  PubsubEvents & { readonly activity: Personal<Activity> }
> = personalNode({
  name: 'activity',
  node: ACTIVITY_NS,
  codec,
  event: 'activity',
  empty: {},
})
