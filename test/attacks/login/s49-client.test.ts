/**
 * S49, S50: a server that lies to the client's side of SCRAM, over a socket. cyrus-sasl #811 (iteration count). The client mechanisms are those of
 * @rookery/protocol; the few lines that carry them here give way to the client library when there is one, as S33 and S34 of the client's side do.
 */
import assert from 'node:assert/strict'
import { createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { NS } from '@rookery/protocol'
import { prepareOpaque, prepareUsername } from '@rookery/protocol/precis'
import { authenticate, SaslChannel, type SaslClientOptions, SaslProblemError } from '@rookery/protocol/sasl'
import { createCrypto } from '../../../packages/server/src/crypto.ts'
import { RawClient, SASL } from '../harness/client.ts'

const b64 = (text: string): string => Buffer.from(text).toString('base64')
const unb64 = (text: string): string => Buffer.from(text, 'base64').toString()

/** What the hostile server says, each from what it was told: to the first message, to the final one. */
interface Lie {
  readonly challenge?: (first: string) => string
  readonly end?: (first: string, challenge: string, final: string) => string
}

let server: Server
let lie: Lie = {}
/** Everything the client has said after its first message. */
let heard = ''

function talk(socket: Socket): void {
  let text = ''
  let said = ''
  let first = ''
  let challenge = ''
  socket.on('error', () => undefined)
  socket.on('data', (bytes) => {
    text += bytes.toString()
    const auth = /<auth [^>]*>([^<]*)<\/auth>/.exec(text)
    const response = /<response [^>]*>([^<]*)<\/response>/.exec(text)
    if (auth !== null) {
      first = unb64(auth[1]!)
      text = ''
      if (lie.challenge === undefined) socket.write(lie.end!(first, '', ''))
      else {
        challenge = lie.challenge(first)
        socket.write(`<challenge xmlns='${SASL}'>${b64(challenge)}</challenge>`)
      }
    } else if (response !== null) {
      said += unb64(response[1]!)
      text = ''
      heard = said
      socket.write(lie.end?.(first, challenge, said) ?? '')
    } else if (first !== '') heard = said + text // or it has not all come yet
  })
}

before(async () => {
  server = createServer(talk)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
})
after(() => server.close())

const password = 'secret'
const crypto = createCrypto()
const means: SaslClientOptions = {
  crypto,
  username: 'v',
  password,
  offered: ['SCRAM-SHA-256', 'PLAIN'],
  prepareUsername,
  prepareOpaque,
}

/** Logs in to the hostile server: `success`, or why the client gave up. */
async function attempt(
  given: Lie,
  options: Partial<SaslClientOptions> = {},
  mechanism = 'SCRAM-SHA-256',
): Promise<string> {
  lie = given
  heard = ''
  const address = server.address() as { port: number }
  const socket = await RawClient.connect({ port: address.port })
  const data = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
  let open = `<auth xmlns='${NS.sasl}' mechanism='${mechanism}'>`
  try {
    await authenticate(mechanism, { ...means, ...options }, async (message) => {
      socket.send(`${open}${data(message)}</${open.slice(1, open.indexOf(' '))}>`)
      open = `<response xmlns='${NS.sasl}'>`
      const answer = await socket.waitFor(/<(challenge|success)[^>]*\/>|<\/(challenge|success)>/)
      const content = /<(challenge|success)[^>]*>([^<]*)</.exec(answer)?.[2]
      return { isSuccess: answer.includes('<success'), data: Buffer.from(content ?? '', 'base64') }
    })
    return 'success'
  } catch (error) {
    if (error instanceof SaslProblemError) return error.problem
    throw error
  } finally {
    socket.close()
  }
}

const nonceOf = (first: string): string => /r=([^,]*)/.exec(first)![1]!
const salt = randomBytes(16).toString('base64')
const honest = (first: string): string => `r=${nonceOf(first)}server,s=${salt},i=4096`

/** The signature of whoever knows the keys. */
function signature(first: string, challenge: string, final: string): string {
  const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), 4096, 32, 'sha256')
  const key = createHmac('sha256', salted).update('Server Key').digest()
  const text = `${first.slice(first.indexOf('n=v'))},${challenge},${final.slice(0, final.lastIndexOf(',p='))}`
  return createHmac('sha256', key).update(text).digest('base64')
}

const success = (data?: string): string =>
  data === undefined ? `<success xmlns='${SASL}'/>` : `<success xmlns='${SASL}'>${b64(data)}</success>`

