/** User Tune (XEP-0118 1.3.0). */
import { tune as codec, TUNE_NS, type Tune } from '@rookery/protocol/xeps/tune'
import type { Extension } from '../contract/extension.ts'
import { type Personal, type PersonalNode, personalNode } from './pep/index.ts'
import type { PubsubEvents } from './pubsub/index.ts'

export type { Tune } from '@rookery/protocol/xeps/tune'

/** What somebody listens to. */
export const tune: Extension<
  'tune',
  PersonalNode<Tune>,
  PubsubEvents & { readonly tune: Personal<Tune> }
> = personalNode({
  name: 'tune',
  node: TUNE_NS,
  codec,
  event: 'tune',
  empty: {},
})
