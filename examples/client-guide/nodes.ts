/** docs/guide/client.md: publish-subscribe, and nodes of accounts. */
import {
  type Client,
  connect,
  type displayed,
  json,
  type Pep,
  type Pubsub,
  pep,
  personalNode,
  type Schema,
} from '@rookery/client/node'
import type { Account } from './account.ts'

export interface News {
  readonly title: string
}

/** Of a library of your choice (zod, valibot, …), or by hand. */
export const news: Schema<News> = {
  '~standard': {
    version: 1,
    vendor: 'guide',
    validate: (value) =>
      typeof value === 'object' && value !== null && 'title' in value && typeof value.title === 'string'
        ? { value: { title: value.title } }
        : { issues: [{ message: 'no title' }] },
  },
}

export async function readNews(pubsub: Pubsub, service: string, show: (text: string) => void): Promise<void> {
  const feed = pubsub.node(service, 'news', json(news))
  feed.on('item', ({ value }) => show(value.title))
  feed.on('retracted', ({ id }) => show(`${id} was taken back`))
  await feed.subscribe()
  for await (const { value } of feed.items({ max: 10 })) show(value.title)
}

export async function publishNews(pubsub: Pubsub, service: string): Promise<string> {
  const feed = pubsub.node(service, 'news', json(news))
  await feed.create({ access_model: 'open', max_items: 10 })
  const id = await feed.publish({ title: 'Two households, both alike in dignity' })
  await feed.configure({ title: 'News of Verona' })
  return id
}

export async function keepSettings(nodes: Pep): Promise<string | undefined> {
  // for the own devices alone; where the server cannot promise that, this throws an UnsupportedError
  const node = nodes.node('urn:example:settings', json(news), { access_model: 'whitelist', persist_items: true })
  await node.publish({ title: 'dark' }, { id: 'current' })
  return (await node.item('current'))?.value.title
}

export const settings = personalNode({
  name: 'settings',
  node: 'urn:example:settings',
  codec: json(news),
  event: 'settings',
  config: { access_model: 'whitelist', persist_items: true },
  isPrivate: true,
})

export async function followSettings(
  account: Account,
  apply: (title?: string) => void,
): Promise<Client<readonly [typeof settings, typeof pep]>> {
  const client = await connect({ ...account, use: [settings, pep] })
  client.on('settings', ({ value }) => apply(value?.title)) // changed on another device
  apply((await client.settings.of(client.jid!))?.title)
  await client.settings.publish({ title: 'light' })
  return client
}

export async function read(client: Client<readonly [typeof displayed]>, peer: string, stanzaId: string): Promise<void> {
  await client.displayed.mark(peer, stanzaId) // the other devices learn how far you have read
}
