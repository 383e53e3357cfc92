/** The client library in a browser: what an application does there, and what happens when it is reloaded or opened twice. */
import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import { startTestServer, type TestServer } from '@rookery/testkit'
import type { Browser, BrowserContext } from 'playwright-core'
import { HostileServer } from '../client/harness/hostile-server.ts'
import { type BundledPages, serveBundle, type Tab, until } from './bundled-page.ts'
import { startChromium } from './chromium.ts'

let pages: BundledPages
let server: TestServer
let browser: Browser
before(async () => {
  pages = await serveBundle('client-page.ts', 'app')
  server = await startTestServer({ plaintext: false })
  browser = await startChromium()
})
after(async () => {
  await browser?.close()
  await server?.stop()
  await pages?.close()
})

async function newBrowser(t: TestContext): Promise<BrowserContext> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true })
  t.after(() => context.close())
  return context
}

const wss = (): string => `wss://localhost:${server.httpsPort}/xmpp-websocket`

test('two people log in over WebSocket and write to each other', async (t) => {
  const tabs: Tab[] = []
  for (const local of ['romeo', 'juliet']) {
    const { jid, password } = await server.createAccount({ local })
    const tab = await pages.open(await newBrowser(t))
    assert.deepEqual(await tab.call('open', { jid, password, service: wss() }), [])
    assert.match((await tab.call<{ jid: string }>('connect')).jid, new RegExp(`^${local}@localhost/`))
    tabs.push(tab)
  }
  const [romeo, juliet] = tabs as [Tab, Tab]
  await romeo.call('send', 'juliet@localhost', 'Grüße 😀')
  await juliet.call('send', 'romeo@localhost', 'und zurück')
  await until(async () => (await romeo.call<string[]>('fates')).every((fate) => fate !== 'queued' && fate !== 'sent'))
  for (const tab of tabs) await tab.call('close')
})

test('a client lives in a worker, and comes back to its session in the next one', async (t) => {
  const [one, other] = [await server.createAccount(), await server.createAccount()]
  const juliet = await pages.open(await newBrowser(t))
  await juliet.call('open', { ...other, service: wss() })
  await juliet.call('connect')
  const tab = await pages.open(await newBrowser(t))
  const romeo = <T>(...call: readonly unknown[]): Promise<T> => tab.call<T>('inWorker', 'Worker', ...call)
  const account = { jid: one.jid, password: one.password, service: wss() }
  assert.deepEqual(await romeo('open', account), [])
  const { jid } = await romeo<{ jid: string }>('connect')
  await romeo('send', other.jid, 'Grüße 😀')
  await until(async () => (await juliet.call<string[]>('received')).join() === 'Grüße 😀')
  await tab.reload() // which ends the worker, but not its session
  await juliet.call('send', one.jid, 'und zurück')
  await romeo('open', account)
  assert.equal((await romeo<{ jid: string }>('connect')).jid, jid)
  await until(async () => (await romeo<string[]>('received')).join() === 'und zurück')
  assert.deepEqual(await romeo('states'), ['resuming', 'online'])
  await Promise.all([romeo('close'), juliet.call('close')])
})

test('a client in a shared worker serves two pages, and outlives one of them', async (t) => {
  const [one, other] = [await server.createAccount(), await server.createAccount()]
  const juliet = await pages.open(await newBrowser(t))
  await juliet.call('open', { ...other, service: wss() })
  await juliet.call('connect')
  const context = await newBrowser(t)
  const [first, second] = [await pages.open(context), await pages.open(context)]
  const romeo = <T>(tab: Tab, ...call: readonly unknown[]): Promise<T> =>
    tab.call<T>('inWorker', 'SharedWorker', ...call)
  // playwright lets shared workers refuse the certificate
  const service = `ws://localhost:${server.httpPort}/xmpp-websocket`
  await romeo(first, 'open', { jid: one.jid, password: one.password, service })
  await romeo(first, 'connect')
  await juliet.call('send', one.jid, 'to both')
  for (const tab of [first, second])
    await until(async () => (await romeo<string[]>(tab, 'received')).join() === 'to both')
  await first.page.close()
  await romeo(second, 'send', other.jid, 'from the second')
  await until(async () => (await juliet.call<string[]>('received')).join() === 'from the second')
  assert.deepEqual(await romeo(second, 'states'), ['connecting', 'online'])
  await Promise.all([romeo(second, 'close'), juliet.call('close')])
})

