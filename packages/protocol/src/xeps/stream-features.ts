/**
 * The stream features the server and client of this project know, by element name and namespace. What is in them is in the file of
 * each; when they may be offered is in `stream/`.
 */
import { CAPS_NS } from '../caps/index.ts'
import * as NS from '../namespaces.ts'
import { CSI_NS } from './csi.ts'
import { LIMITS_NS } from './limits.ts'
import { PIPELINING_NS } from './pipelining.ts'
import { CHANNEL_BINDING_NS } from './sasl.ts'
import { SASL2_NS } from './sasl2.ts'

export interface FeatureName {
  readonly name: string
  readonly ns: string
}

export type FeatureWord =
  | 'startTls'
  | 'mechanisms'
  | 'authentication'
  | 'configVersion'
  | 'channelBindings'
  | 'bind'
  | 'session'
  | 'rosterVersioning'
  | 'preApproval'
  | 'register'
  | 'limits'
  | 'caps'
  | 'csi'

export const STREAM_FEATURES: Readonly<Record<FeatureWord, FeatureName>> = {
  startTls: { name: 'starttls', ns: NS.tls },
  mechanisms: { name: 'mechanisms', ns: NS.sasl },
  authentication: { name: 'authentication', ns: SASL2_NS },
  configVersion: { name: 'config-version', ns: PIPELINING_NS },
  channelBindings: { name: 'sasl-channel-binding', ns: CHANNEL_BINDING_NS },
  bind: { name: 'bind', ns: NS.bind },
  session: { name: 'session', ns: NS.session },
  rosterVersioning: { name: 'ver', ns: 'urn:xmpp:features:rosterver' },
  preApproval: { name: 'sub', ns: 'urn:xmpp:features:pre-approval' },
  register: { name: 'register', ns: 'http://jabber.org/features/iq-register' },
  limits: { name: 'limits', ns: LIMITS_NS },
  caps: { name: 'c', ns: CAPS_NS },
  csi: { name: 'csi', ns: CSI_NS },
}
