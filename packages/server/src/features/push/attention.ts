/** Whether somebody sees what has come, so that no device need be woken. Pure. */
import type { Session } from '../../session.ts'

export interface AttentionSettings {
  readonly whileInactive: boolean
  readonly whileActiveElsewhere: boolean
}

const nobody: readonly Session[] = []

/** The sessions whose clients can be believed to show it: available ones, and those it was addressed to. */
export function attentive(
  sessions: readonly Session[],
  reached: readonly Session[],
  settings: AttentionSettings,
): readonly Session[] {
  let found: Session[] | undefined
  for (let i = 0; i < sessions.length; i++) {
    const session = sessions[i]!
    if (session.isEnded || session.isDetached) continue // [XEP-0198 5]
    if (!session.isAvailable && !reached.includes(session)) continue
    if (settings.whileInactive && session.holdback !== undefined) continue // [XEP-0352 3]
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
