import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DISCO_INFO_NS, DISCO_ITEMS_NS, discoInfo } from '@rookery/protocol/disco'
import { type PageRequest, pageRequest, pageResult } from '@rookery/protocol/rsm'
import { type Element, el } from '@rookery/protocol/xml'
import { startTestServer } from '@rookery/testkit'
import { HostileServer } from '../../../../test/client/harness/hostile-server.ts'
import { acquaint, online } from '../../test/online.ts'
import { disco, RequestError, UnsupportedError, UsageError } from '../index.ts'

/** A server whose domain has these services, two on a page, and says what they are. */
async function townOf(services: Readonly<Record<string, Element>>): Promise<HostileServer> {
  const items = Object.keys(services)
  return await HostileServer.start({
    startTls: 'absent',
    script: {
      receive(iq, connection) {
        const payload = iq.firstElement()
        const to = iq.attr('to') ?? ''
        if (payload?.ns === DISCO_INFO_NS && services[to] !== undefined) {
          connection.reply(iq, services[to])
          return true
        }
        if (payload?.ns !== DISCO_ITEMS_NS) return
        const asked = pageRequest.find(payload) as PageRequest
        const start = asked.after === undefined ? 0 : items.indexOf(asked.after) + 1
        const page = items.slice(start, start + 2)
        const set = pageResult.build({ first: { id: page[0]! }, last: page.at(-1), count: items.length })
        const list = page.map((name) => el('item', DISCO_ITEMS_NS, { jid: name }))
        connection.reply(iq, el('query', DISCO_ITEMS_NS, {}, [...list, set]))
        return true
      },
    },
  })
}

const conference = discoInfo.build({
  identities: [{ category: 'conference', type: 'text' }],
  features: ['http://jabber.org/protocol/muc'],
  forms: [],
})
const proxy = discoInfo.build({ identities: [{ category: 'proxy', type: 'bytestreams' }], features: [], forms: [] })

describe('discovery', () => {
  test('the server is asked once in a session, by however many', async () => {
    await using server = await startTestServer()
    let sent = 0
    await using romeo = await online(server, [disco], {
      trace: (direction, element) => {
        if (direction === 'out' && `${element}`.startsWith('<iq')) sent++
      },
    })
    const before = sent
    const [one, two] = await Promise.all([romeo.disco.server(), romeo.disco.server()])
    assert.equal(one, two)
    assert.equal(await romeo.disco.server(), one)
    assert.equal(sent, before + 1)
    assert.ok(one.features.includes(DISCO_INFO_NS))
    assert.ok(one.identities.some(({ category }) => category === 'server'))
    assert.ok((await romeo.disco.account()).identities.some(({ category }) => category === 'account'))
    assert.notEqual(await romeo.disco.info(server.domain, { fresh: true }), one)
  })

  test('one who stops waiting does not stop the others', async () => {
    await using server = await startTestServer()
    await using romeo = await online(server, [disco])
    const controller = new AbortController()
    const given = romeo.disco.server({ signal: controller.signal })
    const other = romeo.disco.server()
    controller.abort(new Error('enough'))
    await assert.rejects(given, /enough/)
    assert.ok((await other).features.length > 0)
  })

  test('clients answer what they are and can do', async () => {
    await using server = await startTestServer()
    await using romeo = await online(server, [disco])
    await using juliet = await online(server, [disco], { software: 'Balcony', kind: 'phone' })
    juliet.disco.answerNode((node) =>
      node === 'letters' ? { items: [{ jid: juliet.jid!, node: 'first', name: 'Wherefore' }] } : undefined,
    )
    await acquaint(romeo, juliet)
    const info = await romeo.disco.info(juliet.jid!)
    assert.deepEqual(info.identities, [{ category: 'client', type: 'phone', name: 'Balcony' }])
    assert.ok(info.features.includes(DISCO_INFO_NS))
    const items = []
    for await (const { node, name } of romeo.disco.items(juliet.jid!, { node: 'letters' })) items.push([node, name])
    assert.deepEqual(items, [['first', 'Wherefore']])
    await assert.rejects(
      romeo.disco.info(juliet.jid!, { node: 'nothing' }),
      (error) => error instanceof RequestError && error.condition === 'item-not-found',
    )
  })

  test('what somebody lacks is an error with its name', async () => {
    await using server = await startTestServer()
    await using romeo = await online(server, [disco])
    await romeo.disco.require(server.domain, DISCO_INFO_NS)
    await assert.rejects(
      romeo.disco.require(server.domain, 'urn:example:none'),
      (error) => error instanceof UnsupportedError && error.feature === 'urn:example:none',
    )
    // whom we do not know does not answer, and so has nothing
    const other = await server.createAccount()
    assert.equal(await romeo.disco.supports(`${other.jid}/away`, DISCO_INFO_NS), false)
    await assert.rejects(romeo.disco.info('@'), UsageError)
  })

  test('a service is found among those of the server, also where one is away', async () => {
    await using server = await townOf({
      'away.localhost': el('nonsense', 'urn:example:none'),
      'proxy.localhost': proxy,
      'rooms.localhost': conference,
    })
    await using romeo = await online(server, [disco])
    assert.equal(`${await romeo.disco.find({ category: 'conference', type: 'text' })}`, 'rooms.localhost')
    assert.equal(`${await romeo.disco.find({ category: 'server' })}`, 'localhost')
    assert.equal(await romeo.disco.find('urn:example:none'), undefined)
  })

  test('lists come page by page, as far as they are read', async () => {
    const five = Object.fromEntries([1, 2, 3, 4, 5].map((number) => [`s${number}.localhost`, proxy]))
    await using server = await townOf(five)
    await using romeo = await online(server, [disco])
    const asked = (): number => server.received('iq').filter((iq) => iq.firstElement()?.ns === DISCO_ITEMS_NS).length
    const found = []
    for await (const { jid } of romeo.disco.items('localhost')) {
      found.push(`${jid}`)
      if (found.length === 3) break
    }
    assert.deepEqual(found, ['s1.localhost', 's2.localhost', 's3.localhost'])
    assert.equal(asked(), 2)
    let all = 0
    for await (const _ of romeo.disco.items('localhost')) all++
    assert.equal(all, 5)
    assert.equal(asked(), 5)
  })
})
