/** Whether somebody sees what has come, so that no device need be woken. Pure, but for the clients it asks about. */
import type { Session } from '../../session.ts'

export interface AttentionSettings {
  readonly whileInactive: boolean
  readonly whileActiveElsewhere: boolean
}

/** What only other parts of the server know about a session. */
export interface Watch {
  /** The connection is gone, and the client may come back to the session. [XEP-0198 5] */
  isDetached(session: Session): boolean
  /** The client said that nobody looks. [XEP-0352 3] */
  isInactive(session: Session): boolean
}

const nobody: readonly Session[] = []

/** The sessions whose clients can be believed to show it: available ones, and those it was addressed to. */
export function attentive(
  sessions: readonly Session[],
  reached: readonly Session[],
  watch: Watch,
  settings: AttentionSettings,
): readonly Session[] {
  let found: Session[] | undefined
  for (let i = 0; i < sessions.length; i++) {
    const session = sessions[i]!
    if (session.isEnded || watch.isDetached(session)) continue
    if (!session.isAvailable && !reached.includes(session)) continue
    if (settings.whileInactive && watch.isInactive(session)) continue
    found ??= []
    found.push(session)
  }
  return found ?? nobody
}

/** Whether a device is to be told, which registered as `resource`. */
export function isDue(resource: string, looking: readonly Session[], settings: AttentionSettings): boolean {
  if (looking.length === 0) return true
  return settings.whileActiveElsewhere && !looking.some(({ jid }) => jid.resource === resource)
}
