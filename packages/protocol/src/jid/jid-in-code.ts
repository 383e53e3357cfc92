// Addresses written in code or configuration.

import { parseJid } from '#parse-jid'
import type { Jid } from './jid.ts'
import { JidError } from './jid-error.ts'

/** Reads an address written in code or configuration; throws JidError if it is malformed. */
export function jid(text: string): Jid {
  const parsed = parseJid(text)
  if (parsed !== undefined) return parsed
  throw new JidError(
    text,
    `not an XMPP address: ${JSON.stringify(text.slice(0, 100))}. It looks like name@domain/resource`,
  )
}
