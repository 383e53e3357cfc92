import assert from 'node:assert/strict'
import { test } from 'node:test'
import { announcement, answerTo, clientInfo, questionTo, versionOf } from '../../../test/capable-client.ts'
import { conditionOf, type MemoryClient, memoryServer, turns } from '../../../test/memory-server.ts'

const NODE = 'urn:example:verse'
const info = clientInfo(`${NODE}+notify`)
const ver = versionOf(info)
const publish = (text: string): string =>
  `<iq type='set' id='p'><pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='${NODE}'><item id='v'><v xmlns='${NODE}'>${text}</v></item></publish></pubsub></iq>`
/** What the client is told of the node when something is published. */
const told = async (publisher: MemoryClient, ...clients: MemoryClient[]): Promise<number[]> => {
  assert.equal(conditionOf(await publisher.ask(publish('x'))), undefined)
  await turns()
  return Promise.all(clients.map(async (client) => (await client.messages()).length))
}

test('asks the first client that announces a hash, and nobody who announces the same', async () => {
  await using server = await memoryServer()
  const romeo = await server.login('romeo')
  romeo.send(announcement(ver))
  const question = await questionTo(romeo)
  assert.equal(question?.attr('from'), 'romeo@localhost')
  assert.equal(question?.attr('to'), romeo.jid)
  assert.equal(question?.child('query', 'http://jabber.org/protocol/disco#info')?.attr('node'), `urn:test#${ver}`)
  romeo.send(answerTo(question!, info))
  await romeo.all()
  const juliet = await server.login('juliet')
  juliet.send(announcement(ver))
  assert.equal(await questionTo(juliet), undefined)
  assert.deepEqual(await told(juliet, juliet, romeo), [1, 0])
})

test('believes no answer that does not fit the hash, and asks the next one who announces it [S92]', async () => {
  await using server = await memoryServer()
  const mallory = await server.login('mallory')
  mallory.send(announcement(ver))
  mallory.send(answerTo((await questionTo(mallory))!, clientInfo('urn:example:poison+notify', `${NODE}+notify`)))
  await mallory.all()
  assert.deepEqual(await told(mallory, mallory), [0])
  const juliet = await server.login('juliet')
  juliet.send(announcement(ver))
  const question = await questionTo(juliet)
  assert.ok(question !== undefined)
  juliet.send(answerTo(question, info))
  await juliet.all()
  assert.deepEqual(await told(juliet, juliet), [1])
})

test('somebody who does not answer keeps nobody else waiting', async () => {
  await using server = await memoryServer()
  const mallory = await server.login('mallory')
  mallory.send(announcement(ver))
  assert.ok((await questionTo(mallory)) !== undefined)
  const juliet = await server.login('juliet')
  juliet.send(announcement(ver))
  juliet.send(answerTo((await questionTo(juliet))!, info))
  await juliet.all()
  assert.deepEqual(await told(juliet, juliet), [1])
})

test('an announcement without a hash, or no hash known here, says nothing about others', async () => {
  await using server = await memoryServer()
  const romeo = await server.login('romeo')
  romeo.send(announcement(ver, '')) // the legacy format
  assert.equal(await questionTo(romeo), undefined)
  romeo.send(announcement(ver, "hash=''"))
  for (const local of ['juliet', 'nurse']) {
    const client = await server.login(local)
    client.send(announcement('made-up', "hash='whirlpool'"))
    const question = await questionTo(client)
    assert.ok(question !== undefined, 'each is asked')
    client.send(answerTo(question, info))
    await client.all()
    assert.deepEqual(await told(client, client), [1])
  }
  assert.deepEqual(await told(romeo, romeo), [0])
})

test('a client that keeps changing its mind is asked one question at a time', async () => {
  await using server = await memoryServer()
  const romeo = await server.login('romeo')
  for (let i = 0; i < 50; i++) {
    romeo.send(announcement(`made-up-${i}`))
    romeo.send("<presence type='unavailable'/>")
  }
  romeo.send(announcement(ver))
  const asked = (await romeo.all()).filter((element) => element.name === 'iq')
  assert.equal(asked.length, 1)
  romeo.send(answerTo(asked[0]!, info)) // which is no answer to this one
  await romeo.all()
  romeo.send(publish('x'))
  const question = await questionTo(romeo)
  assert.ok(question !== undefined)
  romeo.send(answerTo(question, info))
  await romeo.all()
  assert.deepEqual(await told(romeo, romeo), [1])
})

test('a client that claims too much, or refuses to answer, is told of nothing', async () => {
  await using server = await memoryServer()
  const romeo = await server.login('romeo')
  const greedy = clientInfo(`${NODE}+notify`, ...Array.from({ length: 2000 }, (_, i) => `urn:example:much:${i}`))
  romeo.send(announcement(versionOf(greedy)))
  romeo.send(answerTo((await questionTo(romeo))!, greedy))
  await romeo.all()
  const juliet = await server.login('juliet')
  juliet.send(announcement(ver))
  const { id, from } = { id: (await questionTo(juliet))?.attr('id'), from: 'juliet@localhost' }
  juliet.send(
    `<iq type='error' id='${id}' to='${from}'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`,
  )
  await juliet.all()
  assert.deepEqual(await told(romeo, romeo), [0])
  assert.deepEqual(await told(juliet, juliet), [0])
  assert.equal(await questionTo(juliet), undefined)
})

test('a client that was silent is asked again when there is something to tell', async () => {
  await using server = await memoryServer()
  const romeo = await server.login('romeo')
  romeo.send(announcement(ver))
  assert.ok((await questionTo(romeo)) !== undefined)
  server.clock.advance(30_000)
  await turns()
  romeo.send(publish('x'))
  const question = await questionTo(romeo)
  assert.ok(question !== undefined)
  romeo.send(answerTo(question, info))
  await romeo.all()
  assert.deepEqual(await told(romeo, romeo), [1])
})
