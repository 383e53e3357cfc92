/** Where a domain has its WebSocket: its host-meta, over https alone (XEP-0156 version 1.4.0). */
import { readHostMeta } from '@rookery/protocol/xeps/host-meta'
import { ConnectError } from '../errors.ts'
import { abortReason } from './abort.ts'

/** Bytes of a document. [S126] */
const largest = 65_536

/** Milliseconds for a document, with its redirects and to its last byte. */
const patience = 5000

const mostRedirects = 3

/** `wss:` URLs, at least one. Throws a ConnectError, or the reason of the signal. */
export async function discoverWebSocket(domain: string, signal: AbortSignal): Promise<readonly string[]> {
  let problem: unknown
  for (const name of ['host-meta.json', 'host-meta']) {
    signal.throwIfAborted()
    const url = `https://${domain}/.well-known/${name}`
    try {
      const text = await download(url, AbortSignal.any([signal, AbortSignal.timeout(patience)]))
      const found = readHostMeta(text)?.websocket ?? []
      if (found.length > 0) return found
    } catch (error) {
      if (signal.aborted) throw abortReason(signal, url)
      problem = error
    }
  }
  throw new ConnectError(
    problem === undefined || problem instanceof NotThere ? 'unknown-host' : 'unreachable',
    `${domain} does not tell where its WebSocket is (by https://${domain}/.well-known/host-meta.json): set \`service\` to its wss: address.`,
    problem,
  )
}

/** The server answered, and not with a document. */
class NotThere extends Error {
  override readonly name = 'NotThere'
}

/** [XEP-0156 4] never from where somebody in between could have written it */
async function download(address: string, signal: AbortSignal): Promise<string> {
  let url = address
  for (let hops = 0; hops <= mostRedirects; hops++) {
    if (!url.startsWith('https:')) break
    const answer = await ask(url, signal)
    const location = answer.status >= 300 && answer.status < 400 ? answer.headers.get('location') : null
    if (answer.ok && answer.url.startsWith('https:')) return readText(answer)
    await answer.body?.cancel()
    if (location === null) throw new NotThere(`${url} gives status ${answer.status}`)
    url = new URL(location, url).href
  }
  throw new NotThere(`${address} leads elsewhere`)
}

async function ask(url: string, signal: AbortSignal): Promise<Response> {
  const how = { signal, credentials: 'omit', referrerPolicy: 'no-referrer' } as const
  const answer = await fetch(url, { ...how, redirect: 'manual' })
  // browsers do not tell a page where to; pages from https: are kept by them from going to http:
  return answer.type === 'opaqueredirect' ? fetch(url, how) : answer
}

/** Throws when it is too large, whatever its header says. */
async function readText({ body }: Response): Promise<string> {
  const reader = body?.getReader()
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  for (;;) {
    const next = await reader?.read()
    if (next === undefined || next.done) return text + decoder.decode()
    size += next.value.length
    if (size > largest) {
      await reader?.cancel()
      throw new NotThere(`a host-meta of more than ${largest} bytes`)
    }
    text += decoder.decode(next.value, { stream: true })
  }
}
