import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Element } from '@rookery/protocol/xml'
import { feature, provide } from '@rookery/server'
import { conditionOf, HOST, type MemoryClient, memoryServer, turns } from '../../../test/memory-server.ts'
import {
  authenticate,
  bindWith,
  byToken,
  failureIn,
  LAPTOP,
  opened,
  PHONE,
  tokenIn,
  tryLogin,
  wantToken,
} from '../../../test/sasl2-client.ts'
import { revocationService } from '../../services/revocation.ts'
import { listClients } from './list.ts'

const CAM = 'urn:xmpp:cam:0'
const login = (agent: string | undefined, inline = wantToken + bindWith('<tag>Lute</tag>')) =>
  authenticate('romeo', { agent, inline })

async function listed(client: MemoryClient): Promise<Element[]> {
  const answer = await client.ask(`<iq type='get' id='l'><list xmlns='${CAM}'/></iq>`)
  return answer.child('clients', CAM)!.childElements()
}

const revoke = (client: MemoryClient, id: string) =>
  client.ask(`<iq type='set' id='r'><revoke xmlns='${CAM}' id='${id}'/></iq>`)

const auth = (client: Element) =>
  client
    .child('auth')
    ?.childElements()
    .map(({ name }) => name)

describe('the list of clients (XEP-0494)', () => {
  test('has those that are here, those that could come back, and sessions without an id', async () => {
    await using server = await memoryServer()
    const phone = await tryLogin(server, 'romeo', login(PHONE))
    await phone.client.end()
    server.clock.advance(60_000)
    await tryLogin(server, 'romeo', login(LAPTOP, bindWith()))
    const old = await server.login('romeo', 'old')
    const clients = await listed(old)
    assert.deepEqual(
      clients.map((each) => [each.attr('connected'), each.attr('type'), auth(each)]),
      [
        ['false', 'session', ['password', 'fast']],
        ['true', 'session', ['password']],
        ['true', 'session', ['password']],
      ],
    )
    const [first, second, third] = clients as [Element, Element, Element]
    const start = new Date(server.clock.now() - 60_000).toISOString().replace('.000Z', 'Z')
    assert.equal(first.childText('first-seen'), start)
    assert.equal(first.childText('last-seen'), start)
    assert.equal(first.child('user-agent')?.childText('software'), 'Lute')
    assert.equal(first.child('permission')?.attr('status'), 'unrestricted')
    assert.notEqual(second.childText('last-seen'), start)
    assert.equal(third.child('user-agent'), undefined)
    const ids = clients.map((each) => each.attr('id'))
    assert.equal(new Set(ids).size, 3)
    for (const id of [PHONE, LAPTOP, 'old']) assert.ok(!ids.includes(id))
    assert.deepEqual(
      (await listed(old)).map((each) => each.attr('id')),
      ids,
    )
  })

  test('is for the owner alone', async () => {
    await using server = await memoryServer()
    await tryLogin(server, 'romeo', login(PHONE))
    const juliet = await server.login('juliet')
    for (const [type, content] of [
      ['get', `<list xmlns='${CAM}'/>`],
      ['set', `<revoke xmlns='${CAM}' id='x'/>`],
    ])
      assert.equal(
        conditionOf(await juliet.ask(`<iq type='${type}' id='l' to='romeo@${HOST}'>${content}</iq>`)),
        'service-unavailable',
      )
  })

  test('has a client no more that has lost its access with the password, and is not here', async () => {
    await using server = await memoryServer()
    const phone = await tryLogin(server, 'romeo', login(PHONE))
    await phone.client.end()
    const laptop = await tryLogin(server, 'romeo', login(LAPTOP))
    await server.server.accounts(HOST).setPassword('romeo', 'another')
    const clients = await listed(laptop.client)
    assert.deepEqual(
      clients.map((each) => [each.attr('connected'), auth(each)]),
      [['true', []]],
    )
  })
})

