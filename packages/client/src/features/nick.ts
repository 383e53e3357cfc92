/** User Nickname (XEP-0172 1.1): what people call themselves. It is for showing beside an address, never instead of it. [XEP-0172 7] */
import { isBroken } from '@rookery/protocol/codec'
import { nick as codec, NICK_NS } from '@rookery/protocol/xeps/nick'
import type { Extension } from '../contract/extension.ts'
import { type Personal, type PersonalNode, personalNode } from './pep/index.ts'
import type { PubsubEvents } from './pubsub/index.ts'

/** Nicknames. */
export const nick: Extension<
  'nick',
  PersonalNode<string>,
  PubsubEvents & { readonly nick: Personal<string> }
> = personalNode({
  name: 'nick',
  node: NICK_NS,
  codec: {
    parse: (element) => {
      const read = codec.parse(element)
      return read === undefined || isBroken(read) ? read : read.nick
    },
    build: (text) => codec.build({ nick: text }),
  },
  event: 'nick',
  empty: '',
})
