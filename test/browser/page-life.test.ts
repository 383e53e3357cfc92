/** What browsers do to pages, and what the client library makes of it: policies, databases that fail, frozen pages, pages that come back, networks that go. */
import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import { startTestServer, type TestServer } from '@rookery/testkit'
import type { Browser, BrowserContext, CDPSession } from 'playwright-core'
import { CuttingProxy } from '../client/harness/cutting-proxy.ts'
import { type BundledPages, serveBundle, strictPath, type Tab, until } from './bundled-page.ts'
import { startChromium } from './chromium.ts'
import type { App } from './servers-page.ts'

let pages: BundledPages
let server: TestServer
let browser: Browser
before(async () => {
  server = await startTestServer({ plaintext: false })
  pages = await serveBundle('servers-page.ts', 'app', server.httpPort)
  browser = await startChromium({ keepsPages: true })
})
after(async () => {
  await browser?.close()
  await pages?.close()
  await server?.stop()
})

async function newBrowser(t: TestContext): Promise<BrowserContext> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true })
  t.after(() => context.close())
  return context
}

interface Account {
  readonly jid: string
  readonly password: string
  readonly service: string
  readonly patience?: number
}

async function somebody(port = server.httpPort): Promise<Account> {
  const { jid, password } = await server.createAccount()
  return { jid, password, service: `ws://localhost:${port}/xmpp-websocket` }
}

const enter = (app: App, account: Account): Promise<string> => app.enter(account)
const open = (app: App, account: Account): Promise<readonly string[]> => app.open(account)
const say = (app: App, [to, text]: readonly [string, string]): Promise<unknown> =>
  app.client.chat.send(to, text).reached('acked')
const leave = (app: App): Promise<undefined> => app.client.close()

/** What Chromium's own tools may do to the browser of this page. */
async function toolsOf(tab: Tab): Promise<{ tools: CDPSession; origin: string }> {
  return { tools: await tab.page.context().newCDPSession(tab.page), origin: new URL(tab.page.url()).origin }
}

/** Polled by a timer: a page that was just brought back draws nothing yet. */
async function waitIn(tab: Tab, what: string, condition: string): Promise<void> {
  await tab.page.waitForFunction(condition, undefined, { polling: 50, timeout: 20_000 }).catch((cause: unknown) => {
    throw new Error(`${what}: not in time`, { cause })
  })
}

test('a page that may do nothing but what is of its own origin chats with a server there', async (t) => {
  const tab = await pages.open(await newBrowser(t), 'localhost', strictPath)
  const { jid, password } = await somebody()
  const service = `${new URL(tab.page.url()).origin.replace('http', 'ws')}/xmpp-websocket`
  await tab.run(enter, { jid, password, service })
  await tab.run(say, [jid, 'to myself'] as const)
  await tab.run((app: App) => app.until('its own word', () => app.heard.includes('to myself')))
  await tab.run(leave)
})

test('a page that may not connect elsewhere is told so at once', async (t) => {
  const tab = await pages.open(await newBrowser(t), 'localhost', strictPath)
  await assert.rejects(
    tab.run(enter, { ...(await somebody()), patience: 0 }),
    /ConnectError: No WebSocket of XMPP answers/,
  )
  await tab.run(leave)
})

test('a database that somebody else is about to delete and does not let go of is a StoreError, not silence', async (t) => {
  const context = await newBrowser(t)
  const [holder, tab] = [await pages.open(context), await pages.open(context)]
  await holder.page.evaluate(`new Promise((resolve) => {
    const opening = indexedDB.open('rookery', 1)
    opening.onsuccess = () => {
      globalThis.held = opening.result
      indexedDB.deleteDatabase('rookery')
      resolve()
    }
  })`)
  await tab.page.clock.install()
  const opened = assert.rejects(tab.run(open, await somebody()), /StoreError: .* another page of this site/)
  await tab.page.clock.fastForward(10_000)
  await opened
  await holder.page.evaluate('held.close()')
  await tab.run(enter, await somebody())
  await tab.run(leave)
})

test('a page without room goes on without its store, and says so', async (t) => {
  const tab = await pages.open(await newBrowser(t))
  const account = await somebody()
  const { tools, origin } = await toolsOf(tab)
  await tab.run(open, account) // so that there is a database
  await tools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 })
  await tab.run((app: App) => app.client.connect())
  const errors = await tab.run(async (app: App) => {
    await app.until('word of it', () => app.errors.length > 0)
    return app.errors
  })
  assert.ok(
    errors.every((error) => error.startsWith('StoreError')),
    `${errors}`,
  )
  await tab.run(async (app: App, to: string) => {
    const sent = app.client.chat.send(to, 'not kept')
    await app.until('its end', () => sent.fate === 'failed')
  }, account.jid)
  await tools.send('Storage.overrideQuotaForOrigin', { origin })
  await tab.run(say, [account.jid, 'kept'] as const)
  await tab.run(leave)
})

