import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { startTestServer } from '@rookery/testkit'
import { HostileServer } from '../../../../test/client/harness/hostile-server.ts'
import { next, online } from '../../test/online.ts'
import { address, ScriptedRoom } from '../../test/scripted-room.ts'
import { carbons, chat, displayed, rooms } from '../index.ts'

const MDS = 'urn:xmpp:mds:displayed:0'

describe('what was displayed', () => {
  test('is told to both sides in one message, where the server assists [XEP-0490 4.5]', async () => {
    await using server = await startTestServer()
    await using romeo = await online(server, [chat], { local: 'romeo' })
    const { jid, password } = await server.createAccount({ local: 'juliet' })
    await using phone = await online(server, [chat, displayed], { jid, password })
    await using desk = await online(server, [chat, carbons, displayed], { jid, password })
    const asked: (string | undefined)[] = []
    const came = next(phone, 'chat')
    const sent = romeo.chat.send(jid, 'Art thou there?')
    const message = await came
    const synced = next(desk, 'displayed')
    const seen = next(romeo, 'chat:displayed')
    romeo.on('message', ({ element }) => void asked.push(element.child('displayed', MDS)?.name))
    await phone.displayed.show(message, phone.chat)
    assert.deepEqual({ ...(await synced) }, { chat: romeo.jid!.bare, id: message.stanzaId, by: desk.jid!.bare })
    assert.equal((await seen).sent, sent)
    assert.ok(!asked.includes('displayed'), 'the server takes it out')
  })

  test('is told apart where it does not, and to nobody else where the author did not ask', async () => {
    await using server = await HostileServer.start({
      script: {},
      management: false,
      disco: ['http://jabber.org/protocol/pubsub#publish-options'],
    })
    const room = new ScriptedRoom(server)
    room.features = [...room.features, 'urn:xmpp:mam:2']
    await using client = await online(server, [chat, displayed, rooms])
    const to = client.jid!
    const joined = await client.rooms.join(address)
    const heard = next(joined, 'message')
    room.message('juliet', 'spoken', `<stanza-id xmlns='urn:xmpp:sid:0' id='r1' by='${address}'/>`)
    const said = await heard
    const coming = next(client, 'chat')
    server.connection.put(
      `<message from='juliet@localhost/x' to='${to}' id='a' type='chat'><body>whispered</body><stanza-id xmlns='urn:xmpp:sid:0' id='s1' by='${to.bare}'/></message>`,
    )
    const whispered = await coming
    const published: string[] = []
    const inRoom = server.script.receive!
    server.script.receive = (element, connection) => {
      const payload = element.firstElement()
      const publish = payload?.child('publish')
      if (publish !== undefined) {
        const item = publish.child('item')
        published.push(`${item?.attr('id')} ${item?.child('displayed', MDS)?.firstElement()?.attr('by')}`)
        connection.reply(element)
        return true
      }
      return inRoom(element, connection)
    }
    await client.displayed.show(said, joined)
    await client.displayed.show(whispered, client.chat)
    assert.deepEqual(published, [`${address} ${address}`, `juliet@localhost ${to.bare}`])
    assert.ok(server.received('message').every((message) => message.child('displayed', MDS) === undefined))
  })
})
