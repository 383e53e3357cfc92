/** Options of a client, and what a connected one can do. */
import { type Client, connect, messages } from '@rookery/client/node'

type Use = readonly [typeof messages]

export async function session(signal: AbortSignal): Promise<Client<Use>> {
  const client = await connect({
    jid: 'romeo@montague.lit',
    password: () => 'secret',
    reconnect: false,
    use: [messages],
  })

  client.on('state', ({ name }) => name === 'online')
  client.on('message', async ({ body }) => body?.length, { signal })
  for await (const { from, at } of client.messages.read({ signal })) if (at > 0) client.messages.post(from, [])

  // @ts-expect-error 2741: whose account?
  await connect({ password: 'secret' })
  // @ts-expect-error 2561: there is no such option
  await connect({ jid: 'romeo@montague.lit', pasword: 'secret' })
  // @ts-expect-error 2322: milliseconds are a number
  await connect({ jid: 'romeo@montague.lit', patience: '20 s' })
  // @ts-expect-error 2322: not the text of a store, but what opens one
  await connect({ jid: 'romeo@montague.lit', store: 'memory' })

  // @ts-expect-error 2345: there is no such event
  client.on('mesage', () => undefined)
  // @ts-expect-error 2339: a message has no such field
  client.on('message', ({ text }) => text)
  // @ts-expect-error 2339: not every state has an address
  client.on('state', ({ jid }) => jid)
  // @ts-expect-error 2339: no extension of this name is in use
  client.rooms
  // @ts-expect-error 2345: requests get or set
  await client.request('put', client.messages.unacknowledged[0]!.stanza.element)
  // @ts-expect-error 2561: there is no such option
  client.messages.post('juliet@capulet.lit', [], { typ: 'chat' })
  // @ts-expect-error 2540: it is looked at, not set
  client.state = { name: 'offline' }
  return client
}

export async function follow(client: Client<Use>): Promise<boolean> {
  const message = client.messages.post('juliet@capulet.lit', [], { type: 'normal' })
  // @ts-expect-error 2345: nobody waits for a failure
  await message.reached('failed')
  // @ts-expect-error 2367: there is no such fate
  if (message.fate === 'read') return true
  return (await message.reached('delivered')).error === undefined
}
