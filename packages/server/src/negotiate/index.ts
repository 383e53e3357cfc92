/** The stream features of the server, in the order in which they are listed and negotiated. XEP-0170. */
import { bind, legacySession } from './bind.ts'
import { noCompression } from './compression.ts'
import { limits } from './limits.ts'
import { management } from './management.ts'
import type { ServerStreamFeature } from './negotiation.ts'
import { channelBindings, sasl } from './sasl.ts'
import { sasl2, sasl2Guard } from './sasl2.ts'
import { configVersions } from './sasl2-offer.ts'
import { startTls } from './start-tls.ts'

export type { Negotiation, Resumption, ServerStreamFeature, StreamManagement } from './negotiation.ts'

/** Features of rooms (e.g. registration) stand between login and binding. */
export function streamFeatures(ofRooms: readonly ServerStreamFeature[]): readonly ServerStreamFeature[] {
  return [
    sasl2Guard,
    startTls,
    sasl,
    sasl2,
    channelBindings,
    configVersions,
    ...ofRooms,
    bind,
    legacySession,
    management,
    limits,
    noCompression,
  ]
}
