/** Pages for tests that call a module of ours in the browser: it is bundled as an application would bundle it, and served from localhost. */
import assert from 'node:assert/strict'
import { createServer, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { build } from 'esbuild'
import type { BrowserContext, Page } from 'playwright-core'
import { portOf } from '../../scripts/peers/quiet-ports.ts'

export interface BundledPages extends AsyncDisposable {
  /**
   * A new tab; `name` is the global object of the module, which calls go to. The page at `strictPath` may do nothing that is not of its own origin
   * (`default-src 'self'`); any other path is a page like the first.
   */
  open(context: BrowserContext, host?: string, path?: string): Promise<Tab>
  close(): Promise<void>
}

export const strictPath = '/strict'

/** `entry`: a file beside this one that puts an object of functions into the global `name`. `webSocketPort`: of a server whose WebSocket is here as well. */
export async function serveBundle(entry: string, name: string, webSocketPort?: number): Promise<BundledPages> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, entry)],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    write: false,
  })
  const pages = createServer(({ url }, response) => {
    if (url === '/page.js') response.setHeader('content-type', 'text/javascript').end(outputFiles[0]!.text)
    else {
      if (url === strictPath) response.setHeader('content-security-policy', "default-src 'self'")
      response
        .setHeader('content-type', 'text/html')
        .end('<!doctype html><script type="module" src="/page.js"></script>')
    }
  })
  pages.on('upgrade', ({ url, headers }: IncomingMessage, page: Socket) => {
    const server = connect({ port: webSocketPort!, host: '127.0.0.1' })
    for (const [one, other] of [
      [page, server],
      [server, page],
    ] as const)
      one.on('error', () => other.destroy()).pipe(other)
    const lines = Object.entries(headers).map(([field, value]) => `${field}: ${value}`)
    server.write(`GET ${url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
  })
  await new Promise<void>((resolve) => pages.listen({ port: 0, host: '127.0.0.1' }, resolve))
  const close = async (): Promise<void> => {
    pages.closeAllConnections()
    await new Promise((resolve) => pages.close(resolve))
  }
  return {
    async open(context, host = 'localhost', path = '/') {
      const tab = new Tab(await context.newPage(), name)
      await tab.page.goto(`http://${host}:${portOf(pages)}${path}`)
      await tab.ready()
      return tab
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

export class Tab {
  readonly page: Page
  readonly #name: string

  constructor(page: Page, name: string) {
    this.page = page
    this.#name = name
  }

  async ready(): Promise<void> {
    await this.page.waitForFunction(`globalThis.${this.#name} !== undefined`)
  }

  async reload(): Promise<void> {
    await this.page.reload()
    await this.ready()
  }

  /** Names of the locks that are held in this browser: of pages and workers, also of those that are closed and not gone yet. */
  locks(): Promise<string[]> {
    return this.page.evaluate<string[]>('navigator.locks.query().then(({ held }) => held.map(({ name }) => name))')
  }

  call<T>(name: string, ...values: readonly unknown[]): Promise<T> {
    return this.page.evaluate<T>(`${this.#name}.${name}(${values.map((value) => JSON.stringify(value)).join(', ')})`)
  }

  /** Runs a function in the page, with its global object and a value that JSON can carry; what it refers to has to be there. */
  run<A, T, V = undefined>(does: (app: A, value: V) => T | Promise<T>, value?: V): Promise<T> {
    return this.page.evaluate<T>(`(${does})(${this.#name}, ${JSON.stringify(value)})`)
  }
}

/** Looks again and again whether it is so. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 15_000
  while (!(await isSo())) {
    assert.ok(Date.now() < end, `this did not happen: ${isSo}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
