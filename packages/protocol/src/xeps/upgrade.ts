/** SASL upgrade tasks (XEP-0480 0.2.0): a client gives the server the keys of a hash it had none of. */
import {
  attribute,
  base64,
  CodecError,
  type ElementCodec,
  element,
  integer,
  nonEmpty,
  ownText,
} from '../codec/index.ts'
import type { HashName } from '../sasl/sasl-crypto.ts'
import type { Element } from '../xml/index.ts'

export const UPGRADE_NS = 'urn:xmpp:sasl:upgrade:0'
export const SCRAM_UPGRADE_NS = 'urn:xmpp:scram-upgrade:0'

/** One task, offered or asked for, by its name. [XEP-0480 2] */
export const upgrade: ElementCodec<{ readonly task: string }> = element(UPGRADE_NS, 'upgrade', {
  task: ownText(nonEmpty),
})

export interface ScramSalt {
  readonly iterations: number
  readonly salt: Uint8Array
}

/** From the server. [XEP-0480 3] */
export const scramSalt: ElementCodec<ScramSalt> = element(
  SCRAM_UPGRADE_NS,
  'salt',
  { iterations: attribute('iterations', integer(1)), salt: ownText(base64) },
  ({ salt }) => (salt.length === 0 ? '<salt/> must not be empty.' : undefined),
)

/** From the client: the SaltedPassword. [XEP-0480 3] */
export const scramHash: ElementCodec<{ readonly salted: Uint8Array }> = element(
  SCRAM_UPGRADE_NS,
  'hash',
  { salted: ownText(base64) },
  ({ salted }) => (salted.length === 0 ? '<hash/> must not be empty.' : undefined),
)

/** E.g. `UPGR-SCRAM-SHA-256`. */
export function scramTask(hash: HashName): string {
  return `${prefix}${hash}`
}

export function hashOfTask(task: string): HashName | undefined {
  return (['SHA-1', 'SHA-256', 'SHA-512'] as const).find((hash) => task === scramTask(hash))
}

const prefix = 'UPGR-SCRAM-'

/** The tasks among what a client asks for with a login. */
export function readTasks(elements: readonly Element[]): string[] | CodecError {
  const tasks: string[] = []
  for (const one of elements) {
    const read = upgrade.parse(one)
    if (read instanceof CodecError) return read
    if (read !== undefined && !tasks.includes(read.task)) tasks.push(read.task)
  }
  return tasks
}
