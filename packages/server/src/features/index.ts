/** The built-in features, in the order in which they are started and, within a phase, asked. */
import type { Feature } from '../feature.ts'
import { archive } from './archive/index.ts'
import { blocking } from './blocking/index.ts'
import { caps } from './caps/index.ts'
import { carbons } from './carbons/index.ts'
import { clients } from './clients/index.ts'
import { contact } from './contact/index.ts'
import { core } from './core/index.ts'
import { csi } from './csi/index.ts'
import { disco } from './disco/index.ts'
import { displayed } from './displayed/index.ts'
import { last } from './last/index.ts'
import { marks } from './marks/index.ts'
import { offline } from './offline/index.ts'
import { pep } from './pep/index.ts'
import { ping } from './ping/index.ts'
import { presence } from './presence/index.ts'
import { privateStorage } from './private/index.ts'
import { push } from './push/index.ts'
import { register } from './register/index.ts'
import { reporting } from './reporting/index.ts'
import { roster } from './roster/index.ts'
import { time } from './time/index.ts'
import { vcard } from './vcard/index.ts'
import { version } from './version/index.ts'

export const builtIn: readonly Feature[] = [
  core,
  ping,
  disco,
  caps,
  version,
  time,
  roster,
  presence,
  last,
  privateStorage,
  vcard,
  pep,
  displayed,
  register,
  clients,
  contact,
  blocking,
  reporting,
  marks,
  carbons,
  csi,
  archive,
  offline,
  push,
]
