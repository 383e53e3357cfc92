/** Push notifications in a whole server; the push service is another host of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CodecError } from '@rookery/protocol/codec'
import { firstValueOf } from '@rookery/protocol/forms'
import { StanzaError } from '@rookery/protocol/stanza'
import { type PushSummary, pushPublication, summaryOf } from '@rookery/protocol/xeps/push'
import { type Element, el } from '@rookery/protocol/xml'
import { type Feature, feature, type ServerOptions } from '@rookery/server'
import { createMemoryStorage } from '@rookery/storage/memory'
import {
  conditionOf,
  HOST,
  type MemoryClient,
  type MemoryServer,
  memoryServer,
  turns,
} from '../../../test/memory-server.ts'

const SERVICE = 'push.example'
const NS = 'urn:xmpp:push:0'

interface Published {
  from: string
  node: string | undefined
  secret: string | undefined
  summary: PushSummary
}

/** A push service that remembers what was published. */
class FakeService {
  readonly published: Published[] = []
  answer: () => Element | StanzaError | undefined | Promise<undefined> = () => undefined
  readonly feature: Feature

  constructor() {
    this.feature = feature({
      name: 'fakeservice',
      summary: 'A push service for tests.',
      specifications: [],
      needs: ['host'],
      start: ({ host }) => ({
        iq:
          host.domain !== SERVICE
            ? []
            : [
                {
                  type: 'set',
                  at: 'host',
                  payload: { name: 'pubsub', ns: 'http://jabber.org/protocol/pubsub' },
                  handle: ({ payload, from }) => {
                    const publication = pushPublication.parse(payload)
                    assert.ok(publication !== undefined && !(publication instanceof CodecError))
                    const summary = summaryOf(publication.notification)
                    assert.ok(summary !== undefined && !(summary instanceof CodecError))
                    const { node, options } = publication
                    const secret = options && firstValueOf(options, 'secret')
                    this.published.push({ from: from.toString(), node, secret, summary })
                    return this.answer()
                  },
                },
              ],
      }),
    })
  }

  get counts(): (number | undefined)[] {
    return this.published.map(({ summary }) => summary.messageCount)
  }
}

