/** Messages that come while a client logs in: from the archive, from the spool or live, every one of them reaches it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemoryStorage } from '@rookery/storage/memory'
import { memoryServer, turns } from '../../../test/memory-server.ts'
import { authenticate, bindWith, tryLogin } from '../../../test/sasl2-client.ts'

const chat = (body: string): string => `<message to='juliet@localhost' type='chat'><body>${body}</body></message>`

for (const archive of [true, false])
  for (const isBind2 of [true, false])
    test(`whoever logs in misses nothing that comes at that moment (archive ${archive}, Bind 2 ${isBind2})`, async () => {
      const storage = createMemoryStorage({ commit: () => turns(3) })
      await using server = await memoryServer({ storage, features: { archive } })
      await server.server.accounts('localhost').create('juliet', 'secret-juliet')
      const romeo = await server.login('romeo')
      let count = 0
      const seen = new Set<string>()
      for (let round = 0; round < 120; round++) {
        const say = (): void => romeo.send(chat(`m${++count}`))
        say()
        await turns(round % 7)
        const client = isBind2
          ? (await tryLogin(server, 'juliet', authenticate('juliet', { inline: bindWith() }))).client
          : await server.login('juliet')
        say()
        await turns(round % 5)
        client.send('<presence/>')
        await turns(round % 3)
        say()
        await turns(round % 11)
        say()
        await romeo.all()
        await turns(20)
        if (isBind2 && archive) {
          const query = `<query xmlns='urn:xmpp:mam:2'><set xmlns='http://jabber.org/protocol/rsm'><max>250</max><before/></set></query>`
          await client.ask(`<iq type='set' id='q'>${query}</iq>`)
        }
        for (const message of await client.messages()) {
          const inner = message
            .child('result', 'urn:xmpp:mam:2')
            ?.child('forwarded', 'urn:xmpp:forward:0')
            ?.child('message', 'jabber:client')
          const body = (inner ?? message).childText('body')
          if (body !== undefined) seen.add(body)
        }
        assert.equal(seen.size, count, `round ${round}`)
        await client.end()
        await turns(round % 4)
      }
    })
