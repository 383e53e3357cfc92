import assert from 'node:assert/strict'
import type { LookupAddress } from 'node:dns'
import { test } from 'node:test'
import { createMemoryStorage } from '@rookery/storage/memory'
import { FakeClock } from '@rookery/testkit'
import { FakePushService, vapidOf } from '../../../../test/fake-push-service.ts'
import type { Log } from '../../../powers.ts'
import { pushConfig } from '../config.ts'
import { Poster } from './post.ts'
import type { Subscription } from './subscription.ts'
import { Vapid } from './vapid.ts'
import { WebPush } from './web-push.ts'

const subject = 'mailto:friar@capulet.example'
const news = { account: 'juliet@capulet.example', count: 3, from: 'romeo@montague.example', isUrgent: false }

async function started(origins: string[], resolve?: LookupAddress[]) {
  const clock = new FakeClock()
  const { webPush: config } = pushConfig.parse({ webPush: { subject, allowEndpoints: origins } })
  assert.ok(config !== false)
  const storage = createMemoryStorage()
  await storage.open()
  const { documents } = storage.host('capulet.example')
  const vapid = await Vapid.load(documents, subject, clock)
  const poster = new Poster(clock, 10_000, resolve && ((_, done) => done(null, resolve)))
  const warnings: string[] = []
  const log: Log = { debug() {}, info() {}, warn: (_, text) => warnings.push(text), error() {} }
  const push = new WebPush({ vapid, config, clock, log, poster })
  return { clock, push, vapid, documents, warnings, [Symbol.dispose]: () => push.stop() }
}

const deviceOf = ({ endpoint, p256dh, auth }: { endpoint: string; p256dh: string; auth: string }): Subscription => ({
  endpoint,
  p256dh,
  auth,
  node: 'n1',
  secret: 's1',
})

test('a browser reads what its push service cannot [RFC8291], and the push service knows who posted [RFC8292]', async () => {
  await using service = await FakePushService.start()
  using web = await started([service.origin])
  const browser = service.subscribe()
  assert.equal(await web.push.send(deviceOf(browser), news), 'sent')
  const posted = await service.next()
  assert.equal(`${service.origin}${posted.path}`, browser.endpoint)
  assert.deepEqual(JSON.parse(browser.decrypt(posted.body)), {
    account: 'juliet@capulet.example',
    count: 3,
    from: 'romeo@montague.example',
  })
  assert.equal(posted.body.includes('romeo'), false)
  const { key, claims } = vapidOf(posted)
  assert.equal(key, web.vapid.publicKey)
  assert.equal(claims.aud, service.origin)
  assert.equal(claims.sub, subject)
  assert.equal(claims.exp, web.clock.now() / 1000 + 12 * 3600)
  const { ttl, urgency, topic, 'content-encoding': encoding } = posted.headers
  assert.deepEqual([ttl, urgency, encoding], ['604800', 'normal', 'aes128gcm'])
  assert.match(String(topic), /^[A-Za-z0-9_-]{32}$/)
})

test('a call is urgent, and another browser cannot read it', async () => {
  await using service = await FakePushService.start()
  using web = await started([service.origin])
  await web.push.send(deviceOf(service.subscribe()), { ...news, isUrgent: true })
  const posted = await service.next()
  assert.equal(posted.headers['urgency'], 'high')
  assert.throws(() => service.subscribe().decrypt(posted.body))
})

test('the keys are made once; a token is used again until it is half over', async () => {
  await using service = await FakePushService.start()
  using web = await started([service.origin])
  const first = web.vapid.authorization(service.origin)
  assert.equal(web.vapid.authorization(service.origin), first)
  assert.notEqual(web.vapid.authorization('https://other.example'), first)
  web.clock.advance(6 * 3_600_000)
  assert.notEqual(web.vapid.authorization(service.origin), first)
  const again = await Vapid.load(web.documents, subject, web.clock)
  assert.equal(again.publicKey, web.vapid.publicKey)
})

test('a subscription that ended is gone, what may pass is not; nothing is followed (S104)', async () => {
  await using service = await FakePushService.start()
  await using elsewhere = await FakePushService.start()
  using web = await started([service.origin, elsewhere.origin])
  const device = deviceOf(service.subscribe())
  const outcomes = new Map<number, string>()
  for (const status of [200, 201, 204, 301, 307, 400, 401, 403, 404, 410, 413, 429, 500, 503]) {
    service.answer = (response) =>
      response.writeHead(status, { location: `${elsewhere.origin}/x` }).end('x'.repeat(100_000))
    outcomes.set(status, await web.push.send(device, news))
  }
  const group = (outcome: string) => [...outcomes].filter(([, one]) => one === outcome).map(([status]) => status)
  assert.deepEqual(group('sent'), [200, 201, 204])
  assert.deepEqual(group('gone'), [301, 307, 404, 410])
  assert.deepEqual(group('later'), [400, 401, 403, 413, 429, 500, 503])
  assert.equal(web.warnings.length, 1) // of the two that may mean that nobody is reached any more
  assert.equal(elsewhere.posted.length, 0)
})

test('a push service that asks for a pause gets it', async () => {
  await using service = await FakePushService.start()
  using web = await started([service.origin])
  const device = deviceOf(service.subscribe())
  service.answer = (response) => response.writeHead(429, { 'retry-after': '120' }).end()
  assert.equal(await web.push.send(device, news), 'later')
  service.answer = (response) => response.writeHead(201).end()
  assert.equal(await web.push.send(device, news), 'later')
  assert.equal(service.posted.length, 1)
  web.clock.advance(120_000)
  assert.equal(await web.push.send(device, news), 'sent')
})

test('a push service that says nothing is waited for so long and no longer', async () => {
  await using service = await FakePushService.start()
  using web = await started([service.origin])
  service.answer = () => undefined
  const sent = web.push.send(deviceOf(service.subscribe()), news)
  await service.next()
  web.clock.advance(10_000)
  assert.equal(await sent, 'later')
})

test('a name that leads into an inner network is not connected to, in part or whole (S104)', async () => {
  await using service = await FakePushService.start()
  const port = new URL(service.origin).port
  for (const addresses of [['127.0.0.1'], ['8.8.8.8', '127.0.0.1'], ['::1'], ['169.254.169.254']]) {
    using web = await started(
      [],
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )
    const device = { ...deviceOf(service.subscribe()), endpoint: `https://rebound.example:${port}/send/1` }
    assert.equal(await web.push.send(device, news), 'gone', addresses.join())
  }
  using web = await started([])
  assert.equal(await web.push.send(deviceOf(service.subscribe()), news), 'gone')
  assert.equal(service.posted.length, 0)
})

test('a key that is none is no fault of ours', async () => {
  await using service = await FakePushService.start()
  using web = await started([service.origin])
  const device = { ...deviceOf(service.subscribe()), p256dh: Buffer.alloc(65, 4).toString('base64url') }
  assert.equal(await web.push.send(device, news), 'later')
  assert.equal(service.posted.length, 0)
})
