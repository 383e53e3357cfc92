/** Nodes of a service. */
import assert from 'node:assert/strict'
import { presence, pubsub } from '@rookery/client/node'
import { el } from '@rookery/protocol/xml'
import { type Behaviour, behaviour } from './behaviour.ts'
import { allOf } from './people.ts'
import { next } from './stage.ts'

const service = 'pubsub/service'
const news = (text: string) => el('news', 'urn:example:news', {}, text)

export const publishing: readonly Behaviour[] = [
  behaviour(
    'pubsub',
    'a node is made, subscribed to, published in, read and deleted',
    { needs: [{ service }] },
    async ({ login, service: find }) => {
      const at = find(service)
      const romeo = await login('romeo', [presence, pubsub])
      const juliet = await login('juliet', [presence, pubsub])
      assert.equal(`${await romeo.pubsub.service()}`, at)
      const name = `verona-${romeo.jid!.local}`
      const mine = romeo.pubsub.node(at, name)
      await mine.create({ access_model: 'open', persist_items: true, max_items: 10 })
      const hers = juliet.pubsub.node(at, name)
      const got: string[] = []
      const third = next(hers, 'item', ({ id, value }) => got.push(`${id} ${value.text()}`) === 3)
      assert.equal((await hers.subscribe()).state, 'subscribed')
      for (const id of ['a', 'b', 'c']) await mine.publish(news(`News ${id}`), { id })
      await third
      assert.deepEqual(got, ['a News a', 'b News b', 'c News c'])
      assert.deepEqual((await allOf(hers.items())).map(({ id }) => id).sort(), ['a', 'b', 'c'])
      await mine.retract('b')
      assert.equal(await hers.item('b'), undefined)
      assert.deepEqual((await hers.subscriptions()).length, 1)
      await assert.rejects(hers.publish(news('Forged')), { kind: 'request', condition: 'forbidden' })
      await mine.delete()
      assert.equal(await hers.item('a'), undefined)
    },
  ),

  behaviour(
    'pubsub',
    'the owner sees the configuration, and changes it',
    { needs: [{ service }] },
    async ({ login, service: find }) => {
      const at = find(service)
      const romeo = await login('romeo', [pubsub])
      const name = await romeo.pubsub.create(at, { name: `letters-${romeo.jid!.local}`, config: { title: 'Letters' } })
      const node = romeo.pubsub.node(at, name)
      assert.equal((await node.configuration()).value('title'), 'Letters')
      await node.configure({ title: 'Love letters' })
      assert.equal((await node.configuration()).value('title'), 'Love letters')
      const known: string[] = []
      for await (const one of romeo.pubsub.nodes(at)) known.push(one.node)
      assert.ok(known.includes(name))
      await node.delete()
    },
  ),
]
