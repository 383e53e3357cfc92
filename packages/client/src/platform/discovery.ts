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
    try {
      const url = `https://${domain}/.well-known/${name}`
      const text = await download(url, AbortSignal.any([signal, AbortSignal.timeout(patience)]))
      const found = readHostMeta(text ?? '')?.websocket ?? []
      if (found.length > 0) return found
    } catch (error) {
      if (signal.aborted) throw abortReason(signal, domain)
      problem = error
    }
  }
  throw new ConnectError(
    problem === undefined ? 'unknown-host' : 'unreachable',
    `https://${domain}/.well-known/host-meta.json does not tell a WebSocket: set \`service\` to a wss: address.`,
    problem,
  )
}

/** Undefined where there is none. [XEP-0156 4] Never from where somebody in between could have written it. */
async function download(address: string, signal: AbortSignal): Promise<string | undefined> {
  let url = address
  for (let hops = 0; hops <= mostRedirects && url.startsWith('https:'); hops++) {
    const answer = await ask(url, signal)
    if (answer.ok && answer.url.startsWith('https:')) return readText(answer)
    await answer.body?.cancel()
    const location = answer.status >= 300 && answer.status < 400 ? answer.headers.get('location') : null
    if (location === null) return undefined
    url = new URL(location, url).href
  }
  return undefined
}

async function ask(url: string, signal: AbortSignal): Promise<Response> {
  const how = { signal, credentials: 'omit', referrerPolicy: 'no-referrer' } as const
  const answer = await fetch(url, { ...how, redirect: 'manual' })
  // browsers do not tell a page where to; pages from https: are kept by them from going to http:
  return answer.type === 'opaqueredirect' ? fetch(url, how) : answer
}

/** Undefined when it is too large, whatever its header says. */
async function readText({ body }: Response): Promise<string | undefined> {
  const reader = body?.getReader()
  const decoder = new TextDecoder()
  let text = ''
  for (let size = 0; size <= largest; ) {
    const { value } = (await reader?.read()) ?? {}
    if (value === undefined) return text + decoder.decode()
    size += value.length
    text += decoder.decode(value, { stream: true })
  }
  await reader?.cancel()
  return undefined
}
