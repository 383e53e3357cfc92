/** User Mood (XEP-0107 1.2.2). */
import { mood as codec, MOOD_NS, type Mood } from '@rookery/protocol/xeps/mood'
import type { Extension } from '../contract/extension.ts'
import { type Personal, type PersonalNode, personalNode } from './pep/index.ts'
import type { PubsubEvents } from './pubsub/index.ts'

export type { Mood } from '@rookery/protocol/xeps/mood'

/** How somebody feels. */
export const mood: Extension<
  'mood',
  PersonalNode<Mood>,
  PubsubEvents & { readonly mood: Personal<Mood> }
> = personalNode({
  name: 'mood',
  node: MOOD_NS,
  codec,
  event: 'mood',
  empty: {},
})
