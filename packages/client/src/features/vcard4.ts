/** vCard4 (XEP-0292 0.12.0) in a node of the account. The older card of XEP-0054 is another. */
import type { VCard } from '@rookery/protocol/xeps/card'
import { vcard4 as codec, VCARD4_NODE } from '@rookery/protocol/xeps/vcard4'
import type { Extension } from '../contract/extension.ts'
import { type Personal, type PersonalNode, personalNode } from './pep/index.ts'
import type { PubsubEvents } from './pubsub/index.ts'

export type { VCard } from '@rookery/protocol/xeps/card'

/** Cards: large, so they are asked for and do not come by themselves. A card must have `fullName`. [RFC6350 6.2.1] */
export const vcard4: Extension<
  'vcard4',
  PersonalNode<VCard>,
  PubsubEvents & { readonly vcard4: Personal<VCard> }
> = personalNode({ name: 'vcard4', node: VCARD4_NODE, codec, event: 'vcard4', follows: false })
