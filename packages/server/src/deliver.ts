/** RFC 6121 section 8.5 for messages: who gets one, and what becomes of it when nobody does. A pure decision. */
import type { Jid } from '@rookery/protocol/jid'
import type { Message } from '@rookery/protocol/stanza'
import type { Session } from './session.ts'

/**
 * The sessions that get it, or what happens instead: `store` it (or tell the sender that it could not be),
 * `refuse` it with service-unavailable, `ignore` it.
 */
export type Fate = readonly Session[] | 'store' | 'refuse' | 'ignore'

/** `sessions`: all of the account that `to` names. */
export function fateOf(message: Message, to: Jid, sessions: readonly Session[]): Fate {
  if (to.isFull) {
    for (let i = 0; i < sessions.length; i++) {
      const session = sessions[i]!
      if (session.jid.resource === to.resource) return [session] // connected is enough [RFC6121 8.5.3.1]
    }
    // a chat message goes on as if it were addressed to the bare JID [RFC6121 8.5.3.2.1]
    if (message.type === 'error') return 'ignore'
    if (message.type !== 'chat') return 'refuse'
  }
  switch (message.type) {
    case 'error':
      return 'ignore' // [RFC6121 8.5.2.1.1]
    case 'groupchat':
      return 'refuse'
    case 'headline': {
      const all = sessions.filter((session) => session.isAvailable && session.priority >= 0)
      return all.length === 0 ? 'ignore' : all
    }
    default: {
      const most = mostAvailable(sessions)
      return most.length === 0 ? 'store' : most
    }
  }
}

/** The resources with the highest priority, which is not negative. [RFC6121 8.5.2.1.1, option M] */
function mostAvailable(sessions: readonly Session[]): readonly Session[] {
  let highest = 0
  let most: Session[] = []
  for (let i = 0; i < sessions.length; i++) {
    const session = sessions[i]!
    if (!session.isAvailable || session.priority < highest) continue
    if (session.priority > highest) most = []
    highest = session.priority
    most.push(session)
  }
  return most
}