test('a page whose data are deleted goes on, and begins afresh when it is loaded again', async (t) => {
  const tab = await pages.open(await newBrowser(t))
  const account = await somebody()
  const { tools, origin } = await toolsOf(tab)
  await tab.run(enter, account)
  await tab.run(say, [account.jid, 'before'] as const)
  await tools.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb' })
  await tab.run(say, [account.jid, 'afterwards'] as const)
  // what was being written just then may be told as lost, and nothing else
  const errors = await tab.run((app: App) => app.errors)
  assert.deepEqual(
    errors.filter((error) => !error.startsWith('StoreError')),
    [],
  )
  await tab.reload()
  // that it was acknowledged may not have been written any more
  const left = await tab.run(open, account)
  assert.ok(left.length === 0 || (left.length === 1 && left[0] === 'afterwards'), `${left}`)
  await tab.run((app: App) => app.client.connect())
  await tab.run(async (app: App) => {
    for (const message of app.client.messages.unacknowledged) await message.reached('acked')
  })
  await tab.run(leave)
})

test('a page whose network went and came back connects at once, and sends what waited', async (t) => {
  await using proxy = await CuttingProxy.to(server.httpPort, { transport: 'websocket' })
  const tab = await pages.open(await newBrowser(t))
  const account = await somebody(proxy.port)
  await tab.run(enter, account)
  await tab.page.context().setOffline(true)
  proxy.link.break()
  await tab.run(async (app: App, own: string) => {
    await app.until('the loss', () => app.states.filter((name) => name === 'waiting').length > 2)
    app.client.chat.send(own, 'into the void')
  }, account.jid)
  await tab.page.context().setOffline(false)
  await tab.run((app: App) => app.until('its own word', () => app.heard.includes('into the void')))
  assert.equal((await tab.run((app: App) => app.states)).at(-1), 'online again')
  await tab.run(leave)
})

test('a page that was frozen hears what was said meanwhile', async (t) => {
  const [one, other] = [await somebody(), await somebody()]
  const tab = await pages.open(await newBrowser(t))
  const speaker = await pages.open(await newBrowser(t))
  await tab.run(enter, one)
  await speaker.run(enter, other)
  const { tools } = await toolsOf(tab)
  await tools.send('Page.setWebLifecycleState', { state: 'frozen' })
  for (const text of ['one', 'two', 'three']) await speaker.run(say, [one.jid, text] as const)
  await tools.send('Page.setWebLifecycleState', { state: 'active' })
  await waitIn(tab, 'what was said', "app.heard.includes('three')")
  assert.deepEqual(await tab.run((app: App) => app.heard), ['one', 'two', 'three'])
  assert.deepEqual(await tab.run((app: App) => app.errors), [])
  for (const each of [tab, speaker]) await each.run(leave)
})

test('a page that one comes back to goes on with its session, with all that was said meanwhile', async (t) => {
  const [one, other] = [await somebody(), await somebody()]
  const tab = await pages.open(await newBrowser(t))
  const speaker = await pages.open(await newBrowser(t))
  await tab.run(enter, one)
  await speaker.run(enter, other)
  await tab.page.evaluate(
    `globalThis.isSame = true; addEventListener('pageshow', ({ persisted }) => (globalThis.persisted = persisted))`,
  )
  await tab.page.goto('about:blank')
  await speaker.run(say, [one.jid, 'where art thou'] as const)
  await tab.page.evaluate('void history.back()').catch(() => undefined)
  await waitIn(tab, 'the page of before', 'globalThis.isSame === true && globalThis.persisted === true')
  await waitIn(tab, 'what was said', "app.heard.includes('where art thou')")
  assert.deepEqual(await tab.page.evaluate("app.states.filter((name) => name.startsWith('online'))"), [
    'online',
    'online again',
  ])
  await tab.page.evaluate('app.client.close()')
  await speaker.run(leave)
})

test('the next page of a site takes over from the one that the browser keeps for coming back', async (t) => {
  const account = await somebody()
  const tab = await pages.open(await newBrowser(t))
  const address = await tab.run(enter, account)
  await tab.page.goto(`${new URL(tab.page.url()).origin}/next`)
  await tab.ready()
  assert.equal(await tab.run(enter, account), address)
  assert.deepEqual(await tab.run((app: App) => app.states), ['resuming', 'online'])
  await tab.run(leave)
})

test('what a closed tab has sent, and the server has, is not sent again by the next one', async (t) => {
  await using proxy = await CuttingProxy.to(server.httpPort, { transport: 'websocket' })
  const [one, other] = [await somebody(proxy.port), await somebody()]
  const context = await newBrowser(t)
  const hers = await pages.open(await newBrowser(t))
  await hers.run(enter, other)
  const [next, closed] = [await pages.open(context), await pages.open(context)]
  for (const tab of [next, closed]) await tab.run(enter, one)
  await closed.run(say, [other.jid, 'zero'] as const)
  const stanza = proxy.link.counts.toServer.stanzas + 1
  proxy.link.cut({ direction: 'toServer', stanza, where: 'after', how: 'freeze' })
  await closed.run((app: App, to: string) => void app.client.chat.send(to, 'one'), other.jid)
  await hers.run((app: App) => app.until('one', () => app.heard.includes('one')))
  await closed.page.close()
  await until(async () => (await next.locks()).length === 1)
  await next.reload()
  assert.deepEqual(await next.run(open, one), ['one'])
  await next.run(async (app: App) => {
    await app.client.connect()
    await app.until('that the server has all', () => app.client.messages.unacknowledged.length === 0)
  })
  await next.run(say, [other.jid, 'two'] as const)
  const sent = proxy.link.seen.toServer.flatMap((element) => element.childText('body') ?? [])
  assert.deepEqual(sent, ['two'])
  for (const tab of [next, hers]) await tab.run(leave)
})
