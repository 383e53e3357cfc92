/** Serves the page with the client of these tests: another origin than the server's. TypeScript goes out as JavaScript. */
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { stripTypeScriptTypes } from 'node:module'
import { basename, join } from 'node:path'
import { portOf } from '../../scripts/peers/quiet-ports.ts'

export interface PageServer extends AsyncDisposable {
  readonly port: number
}

const folder = join(import.meta.dirname, 'page')
const html = '<!doctype html><meta charset="utf-8"><title>XMPP</title><script type="module" src="/main.ts"></script>'

export const servePage = async (): Promise<PageServer> => {
  const server = createServer(({ url = '/' }, response) => {
    const file = join(folder, basename(url))
    if (url === '/') response.setHeader('content-type', 'text/html; charset=utf-8').end(html)
    else if (url.endsWith('.ts') && existsSync(file))
      response.setHeader('content-type', 'text/javascript').end(stripTypeScriptTypes(readFileSync(file, 'utf8')))
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve))
  return {
    port: portOf(server),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
