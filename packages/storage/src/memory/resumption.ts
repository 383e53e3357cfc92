/** The resumable sessions of one host in memory. */
import type { QueuedStanza, ResumptionStore, StoredSession } from '../contracts.ts'
import { compareText } from '../text.ts'
import type { Owned } from './accounts.ts'
import type { MemoryOffline } from './offline.ts'
import type { Run } from './storage.ts'

interface Resumable {
  session: StoredSession
  /** By seq. */
  readonly queue: Map<number, QueuedStanza>
}

export class MemoryResumption implements ResumptionStore, Owned {
  readonly #sessions = new Map<string, Resumable>()
  readonly #run: Run
  readonly #offline: MemoryOffline

  constructor(run: Run, offline: MemoryOffline) {
    this.#run = run
    this.#offline = offline
  }

  put(session: StoredSession, taken: readonly number[] = []): Promise<void> {
    const ids = [...taken]
    return this.#run('resumption.put', () => {
      const queue = this.#sessions.get(session.id)?.queue ?? new Map<number, QueuedStanza>()
      for (const seq of queue.keys()) if (seq <= session.acknowledged) queue.delete(seq)
      const reached = Math.max(session.reached, this.#sessions.get(session.id)?.session.reached ?? 0)
      this.#sessions.set(session.id, { session: { ...copySession(session), reached }, queue })
      this.#take(session.local, ids)
    })
  }

  setHandled(id: string, handled: number): Promise<void> {
    return this.#run('resumption.setHandled', () => {
      const known = this.#sessions.get(id)
      if (known !== undefined) known.session = { ...known.session, handled }
    })
  }

  setReached(id: string, reached: number): Promise<void> {
    return this.#run('resumption.setReached', () => {
      const known = this.#sessions.get(id)
      if (known !== undefined) known.session = { ...known.session, reached: Math.max(known.session.reached, reached) }
    })
  }

  reached(local: string): Promise<number> {
    return this.#run('resumption.reached', () => {
      let most = 0
      for (const { session } of this.#sessions.values())
        if (session.local === local) most = Math.max(most, session.reached)
      return most
    })
  }

  enqueue(session: string, stanzas: readonly QueuedStanza[]): Promise<void> {
    return this.#run('resumption.enqueue', () => {
      const known = this.#sessions.get(session)
      if (known === undefined) return
      for (const { seq, at, id, isTaken, stanza } of stanzas)
        if (seq > known.session.acknowledged) known.queue.set(seq, { seq, at, id, isTaken, stanza })
    })
  }

  acknowledge(
    { id, local }: { readonly id: string; readonly local: string },
    seq: number,
    taken: readonly number[] = [],
  ): Promise<void> {
    const ids = [...taken]
    return this.#run('resumption.acknowledge', () => {
      this.#take(local, ids)
      const known = this.#sessions.get(id)
      if (known === undefined) return
      known.session = { ...known.session, acknowledged: Math.max(known.session.acknowledged, seq) }
      for (const one of known.queue.keys()) if (one <= seq) known.queue.delete(one)
    })
  }

  #take(local: string, ids: readonly number[]): void {
    this.#offline.take(local, ids)
    if (ids.length === 0) return
    const taken = new Set(ids)
    for (const { session, queue } of this.#sessions.values())
      if (session.local === local)
        for (const [seq, one] of queue) if (one.id !== 0 && taken.has(one.id)) queue.set(seq, { ...one, isTaken: true })
  }

  removeFrom(id: string, seq: number): Promise<void> {
    return this.#run('resumption.removeFrom', () => {
      const queue = this.#sessions.get(id)?.queue
      for (const one of queue?.keys() ?? []) if (one >= seq) queue!.delete(one)
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
  const { id, local, resource, handled, acknowledged, until, state, reached } = session
  return { id, local, resource, handled, acknowledged, until, state, reached }
}
