/** The built-in push service in a whole server: from a browser's subscription to the notification it reads. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemoryStorage } from '@rookery/storage/memory'
import { type FakeBrowser, FakePushService, vapidOf } from '../../../../test/fake-push-service.ts'
import { conditionOf, HOST, type MemoryClient, memoryServer, turns } from '../../../../test/memory-server.ts'

const NS = 'urn:rookery:webpush:0'
const DISCO = 'http://jabber.org/protocol/disco#info'

async function started(settings: object = {}, storage = createMemoryStorage()) {
  const service = await FakePushService.start()
  const webPush = { subject: 'mailto:friar@localhost', allowEndpoints: [service.origin], ...settings }
  const server = await memoryServer({ storage, features: { push: { webPush } } })
  return {
    service,
    server,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await service[Symbol.asyncDispose]()
    },
  }
}

const subscribe = ({ endpoint, p256dh, auth }: Pick<FakeBrowser, 'endpoint' | 'p256dh' | 'auth'>): string =>
  `<iq type='set' id='w' to='${HOST}'><subscribe xmlns='${NS}'><endpoint>${endpoint}</endpoint><p256dh>${p256dh}</p256dh><auth>${auth}</auth></subscribe></iq>`
const enable = (node: string, secret: string): string =>
  `<iq type='set' id='e'><enable xmlns='urn:xmpp:push:0' jid='${HOST}' node='${node}'>${options(secret)}</enable></iq>`
const options = (secret: string): string =>
  `<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>http://jabber.org/protocol/pubsub#publish-options</value></field><field var='secret'><value>${secret}</value></field></x>`
const publish = (node: string, secret: string): string =>
  `<iq type='set' id='p' to='${HOST}'><pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='${node}'><item><notification xmlns='urn:xmpp:push:0'/></item></publish><publish-options>${options(secret)}</publish-options></pubsub></iq>`
const chat = (text: string): string => `<message to='juliet@localhost' type='chat'><body>${text}</body></message>`

/** What a client does with its browser's subscription. */
async function register(client: MemoryClient, browser: FakeBrowser): Promise<{ node: string; secret: string }> {
  const subscribed = (await client.ask(subscribe(browser))).child('subscribed', NS)
  assert.equal(subscribed?.attr('jid'), HOST)
  const node = subscribed?.attr('node') ?? ''
  const secret = subscribed?.attr('secret') ?? ''
  assert.equal((await client.ask(enable(node, secret))).attr('type'), 'result')
  return { node, secret }
}

const documents = async ({ server }: { server: Awaited<ReturnType<typeof memoryServer>> }): Promise<string[]> =>
  (await server.stores.documents.list('juliet')).map(({ key }) => key).filter((key) => key.startsWith('push:'))

test('a browser that subscribed is told of a message, encrypted for it alone', async () => {
  await using all = await started()
  const { server, service } = all
  const juliet = await server.login('juliet')
  const key = (await juliet.ask(`<iq type='get' id='k' to='${HOST}'><vapid xmlns='${NS}'/></iq>`)).child('vapid', NS)
  const browser = service.subscribe()
  await register(juliet, browser)
  await juliet.end()
  const romeo = await server.login('romeo')
  romeo.send(chat('Art thou there?'))
  await romeo.all()
  const posted = await service.next()
  assert.equal(`${service.origin}${posted.path}`, browser.endpoint)
  assert.deepEqual(JSON.parse(browser.decrypt(posted.body)), {
    account: 'juliet@localhost',
    count: 1,
    from: 'romeo@localhost/one',
  })
  assert.equal(vapidOf(posted).key, key?.attr('key'))
  assert.equal(posted.headers['urgency'], 'normal')
})

