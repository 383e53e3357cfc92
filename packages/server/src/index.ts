/** The embeddable server. `const server = await createServer({ hosts: ['localhost'] }); await server.start()` */
export { type Limits, limitsSchema } from './config/limits.ts'
export { type ServerConfig, type ServerConfigInput, serverSchema, serverShape } from './config/schema.ts'
export { CertificateError, ConfigError, ListenError, TimeoutError } from './errors.ts'
export {
  type BindInline,
  type Discoverable,
  type Feature,
  type FeatureDeclaration,
  feature,
  type IqRoute,
  type PresenceHandling,
  type SessionEvents,
  type Specification,
  type Wiring,
} from './feature.ts'
export { builtIn } from './features/index.ts'
export type { IqRequest } from './iq-request.ts'
export type { CertificateInfo, CertificatePair, SelfSigned } from './listen/certificates.ts'
export { type Endpoint, httpPorts } from './listen/listeners.ts'
export { selfSigned } from './listen/self-signed.ts'
export type { Negotiation, ServerStreamFeature } from './negotiate/index.ts'
export type { ClockPower, Identity, Log, Powers, RandomPower } from './powers.ts'
export { createServer, type HostAccounts, Server, type ServerOptions } from './server.ts'
export { type Provided, provide, type Service, service } from './service.ts'
export type { Session } from './session.ts'
export { type Slot, type SlotLife, slot, type TripSlot, tripSlot } from './slot.ts'
export type { TlsState, Transport, TransportSink } from './transport.ts'
export type { Duplicate, Kept, Refusal, Trip } from './trip.ts'
