/** Debian's chromium, without a window and without a word to anybody but this machine, and pages with a client in them. */
import { existsSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'

const executablePath = '/usr/bin/chromium'
/** Names for origins that are not localhost; nothing is looked up. */
export const foreignHost = 'pages.foreign.test'
export const friendlyHost = 'pages.friendly.test'

/** A missing browser is a failure, never a skipped test. `keepsPages`: pages that one leaves are kept for coming back, as browsers do for people. */
export const startChromium = async ({ keepsPages = false } = {}): Promise<Browser> => {
  if (!existsSync(executablePath)) throw new Error('chromium is not installed: run .ci/install')
  return chromium.launch({
    executablePath,
    headless: true,
    ...(keepsPages ? { ignoreDefaultArgs: ['--disable-back-forward-cache'] } : {}),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--host-resolver-rules=MAP ${foreignHost} 127.0.0.1, MAP ${friendlyHost} 127.0.0.1, MAP localhost 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1`,
    ],
  })
}

export interface Entered {
  readonly jid: string
  readonly isResumed: boolean
  readonly answers: number
}

/** A page of its own: nothing that another one keeps is here. */
export class ClientPage {
  readonly #page: Page

  private constructor(page: Page) {
    this.#page = page
  }

  static async open(browser: Browser, url: string): Promise<ClientPage> {
    // The server's certificate for throw-away hosts is its own.
    const context = await browser.newContext({ ignoreHTTPSErrors: true })
    const page = new ClientPage(await context.newPage())
    await page.#page.goto(url)
    await page.#ready()
    return page
  }

  async #ready(): Promise<void> {
    await this.#page.waitForFunction('globalThis.xmpp !== undefined')
  }

  #call<T>(name: string, ...values: readonly (string | number)[]): Promise<T> {
    return this.#page.evaluate<T>(`xmpp.${name}(${values.map((value) => JSON.stringify(value)).join(', ')})`)
  }

  discover(base: string): Promise<Record<string, string>> {
    return this.#call('discover', base)
  }

  enter(url: string, jid: string, password: string): Promise<Entered> {
    return this.#call('enter', url, jid, password)
  }

  enterAgain(url: string, jid: string): Promise<Entered> {
    return this.#call('enterAgain', url, jid)
  }

  say(to: string, body: string): Promise<void> {
    return this.#call('client.say', to, body)
  }

  leave(): Promise<void> {
    return this.#call('client.leave')
  }

  pause(seconds: number): Promise<void> {
    return this.#call('pause', seconds)
  }

  tryWebSocket(url: string): Promise<string> {
    return this.#call('tryWebSocket', url)
  }

  tryFetch(url: string, method: 'GET' | 'POST'): Promise<string> {
    return this.#call('tryFetch', url, method)
  }

  /** As a person does; whether the page went on with the session it had. */
  async reload(): Promise<boolean> {
    await this.#page.reload()
    await this.#ready()
    return this.#call('takeUp')
  }

  /** Waits for a message. */
  async hears(from: string, body: string): Promise<void> {
    const wanted = JSON.stringify({ from, body })
    await this.#page.waitForFunction(
      `(({ from, body }) => xmpp.client.heard.some((one) => one.from === from && one.body === body))(${wanted})`,
    )
  }

  /** Bodies in the order they came, with doubles. */
  heard(): Promise<string[]> {
    return this.#page.evaluate<string[]>('xmpp.client.heard.map(({ body }) => body)')
  }

  /** Waits until the stream is over; why. */
  async ended(): Promise<string> {
    await this.#page.waitForFunction('xmpp.client.ended !== undefined')
    return this.#page.evaluate<string>('xmpp.client.ended')
  }

  close(): Promise<void> {
    return this.#page.context().close()
  }
}
