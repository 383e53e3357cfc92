/**
 * Jingle (XEP-0166 1.1.2): sessions between two clients, each about what an application says, over what a transport brings; the transport can
 * be replaced, contents can be neither added nor changed within a session. Files are an application of it; yours can be another.
 */
import { isBroken } from '@rookery/protocol/codec'
import type { Jid } from '@rookery/protocol/jid'
import { type Iq, StanzaError } from '@rookery/protocol/stanza'
import {
  jingle as codec,
  JINGLE_NS,
  type JingleContent,
  type Jingle as JingleRequest,
  jingleError,
} from '@rookery/protocol/xeps/jingle'
import { readJid } from '../../contract/address.ts'
import { lacking } from '../../contract/ask.ts'
import { RequestError, UsageError } from '../../contract/errors.ts'
import { type Core, defineExtension, type Extension } from '../../contract/extension.ts'
import type { WaitOptions } from '../../contract/within.ts'
import { type JingleApplication, JingleSession } from './session.ts'

export { type JingleApplication, type JingleEnd, JingleSession } from './session.ts'

/** Sessions at a time. [XEP-0166 12.1] */
const maxSessions = 50

export class Jingle {
  readonly #core: Core
  readonly #sessions: Map<string, JingleSession> = new Map()
  readonly #applications: Map<string, (session: JingleSession) => JingleApplication> = new Map()
  /** Those whose start the other side has not acknowledged. */
  readonly #starting: Set<JingleSession> = new Set()

  constructor(core: Core) {
    this.#core = core
    core.respond('set', 'jingle', JINGLE_NS, (request) => {
      this.#receive(request)
      return undefined
    })
    const gone = (is: (session: JingleSession) => boolean): void => {
      for (const session of [...this.#sessions.values()])
        if (is(session)) session.over({ condition: 'gone', isOwn: false })
    }
    core.onSessionEnd(() => gone(() => true))
    core.onDisconnect(async (signal) => {
      await Promise.all(
        Array.from(this.#sessions.values(), (session) => session.end({ condition: 'gone' }, { signal })),
      )
    })
    core.onStanza('presence', ({ type, from }) => {
      if (type === 'unavailable') gone(({ peer }) => from?.equals(peer) === true)
    })
  }

  /**
   * Takes sessions of others whose content has a description in this namespace. `answer` makes what follows the session; it throws a
   * StanzaError to refuse it at once. The session begins when somebody calls its `accept`.
   */
  take(description: string, answer: (session: JingleSession) => JingleApplication): void {
    this.#applications.set(description, answer)
  }

  /**
   * Offers a session to a full address; `application` follows it. Resolves when the offer has arrived: whether it is accepted comes later.
   * Throws UnsupportedError, RequestError.
   */
  async initiate(
    jid: Jid | string,
    contents: readonly JingleContent[],
    application: JingleApplication,
    options: WaitOptions = {},
  ): Promise<JingleSession> {
    if (!application) throw new UsageError('A session is of some application: see JingleApplication.')
    const session = this.#make(readJid(jid), this.#core.newId(), 'initiator', contents)
    session.application = application
    this.#starting.add(session)
    try {
      await session.initiate(options)
      return session
    } catch (error) {
      // who did not refuse may have got the offer all the same
      if (!(error instanceof RequestError)) void session.end({ condition: 'cancel' })
      session.over({ condition: 'cancel', isOwn: true })
      return lacking(JINGLE_NS, `${session.peer} is not online, or takes no such sessions.`)(error)
    } finally {
      this.#starting.delete(session)
    }
  }

  #make(peer: Jid, sid: string, role: JingleSession['role'], contents: readonly JingleContent[]): JingleSession {
    const key = keyOf(peer, sid)
    const over = (): void => void this.#sessions.delete(key)
    const session = new JingleSession({ core: this.#core, peer, sid, role, contents, over })
    this.#sessions.set(key, session)
    return session
  }

  #receive(request: Iq): void {
    const asked = codec.parse(request.payload!)
    if (asked === undefined || isBroken(asked)) throw new StanzaError('bad-request')
    // a session belongs to the two addresses that began it, whatever is said inside [XEP-0166 7.1]
    const peer = request.from ?? this.#core.account
    const session = this.#sessions.get(keyOf(peer, asked.sid))
    if (asked.action === 'session-initiate') return this.#initiated(peer, asked, session)
    if (session === undefined) throw jingleError('unknown-session')
    const { application } = session
    switch (asked.action) {
      case 'session-terminate':
        session.over({ ...(asked.reason ?? { condition: 'general-error' }), isOwn: false })
        return
      case 'session-accept':
        if (session.role !== 'initiator' || session.state !== 'pending') throw jingleError('out-of-order')
        session.state = 'active'
        application.accepted?.(asked.contents)
        return
      case 'session-info':
        for (const info of asked.infos) if (application.told?.(info) !== true) throw jingleError('unsupported-info')
        return
      case 'transport-replace':
        return session.proposed(asked.contents)
      case 'transport-accept':
        return session.settled(asked.contents)
      case 'transport-reject':
        return session.settled(undefined)
      case 'content-add': // [XEP-0166 7.2.2]
        void session.answer('content-reject', asked.contents.map(named))
        return
      case 'content-remove':
        // [XEP-0166 7.2.5] a part of them cannot be given up
        if (!session.contents.every((one) => asked.contents.some((gone) => keyOfContent(gone) === keyOfContent(one))))
          break
        void session.end({ condition: 'success' })
        return
      case 'content-accept':
      case 'content-reject': // nothing was added
        throw jingleError('out-of-order')
      case 'description-info':
      case 'security-info':
      case 'transport-info':
        throw jingleError('unsupported-info') // [XEP-0166 6.8]
    }
    throw new StanzaError('feature-not-implemented')
  }

  #initiated(peer: Jid, { sid, contents }: JingleRequest, known: JingleSession | undefined): void {
    const own = [...this.#starting].filter(
      ({ peer: other, application }) => other.equals(peer) && application.isSame?.(contents) === true,
    )
    for (const one of own) {
      // both have offered the same at once: the lower one counts [XEP-0166 7.2.16]
      if (one.sid < sid || (one.sid === sid && this.#core.jid!.toString() < peer.toString()))
        throw jingleError('tie-break')
    }
    if (known !== undefined && !own.includes(known)) throw jingleError('out-of-order')
    if (this.#sessions.size >= maxSessions) throw new StanzaError('resource-constraint')
    const description = contents[0]?.description
    const answer = description && this.#applications.get(description.ns)
    if (contents.length === 0) throw new StanzaError('bad-request')
    const session = this.#make(peer, sid, 'responder', contents)
    if (answer === undefined) {
      void session.end({ condition: 'unsupported-applications' }) // [XEP-0166 6.3.2]
      return
    }
    try {
      session.application = answer(session)
    } catch (error) {
      session.over({ condition: 'general-error', isOwn: true })
      throw error
    }
  }
}

/** Sessions between two clients. */
export const jingle: Extension<'jingle', Jingle> = defineExtension({
  name: 'jingle',
  features: [JINGLE_NS],
  start: (core) => new Jingle(core),
})

/** By these it is known in its session. */
const named = ({ creator, name }: JingleContent): JingleContent => ({ creator, name })
const keyOfContent = ({ creator, name }: JingleContent): string => `${creator} ${name}`
const keyOf = (peer: Jid, sid: string): string => `${peer}\n${sid}`
