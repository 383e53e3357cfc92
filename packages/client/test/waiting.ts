/** Waiting in tests: for an event, a state, anything; never for ever. What did not come is named, and what is there instead. */
import type { FeedEvents, PubsubNode, ServiceFeedEvents, ServiceNode } from '../src/features/pubsub/index.ts'
import type { AnyExtension, Client, ClientState, EventsOf, Room, RoomEvents } from '../src/index.ts'

/** Milliseconds: on a machine that does much else. */
export const patience = 15_000

interface Limit {
  /** For the error: what was waited for. */
  readonly what: string
  /** For the error: what is the case instead. */
  readonly now?: (() => string) | undefined
  readonly milliseconds?: number | undefined
}

/** What `begin` resolves. It is called with that, and answers how to stop. */
function limited<T>(
  { what, now, milliseconds = patience }: Limit,
  begin: (resolve: (value: T) => void, reject: (reason: unknown) => void) => () => void,
): Promise<T> {
  const asked = new Error()
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  let stop: () => void = () => undefined
  const timer = setTimeout(() => {
    stop()
    const error = new Error(`${what}: not within ${milliseconds / 1000} s${now === undefined ? '' : `; ${now()}`}`)
    // as if it was thrown where the waiting began
    error.stack = [String(error), ...(asked.stack?.split('\n').slice(3) ?? [])].join('\n')
    reject(error)
  }, milliseconds)
  const ended = (): void => {
    clearTimeout(timer)
    stop()
  }
  stop = begin(
    (value) => {
      ended()
      resolve(value)
    },
    (reason) => {
      ended()
      reject(reason)
    },
  )
  // a test that fails before it awaits this has its own error
  promise.catch(() => undefined)
  return promise
}

/** Resolves as the promise does; rejects when that takes too long, with `what` was waited for, and what is the case `now`. */
export function within<T>(
  promise: Promise<T>,
  what: string,
  now?: () => string,
  milliseconds: number = patience,
): Promise<T> {
  return limited({ what, now, milliseconds }, (resolve, reject) => {
    promise.then(resolve, reject)
    return () => undefined
  })
}

/** Wakes whoever waits for something of the test's own: `ring` when it may have changed. */
export class Bell {
  readonly #looks: Set<() => void> = new Set()

  ring(): void {
    for (const look of [...this.#looks]) look()
  }

  /** Resolves when it is so; looks at once, and at each ring. */
  until(
    isSo: () => boolean,
    what: string = String(isSo),
    now?: () => string,
    milliseconds?: number,
  ): Promise<undefined> {
    return limited({ what, now, milliseconds }, (resolve) => {
      const look = (): void => {
        if (isSo()) resolve(undefined)
      }
      this.#looks.add(look)
      queueMicrotask(look)
      return () => this.#looks.delete(look)
    })
  }
}

interface Source {
  readonly state?: unknown
  readonly name?: unknown
  on(event: string, listener: (payload: never) => unknown): () => void
}

/** The next event of this name for which `is` holds: of a client, a room, or a node of publish-subscribe. */
export function next<X extends readonly AnyExtension[], K extends keyof EventsOf<X> & string>(
  client: Client<X>,
  event: K,
  is?: (payload: EventsOf<X>[K]) => boolean,
  milliseconds?: number,
): Promise<EventsOf<X>[K]>
export function next<K extends keyof RoomEvents>(
  room: Room,
  event: K,
  is?: (payload: RoomEvents[K]) => boolean,
  milliseconds?: number,
): Promise<RoomEvents[K]>
export function next<T, K extends keyof ServiceFeedEvents<T>>(
  node: ServiceNode<T>,
  event: K,
  is?: (payload: ServiceFeedEvents<T>[K]) => boolean,
  milliseconds?: number,
): Promise<ServiceFeedEvents<T>[K]>
export function next<T, K extends keyof FeedEvents<T>>(
  node: PubsubNode<T>,
  event: K,
  is?: (payload: FeedEvents<T>[K]) => boolean,
  milliseconds?: number,
): Promise<FeedEvents<T>[K]>
export function next(
  source: unknown,
  event: string,
  is: (payload: never) => boolean = () => true,
  milliseconds?: number,
): Promise<unknown> {
  let others = 0
  const now = (): string => `${stateOf(source as Source)}${others > 0 ? `, and ${others} others came` : ''}`
  return limited({ what: `event "${event}"`, now, milliseconds }, (resolve) =>
    (source as Source).on(event, (payload) => (is(payload) ? resolve(payload) : void others++)),
  )
}

/** Resolves when it is so; looks at once, and after each event of this name. */
export async function when<X extends readonly AnyExtension[]>(
  client: Client<X>,
  event: keyof EventsOf<X> & string,
  isSo: () => boolean,
): Promise<undefined> {
  if (!isSo()) await next(client, event, isSo)
}

/** Resolves when the client is in this state; at once if it is. */
export async function reaches<N extends ClientState['name']>(
  client: { readonly state: ClientState },
  name: N,
  milliseconds?: number,
): Promise<Extract<ClientState, { name: N }>> {
  const { state } = client
  const there =
    state.name === name ? state : await next(client as Client, 'state', (one) => one.name === name, milliseconds)
  return there as Extract<ClientState, { name: N }>
}

function stateOf({ state, name }: Source): string {
  if (state === undefined) return `of ${name}`
  if (typeof state === 'string') return `it is ${state}`
  const { name: word, reason } = state as { name: string; reason?: Error }
  return `it is ${word}${reason === undefined ? '' : ` (${reason.message})`}`
}
