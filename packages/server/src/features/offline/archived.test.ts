/** Messages that wait and are in the archive as well: who is given them, and who is not. XEP-0313 section 6.1.1, XEP-0386 section 4. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Element } from '@rookery/protocol/xml'
import { type MemoryClient, type MemoryServer, memoryServer, turns } from '../../../test/memory-server.ts'
import { authenticate, BIND2, bindWith, tryLogin } from '../../../test/sasl2-client.ts'

const chat = (body: string): string => `<message to='juliet@localhost' type='chat'><body>${body}</body></message>`
const bodies = (messages: readonly Element[]): (string | undefined)[] => messages.map((one) => one.childText('body'))

async function wait(server: MemoryServer, ...said: string[]): Promise<void> {
  await server.server.accounts('localhost').create('juliet', 'secret-juliet')
  const romeo = await server.login('romeo')
  for (const body of said) romeo.send(chat(body))
  await romeo.all()
  await romeo.end()
}

async function ask(client: MemoryClient, inner: string): Promise<string[]> {
  await client.all()
  await client.ask(`<iq type='set' id='q'><query xmlns='urn:xmpp:mam:2'>${inner}</query></iq>`)
  const results = (await client.messages()).map((message) => message.child('result', 'urn:xmpp:mam:2')!)
  return results.map((result) => result.attr('id')!)
}

async function comeOnline(client: MemoryClient): Promise<Element[]> {
  client.send('<presence/>')
  await turns()
  return client.messages()
}

const rsm = (inner: string): string => `<set xmlns='http://jabber.org/protocol/rsm'>${inner}</set>`
const field = (name: string, value: string): string =>
  `<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>urn:xmpp:mam:2</value></field><field var='${name}'><value>${value}</value></field></x>`

test('a client that asks no archive gets what waited, with its id', async () => {
  await using server = await memoryServer()
  await wait(server, 'one', 'two')
  server.clock.advance(1000)
  const juliet = await server.login('juliet')
  const given = await comeOnline(juliet)
  assert.deepEqual(bodies(given), ['one', 'two'])
  const ids = given.map((one) => one.child('stanza-id', 'urn:xmpp:sid:0')?.attr('id'))
  assert.deepEqual(await ask(juliet, ''), ids)
  for (const one of given) assert.equal(one.childElements().filter((child) => child.name === 'delay').length, 1)
})

test('a client that was given it from the archive does not get it again', async () => {
  await using server = await memoryServer()
  await wait(server, 'one', 'two', 'three')
  const juliet = await server.login('juliet')
  assert.equal((await ask(juliet, '')).length, 3)
  assert.deepEqual(await comeOnline(juliet), [])
  assert.equal((await server.stores.offline.size('juliet')).count, 0)
})

test('what was taken back meanwhile is not given any more, only that it was', async () => {
  await using server = await memoryServer()
  await server.server.accounts('localhost').create('juliet', 'secret-juliet')
  const romeo = await server.login('romeo')
  const retract = "<retract xmlns='urn:xmpp:message-retract:1' id='slip'/>"
  romeo.send("<message to='juliet@localhost' type='chat' id='slip'><body>Rosaline</body></message>")
  romeo.send(chat('Juliet'))
  romeo.send(`<message to='juliet@localhost' type='chat' id='back'>${retract}<body>I said nothing</body></message>`)
  await romeo.all()
  assert.equal((await server.stores.offline.size('juliet')).count, 2)
  const juliet = await server.login('juliet')
  assert.deepEqual(bodies(await comeOnline(juliet)), ['Juliet', 'I said nothing'])
  assert.equal((await ask(juliet, '')).length, 3)
})

test('what was not in the pages it asked for is delivered', async () => {
  await using server = await memoryServer()
  await wait(server, 'one', 'two', 'three', 'four', 'five')
  const juliet = await server.login('juliet')
  const [first] = await ask(juliet, rsm('<max>1</max>'))
  await ask(juliet, rsm(`<max>1</max><after>${first}</after>`))
  await ask(juliet, rsm('<max>1</max><before/>'))
  assert.deepEqual(bodies(await comeOnline(juliet)), ['three', 'four'])
})

test('a query for some messages says nothing of the others between them', async () => {
  await using server = await memoryServer()
  await wait(server, 'wherefore one', 'two', 'wherefore three')
  const juliet = await server.login('juliet')
  assert.equal((await ask(juliet, field('{urn:xmpp:fulltext:0}fulltext', 'wherefore'))).length, 2)
  await ask(juliet, field('with', 'romeo@localhost'))
  assert.deepEqual(bodies(await comeOnline(juliet)), ['wherefore one', 'two', 'wherefore three'])
})

test('what another client was given is still delivered to this one', async () => {
  await using server = await memoryServer()
  await wait(server, 'one')
  const phone = await server.login('juliet', 'phone')
  await ask(phone, '')
  const laptop = await server.login('juliet', 'laptop')
  assert.deepEqual(bodies(await comeOnline(laptop)), ['one'])
})

test('what is in no archive is delivered, whatever was asked', async () => {
  await using server = await memoryServer({ features: { archive: { default: 'never' } } })
  await wait(server, 'one', 'two')
  const juliet = await server.login('juliet')
  await ask(juliet, '')
  const given = await comeOnline(juliet)
  assert.deepEqual(bodies(given), ['one', 'two'])
  assert.equal(given[0]?.child('stanza-id', 'urn:xmpp:sid:0'), undefined)
})

/** Logs in by SASL2 and Bind 2; what it is told of the archive. */
async function bind2(server: MemoryServer): Promise<{ client: MemoryClient; metadata: Element | undefined }> {
  const { client, answer } = await tryLogin(server, 'juliet', authenticate('juliet', { inline: bindWith() }))
  return { client, metadata: answer.child('bound', BIND2)?.child('metadata', 'urn:xmpp:mam:2') }
}

