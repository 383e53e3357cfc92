/** The sessions of one host, by account. One of the two seams where a cluster plugs in; the other is router.ts. */
import type { Jid } from '@rookery/protocol/jid'
import type { Session } from './session.ts'

const none: readonly Session[] = []

export class Registry {
  readonly #accounts = new Map<string, Session[]>()
  #size = 0

  get size(): number {
    return this.#size
  }

  /** The sessions of an account in the order of binding; none for an account nobody is logged in to. */
  of(local: string): readonly Session[] {
    return this.#accounts.get(local) ?? none
  }

  /** The session bound to a full JID. */
  find(jid: Jid): Session | undefined {
    const sessions = this.#accounts.get(jid.local)
    if (sessions === undefined) return undefined
    const resource = jid.resource
    for (let i = 0; i < sessions.length; i++) if (sessions[i]!.jid.resource === resource) return sessions[i]
    return undefined
  }

  add(session: Session): void {
    const sessions = this.#accounts.get(session.jid.local)
    // a new array: somebody may be walking over the old one
    this.#accounts.set(session.jid.local, sessions === undefined ? [session] : [...sessions, session])
    this.#size++
  }

  /** Removes this very session; a newer one that took over its resource stays. */
  remove(session: Session): void {
    const sessions = this.#accounts.get(session.jid.local)
    if (sessions === undefined || !sessions.includes(session)) return
    this.#size--
    if (sessions.length === 1) this.#accounts.delete(session.jid.local)
    else
      this.#accounts.set(
        session.jid.local,
        sessions.filter((other) => other !== session),
      )
  }

  *all(): Generator<Session> {
    for (const sessions of this.#accounts.values()) yield* sessions
  }
}
