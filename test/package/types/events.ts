/** Events are typed by their names. */
import type { ClientError, Emitter } from '@rookery/client'

type Events = { readonly error: ClientError; readonly typing: { readonly who: string } }

export function listen(events: Emitter<Events>, signal: AbortSignal): () => void {
  events.on('typing', ({ who }) => who.toUpperCase(), { signal, once: true })
  events.on('typing', async ({ who }) => who)

  // @ts-expect-error 2345: there is no such event
  events.on('typin', () => undefined)
  // @ts-expect-error 2339: the payload has no such field
  events.on('typing', ({ whom }) => whom)
  // @ts-expect-error 2345: the listener takes something else
  events.on('typing', (payload: { who: number }) => payload.who)
  // @ts-expect-error 2353: there is no such option
  events.on('typing', () => undefined, { onse: true })
  // @ts-expect-error 2740: a signal, not its controller
  events.on('typing', () => undefined, { signal: new AbortController() })

  // @ts-expect-error 2379: nobody can tell of an error that is none
  events.emit('error', new Error('no'))
  return events.on('error', ({ kind }) => kind)
}
