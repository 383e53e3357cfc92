/** What the roster room has to say before a resource is bound: it knows versions and pre-approval. Nothing to negotiate. */
import { preApprovalFeature, rosterVersioningFeature } from '@rookery/protocol/xeps/roster'
import type { Element } from '@rookery/protocol/xml'
import type { ServerStreamFeature } from '../../negotiate/negotiation.ts'

export const rosterStreamFeatures: readonly ServerStreamFeature[] = [
  informative('roster-versioning', rosterVersioningFeature), // [RFC6121 2.6.1]
  informative('pre-approval', preApprovalFeature), // [RFC6121 3.4]
]

function informative(name: string, element: Element): ServerStreamFeature {
  return {
    name,
    offer: (negotiation) => (negotiation.account === undefined ? undefined : element),
    takes: () => false,
    receive: () => undefined,
  }
}
