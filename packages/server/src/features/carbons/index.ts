/** Message carbons, XEP-0280 1.0.1: all clients of an account see what one of them sends and receives. */
import { StanzaError } from '@rookery/protocol/stanza'
import { CARBONS_NS, CARBONS_RULES_NS, disable, enable } from '@rookery/protocol/xeps/carbons'
import { type Feature, feature, type IqRoute } from '../../feature.ts'
import { Copies, wantsCarbons } from './copy.ts'

const notYours = new StanzaError('not-allowed', { text: 'carbons are turned on and off by the client that wants them' })

export const carbons: Feature = feature({
  name: 'carbons',
  summary: 'Copies what one client of an account sends and receives to the others that ask for it.',
  specifications: [{ number: 'XEP-0280', version: '1.0.1', status: 'complete', note: 'with the rules of 6.1' }],
  needs: ['sessions', 'services', 'clock'],
  disco: { host: [CARBONS_NS, CARBONS_RULES_NS] },
  slots: [wantsCarbons],
  start(powers) {
    const { copy } = new Copies(powers)

    /** As often as the client likes. [XEP-0280 10.1] */
    const turn = (name: string, wanted: boolean): IqRoute => ({
      type: 'set',
      at: 'account',
      payload: { name, ns: CARBONS_NS },
      refusal: notYours, // [XEP-0280 4.1, 5.1]
      handle({ session }) {
        if (session === undefined) return notYours
        session.set(wantsCarbons, wanted)
        return undefined
      },
    })

    return {
      iq: [turn(enable.name, true), turn(disable.name, false)],
      copy,
      bindInline: [
        {
          namespace: CARBONS_NS,
          enable(session, request) {
            if (enable.matches(request)) session.set(wantsCarbons, true) // [XEP-0386 3.2]
            return undefined
          },
        },
      ],
    }
  },
})
