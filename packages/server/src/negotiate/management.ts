/** Stream management on a stream: turning it on, resuming a session, and the acknowledgements of both sides. XEP-0198 1.6.3. */
import { type Maybe, then } from '@rookery/protocol'
import { CodecError } from '@rookery/protocol/codec'
import { StreamError } from '@rookery/protocol/stream'
import * as codec from '@rookery/protocol/xeps/management'
import type { Element } from '@rookery/protocol/xml'
import type { Negotiation, ServerStreamFeature } from './negotiation.ts'

export const management: ServerStreamFeature = {
  name: 'management',
  offer: (n) => (n.account !== undefined && n.session === undefined ? codec.managementFeature : undefined),
  takes: (element, n) =>
    element.ns === codec.MANAGEMENT_NS &&
    (n.account !== undefined || element.name === 'enable' || element.name === 'resume'),
  receive(element, n) {
    switch (element.name) {
      case 'enable':
        return enable(element, n)
      case 'resume':
        return resume(element, n)
      case 'r':
        n.session?.management?.handled.answer()
        return undefined
      case 'a':
        return acknowledge(element, n)
      default:
        n.close(new StreamError('unsupported-stanza-type', `<${element.name}/> is not part of stream management`))
        return undefined
    }
  },
}

function enable(element: Element, n: Negotiation): Maybe<undefined> {
  if (n.session === undefined) {
    n.send(codec.failed('unexpected-request')) // [S76]
    return undefined
  }
  return then(n.management.enable(element), (turnOn) => {
    n.send(turnOn())
    return undefined
  })
}

function resume(element: Element, n: Negotiation): Maybe<undefined> {
  if (n.account === undefined || n.session !== undefined) {
    n.send(codec.failed('unexpected-request')) // [XEP-0198 3, 5, S74, S76]
    return undefined
  }
  return then(n.management.resume(element), (resumption) => {
    if (resumption === undefined) return undefined
    n.send(resumption.answer)
    resumption.proceed()
    return undefined
  })
}

function acknowledge(element: Element, n: Negotiation): undefined {
  const read = codec.acknowledgement.parse(element)
  if (read === undefined || read instanceof CodecError)
    return n.close(new StreamError('bad-format', '<a/> needs h, a number')) as undefined // [S75]
  const error = n.session?.management?.take(read.h)
  if (error !== undefined) n.close(error)
}
