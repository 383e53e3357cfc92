/** The state is one value: its name says what else it knows. */
import type { ClientState } from '@rookery/client'

export function line(state: ClientState): string {
  if (state.name === 'online') return `${state.jid}${state.resumed ? ', as before' : ''}`
  if (state.name === 'waiting') return new Date(state.retryAt).toISOString()
  if (state.name === 'failed') return state.reason.message
  // @ts-expect-error 2339: nobody is online here
  if (state.name === 'connecting') return state.jid.toString()
  // @ts-expect-error 2367: there is no such state
  if (state.name === 'connected') return 'on'
  return state.name
}

export function force(state: ClientState): void {
  // @ts-expect-error 2540: it is looked at, not set
  state.name = 'offline'
}
