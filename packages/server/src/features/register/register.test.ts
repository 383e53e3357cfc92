import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conditionOf, HOST, type MemoryClient, type MemoryServer, memoryServer } from '../../../test/memory-server.ts'
import { Rate } from '../../rate.ts'

const NS = 'jabber:iq:register'
const open = { register: { open: true } }
let ids = 0
const set = (content: string, to?: string): string =>
  `<iq type='set' id='r${++ids}'${to === undefined ? '' : ` to='${to}'`}><query xmlns='${NS}'>${content}</query></iq>`
const account = (name: string, password: string): string =>
  `<username>${name}</username><password>${password}</password>`

async function stream(server: MemoryServer, address?: string): Promise<MemoryClient> {
  const client = server.connect(address)
  await client.open()
  return client
}

async function canLogIn(server: MemoryServer, local: string, password: string): Promise<boolean> {
  const client = await stream(server)
  const initial = btoa(`\0${local}\0${password}`)
  client.send(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${initial}</auth>`)
  return (await client.next())?.name === 'success'
}

test('is closed by default', async () => {
  await using server = await memoryServer()
  const client = await stream(server)
  assert.equal(client.features?.child('register', 'http://jabber.org/features/iq-register'), undefined)
  assert.equal(conditionOf(await client.ask(set(account('bill', 'calliope')))), 'service-unavailable')
  assert.equal(await server.server.accounts(HOST).exists('bill'), false)
})

test('makes an account on the stream that then logs in with it', async () => {
  await using server = await memoryServer({ features: open })
  const client = await stream(server)
  assert.ok(client.features?.child('register', 'http://jabber.org/features/iq-register'))
  const blank = await client.ask(`<iq type='get' id='g' to='${HOST}'><query xmlns='${NS}'/></iq>`)
  const fields = blank
    .child('query', NS)
    ?.childElements()
    .map((field) => field.name)
  assert.deepEqual(fields, ['instructions', 'username', 'password'])
  assert.equal((await client.ask(set(account('BILL', 'calliope')))).attr('type'), 'result')
  client.send(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${btoa('\0bill\0calliope')}</auth>`)
  assert.equal((await client.next())?.name, 'success')
})

test('refuses what is taken, missing or impossible', async () => {
  await using server = await memoryServer({ features: open })
  await server.server.accounts(HOST).create('bill', 'calliope')
  const client = await stream(server)
  const refused = async (content: string): Promise<string | undefined> => conditionOf(await client.ask(set(content)))
  assert.equal(await refused(account('Bill', 'other')), 'conflict')
  assert.equal(await refused(account('will', '')), 'not-acceptable')
  assert.equal(await refused('<username>will</username>'), 'not-acceptable')
  assert.equal(await refused(account('w@ill', 'x')), 'not-acceptable')
  assert.equal(await refused(account('', 'x')), 'not-acceptable')
  assert.equal(await refused(account('w'.repeat(1024), 'x')), 'not-acceptable')
  assert.equal(await refused('<remove/>'), 'unexpected-request')
  assert.equal(await refused('<remove/><username>bill</username>'), 'bad-request')
  assert.equal(conditionOf(await client.ask(set(account('will', 'x'), 'example.org'))), 'service-unavailable')
  assert.equal(await canLogIn(server, 'bill', 'calliope'), true)
})

test('refuses before TLS where TLS is required', async () => {
  await using server = await memoryServer({ features: open, tls: { required: true } })
  const client = await stream(server)
  assert.equal(client.features?.child('register', 'http://jabber.org/features/iq-register'), undefined)
  const answer = await client.ask(set(account('bill', 'calliope')))
  assert.equal(conditionOf(answer), 'not-authorized')
  assert.equal(await server.server.accounts(HOST).exists('bill'), false)
})

test('makes only so many accounts for one address in an hour', async () => {
  await using server = await memoryServer({ features: open, limits: { registrationsPerHour: 2 } })
  const client = await stream(server, '192.0.2.1')
  const make = async (from: MemoryClient, name: string): Promise<string | undefined> =>
    conditionOf(await from.ask(set(account(name, 'x'))))
  assert.equal(await make(client, 'a'), undefined)
  assert.equal(await make(client, 'a'), 'conflict')
  assert.equal(await make(client, 'b'), undefined)
  assert.equal(await make(client, 'c'), 'resource-constraint')
  assert.equal(await make(await stream(server, '192.0.2.2'), 'c'), undefined)
  server.server.reloadLimits({ ...server.server.config.limits, registrationsPerHour: 3 })
  assert.equal(await make(client, 'e'), undefined)
  assert.equal(await make(client, 'f'), 'resource-constraint')
  server.clock.advance(3_600_001)
  assert.equal(await make(await stream(server, '192.0.2.1'), 'd'), undefined)
})

