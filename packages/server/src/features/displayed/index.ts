/**
 * Displayed synchronisation, XEP-0490 1.0.1, server assist: `<displayed/>` in a message of a client is taken out and published for its other
 * devices. What clients publish themselves is the pep room's.
 *
 * State moves forward because clients ignore older ones: ids are opaque to the server, and the last publication stands. [XEP-0490 5.1, 5.2]
 */
import type { Message } from '@rookery/protocol/stanza'
import { DISPLAYED_ASSIST_NS, DISPLAYED_NS } from '@rookery/protocol/xeps/displayed'
import type { Element } from '@rookery/protocol/xml'
import { type Feature, feature } from '../../feature.ts'
import { type NodeConfig, pepService } from '../../services/pep.ts'
import { type TripSlot, tripSlot } from '../../slot.ts'
import type { Trip } from '../../trip.ts'
import { takeOut } from './take-out.ts'

/** As clients are told to make the node. [XEP-0490 4.2, 5.2] */
const creation: NodeConfig = { persist: true, maxItems: 'max', sendLast: 'never' }

/** Taken out of a message, and not published yet: it is between its stamp and its archive. */
const taken: TripSlot<Element> = tripSlot('displayed:taken')

export const displayed: Feature = feature({
  name: 'displayed',
  summary: 'Publishes for the other devices of a user what was read, when a client says so in a message.',
  specifications: [{ number: 'XEP-0490', version: '1.0.1', status: 'complete' }],
  needs: ['services', 'log'],
  uses: [pepService],
  disco: { account: [DISPLAYED_ASSIST_NS] },
  start({ services, log }) {
    async function publish({ stanza, account }: Trip<Message>, element: Element): Promise<undefined> {
      // the chat is the address as the client wrote it [XEP-0490 5.1]
      const id = stanza.element.attr('to') ?? account.toString()
      const refused = await services.use(pepService).publish(account, DISPLAYED_NS, { id, payload: element }, creation)
      if (refused !== undefined)
        log.warn({ account: account.toString(), reason: refused.condition }, 'a displayed state was not published')
      return undefined
    }

    return {
      /** Before the archive, carbons, and the other side. [XEP-0490 4.5.3, 5.2] */
      stamp(trip) {
        const { stanza, side } = trip
        if (side === 'in') return undefined
        const found = takeOut(stanza.element)
        if (found === undefined) return undefined
        if (found.displayed !== undefined && stanza.type !== 'error') trip.remember(taken, found.displayed)
        return stanza.with({ element: found.rest })
      },
      /** Durable before the message goes on and is acknowledged. */
      archive(trip) {
        const element = trip.recall(taken)
        return element === undefined ? undefined : publish(trip, element)
      },
    }
  },
})
