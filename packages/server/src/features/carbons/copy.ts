/** Sends the copies. XEP-0280 1.0.1 sections 7 and 8. They go straight to their sessions: no phase sees them. */
import { type Message, message } from '@rookery/protocol/stanza'
import { received, sent } from '@rookery/protocol/xeps/carbons'
import { stanzaId } from '@rookery/protocol/xeps/stanza-id'
import type { Element } from '@rookery/protocol/xml'
import type { Powers } from '../../powers.ts'
import { archiveService } from '../../services/archive.ts'
import { presenceService } from '../../services/presence.ts'
import type { Session } from '../../session.ts'
import { type Slot, slot, yesOrNo } from '../../slot.ts'
import type { Trip } from '../../trip.ts'
import { CopiedMessages } from './answers.ts'
import { isEligible, isToOccupant } from './eligible.ts'

/** Whether the client wants copies. */
export const wantsCarbons: Slot<boolean> = slot('carbons:wanted', 'resumption', () => false, yesOrNo)

const nobody: readonly Session[] = []

export class Copies {
  readonly #sessions: Powers['sessions']
  readonly #services: Powers['services']
  readonly #clock: Powers['clock']
  readonly #copied = new CopiedMessages()

  constructor({ sessions, services, clock }: Pick<Powers, 'sessions' | 'services' | 'clock'>) {
    this.#sessions = sessions
    this.#services = services
    this.#clock = clock
  }

  readonly copy = (trip: Trip<Message>): undefined => {
    const { stanza, side, account } = trip
    const isToSelf = stanza.to?.bare.equals(account) === true && stanza.from?.bare.equals(account) === true
    if (isToSelf && side === 'out') return undefined // when it arrives: one copy for each, not two
    // what nobody takes waits for the first who does, who must not have it twice
    if (side === 'in' && trip.reached.length === 0) return undefined
    let targets = missing(this.#sessions.of(account.local), trip)
    if (targets.length === 0) return undefined
    const answersCopied = stanza.type === 'error' && this.#copied.isAnsweredBy(stanza, side, account)
    if (!isEligible(stanza, side, answersCopied)) return undefined
    if (side === 'out' && isToOccupant(stanza)) targets = targets.filter((session) => this.#isThere(session, stanza))
    if (stanza.type !== 'error') this.#copied.note(stanza, side, account)
    const copy = this.#wrap(trip, side === 'out' || isToSelf ? 'sent' : 'received')
    const at = trip.at ?? this.#clock.now()
    // encoded once: they differ in `to` alone
    // what no archive has is stored for each of them
    const isKept = trip.kept === 'kept'
    const original = isKept ? trip.delivery : undefined
    for (const session of targets) session.sendCopy(copy.with({ to: session.jid }), at, isKept, original)
    return undefined
  }

  /** From the own bare JID, with the type of what is in it. [XEP-0280 7, 8] */
  #wrap(trip: Trip<Message>, way: 'sent' | 'received'): Message {
    const { stanza, account } = trip
    const forwarded = { stanza: way === 'sent' ? this.#withId(trip) : stanza.toElement() }
    const wrapper = way === 'sent' ? sent.build({ forwarded }) : received.build({ forwarded })
    const type = stanza.element.attr('type') === undefined ? undefined : stanza.type
    return message(account, undefined, { type }, [wrapper])
  }

  /** What was received has the id of the archive already; what was sent left without. [XEP-0359 5] */
  #withId(trip: Trip<Message>): Element {
    const element = trip.stanza.toElement()
    const id = trip.side === 'out' ? this.#services.find(archiveService)?.idOf(trip) : undefined
    return id === undefined ? element : element.withChildren([...element.children, stanzaId.build(id)])
  }

  /** A client in the same room. Who must be looked up first did not go there. */
  #isThere(session: Session, { to }: Message): boolean {
    const presence = this.#services.find(presenceService)
    return presence === undefined || to === undefined || presence.isKnownTo(session, to) === true
  }
}

/** Those that want copies, and neither sent the message nor get it anyway. [XEP-0280 7, 8] */
function missing(sessions: readonly Session[], { origin, reached }: Trip): readonly Session[] {
  let found: Session[] | undefined
  for (let i = 0; i < sessions.length; i++) {
    const session = sessions[i]!
    if (session === origin || session.peek(wantsCarbons) !== true || reached.includes(session)) continue
    found ??= []
    found.push(session)
  }
  return found ?? nobody
}