test('a reload keeps what was not sent and what was not acknowledged, and the session goes on', async (t) => {
  await using hostile = await HostileServer.start()
  const account = { jid: 'romeo@localhost', password: 'secret', service: hostile.service.wss }
  const context = await newBrowser(t)
  const tab = await pages.open(context)
  await tab.call('open', account)
  await tab.call('connect')
  const session = hostile.connection.session!.id
  // the server takes two and acknowledges neither; then it is gone, and a third waits
  hostile.script.send = (element) => (element.name === 'a' ? undefined : element)
  await tab.call('send', 'juliet@localhost', 'one')
  await tab.call('send', 'juliet@localhost', 'two')
  await hostile.until('message', 2)
  hostile.refuse()
  hostile.connection.break()
  await until(async () => (await tab.call('state')) === 'waiting')
  await tab.call('send', 'juliet@localhost', 'three')
  assert.deepEqual(await tab.call('fates'), ['sent', 'sent', 'queued'])

  await tab.reload()
  await hostile.accept()
  hostile.script.send = (element) => element
  assert.deepEqual(await tab.call('open', account), ['one', 'two', 'three'])
  await tab.call('connect')
  await until(async () => (await tab.call<string[]>('fates')).join() === 'acked,acked,acked')
  assert.equal(hostile.connection.session!.id, session)
  assert.deepEqual(
    hostile.received('message').map((message) => message.childText('body')),
    ['one', 'two', 'three'],
  )
})

test('two tabs of one account have a session each, and each finds its own after a reload', async (t) => {
  await using hostile = await HostileServer.start()
  const account = { jid: 'romeo@localhost', password: 'secret', service: hostile.service.wss }
  const context = await newBrowser(t)
  const tabs = [await pages.open(context), await pages.open(context)]
  const addresses = new Map<Tab, string>()
  for (const tab of tabs) {
    await tab.call('open', account)
    addresses.set(tab, (await tab.call<{ jid: string }>('connect')).jid)
  }
  assert.equal(new Set(addresses.values()).size, 2)
  for (const tab of tabs.toReversed()) {
    await tab.reload()
    await tab.call('open', account)
    assert.equal((await tab.call<{ jid: string }>('connect')).jid, addresses.get(tab))
  }
  for (const tab of tabs) {
    assert.deepEqual(await tab.call('states'), ['resuming', 'online'], 'nobody was thrown out')
    await tab.call('send', 'juliet@localhost', addresses.get(tab)!)
    await until(async () => (await tab.call<string[]>('fates')).join() === 'acked')
  }
})

test('what a closed tab has left is sent by the next one', async (t) => {
  await using hostile = await HostileServer.start()
  const account = { jid: 'romeo@localhost', password: 'secret', service: hostile.service.wss }
  const context = await newBrowser(t)
  const tabs = [await pages.open(context), await pages.open(context)]
  for (const tab of tabs) {
    await tab.call('open', account)
    await tab.call('connect')
  }
  hostile.refuse()
  for (const connection of hostile.connections) connection.break()
  for (const tab of tabs) await until(async () => (await tab.call('state')) === 'waiting')
  await tabs[1]!.call('send', 'juliet@localhost', 'left behind')
  for (const tab of tabs) await tab.page.close()

  await hostile.accept()
  const next = await pages.open(context)
  await until(async () => (await next.locks()).length === 0) // a page that is closed may not be gone yet
  assert.deepEqual(await next.call('open', account), ['left behind'])
  await next.call('connect')
  await until(async () => (await next.call<string[]>('fates')).join() === 'acked')
  assert.equal(hostile.received('message').length, 1)
})
