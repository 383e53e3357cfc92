/**
 * The network is cut at every boundary between elements, and within each, in both directions, while two people write to each other: the journal
 * of both sides must show every message once and in order, and the fate of each must be told. First through sessions that can be resumed,
 * then through sessions that cannot, where the archive mends what is missing.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { archive, DisconnectedError, presence } from '@rookery/client'
import { type AnyExtension, type Client, type ClientOptions, connect, messages } from '@rookery/client/node'
import { NS } from '@rookery/protocol'
import { presence as stanza } from '@rookery/protocol/stanza'
import { el } from '@rookery/protocol/xml'
import { CuttingProxy, type Link } from './harness/cutting-proxy.ts'
import type { Target } from './harness/target.ts'
import { startTarget } from './harness/targets.ts'
import type { Cut, Direction, How } from './harness/valve.ts'
import { impatient } from './support/impatient.ts'

const count = 4
const patience = 30_000

interface Story {
  /** What each side has received, in order. */
  readonly romeo: string[]
  readonly juliet: string[]
  readonly links: readonly Link[]
}

describe('a client whose sessions are resumed', () => suite({ resumeSeconds: 60, use: [] }))
describe('a client whose sessions are lost, with the archive', () =>
  suite({ resumeSeconds: 0, use: [archive, presence] }))

function suite({ resumeSeconds, use }: { resumeSeconds: number; use: readonly AnyExtension[] }): void {
  let target: Target
  let proxy: CuttingProxy
  let juliet: Client<readonly [typeof messages]>
  let number = 0
  /** Milliseconds: long enough for a login on this machine, and often waited for in vain. */
  let attemptTimeout = 0
  const heard: string[] = []

  before(async () => {
    target = await startTarget('rookery', { resumeSeconds })
    proxy = await CuttingProxy.to(target.ports.tcp)
    await target.createAccount('juliet')
    const start = performance.now()
    juliet = await connect({ ...login('juliet'), service: target.service.xmpp })
    attemptTimeout = Math.max(400, 5 * (performance.now() - start))
    juliet.on('message', ({ body }) => void heard.push(body ?? ''))
    juliet.send(stanza(undefined, undefined, 'available'))
  })
  after(async () => {
    await juliet.close()
    await proxy.stop()
    await target.stop()
  })

  const login = (local: string): ClientOptions<readonly [typeof messages]> => ({
    jid: `${local}@localhost`,
    password: `secret-${local}`,
    plaintext: true,
    platform: impatient,
    use: [messages, ...use] as unknown as readonly [typeof messages],
    keepAlive: 100,
    answerWithin: 200,
  })

  /** Both write; the answer is what arrived. `cut` happens on the first connection. */
  async function tell(cut?: Cut): Promise<Story> {
    const local = `romeo${++number}`
    await target.createAccount(local)
    heard.length = 0
    const links: Link[] = []
    proxy.connect = (link) => {
      if (links.push(link) === 1 && cut !== undefined) link.cut(cut)
    }
    const romeo = await connect({ ...login(local), service: `xmpp://127.0.0.1:${proxy.port}`, attemptTimeout })
    const received: string[] = []
    romeo.on('message', ({ body }) => void received.push(body ?? ''))
    romeo.send(stanza(undefined, undefined, 'available'))
    const sent = []
    for (let i = 0; i < count; i++) {
      sent.push(romeo.messages.post('juliet@localhost', [el('body', NS.client, {}, `r${i}`)]))
      sent.push(juliet.messages.post(`${local}@localhost`, [el('body', NS.client, {}, `j${i}`)]))
      await sent.at(-1)!.reached('acked', { signal: AbortSignal.timeout(patience) })
    }
    for (const one of sent) await one.reached('acked', { signal: AbortSignal.timeout(patience) })
    await until(() => received.length >= count && heard.length >= count)
    // what would come twice has come by the time that an answer comes
    await ping(romeo)
    await ping(juliet)
    assert.equal(romeo.messages.unacknowledged.length, 0)
    await romeo.close()
    return { romeo: received, juliet: [...heard], links }
  }

  const expected = (letter: string): string[] => Array.from({ length: count }, (_, i) => `${letter}${i}`)

  async function check(cut?: Cut): Promise<Story> {
    const where = cut === undefined ? 'without a cut' : JSON.stringify(cut)
    const story = await tell(cut).catch((cause: unknown) => {
      throw new Error(`${where}: ${String(cause)}`, { cause })
    })
    assert.deepEqual(story.romeo, expected('j'), `what romeo received, ${where}`)
    assert.deepEqual(story.juliet, expected('r'), `what juliet received, ${where}`)
    return story
  }

  for (const direction of ['toClient', 'toServer'] as const satisfies readonly Direction[]) {
    for (const how of ['reset', 'end', 'freeze'] as const satisfies readonly How[]) {
      test(`loses and doubles nothing, whatever element ${direction} is the last: ${how}`, async () => {
        const { links } = await check()
        const { elements } = links[0]!.counts[direction]
        assert.ok(elements > 8, `there are ${elements} elements to cut at`)
        for (let element = 1; element <= elements; element++)
          for (const where of how === 'freeze' ? (['after'] as const) : (['before', 'within', 'after'] as const))
            await check({ direction, element, where, how })
      })
    }
  }
}

/** Also where the connection is cut just then. */
async function ping(client: Client): Promise<void> {
  try {
    await client.request('get', el('ping', 'urn:xmpp:ping'))
  } catch (error) {
    if (!(error instanceof DisconnectedError)) throw error
    await ping(client)
  }
}

async function until(is: () => boolean): Promise<void> {
  const end = Date.now() + patience
  while (!is()) {
    if (Date.now() > end) return // what came is told then, and what did not
    await new Promise((resolve) => setImmediate(resolve))
  }
}