async function started(settings: object = {}, options: ServerOptions = {}) {
  const service = new FakeService()
  const server = await memoryServer({
    hosts: [HOST, SERVICE],
    plugins: [service.feature],
    ...options,
    features: { push: settings },
  })
  return { server, service, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

const options = (secret: string): string =>
  `<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>http://jabber.org/protocol/pubsub#publish-options</value></field>` +
  `<field var='secret'><value>${secret}</value></field></x>`
const enable = (node: string, content = '', jid = SERVICE): string =>
  `<iq type='set' id='e'><enable xmlns='${NS}' jid='${jid}' node='${node}'>${content}</enable></iq>`
const disable = (node?: string): string =>
  `<iq type='set' id='d'><disable xmlns='${NS}' jid='${SERVICE}'${node === undefined ? '' : ` node='${node}'`}/></iq>`
const chat = (text: string, to = 'juliet@localhost'): string =>
  `<message to='${to}' type='chat'><body>${text}</body></message>`

/** Juliet has registered and left. */
async function away(server: MemoryServer, ...requests: string[]): Promise<MemoryClient> {
  const juliet = await server.login('juliet')
  for (const request of requests) assert.equal((await juliet.ask(request)).attr('type'), 'result')
  await juliet.end()
  await turns()
  return server.login('romeo')
}

test('who is away is told, in the name of the server, with the options of the registration [XEP-0357 7]', async () => {
  await using all = await started()
  const romeo = await away(all.server, enable('n1', options('sword')))
  romeo.send(chat('Art thou there?'))
  await romeo.all()
  await turns()
  assert.deepEqual(all.service.published, [
    { from: HOST, node: 'n1', secret: 'sword', summary: { messageCount: 1, lastMessageBody: 'New message' } },
  ])
})

test('what is told beside the number is up to the operator [XEP-0357 9]', async () => {
  await using all = await started({ include: ['sender', 'body'], placeholder: '' })
  const romeo = await away(all.server, enable('n1'))
  romeo.send(chat('Art\nthou there?'))
  await romeo.all()
  await turns()
  const summary = all.service.published[0]?.summary
  assert.equal(summary?.lastMessageSender?.toString(), 'romeo@localhost/one')
  assert.equal(summary?.lastMessageBody, 'Art thou there?')
  all.server.clock.advance(1000)
  romeo.send(
    "<message to='juliet@localhost' type='chat'><body>Use another client</body><openpgp xmlns='urn:xmpp:openpgp:0'>x</openpgp></message>",
  )
  await romeo.all()
  await turns()
  assert.equal(all.service.published[1]?.summary.lastMessageBody, undefined)
})

test('a storm of messages is two notifications in a second, with the number of messages', async () => {
  await using all = await started()
  const romeo = await away(all.server, enable('n1'))
  for (let i = 0; i < 200; i++) romeo.send(chat(`${i}`))
  await romeo.all()
  await turns()
  all.server.clock.advance(1000)
  await turns()
  assert.deepEqual(all.service.counts, [1, 200])
})

test('a client that is there needs no notification, and begins to count anew', async () => {
  await using all = await started()
  const { server, service } = all
  const romeo = await away(server, enable('n1'))
  romeo.send(chat('one'))
  romeo.send(chat('two'))
  await romeo.all()
  const juliet = await server.login('juliet', 'balcony')
  juliet.send('<presence/>')
  assert.equal((await juliet.messages()).length, 2)
  server.clock.advance(5000)
  romeo.send(chat('three'))
  await romeo.all()
  assert.equal((await juliet.messages()).length, 1)
  assert.deepEqual(service.counts, [1])
  await juliet.end()
  await turns()
  romeo.send(chat('four'))
  await romeo.all()
  await turns()
  assert.deepEqual(service.counts, [1, 1])
})

test('nobody is woken for what no person reads, nor by another device of the account', async () => {
  await using all = await started()
  const { server, service } = all
  const romeo = await away(server, enable('n1'))
  romeo.send(
    `<message to='juliet@localhost' type='chat'><active xmlns='http://jabber.org/protocol/chatstates'/></message>`,
  )
  romeo.send(`<message to='juliet@localhost' type='headline'><body>news</body></message>`)
  romeo.send(`<message to='juliet@localhost' type='error'><body>x</body></message>`)
  romeo.send(`<presence to='juliet@localhost'/>`)
  await romeo.all()
  const phone = await server.login('juliet', 'phone')
  phone.send(chat('note to myself'))
  await phone.all()
  await turns()
  assert.deepEqual(service.published, [])
})

test('who merely connected is away; an inactive client is away where the operator says so', async () => {
  for (const [settings, expected] of [
    [{}, 1],
    [{ whileInactive: true }, 2],
  ] as const) {
    await using all = await started(settings)
    const { server, service } = all
    const juliet = await server.login('juliet')
    await juliet.ask(enable('n1'))
    const romeo = await server.login('romeo')
    romeo.send(chat('one'))
    await romeo.all()
    await turns()
    assert.equal(service.published.length, 1)
    server.clock.advance(1000)
    juliet.send('<presence/>')
    await juliet.all()
    juliet.send("<inactive xmlns='urn:xmpp:csi:0'/>")
    await juliet.all()
    romeo.send(chat('two'))
    await romeo.all()
    await turns()
    assert.equal(service.published.length, expected)
  }
})

/** Juliet has registered, is available, and can come back to her session. */
async function managed(server: MemoryServer): Promise<{ juliet: MemoryClient; romeo: MemoryClient }> {
  const juliet = await server.login('juliet')
  await juliet.ask(enable('n1'))
  juliet.send('<presence/>')
  await juliet.all()
  juliet.send("<enable xmlns='urn:xmpp:sm:3' resume='true'/>")
  assert.equal((await juliet.next())?.name, 'enabled')
  return { juliet, romeo: await server.login('romeo') }
}

test('a hibernating client is told of what comes, once, also when its session ends without it [map 37]', async () => {
  await using all = await started()
  const { server, service } = all
  const { juliet, romeo } = await managed(server)
  juliet.destroy()
  await turns()
  romeo.send(chat('one'))
  await romeo.all()
  await turns()
  assert.deepEqual(service.counts, [1])
  server.clock.advance(3_600_000)
  await turns(20)
  assert.equal((await server.stores.offline.read('juliet', 0, 10)).length, 1)
  server.clock.advance(60_000)
  await turns()
  assert.deepEqual(service.counts, [1])
})

test('what a client has not acknowledged when it goes is told of, what it has is not [XEP-0198 5]', async () => {
  await using all = await started()
  const { server, service } = all
  const { juliet, romeo } = await managed(server)
  romeo.send(chat('one'))
  await romeo.all()
  assert.equal((await juliet.messages()).length, 1)
  juliet.send("<r xmlns='urn:xmpp:sm:3'/>")
  for (let element = await juliet.next(); element?.name !== 'a'; element = await juliet.next());
  romeo.send(chat('two'))
  romeo.send(
    `<message to='juliet@localhost' type='chat'><gone xmlns='http://jabber.org/protocol/chatstates'/></message>`,
  )
  romeo.send(chat('three'))
  await romeo.all()
  assert.deepEqual(service.counts, [])
  juliet.send("<a xmlns='urn:xmpp:sm:3' h='2'/>") // a message, and the answer to a ping
  await turns()
  juliet.destroy()
  await turns()
  server.clock.advance(1000)
  await turns()
  assert.deepEqual(service.counts, [1, 2])
})

test('a device that is away is told while another is there only where that is wanted', async () => {
  for (const whileActiveElsewhere of [false, true]) {
    await using all = await started({ whileActiveElsewhere })
    const { server, service } = all
    const romeo = await away(server, enable('n1'))
    const desk = await server.login('juliet', 'desk')
    desk.send('<presence/>')
    await desk.all()
    await desk.ask(enable('n2'))
    romeo.send(chat('one'))
    await romeo.all()
    await turns()
    assert.deepEqual(
      service.published.map(({ node }) => node),
      whileActiveElsewhere ? ['n1'] : [],
    )
  }
})

test('one registration is turned off, or all of a service [XEP-0357 6]', async () => {
  await using all = await started()
  const { server, service } = all
  const romeo = await away(server, enable('n1'), enable('n2'), enable('n3'), disable('n2'))
  romeo.send(chat('one'))
  await romeo.all()
  await turns()
  assert.deepEqual(
    service.published.map(({ node }) => node),
    ['n1', 'n3'],
  )
  const juliet = await server.login('juliet')
  await juliet.ask(disable())
  await juliet.end()
  romeo.send(chat('two'))
  await romeo.all()
  server.clock.advance(60_000)
  await turns()
  assert.equal(service.published.length, 2)
  assert.equal(await server.stores.documents.get('juliet', 'push:registrations'), undefined)
})

test('what waits for its turn is not sent after the client turned it off', async () => {
  await using all = await started()
  const { server, service } = all
  const romeo = await away(server, enable('n1'))
  romeo.send(chat('one'))
  romeo.send(chat('two'))
  await romeo.all()
  const juliet = await server.login('juliet')
  await juliet.ask(disable('n1'))
  server.clock.advance(60_000)
  await turns()
  assert.deepEqual(service.counts, [1])
})

test('registrations survive a restart, and go with the account', async () => {
  const storage = createMemoryStorage()
  {
    await using all = await started({}, { storage })
    await away(all.server, enable('n1', options('sword')))
  }
  await using all = await started({}, { storage })
  const { server, service } = all
  const romeo = await server.login('romeo')
  romeo.send(chat('one'))
  await romeo.all()
  await turns()
  assert.deepEqual(
    service.published.map(({ node, secret }) => [node, secret]),
    [['n1', 'sword']],
  )
  assert.equal(await server.server.accounts(HOST).remove('juliet'), true)
  await server.login('juliet').then((juliet) => juliet.end())
  await turns()
  server.clock.advance(60_000)
  romeo.send(chat('two'))
  await romeo.all()
  await turns()
  assert.equal(service.published.length, 1)
})

test('an error disables the registration; one that may pass is waited for [XEP-0357 7.1]', async () => {
  await using all = await started()
  const { server, service } = all
  const romeo = await away(server, enable('n1'))
  service.answer = () => new StanzaError('resource-constraint')
  romeo.send(chat('one'))
  await romeo.all()
  await turns()
  service.answer = () => undefined
  server.clock.advance(5000)
  await turns()
  assert.deepEqual(service.counts, [1, 1])
  server.clock.advance(1000)
  service.answer = () => new StanzaError('item-not-found')
  romeo.send(chat('two'))
  await romeo.all()
  await turns(10)
  assert.equal(service.published.length, 3)
  assert.equal(await server.stores.documents.get('juliet', 'push:registrations'), undefined)
  romeo.send(chat('three'))
  await romeo.all()
  server.clock.advance(3_600_000)
  await turns()
  assert.equal(service.published.length, 3)
})

test('a service that does not answer is not asked again at once, and holds nothing up', async () => {
  await using all = await started()
  const { server, service } = all
  const romeo = await away(server, enable('n1'))
  service.answer = () => new Promise(() => undefined)
  for (let i = 0; i < 50; i++) romeo.send(chat(`${i}`))
  assert.equal((await romeo.all()).length, 0)
  server.clock.advance(29_000)
  await turns()
  assert.equal(service.published.length, 1)
  server.clock.advance(1000) // the time to answer is over
  await turns()
  assert.equal(service.published.length, 1)
  server.clock.advance(5000)
  await turns()
  assert.deepEqual(service.counts, [1, 50])
})

test('an answer that is no answer to a publication is an answer', async () => {
  await using all = await started()
  const { server, service } = all
  const romeo = await away(server, enable('n1'))
  service.answer = () => el('query', 'jabber:iq:roster', { x: 'y' }, [el('item', 'jabber:iq:roster')])
  romeo.send(chat('one'))
  await romeo.all()
  server.clock.advance(60_000)
  await turns()
  romeo.send(chat('two'))
  await romeo.all()
  await turns()
  assert.deepEqual(service.counts, [1, 2])
})

test('a subscription request is told of, once, with the number that wait', async () => {
  await using all = await started()
  const { server, service } = all
  const romeo = await away(server, enable('n1'))
  const tybalt = await server.login('tybalt')
  romeo.send(`<presence to='juliet@localhost' type='subscribe'/>`)
  await romeo.all()
  await turns()
  assert.deepEqual(
    service.published.map(({ summary }) => summary),
    [{ messageCount: 0, pendingSubscriptionCount: 1 }],
  )
  server.clock.advance(60_000)
  romeo.send(`<presence to='juliet@localhost' type='subscribe'/>`)
  await romeo.all()
  await turns()
  assert.equal(service.published.length, 1)
  tybalt.send(`<presence to='juliet@localhost' type='subscribe'/>`)
  await tybalt.all()
  await turns()
  assert.equal(service.published.at(-1)?.summary.pendingSubscriptionCount, 2)
})

test('a push service that ends its service is believed, about its own nodes [XEP-0357 8]', async () => {
  await using all = await started()
  const { server, service } = all
  const romeo = await away(server, enable('n1'), enable('n2', '', 'romeo@localhost/one'))
  const notice = (node: string): string =>
    `<message to='juliet@localhost'><pubsub xmlns='http://jabber.org/protocol/pubsub' node='${node}'>` +
    `<affiliation jid='juliet@localhost' affiliation='none'/></pubsub></message>`
  const kept = async (): Promise<number> =>
    JSON.parse((await server.stores.documents.get('juliet', 'push:registrations')) ?? '[]').length
  romeo.send(notice('n1')) // not his
  await romeo.all()
  assert.equal(await kept(), 2)
  romeo.send(notice('n2'))
  await romeo.all()
  assert.equal(await kept(), 1)
  assert.equal(service.published.length, 0)
})

test('bad requests get their errors and leave nothing behind', async () => {
  await using all = await started()
  const { server } = all
  const juliet = await server.login('juliet')
  const romeo = await server.login('romeo')
  const form = (bytes: number): string => options('x'.repeat(bytes))
  for (const [request, condition] of [
    [`<iq type='set' id='x'><enable xmlns='${NS}'/></iq>`, 'bad-request'],
    [`<iq type='set' id='x'><enable xmlns='${NS}' jid='a@@b'/></iq>`, 'jid-malformed'],
    [`<iq type='set' id='x'><disable xmlns='${NS}'/></iq>`, 'bad-request'],
    [`<iq type='set' id='x'><disable xmlns='${NS}' jid=''/></iq>`, 'jid-malformed'],
    [enable('n', "<x xmlns='jabber:x:data'><field/></x>"), 'bad-request'],
    [enable('n'.repeat(1025)), 'policy-violation'],
    [enable('n', form(5000)), 'policy-violation'],
    [enable('n', '', 'juliet@localhost'), 'not-acceptable'],
    [enable('n', '', HOST), 'item-not-found'], // has no push service
    [`<iq type='get' id='x'><enable xmlns='${NS}' jid='${SERVICE}'/></iq>`, 'service-unavailable'],
    [`<iq type='set' id='x' to='romeo@localhost'><enable xmlns='${NS}' jid='${SERVICE}'/></iq>`, 'service-unavailable'],
    [`<iq type='set' id='x' to='localhost'><enable xmlns='${NS}' jid='${SERVICE}'/></iq>`, 'service-unavailable'],
  ] as const)
    assert.equal(conditionOf(await juliet.ask(request)), condition, request.slice(0, 200))
  await romeo.all()
  for (const local of ['juliet', 'romeo'])
    assert.equal(await server.stores.documents.get(local, 'push:registrations'), undefined)
})

test('the account says that it can, to its owner [XEP-0357 4.1]', async () => {
  await using all = await started()
  const juliet = await all.server.login('juliet')
  const ask = async (to: string) => {
    const answer = await juliet.ask(
      `<iq type='get' id='i' to='${to}'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>`,
    )
    return answer.child('query', 'http://jabber.org/protocol/disco#info')?.childElements() ?? []
  }
  assert.ok((await ask('juliet@localhost')).some((one) => one.attr('var') === NS))
  assert.equal(
    (await ask(HOST)).some((one) => one.attr('type') === 'push'),
    false,
  )
})

test('10,000 registrations of one account are 20 notifications (S104)', async () => {
  await using all = await started({ parallelPerService: 1000 })
  const { server, service } = all
  const juliet = await server.login('juliet')
  for (let i = 0; i < 10_000; i++) juliet.send(enable(`n${i}`).replace("id='e'", `id='e${i}'`))
  assert.equal((await juliet.all()).length, 10_000)
  const kept = JSON.parse((await server.stores.documents.get('juliet', 'push:registrations')) ?? '')
  assert.equal(kept.length, 20)
  await juliet.end()
  await turns()
  const romeo = await server.login('romeo')
  for (let i = 0; i < 100; i++) romeo.send(chat(`${i}`))
  await romeo.all()
  await turns()
  assert.equal(service.published.length, 20)
})

test('a victim that never asked for notifications is left alone, whoever registers it (S104)', async () => {
  await using all = await started()
  const { server, service } = all
  service.answer = () => new StanzaError('service-unavailable')
  const romeo = await server.login('romeo')
  for (let i = 0; i < 20; i++) {
    const attacker = await server.login(`attacker${i}`)
    for (let n = 0; n < 20; n++) await attacker.ask(enable(`n${n}`))
    await attacker.end()
  }
  await turns()
  for (let minute = 0; minute < 10; minute++) {
    for (let i = 0; i < 20; i++) romeo.send(chat('x', `attacker${i}@localhost`))
    await romeo.all()
    server.clock.advance(60_000)
    await turns(30)
  }
  // 400 registrations, ten minutes of messages: 16 at once, then one after ever longer pauses
  assert.ok(service.published.length < 60, `${service.published.length}`)
})

test('another user is asked in the name of the account only, and may refuse to hear it (S104)', async () => {
  await using all = await started()
  const { server } = all
  const victim = await server.login('victim')
  victim.send('<presence/>')
  await victim.all()
  const romeo = await away(server, enable('n1', options('x'), 'victim@localhost/one'))
  romeo.send(chat('one'))
  await romeo.all()
  await turns()
  assert.deepEqual(await victim.all(), [])
  victim.send(`<presence to='juliet@localhost'/>`)
  await victim.all()
  server.clock.advance(60_000)
  await turns()
  const [asked] = await victim.all()
  assert.equal(asked?.attr('from'), 'juliet@localhost')
  assert.equal(asked?.firstElement()?.name, 'pubsub')
})
