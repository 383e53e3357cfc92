/** What is kept of a session while its client is away, so that it can be taken up by another process: written and read. */
import { parseJid } from '@rookery/protocol/jid'
import { Presence } from '@rookery/protocol/stanza'
import type { Session } from '../session.ts'
import { readStanza } from '../stored-stanza.ts'

export interface SavedSession {
  readonly since: number
  /** The last id of a message that had been given to the sessions of the account when the client went */
  readonly through: number
  readonly agent: string | undefined
  readonly presence: Presence | undefined
  readonly priority: number
  readonly slots: ReadonlyMap<string, string>
}

export function writeSession(session: Session, through: number): string {
  const { since, agent, presence, priority } = session
  return JSON.stringify({ since, through, agent, presence: presence?.wire(), priority, slots: session.slots.save() })
}

/** Undefined for what no version of this server wrote. */
export function readSession(text: string): SavedSession | undefined {
  try {
    const saved: unknown = JSON.parse(text)
    if (typeof saved !== 'object' || saved === null) return undefined
    const value = new Map<string, unknown>(Object.entries(saved))
    const keys = ['since', 'through', 'agent', 'presence', 'priority', 'slots']
    const [since, through, agent, wire, priority, slots] = keys.map((key) => value.get(key))
    if (typeof since !== 'number' || typeof through !== 'number' || typeof priority !== 'number') return undefined
    const presence = typeof wire === 'string' ? readPresence(wire) : undefined
    const texts = Object.entries(slots ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
    const client = typeof agent === 'string' ? agent : undefined
    return { since, through, agent: client, presence, priority, slots: new Map(texts) }
  } catch {
    return undefined
  }
}

function readPresence(wire: string): Presence | undefined {
  const element = readStanza(wire)
  if (element === undefined) return undefined
  const from = element.attr('from')
  return new Presence(element, from === undefined ? undefined : parseJid(from), undefined, 'available')
}
