/**
 * A program of a user with the default entry, for every machine that has WebSocket: talks with Juliet, is cut off and comes back, finds the server by its
 * host-meta, reads the archive, logs in again with a token, meets with errors, and ends by itself. What happens is printed, a line each, for the test.
 */
import { argv } from 'node:process'
import { archive, chat, connect, indexedDbStore, webPlatform } from '@rookery/client'

const [service = '', jid = '', password = '', juliet = ''] = argv.slice(2)
const say = (...words: unknown[]): void => console.log(words.join(' '))

const romeo = { jid, service, store: indexedDbStore(), use: [chat, archive] } as const
const client = await connect({ ...romeo, password })
const cut = new Promise<void>((resolve) => client.on('state', ({ name }) => name === 'waiting' && resolve()))
client.on('state', (state) => say(state.name === 'online' ? `online resumed=${state.resumed}` : state.name))
const heard = client.chat.messages()[Symbol.asyncIterator]()
const hear = async (): Promise<void> => say('heard', (await heard.next()).value?.body)

client.chat.send(juliet, 'Grüße & <b> 😀')
await hear()
client.chat.send(juliet, 'cut me off')
await cut
const late = client.chat.send(juliet, 'from the dark')
await hear()
await late.reached('acked')
say('discovered', ...(await webPlatform.discover(new URL(service).host, new AbortController().signal)))
const { messages } = await client.archive.page({ with: juliet })
const bodies = messages.map(({ element }) => element.childText('body')).filter((body) => body !== undefined)
say('archive', bodies.slice(0, 3).join(', '))
await client.close()

const again = await connect({ ...romeo, password: () => Promise.reject(new Error('asked for the password')) })
say('again with a token')
await again.close()

await failure({ password: 'wrong', store: undefined })
await failure({ service: service.replace(/:\d+/, ':1') })
await failure({ service: 'xmpps://localhost:5223' })
await failure({ service: 'ws://example.org/' })
await failure({ service: undefined }) // nobody listens at https://localhost
say('the end')

async function failure(wrong: object): Promise<void> {
  await connect({ ...romeo, password, patience: 0, ...wrong }).then(() => say('connected'), say)
}
