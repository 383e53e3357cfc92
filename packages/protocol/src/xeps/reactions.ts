/** Message Reactions (XEP-0444 0.2.1): what somebody thinks of a message, in emojis. Whether they may is for the reader to see. */
import { attribute, type ElementCodec, element, mapped, nonEmpty, texts } from '../codec/index.ts'

export const REACTIONS_NS = 'urn:xmpp:reactions:0'

/** An emoji of a family has a dozen code points; what is longer than this many characters is no emoji. */
const longest = 64
/** Kept of one person to one message. */
const most = 64

export interface Reactions {
  /** Of the message: as `referenceId` has it. [XEP-0444 4.2] */
  readonly id: string
  /** All that the sender has to say now, each once; none takes back what they said before. [XEP-0444 3.2] */
  readonly reactions: readonly string[]
}

export const reactions: ElementCodec<Reactions> = element(REACTIONS_NS, 'reactions', {
  id: attribute('id', nonEmpty),
  reactions: mapped(texts('reaction'), tidy, (list) => list),
})

/** Without those that are given twice, or can be no emoji. [XEP-0444 4] */
function tidy(found: readonly string[]): readonly string[] {
  const kept = new Set<string>()
  for (const reaction of found) {
    if (reaction.trim() !== '' && reaction.length <= longest && kept.size < most) kept.add(reaction)
  }
  return [...kept]
}
