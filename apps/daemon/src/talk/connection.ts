/** Tells of the connection while it is lost and comes back, and of what goes wrong in the background. */
import type { ClientCore } from '@rookery/client/node'
import type { Account } from './account.ts'
import { sentenceFor } from './advice.ts'
import { type Output, timeOf } from './output.ts'

interface Watching {
  readonly account: Account
  readonly output: Output
  readonly signal: AbortSignal
}

/** Resolves with the signal; rejects with the reason when the client gives up after it was online. */
export function watchConnection(client: ClientCore, { account, output, signal }: Watching): Promise<undefined> {
  client.on('error', (error) => output.warn(sentenceFor(error, account)))
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => resolve(undefined))
    let wasOnline = false
    client.on(
      'state',
      (state) => {
        output.entry({ event: 'state', state: state.name, jid: state.name === 'online' ? `${state.jid}` : undefined })
        if (state.name === 'online') {
          output.say(wasOnline ? 'The connection is back.' : `Online as ${state.jid}. Ctrl-C ends it.`)
          wasOnline = true
        } else if (state.name === 'waiting' && wasOnline)
          output.warn(`${sentenceFor(state.reason, account)} Trying again at ${timeOf(state.retryAt)}.`)
        else if (state.name === 'failed' && wasOnline) reject(state.reason)
      },
      { signal },
    )
  })
}
