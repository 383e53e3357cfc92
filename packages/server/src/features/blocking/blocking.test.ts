import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Element } from '@rookery/protocol/xml'
import { conditionOf, type MemoryClient, memoryServer, turns } from '../../../test/memory-server.ts'

const NS = 'urn:xmpp:blocking'
const items = (jids: readonly string[]): string => jids.map((one) => `<item jid='${one}'/>`).join('')
const get = `<iq type='get' id='l'><blocklist xmlns='${NS}'/></iq>`
const set = (name: 'block' | 'unblock', ...jids: string[]): string =>
  `<iq type='set' id='s'><${name} xmlns='${NS}'>${items(jids)}</${name}></iq>`
const listed = (query: Element | undefined): (string | undefined)[] =>
  query?.childElements().map((item) => item.attr('jid')) ?? []
const list = async (client: MemoryClient): Promise<(string | undefined)[]> =>
  listed((await client.ask(get)).child('blocklist', NS))
const chat = (to: string): string => `<message to='${to}' type='chat' id='m'><body>hi</body></message>`
const ping = (to: string): string => `<iq type='get' id='i' to='${to}'><ping xmlns='urn:xmpp:ping'/></iq>`

test('keeps the list in order, also for the next session', async () => {
  await using server = await memoryServer()
  const juliet = await server.login('juliet')
  assert.deepEqual(await list(juliet), [])
  assert.equal((await juliet.ask(set('block', 'Romeo@localhost', 'x.org'))).attr('type'), 'result')
  await juliet.ask(set('block', 'romeo@localhost', 'y.org'))
  await juliet.end()
  const again = await server.login('juliet')
  assert.deepEqual(await list(again), ['romeo@localhost', 'x.org', 'y.org'])
  await again.ask(set('unblock', 'x.org'))
  assert.deepEqual(await list(again), ['romeo@localhost', 'y.org'])
  await again.ask(set('unblock'))
  assert.deepEqual(await list(again), [])
  assert.equal(await server.stores.documents.get('juliet', 'blocking'), undefined)
})

test('a blocked sender is told what he is told about an account that does not exist', async () => {
  await using server = await memoryServer()
  const juliet = await server.login('juliet')
  const romeo = await server.login('romeo')
  juliet.send('<presence/>')
  await juliet.all()
  await juliet.ask(set('block', 'ROMEO@localhost'))
  const answers = async (to: string): Promise<(Element | undefined)[]> => {
    romeo.send(chat(to))
    romeo.send(chat(`${to}/one`))
    romeo.send(`<message to='${to}' type='headline'><body>x</body></message>`)
    romeo.send(ping(to))
    romeo.send(ping(`${to}/one`))
    romeo.send(`<iq type='result' id='x' to='${to}/one'/>`)
    romeo.send(`<presence to='${to}/one'/>`)
    romeo.send(`<presence to='${to}' type='subscribe'/>`)
    romeo.send(`<presence to='${to}' type='probe'/>`)
    const all = (await romeo.all()).filter((one) => one.name !== 'iq' || one.attr('type') === 'error')
    return all.filter((one) => !one.attr('from')?.startsWith('romeo')).map((one) => one.child('error'))
  }
  const blocked = await answers('juliet@localhost')
  assert.equal(blocked.length, 4)
  assert.deepEqual(blocked, await answers('nobody@localhost'))
  assert.deepEqual(await juliet.all(), [])
})

test('who blocks cannot send either, and is told why', async () => {
  await using server = await memoryServer()
  const juliet = await server.login('juliet')
  const romeo = await server.login('romeo')
  await juliet.ask(set('block', 'romeo@localhost'))
  juliet.send(chat('romeo@localhost/one'))
  juliet.send(`<presence to='romeo@localhost/one'/>`)
  for (const answer of [...(await juliet.all()), await juliet.ask(ping('romeo@localhost/one'))]) {
    assert.equal(conditionOf(answer), 'not-acceptable')
    assert.equal(answer.child('error')?.attr('type'), 'cancel')
    assert.ok(answer.child('error')?.child('blocked', 'urn:xmpp:blocking:errors'))
  }
  assert.deepEqual(await romeo.all(), [])
  await juliet.ask(set('unblock', 'romeo@localhost'))
  juliet.send(chat('romeo@localhost/one'))
  await juliet.all()
  assert.equal((await romeo.messages()).length, 1)
})

