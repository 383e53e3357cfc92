/** What the features of one host plugged in, sorted by phase once, at start-up. */
import type { Maybe } from '@rookery/protocol'
import type { Iq } from '@rookery/protocol/stanza'
import type { BindInline, Discoverable, Feature, IqRoute, PresenceHandling, Wiring } from './feature.ts'
import type { Log } from './powers.ts'

export interface Plugged<F> {
  feature: string
  call: F
}

type Present<T> = Exclude<T, undefined>

export class Phases {
  readonly screen: Plugged<Present<Wiring['screen']>>[] = []
  readonly stamp: Plugged<Present<Wiring['stamp']>>[] = []
  readonly archive: Plugged<Present<Wiring['archive']>>[] = []
  readonly copy: Plugged<Present<Wiring['copy']>>[] = []
  readonly fallback: Plugged<Present<Wiring['fallback']>>[] = []
  readonly notify: Plugged<Present<Wiring['notify']>>[] = []
  readonly hostMessage: Plugged<Present<Wiring['hostMessage']>>[] = []
  readonly wirings: { feature: Feature; wiring: Wiring }[] = []
  /** What a client that binds by XEP-0386 may turn on with it, and is told. */
  readonly bind2: {
    readonly inline: Plugged<BindInline>[]
    readonly bound: Plugged<Present<Wiring['bound']>>[]
  } = { inline: [], bound: [] }
  readonly routes = new Map<string, IqRoute>()
  presence: PresenceHandling | undefined

  add(feature: Feature, wiring: Wiring): void {
    const plug = <F>(list: Plugged<F>[], call: F | undefined): void => {
      if (call !== undefined) list.push({ feature: feature.name, call })
    }
    plug(this.screen, wiring.screen)
    plug(this.stamp, wiring.stamp)
    plug(this.archive, wiring.archive)
    plug(this.copy, wiring.copy)
    plug(this.fallback, wiring.fallback)
    plug(this.notify, wiring.notify)
    plug(this.hostMessage, wiring.hostMessage)
    for (const inline of wiring.bindInline ?? []) plug(this.bind2.inline, inline)
    plug(this.bind2.bound, wiring.bound)
    for (const route of wiring.iq ?? []) this.#route(feature, route)
    if (wiring.presence !== undefined) {
      if (this.presence !== undefined)
        throw new TypeError(`feature ${feature.name}: another feature handles presence already`)
      this.presence = wiring.presence
    }
    this.wirings.push({ feature, wiring })
  }

  /** What the features declared for service discovery, and what their configuration adds. */
  discoverable(): Discoverable[] {
    return this.wirings.flatMap(({ feature, wiring }) => [feature.disco ?? {}, wiring.disco ?? {}])
  }

  route(request: Iq, at: 'host' | 'account'): IqRoute | undefined {
    const payload = request.payload
    return payload === undefined ? undefined : this.routes.get(routeKey(request.type, at, payload))
  }

  #route(feature: Feature, route: IqRoute): void {
    const key = routeKey(route.type, route.at, route.payload)
    if (this.routes.has(key)) throw new TypeError(`feature ${feature.name}: two routes answer ${key}`)
    this.routes.set(key, route)
  }
}

/** The braces keep a namespace from running into a name. */
function routeKey(type: string, at: string, payload: { name: string; ns: string }): string {
  return `${type} ${at} {${payload.ns}}${payload.name}`
}

/** Calls what must neither refuse nor stop anything: a fault is logged with the name of the feature. */
export function callSafely<A>(list: readonly Plugged<(argument: A) => undefined>[], argument: A, log: Log): void {
  for (let i = 0; i < list.length; i++) {
    try {
      list[i]!.call(argument)
    } catch (error) {
      log.error({ feature: list[i]!.feature, error }, 'a feature failed; the stanza went on')
    }
  }
}

interface Asked<A, R> {
  call: (argument: A) => Maybe<R | undefined>
}

/** The first answer that is not undefined (nor false), asking one after the other. */
export function firstOf<A, R>(list: readonly Asked<A, R>[], from: number, argument: A): Maybe<R | undefined> {
  for (let i = from; i < list.length; i++) {
    const answer = list[i]!.call(argument)
    if (answer instanceof Promise) return firstOfLate(answer, list, i + 1, argument)
    if (answer !== undefined && answer !== false) return answer
  }
  return undefined
}

function firstOfLate<A, R>(
  answer: Promise<R | undefined>,
  list: readonly Asked<A, R>[],
  from: number,
  argument: A,
): Promise<R | undefined> {
  return answer.then((late) => (late !== undefined && late !== false ? late : firstOf(list, from, argument)))
}
