/** `rookery watch`: who comes and goes and what they write, or what happens in a room, until Ctrl-C. */
import { rooms } from '@rookery/client/node'
import { Failure } from '../failure.ts'
import { type Account, type AccountOptions, addressOf, findAccount } from './account.ts'
import { explained } from './advice.ts'
import { createTalk } from './client.ts'
import { watchConnection } from './connection.ts'
import { enter } from './enter.ts'
import { Output, stopSignal } from './output.ts'
import { peopleFeatures, showContacts, showPeople } from './people.ts'
import { showRoom } from './room-lines.ts'

export interface WatchOptions extends AccountOptions {
  only?: 'presence' | 'messages'
  room?: string
  nick?: string
  json?: boolean
}

export async function watch(whom: string | undefined, options: WatchOptions): Promise<number> {
  const { room } = options
  if (whom !== undefined && room !== undefined) throw new Failure('Watch either somebody or a room, not both at once.')
  const account = await findAccount(options, process.env)
  const stop = stopSignal()
  const output = new Output(options.json === true, () => stop.abort())
  const run: Run = { account, options, output, signal: stop.signal }
  try {
    if (room === undefined) await watchPeople(whom, run)
    else await watchRoom(room, run)
    return 0
  } catch (error) {
    if (stop.signal.aborted) return 0
    throw explained(error, account)
  }
}

interface Run {
  readonly account: Account
  readonly options: WatchOptions
  readonly output: Output
  readonly signal: AbortSignal
}

async function watchPeople(whom: string | undefined, { account, options, output, signal }: Run): Promise<void> {
  const { only, store } = options
  const { client, connect } = await createTalk(account, store, peopleFeatures)
  try {
    const ended = watchConnection(client, { account, output, signal })
    showPeople(client, output, { whom: whom === undefined ? undefined : addressOf(whom, account), only, signal })
    await connect(signal)
    if (whom === undefined && only !== 'messages') showContacts(client.roster.contacts, output)
    await ended
  } finally {
    await client.close()
  }
}

/** Others see us in the room, and nowhere else. */
async function watchRoom(address: string, { account, options, output, signal }: Run): Promise<void> {
  const { client, connect } = await createTalk(account, options.store, [rooms])
  try {
    const ended = watchConnection(client, { account, output, signal })
    await connect(signal)
    const room = await enter(client, address, { nick: options.nick, signal })
    const left = showRoom(room, output, signal)
    const exit = await Promise.race([ended, left])
    if (exit !== undefined)
      throw new Failure(
        `${address} has put us out (${exit.cause})${exit.reason === undefined ? '.' : `: ${exit.reason}`}`,
      )
  } finally {
    await client.close()
  }
}
