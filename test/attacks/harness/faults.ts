/**
 * A feature that fails wherever a feature can: a payload says where and how. For S136. It also answers `urn:test:fault`
 * requests that fail, and counts the sessions that are open.
 */
import { DatabaseSync } from 'node:sqlite'
import { type Feature, feature, type Powers, type Trip } from '@rookery/server'

export const FAULT = 'urn:test:fault'

const registries = new Map<string, Powers['sessions']>()

export const sessions = {
  count: 0,
  /** How many an account has on a host. */
  of: (local: string, host: string): number => registries.get(host)?.of(local).length ?? 0,
}

/** Fails if the stanza asks for it here: `<fault xmlns='urn:test:fault' at='screen' how='reject'/>`. */
function failIfAsked(trip: Pick<Trip, 'stanza'>, at: string): Promise<never> | undefined {
  const wish = trip.stanza.element.child('fault', FAULT)
  if (wish === undefined || wish.attr('at') !== at) return undefined
  return fail(wish.attr('how'))
}

function fail(how: string | undefined): Promise<never> {
  const error = new TypeError('this feature fails')
  if (how === 'reject') return Promise.resolve().then(() => Promise.reject(error))
  throw error
}

/** What sessions leave behind, by resource: memory of JavaScript, and memory that V8 knows nothing of. */
const leaked: unknown[] = []
const leaks = new Map<string, () => void>([
  ['fault-leak', () => leaked.push(new Uint8Array(3_000_000).fill(1))],
  ['fault-kept-once', () => leaked.length === 0 && leaked.push(new Uint8Array(6_000_000).fill(1))],
  ['fault-leak-native', () => leaked.push(nativeMemory(20_000_000))],
  [
    'fault-hoard',
    () => {
      const hoard = new Uint8Array(80_000_000).fill(1)
      setTimeout(() => hoard.fill(0), 200)
    },
  ],
])

function nativeMemory(bytes: number): DatabaseSync {
  const database = new DatabaseSync(':memory:')
  database.exec(`CREATE TABLE hoard AS SELECT randomblob(${bytes}) AS bytes`)
  return database
}

const payload = { name: 'fault', ns: FAULT }
const answer = ({ payload: wish }: { payload: { attr(name: string): string | undefined } }): Promise<undefined> =>
  fail(wish.attr('how'))

export const faults: Feature = feature({
  name: 'faults',
  summary: 'Fails wherever a feature can.',
  specifications: [],
  needs: ['host', 'sessions'],
  start(powers) {
    registries.set(powers.host.domain, powers.sessions)
    return {
      iq: [
        { type: 'get', at: 'host', payload, handle: answer },
        { type: 'set', at: 'account', payload, from: 'anyone', handle: answer },
      ],
      screen: (trip) => failIfAsked(trip, 'screen'),
      stamp: (trip) => {
        failIfAsked(trip, 'stamp')
        return undefined
      },
      archive: (trip) => failIfAsked(trip, 'archive'),
      copy: (trip) => {
        failIfAsked(trip, 'copy')
        return undefined
      },
      fallback: (trip) => failIfAsked(trip, 'fallback') ?? false,
      notify: (trip) => {
        failIfAsked(trip, 'notify')
        return undefined
      },
      hostMessage: (stanza) => failIfAsked({ stanza }, 'host')?.then(() => false) ?? false,
      streamFeatures: [
        {
          name: 'faults',
          offer: () => undefined,
          takes: (element) => element.is('fault', FAULT),
          receive: (element) => fail(element.attr('how')),
        },
      ],
      session: {
        available: (session) =>
          session.jid.resource.startsWith('fault-available-') ? fail(session.jid.resource.slice(16)) : undefined,
        opened: (session) => {
          sessions.count++
          leaks.get(session.jid.resource)?.()
          if (session.jid.resource === 'fault-opened') throw new TypeError('this feature fails when a session opens')
          return undefined
        },
        detached: (session) => {
          if (session.jid.resource.startsWith('fault-away'))
            throw new TypeError('this feature fails when a client goes')
          return undefined
        },
        resumed: (session) => {
          if (session.jid.resource.startsWith('fault-away'))
            throw new TypeError('this feature fails when a client returns')
          return undefined
        },
        ended: (session) => {
          sessions.count--
          if (session.jid.resource === 'fault-ended') throw new TypeError('this feature fails when a session ends')
          return undefined
        },
      },
    }
  },
})