test('a call is urgent', async () => {
  await using all = await started()
  const { server, service } = all
  const juliet = await server.login('juliet')
  const browser = service.subscribe()
  await register(juliet, browser)
  await juliet.end()
  const romeo = await server.login('romeo')
  romeo.send(
    `<message to='juliet@localhost' type='chat'><propose xmlns='urn:xmpp:jingle-message:0' id='1'/><store xmlns='urn:xmpp:hints'/></message>`,
  )
  await romeo.all()
  const posted = await service.next()
  assert.equal(posted.headers['urgency'], 'high')
  assert.equal(JSON.parse(browser.decrypt(posted.body)).urgent, true)
})

test('the server says that it is a push service, and with which key [XEP-0357 4.2]', async () => {
  await using all = await started()
  const juliet = await all.server.login('juliet')
  const info = (await juliet.ask(`<iq type='get' id='i' to='${HOST}'><query xmlns='${DISCO}'/></iq>`)).child(
    'query',
    DISCO,
  )
  const found = info?.childElements() ?? []
  assert.ok(found.some((one) => one.attr('category') === 'pubsub' && one.attr('type') === 'push'))
  for (const ns of ['urn:xmpp:push:0', NS])
    assert.ok(
      found.some((one) => one.attr('var') === ns),
      ns,
    )
  const form = found.find(
    (one) => one.name === 'x' && one.childElements().some((field) => field.childText('value') === NS),
  )
  const key = form
    ?.childElements()
    .find((field) => field.attr('var') === 'vapid-key')
    ?.childText('value')
  assert.equal(Buffer.from(key ?? '', 'base64url').length, 65)
})

test('the same subscription keeps its node, and the key outlives the server', async () => {
  const storage = createMemoryStorage()
  const ask = `<iq type='get' id='k' to='${HOST}'><vapid xmlns='${NS}'/></iq>`
  const seen: (string | undefined)[] = []
  const browser = { endpoint: 'https://push.browser.example/1', p256dh: '', auth: '' }
  for (let start = 0; start < 2; start++) {
    await using all = await started({}, storage)
    const juliet = await all.server.login('juliet')
    seen.push((await juliet.ask(ask)).child('vapid', NS)?.attr('key'))
    const { p256dh, auth } = all.service.subscribe() // a browser may make new keys for the same endpoint
    const subscribed = await juliet.ask(subscribe({ ...browser, p256dh, auth }))
    seen.push(subscribed.child('subscribed', NS)?.attr('node'))
  }
  assert.ok(seen[0] !== undefined && seen[1] !== undefined)
  assert.deepEqual(seen.slice(0, 2), seen.slice(2))
})

test('a subscription that ended takes its registration with it', async () => {
  await using all = await started()
  const { server, service } = all
  const juliet = await server.login('juliet')
  await register(juliet, service.subscribe())
  await juliet.end()
  service.answer = (response) => response.writeHead(410).end()
  const romeo = await server.login('romeo')
  romeo.send(chat('one'))
  await romeo.all()
  await service.next()
  while ((await documents(all)).length > 0) await turns()
  romeo.send(chat('two'))
  await romeo.all()
  server.clock.advance(3_600_000)
  await turns()
  assert.equal(service.posted.length, 0)
})

test('what a push service does not take now it gets later', async () => {
  await using all = await started()
  const { server, service } = all
  const juliet = await server.login('juliet')
  const browser = service.subscribe()
  await register(juliet, browser)
  await juliet.end()
  service.answer = (response) => response.writeHead(503).end()
  const romeo = await server.login('romeo')
  romeo.send(chat('one'))
  romeo.send(chat('two'))
  await romeo.all()
  await service.next()
  service.answer = (response) => response.writeHead(201).end()
  while (service.posted.length === 0) {
    server.clock.advance(1000)
    await turns()
  }
  assert.equal(JSON.parse(browser.decrypt((await service.next()).body)).count, 2)
})

