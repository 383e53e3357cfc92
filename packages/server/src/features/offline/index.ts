/** Offline messages, XEP-0160 1.0.1: kept when nobody takes them, delivered to the first resource that does. */

import { type Maybe, then } from '@rookery/protocol'
import { type Message, StanzaError } from '@rookery/protocol/stanza'
import type { OfflineEntry } from '@rookery/storage'
import { type Feature, feature } from '../../feature.ts'
import { blockingService } from '../../services/blocking.ts'
import { Flushes } from './flush.ts'
import { delivered, isKept, senderOf } from './keeping.ts'

export const offline: Feature = feature({
  name: 'offline',
  summary: 'Keeps messages for those who are away, and delivers them when they come back.',
  specifications: [
    { number: 'XEP-0160', version: '1.0.1', status: 'complete' },
    { number: 'XEP-0203', version: '2.0', status: 'partial', note: 'the server stamps what it kept' },
    { number: 'XEP-0334', version: '1.0.0', status: 'partial', note: 'no-store and store, for offline messages' },
  ],
  needs: ['host', 'clock', 'log', 'limits', 'sessions', 'accounts', 'offline', 'services'],
  disco: { host: ['msgoffline'] },
  start({ host, clock, log, limits, sessions, accounts, offline: store, services }) {
    const bound = (limit: number): number => (limit === 0 ? Number.MAX_SAFE_INTEGER : limit)
    const limit = { count: bound(limits.offlineMessages), bytes: bound(limits.offlineBytes) }
    const flushes = new Flushes({
      store,
      sessions: (local) => sessions.of(local),
      wireOf,
      keep: (local, message, at) => isKept(message) && keep(local, message, at).then((kept) => kept === true),
      failed: (local, error) => log.error({ account: local, error }, 'offline messages could not be delivered'),
    })

    /** Who was blocked after the message came is not heard any more. [XEP-0191 3.3] */
    function wireOf(local: string, entry: OfflineEntry): Maybe<string | undefined> {
      const sender = services.find(blockingService) === undefined ? undefined : senderOf(entry.stanza)
      const isBlocked = sender !== undefined && services.use(blockingService).isBlocked(local, sender)
      return then(isBlocked, (no) => (no ? undefined : delivered(entry.stanza, entry.at, host.jid)))
    }

    async function keep(local: string, message: Message, at: number): Promise<boolean | StanzaError> {
      const entry = { stanza: message.wire(), at }
      flushes.note(local)
      try {
        // a full queue looks like an account that is not there [XEP-0160 2, S97]
        if ((await store.append(local, entry, limit)) === 'full') return false
      } catch (error) {
        log.error({ account: local, error }, 'a message could not be kept')
        return new StanzaError('internal-server-error', { type: 'wait' })
      }
      flushes.begin(local) // somebody may have come meanwhile
      return true
    }

    return {
      fallback({ stanza, account, at }) {
        if (stanza.type === 'headline') return true // nobody needs to know [RFC6121 8.5.2.2.1]
        if (!isKept(stanza)) return false
        return then(
          accounts.exists(account.local),
          (exists) => exists && keep(account.local, stanza, at ?? clock.now()),
        )
      },
      session: {
        available(session) {
          flushes.begin(session.jid.local)
          return undefined
        },
        resumed(session) {
          flushes.begin(session.jid.local)
          return undefined
        },
      },
    }
  },
})
