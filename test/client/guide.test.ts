/** What docs/guide/client.md shows of rooms and nodes of services, on servers that have them. The rest of the guide: test/docs/client-guide.test.ts. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { connect, displayed, presence, pubsub, roomAdmin, rooms } from '@rookery/client/node'
import { publishNews, readNews } from '../../examples/client-guide/nodes.ts'
import { enter, find, listenIn, lists, make, say } from '../../examples/client-guide/rooms.ts'
import { next } from '../../packages/client/test/online.ts'
import type { Target } from './harness/target.ts'
import { chosenTargets, startTarget } from './harness/targets.ts'

const options = { timeout: 60_000 }

for (const name of chosenTargets((missing, why) => test(missing, (context) => context.skip(why)))) {
  if (name === 'rookery') continue // it has neither yet
  describe(`the guide, at ${name}`, () => {
    let target: Target

    before(async () => {
      target = await startTarget(name)
      for (const local of ['romeo', 'juliet']) await target.createAccount(local)
    })

    after(async () => {
      await target.stop()
    })

    const login = (local: string) =>
      connect({
        jid: `${local}@localhost`,
        password: `secret-${local}`,
        service: `xmpp://127.0.0.1:${target.ports.tcp}`,
        tls: { ca: target.ca },
        use: [presence, rooms, roomAdmin, pubsub, displayed],
      })

    test('a room is made, listed, entered and talked in', options, async () => {
      await using hers = await login('juliet')
      await using his = await login('romeo')
      const invited = next(hers, 'room:invitation')
      const made = await make(his, 'verona@conference.localhost')
      assert.equal(`${(await invited).room}`, 'verona@conference.localhost')
      assert.equal((await lists(his, made)).owners, 1)
      const lines: string[] = []
      await enter(his, 'balcony@conference.localhost', (line) => lines.push(line))
      const room = await enter(hers, 'balcony@conference.localhost', () => undefined).catch(() => undefined)
      assert.equal(room, undefined, 'the nickname is taken')
      const balcony = await hers.rooms.join('balcony@conference.localhost', { nick: 'juliet' })
      const stop = new AbortController()
      const heard: string[] = []
      const listening = listenIn(
        balcony,
        async (text) => {
          heard.push(text)
          stop.abort()
        },
        stop.signal,
      )
      await say(his.rooms.get('balcony@conference.localhost'))
      await listening
      assert.deepEqual(heard, ['romeo: What light through yonder window breaks?'])
      assert.ok((await find(his)).length > 0)
    })

    test('news are published and read', options, async () => {
      await using his = await login('romeo')
      await using hers = await login('juliet')
      const service = `${await his.pubsub.service()}`
      const titles: string[] = []
      await publishNews(his.pubsub, service)
      await readNews(hers.pubsub, service, (title) => titles.push(title))
      assert.ok(titles.includes('Two households, both alike in dignity'))
    })
  })
}
