/** Offline messages, XEP-0160 1.0.1: kept when nobody takes them, delivered to the first resource that does. */

import { type Maybe, then } from '@rookery/protocol'
import { type Message, StanzaError } from '@rookery/protocol/stanza'
import type { OfflineEntry } from '@rookery/storage'
import { type Feature, feature } from '../../feature.ts'
import { archiveService } from '../../services/archive.ts'
import { blockingService } from '../../services/blocking.ts'
import type { Session } from '../../session.ts'
import { Flushes } from './flush.ts'
import { delivered, isKept, marksOf } from './keeping.ts'

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
      now: () => clock.now(),
      keep: (local, message, at) => isKept(message) && keep(local, message, at).then((kept) => kept === true),
      failed: (local, error) => log.error({ account: local, error }, 'offline messages could not be delivered'),
    })

    /**
     * Nothing of somebody who was blocked after it came [XEP-0191 3.3], and nothing that the client has from the archive, or fetches
     * there: what is not in the archive is delivered in any case [XEP-0313 6.1.1, XEP-0386 4, S98].
     */
    function wireOf(session: Session, { stanza, at }: OfflineEntry, isLive: boolean): Maybe<string | undefined> {
      const { sender, archiveId, isStamped } = marksOf(stanza, session.account, host.jid)
      const { local } = session.account
      const isBlocked = sender !== undefined && (services.find(blockingService)?.isBlocked(local, sender) ?? false)
      return then(isBlocked, (blocked) => {
        if (blocked) return undefined
        const covered = archiveId !== undefined && services.find(archiveService)?.isCovered(session, archiveId)
        return then(covered, (yes) => {
          if (yes === true) return undefined
          return isStamped || isLive ? stanza : delivered(stanza, at, host.jid)
        })
      })
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
        detached(session) {
          flushes.detached(session.jid.local, session)
          return undefined
        },
        revived: (session) => flushes.revived(session.jid.local, session).then(() => undefined),
        resumed(session) {
          flushes.begin(session.jid.local)
          return undefined
        },
      },
    }
  },
})
