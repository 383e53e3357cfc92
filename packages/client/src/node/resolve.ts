/**
 * Where the service of a domain is, by its SRV records (RFC 6120 3.2, RFC 2782): those of TLS from the first byte and those of STARTTLS in one
 * pool (XEP-0368 version 1.1).
 */
import type { SrvRecord } from 'node:dns'
import { isIP } from 'node:net'
import { onAbort } from '../contract/abort.ts'
import { ConnectError } from '../contract/errors.ts'
import { hostOf } from './host-name.ts'

/** What is used of `dns.promises.Resolver`. */
export interface SrvResolver {
  resolveSrv(name: string): Promise<readonly SrvRecord[]>
  cancel(): void
}

interface Target extends SrvRecord {
  readonly scheme: 'xmpps' | 'xmpp'
}

/** More are not tried. */
const mostTargets = 20

/** URLs in the order to try them. Throws a ConnectError, or the reason of the signal. `random` gives numbers from 0 up to 1. */
export async function resolveService(
  domain: string,
  resolver: SrvResolver,
  signal: AbortSignal,
  random: () => number = Math.random,
): Promise<readonly string[]> {
  const host = hostOf(domain)
  const fallback = [`xmpp://${isIP(host) === 6 ? `[${host}]` : host}:5222`]
  // addresses have no records, and this machine is known without [RFC6761 6.3]
  if (isIP(host) !== 0 || host === 'localhost' || host.endsWith('.localhost')) return fallback
  signal.throwIfAborted()
  const stopListening = onAbort(signal, () => resolver.cancel())
  try {
    const [direct, later] = await Promise.allSettled([
      resolver.resolveSrv(`_xmpps-client._tcp.${host}`),
      resolver.resolveSrv(`_xmpp-client._tcp.${host}`),
    ])
    signal.throwIfAborted()
    const targets = [...targetsOf(direct, 'xmpps'), ...targetsOf(later, 'xmpp')]
    if (targets.length > 0) return inOrder(targets, random).slice(0, mostTargets).map(urlOf)
    const problem = failureOf(direct) ?? failureOf(later)
    if (problem !== undefined)
      throw new ConnectError(
        'unreachable',
        `The name server did not tell where the service of ${host} is (${problem}).`,
      )
    // records, but none of a host: the domain says that it has no such service [RFC2782 "Target"]
    if (later.status === 'fulfilled' && later.value.length > 0)
      throw new ConnectError('unknown-host', `${host} says that it has no XMPP service for clients.`)
    return fallback // [RFC6120 3.2.2]
  } finally {
    stopListening()
  }
}

type Answer = PromiseSettledResult<readonly SrvRecord[]>

/** The ones that name a host; a host that is no name, e.g. with a slash in it, cannot get into a URL. */
function targetsOf(answer: Answer, scheme: Target['scheme']): Target[] {
  if (answer.status === 'rejected') return []
  return answer.value
    .map(({ name, port, priority, weight }) => ({ name: name.replace(/\.$/, ''), port, priority, weight, scheme }))
    .filter(({ name, port }) => /^[a-z0-9._-]+$/i.test(name) && port > 0)
}

/** Why there is no answer; that there are no such records, or not even the name, is one. */
function failureOf(answer: Answer): string | undefined {
  if (answer.status === 'fulfilled') return undefined
  const code = answer.reason instanceof Error && 'code' in answer.reason ? String(answer.reason.code) : 'no answer'
  return code === 'ENODATA' || code === 'ENOTFOUND' ? undefined : code
}

/** By priority, and within one drawn by weight. [RFC2782 "Weight"] Where nothing has a weight, TLS from the first byte comes first. */
function inOrder(targets: readonly Target[], random: () => number): Target[] {
  const waiting = [...targets].sort((a, b) => a.priority - b.priority || a.weight - b.weight)
  const ordered: Target[] = []
  while (waiting.length > 0) {
    const { priority } = waiting[0]!
    const same = waiting.filter((target) => target.priority === priority)
    const total = same.reduce((sum, { weight }) => sum + weight, 0)
    let drawn = Math.floor(random() * (total + 1))
    const chosen = same.find(({ weight }) => (drawn -= weight) <= 0) ?? same[0]!
    ordered.push(chosen)
    waiting.splice(waiting.indexOf(chosen), 1)
  }
  return ordered
}

function urlOf({ scheme, name, port }: Target): string {
  return `${scheme}://${name}:${port}`
}
