/** docs/guide/client.md: connecting, states, errors, passwords. */
import { readFile } from 'node:fs/promises'
import {
  type Client,
  ConnectError,
  chat,
  connect,
  createClient,
  fileStore,
  LoginError,
  presence,
  roster,
} from '@rookery/client/node'
import type { Account } from './account.ts'

export async function begin(account: Account): Promise<string> {
  const client = await connect({ ...account, use: [roster, presence, chat] })
  console.log(`online as ${client.jid}`)
  // …
  await client.close()
  return client.state.name
}

export function follow(client: Client): void {
  client.on('state', (state) => {
    if (state.name === 'online') console.log(state.resumed ? 'back, and nothing is lost' : 'a new session')
    if (state.name === 'waiting') console.log(`next try at ${new Date(state.retryAt)}: ${state.reason.message}`)
    if (state.name === 'failed') console.log(`given up: ${state.reason.message}`)
  })
  client.on('error', (error) => console.error(error.kind, error.message)) // what belongs to no call of yours
}

export async function connectOrSay(account: Account, say: (text: string) => void): Promise<Client | undefined> {
  try {
    return await connect(account)
  } catch (error) {
    if (error instanceof LoginError && error.condition === 'not-authorized') say('Wrong name or password.')
    else if (error instanceof ConnectError && error.reason === 'unknown-host') say('There is no such server.')
    else if (error instanceof Error) say(error.message) // says what to do next
    return undefined
  }
}

export async function trust(account: Account, file: string): Promise<Client> {
  const ca = await readFile(file, 'utf8') // the authority, or a certificate that is signed by itself
  return await connect({ ...account, tls: { ca } })
}

export async function remember(
  account: Account,
  folder: string,
  ask: (question: string) => Promise<string>,
): Promise<Client> {
  const client = await connect({
    ...account,
    password: () => ask(`Password of ${account.jid}:`), // called only where no token is good
    store: fileStore(folder), // in a page: indexedDbStore()
    software: 'Balcony',
    device: 'laptop', // what the owner sees in the list of devices
  })
  return client
}

export async function fromTheStart(account: Account, show: (text: string) => void): Promise<Client> {
  const client = await createClient({ ...account, use: [roster] })
  client.on('state', ({ name }) => show(name)) // connecting, online
  client.on('roster', ({ changed }) => show(`${changed.length} contacts`))
  await client.connect({ signal: AbortSignal.timeout(10_000) })
  return client
}