test('a client that logs in with Bind 2 is told how far the archive goes, and fetches what waited', async () => {
  await using server = await memoryServer()
  await wait(server, 'one', 'two')
  const { client, metadata } = await bind2(server)
  await client.all()
  const ids = await ask(client, '')
  assert.deepEqual(
    metadata?.childElements().map((edge) => edge.attr('id')),
    ids,
  )
  const fresh = await bind2(server)
  assert.deepEqual(await comeOnline(fresh.client), [])
  assert.equal((await server.stores.offline.size('juliet')).count, 0)
})

test('what came after it was told is delivered to it, though it is in the archive', async () => {
  await using server = await memoryServer()
  await wait(server, 'one')
  const { client } = await bind2(server)
  await wait(server, 'two')
  assert.deepEqual(bodies(await comeOnline(client)), ['two'])
})

test('a client that logs in with Bind 2 gets what is in no archive (S98)', async () => {
  for (const archive of [false, { default: 'never' }]) {
    await using server = await memoryServer({ features: { archive } })
    const said = Array.from({ length: 100 }, (_, index) => String(index))
    await wait(server, ...said)
    const { client, metadata } = await bind2(server)
    assert.equal(metadata?.children.length, archive === false ? undefined : 0)
    client.send('<presence/>')
    await turns(20)
    assert.deepEqual(bodies(await client.messages()), said)
  }
})

test('what was removed from the archive because it was too old is delivered', async () => {
  await using server = await memoryServer({ features: { archive: { days: 1 } } })
  await wait(server, 'one')
  for (const ms of [200_000_000, 600_000]) {
    server.clock.advance(ms)
    await turns()
  }
  await wait(server, 'two')
  const { client } = await bind2(server)
  assert.deepEqual(bodies(await comeOnline(client)), ['one'])
})

test('a full queue is no error to the sender when the message is in the archive', async () => {
  await using server = await memoryServer({ limits: { offlineMessages: 1 } })
  await server.server.accounts('localhost').create('juliet', 'secret-juliet')
  const romeo = await server.login('romeo')
  for (const body of ['one', 'two']) romeo.send(chat(body))
  assert.deepEqual(await romeo.messages(), [])
  assert.equal((await server.stores.offline.size('juliet')).count, 1)
  const juliet = await server.login('juliet')
  assert.equal((await ask(juliet, '')).length, 2)
})

test('without an archive everything is as ever', async () => {
  await using server = await memoryServer({ features: { archive: false } })
  await wait(server, 'one')
  assert.deepEqual(bodies(await comeOnline(await server.login('juliet'))), ['one'])
})
