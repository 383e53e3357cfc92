/** Last activity, XEP-0012 2.0: how long the server is up, and how long an account has been away. */
import { then } from '@rookery/protocol'
import { StanzaError } from '@rookery/protocol/stanza'
import { last as codec, LAST_NS } from '@rookery/protocol/xeps/last'
import type { Element } from '@rookery/protocol/xml'
import { type Feature, feature } from '../../feature.ts'
import { type Slot, slot } from '../../slot.ts'
import { formOf, goodbyeOf, readForm } from './goodbye.ts'

const payload = { name: 'query', ns: LAST_NS }
const key = 'last'

/** What the last unavailable presence of a session said. */
const goodbye: Slot<string> = slot('last:goodbye', 'connection', () => '')

export const last: Feature = feature({
  name: 'last',
  summary: 'Tells how long the server is up and how long a user has been away.',
  specifications: [
    {
      number: 'XEP-0012',
      version: '2.0',
      status: 'complete',
      note: 'strangers are told service-unavailable, as if there were no account, where the XEP has forbidden',
    },
  ],
  needs: ['host', 'clock', 'log', 'sessions', 'accounts', 'documents'],
  disco: { host: [LAST_NS], account: [LAST_NS] },
  slots: [goodbye],
  start({ host, clock, log, sessions, accounts, documents }) {
    const since = (at: number): number => Math.max(0, Math.floor((clock.now() - at) / 1000))

    async function ofAccount(local: string): Promise<Element | StanzaError> {
      if (sessions.of(local).length > 0) return codec.build({ seconds: 0 }) // [XEP-0012 3]
      const kept = await documents.get(local, key)
      const left = kept === undefined ? undefined : readForm(kept)
      if (left === undefined) return new StanzaError('item-not-found') // never was here
      return codec.build({ seconds: since(left.at), status: left.status === '' ? undefined : left.status })
    }

    return {
      iq: [
        { type: 'get', at: 'host', payload, handle: () => codec.build({ seconds: since(host.started) }) }, // [XEP-0012 5]
        { type: 'get', at: 'account', from: 'subscriber', payload, handle: ({ to }) => ofAccount(to.local) },
      ],
      // looks on: everything passes
      screen({ stanza, side, origin }) {
        if (stanza.kind !== 'presence' || side !== 'out' || stanza.to !== undefined) return undefined
        if (stanza.type === 'unavailable') origin?.set(goodbye, goodbyeOf(stanza))
        else if (stanza.type === 'available' && origin?.peek(goodbye) !== undefined) origin.set(goodbye, '')
        return undefined
      },
      session: {
        ended(session) {
          const { local } = session.jid
          if (sessions.of(local).length > 0) return undefined
          const left = formOf({ at: clock.now(), status: session.peek(goodbye) ?? '' })
          return then(accounts.exists(local), (exists) => {
            if (!exists) return undefined
            return documents.put(local, key, left).then(
              () => undefined,
              (error) => {
                log.error({ account: local, error }, 'the time of a logout could not be kept')
                return undefined
              },
            )
          })
        },
      },
    }
  },
})
