/** Blocking command, XEP-0191 1.3: with whom an account wants nothing to do. Not privacy lists (XEP-0016). */
import { then } from '@rookery/protocol'
import { BLOCKING_NS } from '@rookery/protocol/xeps/blocking'
import { AccountDocuments } from '../../account-documents.ts'
import { type Feature, feature } from '../../feature.ts'
import { provide } from '../../service.ts'
import { blockingService } from '../../services/blocking.ts'
import { blockListForm } from './block-list.ts'
import { Commands, wantsPushes } from './commands.ts'
import { otherSide, screen, screenLater } from './screen.ts'

const named = (name: string): { name: string; ns: string } => ({ name, ns: BLOCKING_NS })

export const blocking: Feature = feature({
  name: 'blocking',
  summary: 'Keeps the stanzas of blocked addresses away, both ways.',
  specifications: [{ number: 'XEP-0191', version: '1.3', status: 'complete' }],
  needs: ['documents', 'sessions', 'limits', 'random', 'services', 'log'],
  disco: { host: [BLOCKING_NS] },
  slots: [wantsPushes],
  start({ documents, sessions, limits, random, services, log }) {
    const lists = new AccountDocuments(documents, blockListForm, 200_000)
    const commands = new Commands(lists, { sessions, limits, random, services })
    return {
      iq: [
        { type: 'get', at: 'account', payload: named('blocklist'), handle: commands.get },
        { type: 'set', at: 'account', payload: named('block'), handle: commands.block },
        { type: 'set', at: 'account', payload: named('unblock'), handle: commands.unblock },
      ],
      screen({ stanza, side, account }) {
        const other = otherSide(stanza, side, account)
        if (other === undefined) return undefined
        const list = lists.of(account.local)
        return list instanceof Promise ? screenLater(list, stanza, side, other) : screen(list, stanza, side, other)
      },
      session: {
        opened(session) {
          // read ahead of the first stanza
          const list = lists.of(session.account.local)
          if (list instanceof Promise) list.catch((error) => log.error({ error }, 'a block list could not be read'))
          return undefined
        },
      },
      accountRemoved: (local) => lists.forget(local),
      provides: [
        provide(blockingService, {
          isBlocked: (local, who) => then(lists.of(local), (list) => list.matches(who)),
        }),
      ],
    }
  },
})
