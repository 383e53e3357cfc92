/**
 * Extensible SASL Profile (XEP-0388 1.0.4), wire form only: mechanisms are in `sasl/`. What other extensions put into these elements is kept
 * as elements of theirs. Data are bytes; an element that is missing is no data, an empty one is zero bytes.
 */
import {
  anyChildren,
  base64,
  CodecError,
  type ElementCodec,
  element,
  foreignChildren,
  mapped,
  optionalAttribute,
  optionalChild,
  optionalText,
  ownText,
  type RequiredPart,
  string,
  type Text,
  text,
  texts,
  trim,
} from '../codec/index.ts'
import * as NS from '../namespaces.ts'
import type { SaslCondition } from '../sasl/sasl-error.ts'
import type { Element } from '../xml/index.ts'
import { SASL2_NS } from './names.ts'
import { conditionPart } from './sasl.ts'

export { SASL2_NS }

/** Stream feature. [XEP-0388 2.1] */
export interface Authentication {
  readonly mechanisms: readonly string[]
  /** What may be asked for together with the login. */
  readonly inline?: readonly Element[] | undefined
  /** Of other extensions, such as upgrade tasks (XEP-0480). */
  readonly others: readonly Element[]
}

/** What the client says of itself; for the server and the owner of the account alone. [XEP-0388 2.3] */
export interface UserAgent {
  /** The same at every login of one installation. */
  readonly id?: string | undefined
  readonly software?: string | undefined
  readonly device?: string | undefined
}

export interface Authenticate {
  /** Missing is answered like an unknown one: `invalid-mechanism`. */
  readonly mechanism?: string | undefined
  readonly initialResponse?: Uint8Array | undefined
  readonly userAgent?: UserAgent | undefined
  /** What is asked for together with the login. */
  readonly others: readonly Element[]
}

/** A challenge or a response. */
export interface Sasl2Step {
  readonly data: Uint8Array
}

export interface Sasl2Success {
  readonly additionalData?: Uint8Array | undefined
  /** A full address if a resource was bound, otherwise a bare one. */
  readonly authorizationIdentifier: string
  /** What became of the things asked for. */
  readonly others: readonly Element[]
}

export interface Sasl2Failure {
  readonly condition: SaslCondition
  readonly others: readonly Element[]
  readonly text?: string | undefined
}

/** Authenticated, and something else has to be done. [XEP-0388 2.6.3] */
export interface Sasl2Continue {
  readonly additionalData?: Uint8Array | undefined
  readonly tasks: readonly string[]
  readonly text?: string | undefined
}

export interface NextTask {
  readonly task?: string | undefined
  readonly others: readonly Element[]
}

/** The schema's pattern; that it is of version 4 makes no difference. [XEP-0388 7] */
const uuid: Text<string> = {
  expected: 'a UUID',
  decode: (text) => (isUuid(text) ? text.toLowerCase() : undefined),
  encode: (value) => value,
}

/** Space around it is layout, as in the examples. */
const collapsed: Text<string> = { expected: 'text', decode: trim, encode: (value) => value }

export const authentication: ElementCodec<Authentication> = element(
  SASL2_NS,
  'authentication',
  {
    mechanisms: texts('mechanism'),
    inline: mapped(
      optionalChild(element(SASL2_NS, 'inline', { offers: anyChildren() })),
      ({ offers }) => offers,
      (offers) => ({ offers }),
    ),
    others: foreignChildren(),
  },
  ({ mechanisms }) => (mechanisms.length === 0 ? '<authentication/> needs at least one <mechanism/>.' : undefined),
)

export const authenticate: ElementCodec<Authenticate> = element(SASL2_NS, 'authenticate', {
  mechanism: optionalAttribute('mechanism', string),
  initialResponse: optionalText('initial-response', base64),
  userAgent: optionalChild(
    element(SASL2_NS, 'user-agent', {
      id: optionalAttribute('id', uuid),
      software: optionalText('software'),
      device: optionalText('device'),
    }),
  ),
  others: foreignChildren(),
})

export const challenge: ElementCodec<Sasl2Step> = element(SASL2_NS, 'challenge', { data: ownText(base64) })

export const response: ElementCodec<Sasl2Step> = element(SASL2_NS, 'response', { data: ownText(base64) })

export const success: ElementCodec<Sasl2Success> = element(SASL2_NS, 'success', {
  additionalData: optionalText('additional-data', base64),
  authorizationIdentifier: text('authorization-identifier', collapsed),
  others: foreignChildren(),
})

/** The condition is an element of RFC 6120, beside which applications may say more. [XEP-0388 2.6.2] */
export const failure: ElementCodec<Sasl2Failure> = element(SASL2_NS, 'failure', {
  condition: conditionPart(),
  others: applicationConditions(),
  text: optionalText('text'),
})

export const continuation: ElementCodec<Sasl2Continue> = element(
  SASL2_NS,
  'continue',
  {
    additionalData: optionalText('additional-data', base64),
    tasks: taskList(),
    text: optionalText('text'),
  },
  ({ tasks }) => (tasks.length === 0 ? '<continue/> needs at least one <task/>.' : undefined),
)

/** The client's choice of a task. */
export const next: ElementCodec<NextTask> = element(SASL2_NS, 'next', {
  task: optionalAttribute('task', string),
  others: foreignChildren(),
})

/** What goes to and fro in a task. */
export const taskData: ElementCodec<{ readonly others: readonly Element[] }> = element(SASL2_NS, 'task-data', {
  others: foreignChildren(),
})

export const abort: ElementCodec<{ readonly text?: string | undefined; readonly others: readonly Element[] }> = element(
  SASL2_NS,
  'abort',
  { text: optionalText('text'), others: foreignChildren() },
)

function isUuid(text: string): boolean {
  if (text.length !== 36) return false
  for (let i = 0; i < 36; i++) {
    const c = text.charCodeAt(i)
    if (i === 8 || i === 13 || i === 18 || i === 23) {
      if (c !== 0x2d) return false
    } else if (!((c >= 0x30 && c <= 0x39) || (c >= 0x41 && c <= 0x46) || (c >= 0x61 && c <= 0x66))) return false
  }
  return true
}

/* @__NO_SIDE_EFFECTS__ */
function taskList(): RequiredPart<readonly string[]> {
  const codec = element(SASL2_NS, 'tasks', { tasks: texts('task') })
  return {
    read: (found) => {
      const read = codec.find(found)
      if (read === undefined) return new CodecError('<continue/> needs the child <tasks/>.')
      return read instanceof CodecError ? read : read.tasks
    },
    write: (tasks, draft) => {
      draft.children.push(codec.build({ tasks }))
    },
  }
}

/* @__NO_SIDE_EFFECTS__ */
function applicationConditions(): RequiredPart<readonly Element[]> {
  const foreign = foreignChildren()
  return {
    ...foreign,
    read: (found) => found.childElements().filter((child) => child.ns !== SASL2_NS && child.ns !== NS.sasl),
  }
}