test('tells the resources that asked for the list of changes, and no others', async () => {
  await using server = await memoryServer()
  const one = await server.login('juliet', 'one')
  const two = await server.login('juliet', 'two')
  const three = await server.login('juliet', 'three')
  await list(one)
  await list(two)
  await three.ask(set('block', 'a@x.org', 'b@x.org'))
  await three.ask(set('unblock'))
  for (const client of [one, two]) {
    const [block, unblock, ...more] = await client.all()
    assert.equal(more.length, 0)
    assert.equal(block?.attr('type'), 'set')
    assert.equal(block?.attr('to'), client.jid)
    assert.deepEqual(listed(block?.child('block', NS)), ['a@x.org', 'b@x.org'])
    assert.deepEqual(listed(unblock?.child('unblock', NS)), [])
  }
  assert.deepEqual(await three.all(), [])
})

test('never blocks the own account or server', async () => {
  await using server = await memoryServer()
  const one = await server.login('juliet', 'one')
  const two = await server.login('juliet', 'two')
  await one.ask(set('block', 'juliet@localhost', 'juliet@localhost/two', 'localhost'))
  one.send(chat('juliet@localhost/two'))
  await one.all()
  assert.equal((await two.messages()).length, 1)
  assert.equal((await one.ask(ping('localhost'))).attr('type'), 'result')
  const romeo = await server.login('romeo')
  romeo.send(chat('juliet@localhost/one'))
  assert.equal(conditionOf((await romeo.messages())[0]), 'service-unavailable')
})

test('refuses what it cannot keep', async () => {
  await using server = await memoryServer({ limits: { blockedContacts: 2 } })
  const juliet = await server.login('juliet')
  const romeo = await server.login('romeo')
  const refused = async (request: string): Promise<string | undefined> => conditionOf(await juliet.ask(request))
  assert.equal(await refused(set('block')), 'bad-request')
  assert.equal(await refused(set('block', 'a@b@c')), 'jid-malformed')
  assert.equal(await refused(`<iq type='set' id='s'><block xmlns='${NS}'><item/></block></iq>`), 'bad-request')
  assert.equal(await refused(set('block', 'a', 'b', 'c')), 'resource-constraint')
  assert.equal(await refused(set('block', 'a', 'b')), undefined)
  assert.equal(await refused(set('block', 'b')), undefined)
  assert.equal(await refused(set('block', 'c')), 'resource-constraint')
  assert.deepEqual(await list(juliet), ['a', 'b'])
  const foreign = `<iq type='get' id='l' to='juliet@localhost'><blocklist xmlns='${NS}'/></iq>`
  assert.equal(conditionOf(await romeo.ask(foreign)), 'service-unavailable')
})

test('changes that come at once all count', async () => {
  await using server = await memoryServer()
  const clients = await Promise.all(['a', 'b', 'c', 'd'].map((resource) => server.login('juliet', resource)))
  await Promise.all(clients.map((client, index) => client.ask(set('block', `user${index}@x.org`))))
  assert.equal((await list(clients[0]!)).length, 4)
})

test('what was kept of somebody blocked since is not delivered', async () => {
  await using server = await memoryServer()
  const juliet = await server.login('juliet')
  const romeo = await server.login('romeo')
  const nurse = await server.login('nurse')
  romeo.send(chat('juliet@localhost'))
  await romeo.all()
  nurse.send(chat('juliet@localhost'))
  await nurse.all()
  await juliet.ask(set('block', 'romeo@localhost'))
  juliet.send('<presence/>')
  await turns(20)
  const messages = await juliet.messages()
  assert.deepEqual(
    messages.map((one) => one.attr('from')),
    ['nurse@localhost/one'],
  )
})

test('a contact sees somebody go who blocks him, hears nothing while that holds, and sees her come back', async () => {
  await using server = await memoryServer()
  const item = { groups: [], subscription: 'both', ask: false, approved: false, listed: true } as const
  await server.server.accounts('localhost').create('juliet', 'secret-juliet')
  await server.server.accounts('localhost').create('romeo', 'secret-romeo')
  await server.stores.roster.put('juliet', { ...item, jid: 'romeo@localhost' })
  await server.stores.roster.put('romeo', { ...item, jid: 'juliet@localhost' })
  const juliet = await server.login('juliet')
  const romeo = await server.login('romeo')
  const said = async (): Promise<(string | undefined)[]> => {
    await turns()
    const all = (await romeo.all()).filter((one) => one.attr('from') === juliet.jid)
    return all.map((one) => one.attr('type') ?? one.childText('status'))
  }
  romeo.send('<presence/>')
  await romeo.all()
  juliet.send('<presence><status>here</status></presence>')
  await juliet.all()
  assert.deepEqual(await said(), ['here'])
  await juliet.ask(set('block', 'romeo@localhost'))
  assert.deepEqual(await said(), ['unavailable'])
  juliet.send('<presence><status>secret</status></presence>')
  romeo.send(`<presence type='probe' to='juliet@localhost'/>`)
  await juliet.all()
  assert.deepEqual(await said(), [])
  await juliet.ask(set('unblock', 'romeo@localhost'))
  assert.deepEqual(await said(), ['secret'])
})
