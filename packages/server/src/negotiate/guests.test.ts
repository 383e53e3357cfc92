import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NS } from '@rookery/protocol'
import { HOST, type MemoryClient, type MemoryServer, memoryServer, turns } from '../../test/memory-server.ts'

/** Logs in without an account. */
async function guest(server: MemoryServer): Promise<MemoryClient> {
  const client = server.connect()
  await client.open()
  client.send(`<auth xmlns='${NS.sasl}' mechanism='ANONYMOUS'/>`)
  assert.equal((await client.next())?.name, 'success') // [XEP-0175 4]
  await client.open()
  const bound = await client.ask(`<iq type='set' id='b'><bind xmlns='${NS.bind}'/></iq>`)
  client.jid = bound.child('bind', NS.bind)?.childText('jid') ?? ''
  return client
}

const info = (to: string): string =>
  `<iq type='get' id='info' to='${to}'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>`

const options = { auth: { anonymous: [HOST] } }

test('a guest is one to service discovery, an account is not [XEP-0175 5]', async () => {
  await using server = await memoryServer(options)
  for (const [client, type] of [
    [await guest(server), 'anonymous'],
    [await server.login('romeo'), 'registered'],
  ] as const) {
    const answer = await client.ask(info(client.jid.split('/')[0]!))
    assert.deepEqual(
      answer
        .firstElement()
        ?.childElements()
        .filter((child) => child.attr('category') === 'account')
        .map((child) => child.attr('type'))
        .filter(Boolean),
      [type],
    )
  }
})

test('of a guest who has left nothing stays: what was kept, and whom it was subscribed to [XEP-0175 3]', async () => {
  await using server = await memoryServer(options)
  const romeo = await server.login('romeo')
  const visitor = await guest(server)
  const local = visitor.jid.split('@')[0]!
  await visitor.ask("<iq type='set' id='v'><vCard xmlns='vcard-temp'><FN>Guest</FN></vCard></iq>")
  await visitor.ask("<iq type='set' id='r'><query xmlns='jabber:iq:roster'><item jid='a@x'/></query></iq>")
  await visitor.ask("<iq type='set' id='p'><query xmlns='jabber:iq:private'><x xmlns='urn:x'>1</x></query></iq>")
  visitor.send(`<presence to='romeo@${HOST}' type='subscribe'/>`)
  await visitor.all()
  romeo.send(`<presence to='${local}@${HOST}' type='subscribed'/>`)
  await romeo.all()
  await visitor.end()
  await turns(20)
  assert.deepEqual(await server.stores.documents.list(local), [])
  assert.deepEqual((await server.stores.roster.load(local)).items, [])
  const { items } = await server.stores.roster.load('romeo')
  assert.deepEqual(
    items.map(({ jid, subscription }) => [jid, subscription]),
    [[`${local}@${HOST}`, 'none']],
  )
})
