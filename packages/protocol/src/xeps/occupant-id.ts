/** Anonymous unique occupant identifiers for MUCs (XEP-0421 1.0.1): who somebody is in a room, whatever their nickname. */
import { attribute, type ElementCodec, element, type Text } from '../codec/index.ts'

export const OCCUPANT_ID_NS = 'urn:xmpp:occupant-id:0'

const identifier: Text<string> = {
  expected: 'text of 1 to 128 characters',
  decode: (text) => (text === '' || text.length > 128 ? undefined : text),
  encode: (value) => value,
}

/** The same in messages and presence. To be believed only of a room that has the feature: others let anybody claim any. [XEP-0421 4] */
export const occupantId: ElementCodec<{ readonly id: string }> = element(OCCUPANT_ID_NS, 'occupant-id', {
  id: attribute('id', identifier),
})