describe('revoking a client', () => {
  test('ends its sessions and tokens, and says that it knows the password [XEP-0494 3.2]', async () => {
    await using server = await memoryServer()
    const phone = await tryLogin(server, 'romeo', login(PHONE))
    const laptop = await server.login('romeo', 'laptop')
    const [first] = await listed(laptop)
    const answer = await revoke(laptop, first!.attr('id')!)
    assert.equal(conditionOf(answer), 'service-unavailable')
    assert.ok(answer.child('error')?.child('password-reset-required', CAM))
    await phone.client.closed()
    assert.equal(phone.client.streamError, 'not-authorized')
    const again = await tryLogin(server, 'romeo', byToken('romeo', tokenIn(phone.answer)))
    assert.equal(failureIn(again.answer), 'credentials-expired')
    assert.equal(laptop.isClosed, false)
    // it is still one that could come back
    assert.deepEqual(
      (await listed(laptop)).map((each) => [each.attr('connected'), auth(each)]),
      [
        ['false', ['password']],
        ['true', ['password']],
      ],
    )
  })

  test('that does not know the password of today succeeds', async () => {
    await using server = await memoryServer()
    const phone = await tryLogin(server, 'romeo', login(PHONE))
    const laptop = await tryLogin(server, 'romeo', login(LAPTOP))
    await server.server.accounts(HOST).setPassword('romeo', 'another')
    const mine = laptop.answer.childText('authorization-identifier')
    assert.ok(mine)
    const [first] = await listed(laptop.client)
    assert.equal((await revoke(laptop.client, first!.attr('id')!)).attr('type'), 'result')
    await phone.client.closed()
    assert.equal(laptop.client.isClosed, false)
    assert.equal((await listed(laptop.client)).length, 1)
  })

  test('ends the session that it gets by a login which is under way', async () => {
    await using server = await memoryServer()
    const phone = await tryLogin(server, 'romeo', login(PHONE))
    await phone.client.end()
    const laptop = await server.login('romeo', 'laptop')
    const [first] = await listed(laptop)
    // the disk takes its time: the login is not written down yet when the revocation comes
    const { documents } = server.stores
    const put = documents.put.bind(documents)
    documents.put = (...given) => turns(10).then(() => put(...given))
    const again = await opened(server, 'romeo')
    again.send(byToken('romeo', tokenIn(phone.answer), `count='1'`, { inline: bindWith() }))
    await turns()
    await revoke(laptop, first!.attr('id')!)
    await turns(30)
    assert.equal(again.isClosed, true)
    assert.equal(again.streamError, 'not-authorized')
  })

  test('of oneself is answered before the stream ends', async () => {
    await using server = await memoryServer()
    const phone = await tryLogin(server, 'romeo', login(PHONE))
    await server.server.accounts(HOST).setPassword('romeo', 'another')
    const [own] = await listed(phone.client)
    assert.equal((await revoke(phone.client, own!.attr('id')!)).attr('type'), 'result')
    await phone.client.closed()
    assert.equal(phone.client.streamError, 'not-authorized')
  })

  test('without an id ends its session', async () => {
    await using server = await memoryServer()
    const [laptop, old] = [await server.login('romeo', 'laptop'), await server.login('romeo', 'old')]
    const ids = (await listed(laptop)).map((each) => each.attr('id')!)
    assert.equal(conditionOf(await revoke(laptop, ids[1]!)), 'service-unavailable')
    await old.closed()
    assert.equal(laptop.isClosed, false)
    assert.equal(conditionOf(await revoke(laptop, ids[1]!)), 'item-not-found')
  })

  test('that is not there, or is not named, is an error', async () => {
    await using server = await memoryServer()
    const client = await server.login('romeo')
    assert.equal(conditionOf(await revoke(client, 'nobody')), 'item-not-found')
    assert.equal(conditionOf(await client.ask(`<iq type='set' id='r'><revoke xmlns='${CAM}'/></iq>`)), 'bad-request')
  })

  test('has what it left elsewhere forgotten, by the resources it used; a fault there stops nothing', async () => {
    const forgotten: string[] = []
    const push = feature({
      name: 'test-push',
      summary: 'x',
      specifications: [],
      needs: [],
      start: () => ({
        provides: [
          provide(revocationService, {
            revoked(local: string, resource: string) {
              forgotten.push(`${local} ${resource}`)
              throw new Error('no')
            },
          }),
        ],
      }),
    })
    await using server = await memoryServer({ plugins: [push] })
    const phone = await tryLogin(server, 'romeo', login(PHONE))
    const resource = phone.client.jid.split('/').slice(1).join('/')
    await phone.client.end()
    const laptop = await server.login('romeo', 'laptop')
    const [first] = await listed(laptop)
    await revoke(laptop, first!.attr('id')!)
    assert.deepEqual(forgotten, [`romeo ${resource}`])
  })
})

test('the push registrations of a revoked client are gone, those of others stay', async () => {
  await using server = await memoryServer({ hosts: [HOST, 'push.example'] })
  const phone = await tryLogin(server, 'romeo', login(PHONE))
  await phone.client.next()
  const laptop = await server.login('romeo', 'laptop')
  const enable = (node: string) =>
    `<iq type='set' id='${node}'><enable xmlns='urn:xmpp:push:0' jid='push.example' node='${node}'/></iq>`
  for (const [client, node] of [
    [phone.client, 'phone'],
    [laptop, 'laptop'],
  ] as const)
    assert.equal((await client.ask(enable(node))).attr('type'), 'result')
  const [first] = await listed(laptop)
  await revoke(laptop, first!.attr('id')!)
  const kept = (await server.stores.documents.get('romeo', 'push:registrations')) ?? ''
  assert.ok(kept.includes('"node":"laptop"') && !kept.includes('"node":"phone"'), kept)
})

test('a client is seen until its session ends', async () => {
  await using server = await memoryServer()
  const phone = await tryLogin(server, 'romeo', login(PHONE))
  server.clock.advance(60_000)
  await phone.client.end()
  const end = new Date(server.clock.now()).toISOString().replace('.000Z', 'Z')
  server.clock.advance(60_000)
  const [first] = await listed(await server.login('romeo'))
  assert.equal(first!.childText('last-seen'), end)
})

test('a client that has no name is shown without one', () => {
  const [client] = listClients([{ id: 'a', firstSeen: 1, lastSeen: 2, hasToken: true }], [], 9)
  assert.deepEqual(client, {
    id: 'a',
    connected: false,
    type: 'session',
    firstSeen: 1,
    lastSeen: 2,
    auth: { fast: true },
    permission: { status: 'unrestricted' },
  })
})
