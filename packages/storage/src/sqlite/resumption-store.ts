/** The resumable sessions of one host as the server sees them: each call becomes one flat operation. */
import type { QueuedStanza, ResumptionStore, StoredSession } from '../contracts.ts'
import { asLimit, asNothing, asNumber, code } from './flat.ts'
import type { Value } from './message.ts'
import type { Submit } from './storage.ts'

const PUT = code('resumption.put')
const SET_HANDLED = code('resumption.setHandled')
const SET_REACHED = code('resumption.setReached')
const REACHED = code('resumption.reached')
const ENQUEUE = code('resumption.enqueue')
const ACKNOWLEDGE = code('resumption.acknowledge')
const REMOVE_FROM = code('resumption.removeFrom')
const QUEUE = code('resumption.queue')
const GET = code('resumption.get')
const REMOVE = code('resumption.remove')
const LIST = code('resumption.list')

export function resumptionStore(domain: string, submit: Submit): ResumptionStore {
  return {
    put: ({ id, local, resource, handled, acknowledged, until, state, reached }, taken = []) =>
      submit(PUT, [domain, id, local, resource, [handled, acknowledged, until, reached], state, [...taken]], asNothing),
    setHandled: (id, handled) => submit(SET_HANDLED, [domain, id, handled], asNothing),
    setReached: (id, reached) => submit(SET_REACHED, [domain, id, reached], asNothing),
    reached: (local) => submit(REACHED, [domain, local], asNumber),
    enqueue: (id, stanzas) => {
      const cells: Value[] = []
      for (const { seq, at, id: kept, isTaken, stanza } of stanzas) cells.push(seq, at, kept, isTaken ? 1 : 0, stanza)
      return submit(ENQUEUE, [domain, id, cells], asNothing)
    },
    acknowledge: ({ id, local }, seq, taken = []) =>
      submit(ACKNOWLEDGE, [domain, id, local, seq, [...taken]], asNothing),
    removeFrom: (id, seq) => submit(REMOVE_FROM, [domain, id, seq], asNothing),
    queue: (id, after, limit) => submit(QUEUE, [domain, id, after, asLimit(limit)], asQueue),
    get: (id) => submit(GET, [domain, id], (value) => (value === undefined ? undefined : asSessions(value)[0])),
    remove: (id) => submit(REMOVE, [domain, id], asNothing),
    list: ({ after, limit }) => submit(LIST, [domain, after, asLimit(limit)], asSessions),
  }
}

function asQueue(value: Value): QueuedStanza[] {
  const cells = value as Value[]
  const queue: QueuedStanza[] = []
  for (let i = 0; i < cells.length; i += 5) {
    const [seq, at, id] = [cells[i] as number, cells[i + 1] as number, cells[i + 2] as number]
    queue.push({ seq, at, id, isTaken: cells[i + 3] === 1, stanza: cells[i + 4] as string })
  }
  return queue
}

function asSessions(value: Value): StoredSession[] {
  const cells = value as Value[]
  const sessions: StoredSession[] = []
  for (let i = 0; i < cells.length; i += 8)
    sessions.push({
      id: cells[i] as string,
      local: cells[i + 1] as string,
      resource: cells[i + 2] as string,
      handled: cells[i + 3] as number,
      acknowledged: cells[i + 4] as number,
      until: cells[i + 5] as number,
      state: cells[i + 6] as string,
      reached: cells[i + 7] as number,
    })
  return sessions
}
