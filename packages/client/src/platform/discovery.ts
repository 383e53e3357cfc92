/** Where a domain has its WebSocket: its host-meta, over https alone (XEP-0156 version 1.4.0). */
import { webSocketLinks } from '@rookery/protocol/xeps/host-meta'
import { openDocument } from '#open-document'
import { ConnectError } from '../contract/errors.ts'

/** Characters of a document. [S126] */
const largest = 65_536

/** Milliseconds for a document, with its redirects and to its last byte. */
const patience = 5000

/** `wss:` URLs, at least one. Throws a ConnectError, or the reason of the signal. */
export async function discoverWebSocket(domain: string, signal: AbortSignal): Promise<readonly string[]> {
  let problem: unknown
  for (const name of ['host-meta.json', 'host-meta']) {
    try {
      const text = await download(
        `https://${domain}/.well-known/${name}`,
        AbortSignal.any([signal, AbortSignal.timeout(patience)]),
      )
      const found = webSocketLinks(text).filter((link) => URL.canParse(link))
      if (found.length > 0) return found
    } catch (error) {
      signal.throwIfAborted()
      problem = error
    }
  }
  throw new ConnectError(
    problem === undefined ? 'unknown-host' : 'unreachable',
    `${domain} tells no WebSocket in its host-meta: set \`service\` to a wss: address.`,
    problem,
  )
}

/** Empty where there is none, or too much of it, whatever its header says. */
async function download(url: string, signal: AbortSignal): Promise<string> {
  const { ok, url: from, body } = await openDocument(url, signal)
  // never from where somebody in between could have written it [XEP-0156 4]
  const isTrusted = ok && from.startsWith('https:')
  const reader = body?.getReader()
  const decoder = new TextDecoder()
  for (let text = ''; isTrusted && text.length <= largest; ) {
    const { value } = (await reader?.read()) ?? {}
    if (value === undefined) return text
    text += decoder.decode(value, { stream: true })
  }
  await reader?.cancel()
  return ''
}
