/** Offline messages, XEP-0160 1.0.1: kept until a client takes them, delivered to the first resource that does. */

import { type Maybe, then } from '@rookery/protocol'
import { type Message, StanzaError } from '@rookery/protocol/stanza'
import type { OfflineEntry } from '@rookery/storage'
import { type Feature, feature } from '../../feature.ts'
import { archiveService } from '../../services/archive.ts'
import { blockingService } from '../../services/blocking.ts'
import type { Session } from '../../session.ts'
import { delayed } from '../../stored-stanza.ts'
import type { Kept, Trip } from '../../trip.ts'
import { Flushes, takesMessages } from './flush.ts'
import { isKept, marksOf } from './keeping.ts'

export const offline: Feature = feature({
  name: 'offline',
  summary: 'Keeps messages for those who are away, and delivers them when they come back.',
  specifications: [
    { number: 'XEP-0160', version: '1.0.1', status: 'complete' },
    { number: 'XEP-0203', version: '2.0', status: 'partial', note: 'the server stamps what it kept' },
    { number: 'XEP-0334', version: '1.0.0', status: 'partial', note: 'no-store and store, for offline messages' },
  ],
  needs: ['host', 'clock', 'log', 'sessions', 'accounts', 'spool', 'archiveIds', 'services'],
  disco: { host: ['msgoffline'] },
  start({ host, clock, log, sessions, accounts, spool, archiveIds: ids, services }) {
    const flushes = new Flushes({
      spool,
      clock,
      sessions: (local) => sessions.of(local),
      wireOf,
      lastId: () => ids.last,
      failed: (local, error) => log.error({ account: local, error }, 'offline messages could not be delivered'),
    })
    spool.whenFree((local) => flushes.freed(local))

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
          return isStamped || isLive ? stanza : delayed(stanza, at, host.jid)
        })
      })
    }

    async function keep(local: string, message: Message, at: number, id: number): Promise<boolean | StanzaError> {
      flushes.note(local)
      try {
        const entry = { id: id || ids.next(), at, stanza: message.wire() }
        // a full queue looks like an account that is not there [XEP-0160 2, S97]
        if ((await spool.append(local, entry)) === 'full') return false
      } catch (error) {
        log.error({ account: local, error }, 'a message could not be kept')
        return new StanzaError('internal-server-error', { type: 'wait' })
      }
      flushes.begin(local) // somebody may have come meanwhile
      return true
    }

    /** Whether it may get lost between its recipient and us: nobody is there, or somebody who says what they got, or something older goes first. */
    function mayWait({ to }: Message, local: string): boolean {
      const all = sessions.of(local)
      if (all.some((session) => session.management !== undefined || session.isHolding)) return true
      return to?.isFull === true ? sessions.find(to) === undefined : !all.some(takesMessages)
    }

    /** What no archive keeps is in the spool before anybody sees it. */
    function archive(trip: Trip<Message>): Maybe<Kept | undefined> {
      const { stanza, side, account } = trip
      const { local } = account
      if (side === 'out' || trip.id !== 0 || !mayWait(stanza, local) || !isKept(stanza)) return undefined
      const { to, type } = stanza
      if (to?.isFull === true && type !== 'chat' && sessions.find(to) === undefined) return undefined // is refused [RFC6121 8.5.3.2.1]
      const id = ids.next()
      trip.id = id
      spool.expect(local, id)
      const isExpected = sessions.of(local).some(takesMessages)
      return spool.append(local, { id, at: clock.now(), stanza: stanza.wire() }, isExpected).then(
        (how) => {
          if (how === 'stored') return 'spooled'
          spool.forget(local, [id])
          return 'full'
        },
        (error) => {
          spool.forget(local, [id])
          throw error
        },
      )
    }

    return {
      archive,
      fallback({ stanza, account, at, kept, id }) {
        if (kept === 'spooled') {
          spool.release(account.local, id)
          return true
        }
        if (stanza.type === 'headline') return true // nobody needs to know [RFC6121 8.5.2.2.1]
        if (!isKept(stanza)) return false
        return then(
          accounts.exists(account.local),
          (exists) => exists && keep(account.local, stanza, at ?? clock.now(), id),
        )
      },
      session: {
        presence(session, before) {
          if (before === undefined && session.isAvailable) flushes.expected(session.jid.local, session)
          return undefined
        },
        available(session) {
          flushes.begin(session.jid.local)
          return undefined
        },
        revived: (session) => flushes.revived(session.jid.local, session).then(() => undefined),
        resumed(session) {
          flushes.resumed(session.jid.local, session)
          return undefined
        },
      },
      stop() {
        flushes.stop()
        return undefined
      },
    }
  },
})
