/** The resumable sessions of one host in memory. */
import type { QueuedStanza, ResumptionStore, StoredSession } from '../contracts.ts'
import { compareText } from '../text.ts'
import type { Owned } from './accounts.ts'
import type { Run } from './storage.ts'

interface Resumable {
  session: StoredSession
  /** By seq. */
  readonly queue: Map<number, QueuedStanza>
}

export class MemoryResumption implements ResumptionStore, Owned {
  readonly #sessions = new Map<string, Resumable>()
  readonly #run: Run

  constructor(run: Run) {
    this.#run = run
  }

  put(session: StoredSession): Promise<void> {
    return this.#run('resumption.put', () => {
      this.#sessions.set(session.id, {
        session: copySession(session),
        queue: this.#sessions.get(session.id)?.queue ?? new Map(),
      })
    })
  }

  setHandled(id: string, handled: number): Promise<void> {
    return this.#run('resumption.setHandled', () => {
      const known = this.#sessions.get(id)
      if (known !== undefined) known.session = { ...known.session, handled }
    })
  }

  enqueue(id: string, stanzas: readonly QueuedStanza[]): Promise<void> {
    return this.#run('resumption.enqueue', () => {
      const known = this.#sessions.get(id)
      if (known === undefined) return
      for (const { seq, at, stanza } of stanzas)
        if (seq > known.session.acknowledged) known.queue.set(seq, { seq, at, stanza })
    })
  }

  acknowledge(id: string, seq: number): Promise<void> {
    return this.#run('resumption.acknowledge', () => {
      const known = this.#sessions.get(id)
      if (known === undefined || seq <= known.session.acknowledged) return
      known.session = { ...known.session, acknowledged: seq }
      for (const one of known.queue.keys()) if (one <= seq) known.queue.delete(one)
    })
  }

  queue(id: string, after: number, limit: number): Promise<QueuedStanza[]> {
    return this.#run('resumption.queue', () =>
      [...(this.#sessions.get(id)?.queue.values() ?? [])]
        .filter(({ seq }) => seq > after)
        .sort((a, b) => a.seq - b.seq)
        .slice(0, Math.max(0, limit))
        .map((entry) => ({ ...entry })),
    )
  }

  get(id: string): Promise<StoredSession | undefined> {
    return this.#run('resumption.get', () => {
      const known = this.#sessions.get(id)
      return known === undefined ? undefined : copySession(known.session)
    })
  }

  remove(id: string): Promise<void> {
    return this.#run('resumption.remove', () => {
      this.#sessions.delete(id)
    })
  }

  list(options: { readonly after?: string | undefined; readonly limit: number }): Promise<StoredSession[]> {
    return this.#run('resumption.list', () => {
      const { after, limit } = options
      return [...this.#sessions.values()]
        .filter(({ session }) => after === undefined || compareText(session.id, after) > 0)
        .sort((a, b) => compareText(a.session.id, b.session.id))
        .slice(0, Math.max(0, limit))
        .map(({ session }) => copySession(session))
    })
  }

  forget(local: string): void {
    for (const [id, { session }] of this.#sessions) if (session.local === local) this.#sessions.delete(id)
  }
}

function copySession(session: StoredSession): StoredSession {
  const { id, local, resource, handled, acknowledged, until, state } = session
  return { id, local, resource, handled, acknowledged, until, state }
}
