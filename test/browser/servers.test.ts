/** The client library in pages of a real browser, against three servers: what a chat application does all day. */
import assert from 'node:assert/strict'
import { after, before, describe, type TestContext, test } from 'node:test'
import { bookmarks, type Client, carbons, chat, connect, presence } from '@rookery/client/node'
import type { Browser, BrowserContext } from 'playwright-core'
import { next } from '../../packages/client/test/online.ts'
import { CuttingProxy } from '../client/harness/cutting-proxy.ts'
import type { Target } from '../client/harness/target.ts'
import { chosenTargets, startTarget } from '../client/harness/targets.ts'
import { type BundledPages, serveBundle, type Tab } from './bundled-page.ts'
import { startChromium } from './chromium.ts'
import type { App } from './servers-page.ts'

let pages: BundledPages
let uploads: BundledPages
let browser: Browser
before(async () => {
  pages = await serveBundle('servers-page.ts', 'app')
  uploads = await serveBundle('upload-page.ts', 'app')
  browser = await startChromium()
})
after(async () => {
  await browser?.close()
  await pages?.close()
  await uploads?.close()
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
}

const leave = (app: App): Promise<undefined> => app.client.close()

/** A page of this account, online. */
async function enter(context: BrowserContext, account: Account): Promise<Tab> {
  const tab = await pages.open(context)
  await tab.run((app: App, value: Account) => app.enter(value), account)
  return tab
}

for (const name of chosenTargets((missing, why) => test(missing, (context) => context.skip(why))))
  describe(`pages on ${name}`, () => {
    let target: Target
    before(async () => {
      target = await startTarget(name)
    })
    after(() => target?.stop())

    let accounts = 0
    /** Somebody whom nobody else knows. */
    const somebody = async (who: string): Promise<Account> => {
      const { jid, password } = await target.createAccount(`${who}-${accounts++}`)
      return { jid, password, service: target.service.wss }
    }

    test('two people find each other, write, and see what was read', async (t) => {
      const [romeo, juliet] = [await somebody('romeo'), await somebody('juliet')]
      const [his, hers] = [await enter(await newBrowser(t), romeo), await enter(await newBrowser(t), juliet)]
      await his.run((app: App, her: string) => app.client.roster.subscribe(her), juliet.jid)
      await hers.run(async (app: App, him: string) => {
        await app.until('a request', () => app.client.roster.requests.length === 1)
        app.client.roster.approve(him)
        app.client.roster.subscribe(him)
        await app.client.roster.set(him, { name: 'Romeo', groups: ['Verona'] })
      }, romeo.jid)
      await his.run(async (app: App, her: string) => {
        await app.until('a request', () => app.client.roster.requests.length === 1)
        app.client.roster.approve(her)
        await app.until('her presence', () => app.client.presence.best(her) !== undefined)
        app.client.presence.set({ show: 'away', status: 'In the orchard' })
      }, juliet.jid)
      await hers.run(async (app: App, him: string) => {
        await app.until('his presence', () => app.client.presence.best(him)?.status === 'In the orchard')
        const [contact] = app.client.roster.contacts
        await app.until('who sees whom', () => app.client.roster.contacts[0]?.subscription === 'both')
        return [contact?.name, contact?.groups]
      }, romeo.jid)
      const fates = await his.run(async (app: App, her: string) => {
        const sent = app.client.chat.send(her, 'Grüße & <b>😀</b>')
        const seen: string[] = []
        sent.onChange(({ fate }) => seen.push(fate))
        await app.until('that she has read it', () => sent.fate === 'displayed')
        return seen
      }, juliet.jid)
      assert.ok(fates.includes('delivered'), `${fates}`)
      assert.deepEqual(await hers.run((app: App) => app.heard), ['Grüße & <b>😀</b>'])
      await hers.run(leave)
      await his.run(async (app: App, her: string) => {
        await app.until('that she is gone', () => app.client.presence.best(her) === undefined)
        await app.client.close()
      }, juliet.jid)
    })

    test('a room is entered again after its connection broke', async (t) => {
      await using proxy = await CuttingProxy.to(target.ports.ws, { transport: 'websocket' })
      const romeo = await somebody('romeo')
      const juliet = await somebody('juliet')
      const [his, hers] = [await enter(await newBrowser(t), romeo), await enter(await newBrowser(t), juliet)]
      const why = await his.run(async (app: App) => {
        try {
          await app.client.rooms.list().next()
          return ''
        } catch (error) {
          return String(error)
        }
      })
      if (why.startsWith('UnsupportedError')) return t.skip(why)
      const path = new URL(target.service.ws).pathname
      const through = { ...juliet, service: `ws://localhost:${proxy.port}${path}` }
      await hers.run(leave)
      await hers.reload()
      await hers.run((app: App, account: Account) => app.enter(account), through)
      const room = `orchard-${accounts}@conference.localhost`
      const join = async (app: App, [address, nick]: readonly [string, string]): Promise<undefined> => {
        app.room = await app.client.rooms.join(address, { nick })
      }
      await his.run(join, [room, 'romeo'] as const)
      await hers.run(join, [room, 'juliet'] as const)
      const say = async (app: App, text: string): Promise<undefined> => {
        const sent = app.room!.send(text)
        await app.until(`that the room has passed "${text}" on`, () => sent.fate === 'delivered')
      }
      const hear = (app: App, text: string): Promise<undefined> =>
        app.until(text, () => app.heardInRooms.includes(text))
      await his.run(say, 'one')
      await hers.run(hear, 'one')
      proxy.link.break()
      await hers.run((app: App) => app.until('a new connection', () => app.states.includes('online again')))
      await his.run(say, 'two')
      await hers.run(hear, 'two')
      await hers.run(say, 'three')
      await his.run(hear, 'three')
      // and in a session that the server does not know any more
      await hers.run((app: App) => app.client.disconnect())
      await his.run(say, 'four')
      await hers.run((app: App) => app.client.connect())
      await hers.run(hear, 'four')
      await hers.run(say, 'five')
      await his.run(hear, 'five')
      for (const tab of [his, hers])
        assert.deepEqual(await tab.run((app: App) => app.heardInRooms), ['one', 'two', 'three', 'four', 'five'])
      for (const tab of [his, hers]) await tab.run(leave)
    })

    test('the archive is read by pages, and what was missed is told, once and in order', async (t) => {
      const [romeo, juliet] = [await somebody('romeo'), await somebody('juliet')]
      const [his, hers] = [await enter(await newBrowser(t), romeo), await enter(await newBrowser(t), juliet)]
      const say = async (
        app: App,
        { to, from, count }: { to: string; from: number; count: number },
      ): Promise<undefined> => {
        const sent = Array.from({ length: count }, (_, i) =>
          app.client.chat.send(to, { body: `${from + i}`, receipt: false }),
        )
        await app.until('that the server has it', () => app.client.messages.unacknowledged.length === 0)
        for (const { fate } of sent) if (fate === 'failed') throw new Error(fate)
      }
      await his.run(say, { to: juliet.jid, from: 1, count: 12 })
      await hers.run((app: App) => app.until('twelve', () => app.heard.length === 12))
      const bodies = await hers.run(async (app: App) => {
        const found: string[] = []
        for await (const { body = '' } of app.client.archive.query({ pageSize: 5 })) if (body !== '') found.push(body)
        return found
      })
      const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => `${i + 1}`)
      assert.deepEqual(bodies, numbers(12))
      await hers.run((app: App) => app.client.disconnect())
      await his.run(say, { to: juliet.jid, from: 13, count: 60 })
      await hers.run((app: App) => app.client.connect())
      await his.run(say, { to: juliet.jid, from: 73, count: 1 })
      await hers.run((app: App) => app.until('all of them', () => app.heard.includes('73')))
      assert.deepEqual(await hers.run((app: App) => app.heard), numbers(73))
      for (const tab of [his, hers]) await tab.run(leave)
    })

    test('two tabs and a program of one person see the same messages, bookmarks and picture', async (t) => {
      const [romeo, juliet] = [await somebody('romeo'), await somebody('juliet')]
      const context = await newBrowser(t)
      const tabs = [await enter(context, romeo), await enter(context, romeo)] as const
      const hers = await enter(await newBrowser(t), juliet)
      const { jid, password } = romeo
      const program = await connect({
        ...{ jid, password, service: target.service.xmpps, tls: { ca: target.ca } },
        use: [chat, carbons, presence, bookmarks],
      })
      t.after(() => program.close())
      const heard: string[] = []
      program.on('chat', ({ body = '' }) => void heard.push(body))
      await tabs[0].run((app: App, her: string) => void app.client.chat.send(her, 'from a tab'), juliet.jid)
      await hers.run(async (app: App, him: string) => {
        await app.until('his word', () => app.heard.includes('from a tab'))
        app.client.chat.send(him, 'from her')
      }, romeo.jid)
      await tabs[0].run((app: App) => app.until('her answer', () => app.heard.includes('from her')))
      const last = next(
        program as unknown as Client<readonly [typeof chat]>,
        'chat',
        ({ body }) => body === 'from the tab again',
      )
      await tabs[0].run((app: App, her: string) => void app.client.chat.send(her, 'from the tab again'), juliet.jid)
      await last
      program.chat.send(juliet.jid, 'from the program')
      await tabs[1].run((app: App) => app.until('all of it', () => app.heard.includes('from the program')))
      await tabs[0].run((app: App) =>
        app.until('the word of the program', () => app.heard.includes('from the program')),
      )
      assert.deepEqual(heard, ['from a tab', 'from her', 'from the tab again'])
      const all = await tabs[1].run((app: App) => app.heard)
      assert.deepEqual(all, [...heard, 'from the program'])
      assert.deepEqual(await tabs[0].run((app: App) => app.heard), ['from her', 'from the program'])

      const room = 'balcony@conference.localhost'
      await tabs[0].run((app: App, address: string) => app.client.bookmarks.add(address, { name: 'Balcony' }), room)
      await tabs[1].run(
        (app: App, address: string) =>
          app.until('the bookmark', () => app.client.bookmarks.get(address)?.name === 'Balcony'),
        room,
      )
      const id = await tabs[1].run(async (app: App, own: string) => {
        const data = Uint8Array.from({ length: 20_000 }, (_, i) => i % 251)
        await app.client.avatars.publish({ data, width: 1, height: 1 })
        return (await app.client.avatars.of(own))?.id
      }, romeo.jid)
      const read = await tabs[0].run(async (app: App, own: string) => {
        await app.until('the picture', () => app.client.avatars.known(own) !== undefined)
        const { id, data } = (await app.client.avatars.of(own))!
        return [id, data.length]
      }, romeo.jid)
      assert.deepEqual(read, [id, 20_000])
      for (const tab of [...tabs, hers]) await tab.run(leave)
    })

    test('a file is uploaded, and others fetch it', async (t) => {
      const tab = await uploads.open(await newBrowser(t))
      await tab.call('connect', await somebody('romeo'))
      const size = 100_000
      const { url, error, told } = await tab.call<{
        url?: string
        error?: string
        told: [bytes: number, total: number][]
      }>('send', size)
      if (error?.startsWith('UnsupportedError')) t.skip(error)
      else {
        assert.equal(error, undefined)
        assert.deepEqual(told.at(-1), [size, size])
        assert.equal(await tab.call('fetched', url), size)
      }
      await tab.call('close')
    })

    for (const isRefused of [false, true])
      test(`a page that is loaded again sends what it had not, ${isRefused ? 'in a new session where the old one is gone' : 'in the session of before'}`, async (t) => {
        await using proxy = await CuttingProxy.to(target.ports.ws, { transport: 'websocket' })
        const [romeo, juliet] = [await somebody('romeo'), await somebody('juliet')]
        const path = new URL(target.service.ws).pathname
        const through = { ...romeo, service: `ws://localhost:${proxy.port}${path}` }
        const [his, hers] = [await enter(await newBrowser(t), through), await enter(await newBrowser(t), juliet)]
        const address = await his.run((app: App) => `${app.client.jid}`)
        const say = (app: App, [to, text]: readonly [string, string]): string => app.client.chat.send(to, text).fate
        await his.run(async (app: App, her: string) => {
          const sent = app.client.chat.send(her, 'zero')
          await app.until('that she has read it', () => sent.fate === 'displayed')
          await app.until('that the server has all', () => app.client.messages.unacknowledged.length === 0)
        }, juliet.jid)
        // the server gets one, and nothing comes back; then nothing arrives any more, and a third waits
        const stanza = proxy.link.counts.toServer.stanzas + 1
        proxy.link.cut({ direction: 'toServer', stanza, where: 'after', how: 'freeze' })
        await his.run(say, [juliet.jid, 'one'] as const)
        await hers.run((app: App) => app.until('one', () => app.heard.includes('one')))
        await his.run(say, [juliet.jid, 'two'] as const)
        await proxy.refuse()
        proxy.link.break()
        await his.run((app: App) => app.until('that it waits', () => app.states.includes('waiting')))
        await his.run(say, [juliet.jid, 'three'] as const)
        await his.reload()
        await proxy.accept()
        const left = await his.run((app: App, account: Account) => app.open(account), through)
        assert.deepEqual(left, ['one', 'two', 'three'])
        if (isRefused) {
          await his.run((app: App) => app.client.close())
          await his.run(
            () =>
              new Promise<void>((resolve, reject) => {
                const opening = indexedDB.open('rookery')
                opening.onsuccess = () => {
                  const rows = opening.result.transaction('rows', 'readwrite').objectStore('rows')
                  const reading = rows.openCursor()
                  reading.onsuccess = () => {
                    const cursor = reading.result
                    if (cursor === null) return
                    const [, , key] = cursor.key as [string, number, string]
                    if (key === 'session') cursor.update(JSON.stringify({ ...JSON.parse(cursor.value), id: 'gone' }))
                    cursor.continue()
                  }
                  rows.transaction.oncomplete = () => {
                    opening.result.close()
                    resolve()
                  }
                }
                opening.onerror = () => reject(opening.error)
              }),
          )
          await his.reload()
          assert.deepEqual(await his.run((app: App, account: Account) => app.open(account), through), left)
        }
        await his.run(async (app: App) => {
          await app.client.connect()
          await app.until('that the server has all', () => app.client.messages.unacknowledged.length === 0)
        })
        assert.equal((await his.run((app: App) => `${app.client.jid}`)) === address, !isRefused)
        await his.run(say, [juliet.jid, 'four'] as const)
        await hers.run((app: App) => app.until('four', () => app.heard.includes('four')))
        assert.deepEqual(await hers.run((app: App) => app.heard), ['zero', 'one', 'two', 'three', 'four'])
        for (const tab of [his, hers]) await tab.run(leave)
      })

    test('five tabs of one account have a session each, and each finds its own after a reload', async (t) => {
      const context = await newBrowser(t)
      const romeo = await somebody('romeo')
      const tabs = await Promise.all(Array.from({ length: 5 }, () => enter(context, romeo)))
      const addressOf = (tab: Tab): Promise<string> => tab.run((app: App) => `${app.client.jid}`)
      const addresses = await Promise.all(tabs.map(addressOf))
      assert.equal(new Set(addresses).size, 5)
      await Promise.all(tabs.map((tab) => tab.reload()))
      await Promise.all(tabs.map((tab) => tab.run((app: App, account: Account) => app.enter(account), romeo)))
      assert.deepEqual(await Promise.all(tabs.map(addressOf)), addresses)
      await tabs[0]!.run((app: App, own: string) => void app.client.chat.send(own, 'to all'), romeo.jid)
      for (const tab of tabs) {
        await tab.run((app: App) => app.until('what one of them said', () => app.heard.includes('to all')))
        assert.deepEqual(await tab.run((app: App) => app.states), ['resuming', 'online'], 'nobody was thrown out')
      }
      for (const tab of tabs) await tab.run(leave)
    })

    test('a message that is larger than the server takes fails, and those behind it arrive', async (t) => {
      const [romeo, juliet] = [await somebody('romeo'), await somebody('juliet')]
      const [his, hers] = [await enter(await newBrowser(t), romeo), await enter(await newBrowser(t), juliet)]
      const fates = await his.run(async (app: App, her: string) => {
        const sent = ['before', 'x'.repeat(600_000), 'behind'].map((text) => app.client.chat.send(her, text))
        await app.until('an end of all three', () => sent.every(({ fate }) => fate !== 'queued' && fate !== 'sent'))
        return sent.map(({ fate }) => fate === 'failed')
      }, juliet.jid)
      assert.deepEqual(fates, [false, target.name !== 'ejabberd', false])
      await hers.run((app: App) => app.until('what is behind', () => app.heard.includes('behind')))
      const lengths = await hers.run((app: App) => app.heard.map(({ length }) => length))
      assert.deepEqual(lengths, target.name === 'ejabberd' ? [6, 600_000, 6] : [6, 6])
      for (const tab of [his, hers]) await tab.run(leave)
    })
  })
