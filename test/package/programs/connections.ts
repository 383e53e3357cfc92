/**
 * A program of a user with the entry for Node: connects in all of its ways, keeps what is not sent in a file, is cut off and comes back, meets with bad
 * certificates, and ends by itself. What happens is printed, a line each, which the test follows.
 */
import { readFileSync } from 'node:fs'
import { argv } from 'node:process'
import { chat, connect, createClient, fileStore, messages } from '@rookery/client/node'

const { jid, password, juliet, folder, services, cut, bound, bad } = JSON.parse(argv[2] ?? '')
const ca = readFileSync('ca.pem', 'utf8')
const say = (...words: unknown[]): void => console.log(words.join(' '))
const romeo = { jid, tls: { ca }, use: [chat, messages] } as const

for (const service of services) {
  await using client = await connect({ ...romeo, password, service })
  await client.chat.send(juliet, 'Grüße & <b> 😀').reached('acked')
  say(service.replace(/:\/\/.*/, ''), client.state.name)
}

const store = fileStore(folder)
const kept = { ...romeo, service: cut, store }
{
  await using client = await createClient(kept)
  client.chat.send(juliet, 'written before')
  await connect(kept).catch(say)
}
{
  await using client = await createClient({ ...kept, password })
  say('kept', ...client.messages.unacknowledged.map(({ stanza }) => stanza.element.childText('body')))
  await client.connect()
  const away = new Promise<void>((resolve) => client.on('state', ({ name }) => name === 'waiting' && resolve()))
  const back = new Promise<void>((resolve) => client.on('state', ({ name }) => name === 'online' && resolve()))
  client.on('state', (state) => say(state.name === 'online' ? `online resumed=${state.resumed}` : state.name))
  client.chat.send(juliet, 'cut me off')
  await away
  await client.chat.send(juliet, 'from the dark').reached('acked')
  await back
}
{
  await using client = await connect({ ...kept, password: () => Promise.reject(new Error('asked for the password')) })
  say('again with a token', client.messages.unacknowledged.length)
}

for (const service of bound) {
  await using client = await connect({ ...romeo, jid: 'romeo@localhost', password: 'secret', service })
  say('bound', client.state.name)
}
for (const service of bad) await failure({ service })
await failure({ service: services[0], tls: {} })
await failure({ service: services[0], tls: { ca: 'no PEM' } })
await failure({ service: services[0], tls: { ca, cert: ca, key: 'no PEM' } })
await failure({ service: 'xmpps://127.0.0.1:1' })
say('the end')

async function failure(wrong: object): Promise<void> {
  await connect({ ...romeo, password, patience: 0, ...wrong }).then(() => say('connected'), say)
}