test('a client takes its browser back: unsubscribed, disabled, or with the account', async () => {
  await using all = await started()
  const { server, service } = all
  const juliet = await server.login('juliet')
  const first = await register(juliet, service.subscribe())
  const second = await register(juliet, service.subscribe())
  await juliet.ask(`<iq type='set' id='u' to='${HOST}'><unsubscribe xmlns='${NS}' node='${first.node}'/></iq>`)
  assert.equal(conditionOf(await juliet.ask(enable(first.node, first.secret))), 'item-not-found')
  await juliet.ask(`<iq type='set' id='d'><disable xmlns='urn:xmpp:push:0' jid='${HOST}' node='${second.node}'/></iq>`)
  assert.equal(conditionOf(await juliet.ask(enable(second.node, second.secret))), 'item-not-found')
  await register(juliet, service.subscribe())
  await server.server.accounts(HOST).remove('juliet')
  assert.deepEqual(await documents(all), [])
  const again = await server.login('juliet')
  await again.end()
  await turns()
  const romeo = await server.login('romeo')
  romeo.send(chat('one'))
  await romeo.all()
  await turns()
  assert.equal(service.posted.length, 0)
})

test('bad subscriptions are refused and leave nothing behind (S104)', async () => {
  await using all = await started()
  const { server, service } = all
  const juliet = await server.login('juliet')
  const { endpoint, p256dh, auth } = service.subscribe()
  const offCurve = Buffer.concat([Buffer.of(4), Buffer.alloc(64, 7)]).toString('base64url')
  for (const [broken, condition] of [
    [{ endpoint: 'http://127.0.0.1:1/x', p256dh, auth }, 'not-acceptable'],
    [{ endpoint: 'https://127.0.0.1/x', p256dh, auth }, 'not-acceptable'],
    [{ endpoint: 'https://localhost/x', p256dh, auth }, 'not-acceptable'],
    [{ endpoint: 'https://[fd00::1]/x', p256dh, auth }, 'not-acceptable'],
    [{ endpoint: `https://push.browser.example/${'x'.repeat(5000)}`, p256dh, auth }, 'not-acceptable'],
    [{ endpoint: '', p256dh, auth }, 'bad-request'],
    [{ endpoint, p256dh: 'x', auth }, 'bad-request'],
    [{ endpoint, p256dh: offCurve, auth }, 'bad-request'],
    [{ endpoint, p256dh, auth: '' }, 'bad-request'],
    [{ endpoint, p256dh, auth: 'A'.repeat(10_000) }, 'bad-request'],
  ] as const)
    assert.equal(conditionOf(await juliet.ask(subscribe(broken))), condition, JSON.stringify(broken).slice(0, 100))
  assert.deepEqual(await documents(all), [])
  for (let i = 0; i < 50; i++) await juliet.ask(subscribe({ p256dh, auth, endpoint: `${endpoint}/${i}` }))
  const kept = JSON.parse((await server.stores.documents.get('juliet', 'push:browsers')) ?? '[]')
  assert.equal(kept.length, 20)
})

test('clients do not publish, not even to their own browser; nor does a wrong secret', async () => {
  await using all = await started()
  const { server, service } = all
  const juliet = await server.login('juliet')
  const romeo = await server.login('romeo')
  const { node, secret } = await register(juliet, service.subscribe())
  assert.equal(conditionOf(await juliet.ask(publish(node, secret))), 'forbidden')
  assert.equal(conditionOf(await romeo.ask(publish(node, secret))), 'forbidden')
  assert.equal(
    conditionOf(
      await juliet.ask(`<iq type='set' id='p' to='${HOST}'><pubsub xmlns='http://jabber.org/protocol/pubsub'/></iq>`),
    ),
    'bad-request',
  )
  await juliet.ask(enable(node, 'not the secret'))
  await juliet.end()
  romeo.send(chat('one'))
  await romeo.all()
  await turns(20)
  assert.equal(service.posted.length, 0)
  assert.deepEqual(await documents(all), ['push:browsers']) // the registration is of no use
})

test('a wrong setting is named', async () => {
  for (const webPush of [{}, { subject: 'friar' }, { subject: 'mailto:a@b', allowEndpoints: ['127.0.0.1'] }])
    await assert.rejects(memoryServer({ features: { push: { webPush } } }), /features\.push\.webPush/)
})
