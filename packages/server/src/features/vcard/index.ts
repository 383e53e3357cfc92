/** vCards, XEP-0054 1.3.0: kept as they come, given to anybody who asks, never looked into. */

import { StanzaError } from '@rookery/protocol/stanza'
import { VCARD_NS } from '@rookery/protocol/xeps/vcard'
import { Element, parseElement, writeElement } from '@rookery/protocol/xml'
import { z } from 'zod'
import { type Feature, feature } from '../../feature.ts'
import type { IqRequest } from '../../iq-request.ts'
import { storedLimits } from '../../stored-stanza.ts'

const config = z
  .strictObject({
    visibleTo: z
      .enum(['anyone', 'subscribers'])
      .default('anyone')
      .describe('Who may see the vCard of a user: anyone who knows the address, or those who may see the presence.'),
  })
  .prefault({})

const payload = { name: 'vCard', ns: VCARD_NS }
const key = 'vcard'

export const vcard: Feature = feature({
  name: 'vcard',
  summary: 'Keeps a vCard for each user.',
  specifications: [{ number: 'XEP-0054', version: '1.3.0', status: 'complete' }],
  config,
  needs: ['documents', 'limits'],
  disco: { host: [VCARD_NS], account: [VCARD_NS] },
  start({ documents, limits }, { visibleTo }) {
    async function get({ from, to }: IqRequest): Promise<Element | StanzaError> {
      const kept = await documents.get(to.local, key)
      // to others a user without a card is like one that does not exist [XEP-0054 3.3, S100]
      if (kept === undefined)
        return new StanzaError(from.bare.equals(to.bare) ? 'item-not-found' : 'service-unavailable')
      const card = parseElement(kept, storedLimits)
      if (card instanceof Element) return card
      throw card
    }

    async function set({ payload: card, to }: IqRequest): Promise<StanzaError | undefined> {
      if (card.childElements().length === 0) {
        await documents.remove(to.local, key)
        return undefined
      }
      const wire = writeElement(card, '')
      if (limits.vcardBytes > 0 && wire.length > limits.vcardBytes)
        return new StanzaError('policy-violation', { text: `a vCard may have ${limits.vcardBytes} bytes` }) // [S102]
      await documents.put(to.local, key, wire)
      return undefined
    }

    return {
      iq: [
        {
          type: 'get',
          at: 'account',
          from: visibleTo === 'anyone' ? 'anyone' : 'subscriber',
          payload,
          handle: get,
        },
        { type: 'set', at: 'account', payload, handle: set }, // [XEP-0054 3.2]
      ],
    }
  },
})
