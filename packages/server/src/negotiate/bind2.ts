/** Bind 2 (XEP-0386 1.1.0), the server's side: binds a resource in the middle of a login, and turns on what was asked for in the same turn as it says so. */
import { type Maybe, then } from '@rookery/protocol'
import { StreamError } from '@rookery/protocol/stream'
import { type Bind2Request, bind2Offer, bound as codec } from '@rookery/protocol/xeps/bind2'
import { MANAGEMENT_NS } from '@rookery/protocol/xeps/management'
import type { Element } from '@rookery/protocol/xml'
import type { Plugged } from '../phases.ts'
import type { Session } from '../session.ts'
import type { Negotiation } from './negotiation.ts'

/** A session whose client has not been told of it: what is sent to it waits. */
export interface Binding {
  readonly session: Session
  /** Turns on what was asked for, and says what became of it; in the same turn `sent` is called, after the answer has been sent. */
  enable(): Element
  sent(): void
}

/** [XEP-0386 3.1] */
export function offer(n: Negotiation): Element {
  const features = n.host.bind2.inline.map(({ call }) => call.namespace)
  return bind2Offer.build({ features: [...features, MANAGEMENT_NS] })
}

/** Undefined: it could not be bound, and the stream has ended. */
export function bind(n: Negotiation, request: Bind2Request, client: string | undefined): Maybe<Binding | undefined> {
  const session = bindResource(n, request.tag ?? '', client)
  if (session === undefined) return undefined
  const early = new Early(session)
  return then(tellBound(n, session), (told) =>
    then(managementOf(n, request.others), (manage) => {
      if (session.isEnded) return undefined
      return {
        session,
        enable() {
          early.stop()
          return codec.build({ others: [...told, ...turnOn(n, session, request.others, manage)] })
        },
        sent: () => early.send(),
      }
    }),
  )
}

/** The first of them counts. */
function managementOf(n: Negotiation, requests: readonly Element[]): Maybe<(() => Element) | undefined> {
  const request = requests.find(({ ns }) => ns === MANAGEMENT_NS)
  return request?.name === 'enable' ? n.management.enable(request) : undefined
}

/** [XEP-0386 4.1] */
function bindResource(n: Negotiation, tag: string, client: string | undefined): Session | undefined {
  const own = client === undefined ? n.host.random.id() : n.host.access.resourceOf(n.account!, client, tag)
  let session = n.bind(tag === '' ? own : `${tag}/${own}`, client)
  if (session === 'malformed') session = n.bind(own, client) // a tag that no resource can have
  if (typeof session !== 'string') return session
  if (session === 'gone')
    n.close(new StreamError('not-authorized', 'log in again')) // [S52]
  else n.close(new StreamError('resource-constraint', 'this account has too many sessions; end one first'))
  return undefined
}

/** What every client that binds is told; whoever fails to say it is left out. */
function tellBound(n: Negotiation, session: Session): Maybe<readonly Element[]> {
  const hooks = n.host.bind2.bound
  const told = hooks.map((hook) => ask(n, session, hook))
  const present = (all: readonly (Element | undefined)[]): Element[] => all.filter((one) => one !== undefined)
  return told.some((one) => one instanceof Promise)
    ? Promise.all(told).then(present)
    : present(told as readonly (Element | undefined)[])
}

type BoundHook = Negotiation['host']['bind2']['bound'][number]

function ask(n: Negotiation, session: Session, { feature, call }: BoundHook): Maybe<Element | undefined> {
  const failed = (error: unknown): undefined => {
    n.log.error({ feature, error }, 'a feature failed at the binding of a session')
  }
  try {
    const told = call(session)
    return told instanceof Promise ? told.catch(failed) : told
  } catch (error) {
    return failed(error)
  }
}

/** Each feature once; what is not offered is ignored. */
function turnOn(
  n: Negotiation,
  session: Session,
  requests: readonly Element[],
  manage: (() => Element) | undefined,
): Element[] {
  const answers: Element[] = []
  const done = new Set<string>()
  for (const request of requests) {
    if (done.has(request.ns)) continue
    done.add(request.ns)
    const answer = request.ns === MANAGEMENT_NS ? manage?.() : enable(n, session, request)
    if (answer !== undefined) answers.push(answer)
  }
  return answers
}

function enable(n: Negotiation, session: Session, request: Element): Element | undefined {
  const inline: Plugged<Negotiation['host']['bind2']['inline'][number]['call']> | undefined = n.host.bind2.inline.find(
    ({ call }) => call.namespace === request.ns,
  )
  try {
    return inline?.call.enable(session, request)
  } catch (error) {
    n.log.error({ feature: inline?.feature, error }, 'a feature could not be turned on')
    return undefined
  }
}

/** Keeps what is sent to a session before its client knows of it. */
class Early {
  readonly #session: Session
  readonly #kept: string[] = []
  #bytes = 0

  constructor(session: Session) {
    this.#session = session
    session.hold() // messages
    session.setHoldback({
      take: (wire) => {
        this.#kept.push(wire)
        this.#bytes += wire.length
        if (this.#bytes > mostEarly) session.link.close(new StreamError('policy-violation', 'too much waits'))
        return true
      },
      flush: () => undefined,
    })
  }

  stop(): void {
    this.#session.setHoldback(undefined)
  }

  send(): void {
    for (const wire of this.#kept) this.#session.sendHeldBack(wire)
    this.#session.release()
  }
}

const mostEarly = 262_144
