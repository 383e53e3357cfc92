/** Pages for tests that call a module of ours in the browser: it is bundled as an application would bundle it, and served from localhost. */
import { createServer } from 'node:http'
import { join } from 'node:path'
import { build } from 'esbuild'
import type { BrowserContext, Page } from 'playwright-core'
import { portOf } from '../../scripts/peers/quiet-ports.ts'

export interface BundledPages extends AsyncDisposable {
  /** A new tab; `name` is the global object of the module, which calls go to. */
  open(context: BrowserContext, host?: string): Promise<Tab>
  close(): Promise<void>
}

/** `entry`: a file beside this one that puts an object of functions into the global `name`. */
export async function serveBundle(entry: string, name: string): Promise<BundledPages> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, entry)],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    write: false,
  })
  const pages = createServer(({ url }, response) => {
    if (url === '/page.js') response.setHeader('content-type', 'text/javascript').end(outputFiles[0]!.text)
    else
      response
        .setHeader('content-type', 'text/html')
        .end('<!doctype html><script type="module" src="/page.js"></script>')
  })
  await new Promise<void>((resolve) => pages.listen({ port: 0, host: '127.0.0.1' }, resolve))
  const close = async (): Promise<void> => {
    pages.closeAllConnections()
    await new Promise((resolve) => pages.close(resolve))
  }
  return {
    async open(context, host = 'localhost') {
      const tab = new Tab(await context.newPage(), name)
      await tab.page.goto(`http://${host}:${portOf(pages)}/`)
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

  call<T>(name: string, ...values: readonly unknown[]): Promise<T> {
    return this.page.evaluate<T>(`${this.#name}.${name}(${values.map((value) => JSON.stringify(value)).join(', ')})`)
  }
}