test('counts nothing when the limit is 0, and an hour from the first otherwise', () => {
  let now = 0
  const none = new Rate(
    () => 0,
    () => now,
  )
  for (let i = 0; i < 100; i++) assert.ok(none.take('a'))
  const one = new Rate(
    () => 1,
    () => now,
  )
  assert.deepEqual([one.take('a'), one.take('a'), one.take('b')], [true, false, true])
  one.giveBack('a')
  assert.ok(one.take('a'))
  now = 3_600_001
  assert.ok(one.take('a'))
})

test('closes the stream of somebody who tries which names there are', async () => {
  await using server = await memoryServer({ features: open, limits: { authFailuresPerStream: 3 } })
  await server.server.accounts(HOST).create('bill', 'calliope')
  const client = await stream(server)
  for (let i = 0; i < 3; i++) client.send(set(account('bill', 'x')))
  await client.closed()
  assert.equal(client.streamError, 'policy-violation')
})

test('changes the own password, and nobody else’s', async () => {
  await using server = await memoryServer()
  await server.login('juliet')
  const romeo = await server.login('romeo')
  for (const to of [undefined, HOST]) {
    assert.equal(conditionOf(await romeo.ask(set(account('juliet', 'stolen'), to))), 'forbidden')
    assert.equal(conditionOf(await romeo.ask(set('<password>stolen</password>', to))), 'bad-request')
    assert.equal(conditionOf(await romeo.ask(set(account('romeo', ''), to))), 'bad-request')
  }
  const aimed = await romeo.ask(set(account('juliet', 'stolen'), `juliet@${HOST}`))
  assert.equal(conditionOf(aimed), 'service-unavailable')
  assert.equal(await canLogIn(server, 'juliet', 'secret-juliet'), true)
  assert.equal((await romeo.ask(set(account('Romeo', 'new'), HOST))).attr('type'), 'result')
  assert.equal(await canLogIn(server, 'romeo', 'new'), true)
  assert.equal(await canLogIn(server, 'romeo', 'secret-romeo'), false)
})

test('changes of the password that come at once leave exactly one that works', async () => {
  await using server = await memoryServer({ auth: { hashes: ['SHA-1', 'SHA-256'] } })
  const names = ['a', 'b', 'c', 'd', 'e', 'f']
  const clients = await Promise.all(names.map((name) => server.login('romeo', name)))
  const answers = await Promise.all(clients.map((client, i) => client.ask(set(account('romeo', names[i]!)))))
  assert.ok(answers.every((answer) => answer.attr('type') === 'result'))
  const works = await Promise.all(['secret-romeo', ...names].map((password) => canLogIn(server, 'romeo', password)))
  assert.equal(works.filter((one) => one).length, 1)
})

test('tells who is registered', async () => {
  await using server = await memoryServer()
  const romeo = await server.login('romeo')
  const query = (await romeo.ask(`<iq type='get' id='g'><query xmlns='${NS}'/></iq>`)).child('query', NS)
  assert.ok(query?.child('registered'))
  assert.equal(query?.childText('username'), 'romeo')
  assert.equal(query?.childText('password'), '')
})

test('removes the account, answers, and ends all its sessions', async () => {
  await using server = await memoryServer()
  const one = await server.login('romeo', 'one')
  const two = await server.login('romeo', 'two')
  assert.equal((await one.ask(set('<remove/>'))).attr('type'), 'result')
  await Promise.all([one.closed(), two.closed()])
  assert.equal(one.streamError, 'not-authorized')
  assert.equal(two.streamError, 'not-authorized')
  assert.equal(await server.server.accounts(HOST).exists('romeo'), false)
  assert.equal(await canLogIn(server, 'romeo', 'secret-romeo'), false)
})

test('does neither where that is turned off', async () => {
  await using server = await memoryServer({ features: { register: { removal: false, passwordChange: false } } })
  const romeo = await server.login('romeo')
  assert.equal(conditionOf(await romeo.ask(set('<remove/>'))), 'not-allowed')
  assert.equal(conditionOf(await romeo.ask(set(account('romeo', 'x')))), 'not-allowed')
})