test('the client logs in to a server that is honest', async () => {
  const end: Lie['end'] = (...said) => success(`v=${signature(...said)}`)
  assert.equal(await attempt({ challenge: honest, end }), 'success')
})

test('S49 sends no proof for a count that is too low or too high, or for a changed nonce', async (t) => {
  const cases: [string, (first: string) => string][] = [
    ['iterations-too-low', (first) => honest(first).replace('4096', '1')],
    ['iterations-too-low', (first) => honest(first).replace('4096', '4095')],
    ['iterations-too-high', (first) => honest(first).replace('4096', '1000001')],
    ['iterations-too-high', (first) => honest(first).replace('4096', '4294967295')],
    ['iterations-too-high', (first) => honest(first).replace('4096', '999999999999999')],
    ...['9'.repeat(400), '0', '-4096', '4096.5', '4e3', '0x1000', ' 4096', '', 'NaN'].map(
      (count): [string, (first: string) => string] => [
        'malformed-challenge',
        (first) => honest(first).replace('4096', count),
      ],
    ),
    ['nonce-changed', (first) => honest(first).replace(/r=[^,]*/, 'r=another')],
    ['nonce-changed', (first) => honest(first).replace('server', '')],
    ['nonce-changed', (first) => honest(first).replace(/r=./, 'r=~')],
    ['server-error', () => 'e=other-error'],
    ['malformed-challenge', (first) => `m=x,${honest(first)}`],
    ['malformed-challenge', (first) => honest(first).replace(/,s=[^,]*/, '')],
    ['malformed-challenge', (first) => `${honest(first)},i=1`],
    ['malformed-challenge', () => ''],
    ['malformed-challenge', (first) => `${honest(first)}\0`],
    ['downgrade', (first) => `${honest(first)},h=AAAA`],
  ]
  for (const [problem, challenge] of cases) {
    assert.equal(await attempt({ challenge, end: () => success() }), problem, challenge('r=own'))
    assert.equal(heard, '', 'not a byte more')
  }
  t.diagnostic(`${cases.length} challenges`)
})

test('S50 believes no success that is not proved', async (t) => {
  const right = (...said: [string, string, string]): string => `v=${signature(...said)}`
  const ends: [string, Lie][] = [
    ['no challenge', { end: () => success() }],
    ['no challenge, some data', { end: () => success('v=AAAA') }],
    ['no signature', { challenge: honest, end: () => success() }],
    ['an empty one', { challenge: honest, end: () => success('') }],
    ['a wrong one', { challenge: honest, end: () => success(`v=${randomBytes(32).toString('base64')}`) }],
    ['a part', { challenge: honest, end: (...said) => success(right(...said).slice(0, 22)) }],
    ['the proof sent back', { challenge: honest, end: (_f, _c, final) => success(`v=${/,p=(.*)$/.exec(final)![1]}`) }],
    ['not base64', { challenge: honest, end: () => success('v=!!!!') }],
    ['of another exchange', { challenge: honest, end: (f, c, final) => success(right(f, `${c}0`, final)) }],
    ['an error that is called success', { challenge: honest, end: () => success('e=invalid-proof') }],
    [
      'a third challenge with a wrong one',
      { challenge: honest, end: () => `<challenge xmlns='${SASL}'>${b64('v=AAAA')}</challenge>` },
    ],
  ]
  for (const [kind, given] of ends) {
    const outcome = await attempt(given)
    assert.ok(['server-not-verified', 'server-error'].includes(outcome), `${kind}: ${outcome}`)
  }
  t.diagnostic(ends.map(([kind]) => kind).join(', '))
})

test('S36 S50 notices on the client’s side that the offers were changed', async () => {
  const binding = { type: 'tls-exporter', data: randomBytes(32) } as const
  const bound = { channel: new SaslChannel({ bindings: [binding] }), offered: ['SCRAM-SHA-256', 'PLAIN'] }
  // bindings without a mechanism for them: nothing is sent
  assert.equal(await attempt({ challenge: honest }, { ...bound, offeredBindings: ['tls-exporter'] }), 'downgrade')
  assert.equal(heard, '')
  // stripped altogether: the client says y, so that an honest server refuses
  let flag = ''
  const challenge = (first: string): string => {
    flag = first.slice(0, 2)
    return honest(first)
  }
  await attempt({ challenge, end: () => success() }, bound)
  assert.equal(flag, 'y,')
})
