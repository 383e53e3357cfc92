/** External Service Discovery (XEP-0215 1.0.0): servers beside XMPP, such as STUN and TURN, and how to log in there. Questions and answers are the same elements. */
import {
  attribute,
  boolean,
  children,
  dateTime,
  type ElementCodec,
  element,
  ignorableAttribute,
  integer,
  nonEmpty,
  optionalAttribute,
  optionalChild,
  string,
  type Text,
} from '../codec/index.ts'
import { type DataForm, dataForm } from '../forms/index.ts'

export const EXTERNAL_SERVICES_NS = 'urn:xmpp:extdisco:2'

export interface ExternalService {
  /** A domain name or an IP address. */
  readonly host: string
  /** `stun`, `turn` and so on. */
  readonly type: string
  readonly port?: number | undefined
  /** `udp` or `tcp`. */
  readonly transport?: string | undefined
  readonly name?: string | undefined
  readonly username?: string | undefined
  readonly password?: string | undefined
  /** Username and password are needed; where they are missing they have to be asked for. */
  readonly restricted?: boolean | undefined
  /** When the password ends, in milliseconds since 1970. */
  readonly expires?: number | undefined
  /** In a push; `add` where it is missing. */
  readonly action?: 'add' | 'delete' | 'modify' | undefined
  readonly form?: DataForm | undefined
}

/** The specification says `remove` in its text, and `delete` in its example and schema. [XEP-0215 2, 3.2, 9] */
const action: Text<'add' | 'delete' | 'modify'> = {
  expected: '',
  decode: (word) =>
    word === 'remove' ? 'delete' : word === 'add' || word === 'delete' || word === 'modify' ? word : undefined,
  encode: (word) => word,
}

const services = children(
  element(EXTERNAL_SERVICES_NS, 'service', {
    host: attribute('host', nonEmpty),
    type: attribute('type', nonEmpty),
    port: optionalAttribute('port', integer(0, 65_535)),
    transport: optionalAttribute('transport', string),
    name: optionalAttribute('name', string),
    username: optionalAttribute('username', string),
    password: optionalAttribute('password', string),
    restricted: optionalAttribute('restricted', boolean),
    expires: optionalAttribute('expires', dateTime),
    action: ignorableAttribute('action', action),
    form: optionalChild(dataForm),
  }),
)

export interface ExternalServices {
  /** Only these. [XEP-0215 3.2] */
  readonly type?: string | undefined
  readonly services: readonly ExternalService[]
}

export const externalServices: ElementCodec<ExternalServices> = element(EXTERNAL_SERVICES_NS, 'services', {
  type: optionalAttribute('type', string),
  services,
})

/** Asks for the username and password of one service, and gives them. [XEP-0215 3.3] */
export const externalCredentials: ElementCodec<{ readonly services: readonly ExternalService[] }> = element(
  EXTERNAL_SERVICES_NS,
  'credentials',
  { services },
)
