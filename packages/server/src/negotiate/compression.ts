/** Stream compression (XEP-0138, obsolete) is never offered: it makes bombs of small streams. Who asks all the same is told so. */
import { el } from '@rookery/protocol/xml'
import type { ServerStreamFeature } from './negotiation.ts'

const namespace = 'http://jabber.org/protocol/compress'
const refusal = el('failure', namespace, {}, [el('unsupported-method', namespace)])

export const noCompression: ServerStreamFeature = {
  name: 'compression',
  offer: () => undefined,
  takes: (element) => element.is('compress', namespace),
  receive(_element, n) {
    n.send(refusal) // [XEP-0138 3, S25]
    return undefined
  },
}
