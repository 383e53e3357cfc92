import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, test } from 'node:test'
import { concatBytes } from './bytes.ts'
import { hashedTokenMechanism, hashedTokenNames, provesPassword } from './mechanism-name.ts'
import { createServerMechanism } from './server.ts'
import type { SaslServerContext, SaslStep, StoredToken } from './server-mechanism.ts'
import {
  bytes,
  type ClientChanges,
  clientOptions,
  converse,
  endPoint,
  exporter,
  ledLogin,
  outcome,
  serverContext,
  testCrypto,
  unique,
  waitingCrypto,
} from './support.test.ts'

const secret = 'a long word that nobody guesses'
const good: StoredToken = { secret, isExpired: false }
const bindings = [exporter, unique, endPoint]

function server(name: string, changes: Partial<SaslServerContext> = {}) {
  const context = { offered: hashedTokenNames, channelBindings: bindings, tokens: () => [good], ...changes }
  return createServerMechanism(name, serverContext(context))!
}

function client(name: string, changes: ClientChanges = {}) {
  return ledLogin(name, clientOptions({ channelBindings: bindings, token: secret, ...changes }))
}

function mac(label: string, bound: Uint8Array = new Uint8Array(0), key = secret): Uint8Array {
  return new Uint8Array(
    createHmac('sha256', key)
      .update(concatBytes(bytes(label), bound))
      .digest(),
  )
}

/** What a client sends, made by hand. */
function message(proof: Uint8Array, name = 'juliet'): Uint8Array {
  return concatBytes(bytes(name), Uint8Array.of(0), proof)
}

const none = 'HT-SHA-256-NONE'

describe('hashed tokens', () => {
  test('client and server agree with every hash and binding', async () => {
    assert.equal(hashedTokenNames.length, 8)
    for (const name of hashedTokenNames) {
      assert.equal(await converse(client(name), server(name)), 'success juliet; success', name)
      const waiting = { crypto: waitingCrypto }
      assert.equal(await converse(client(name, waiting), server(name, waiting)), 'success juliet; success', name)
    }
  })

  test('the messages are those of the draft', async () => {
    const step = server('HT-SHA-256-EXPR').start(message(mac('Initiator', exporter.data))) as SaslStep
    assert.ok(step.kind === 'success')
    assert.deepEqual(step.data, mac('Responder', exporter.data))
    assert.equal(step.token, secret)
    const sent = await client('HT-SHA-256-EXPR').start()
    assert.ok(sent.kind === 'response')
    assert.deepEqual(sent.data, message(mac('Initiator', exporter.data)))
  })

  test('another token, another binding or another connection is refused', () => {
    for (const proof of [
      mac('Initiator', exporter.data, 'another'),
      mac('Initiator', endPoint.data),
      mac('Initiator'),
      mac('Responder', exporter.data),
    ])
      assert.equal(outcome(server('HT-SHA-256-EXPR').start(message(proof)) as SaslStep), 'not-authorized')
  })

  test('a binding that the connection has not is refused [S37]', async () => {
    const step = server('HT-SHA-256-EXPR', { channelBindings: [endPoint] }).start(message(mac('Initiator')))
    assert.equal(outcome(step as SaslStep), 'not-authorized')
    const ours = await client('HT-SHA-256-EXPR', { channelBindings: [] }).start()
    assert.equal(ours.kind === 'failure' && ours.problem, 'binding-unavailable')
  })

  test('either of two tokens is taken, a third is not', () => {
    const tokens = () => ['one', 'two', 'three'].map((each) => ({ secret: each, isExpired: false }))
    const results = ['one', 'two', 'three'].map((each) => {
      const step = server(none, { tokens }).start(message(mac('Initiator', undefined, each))) as SaslStep
      return step.kind === 'success' ? step.token : outcome(step)
    })
    assert.deepEqual(results, ['one', 'two', 'not-authorized'])
  })

  test('as many hashes are computed for somebody with two tokens, one or none [S38, S39]', () => {
    const counts = [[], [good], [{ secret: 'x', isExpired: true }, good]].map((list) => {
      let count = 0
      const crypto = {
        ...testCrypto,
        hmac: (...given: Parameters<typeof testCrypto.hmac>) => {
          count++
          return testCrypto.hmac(...given)
        },
      }
      server(none, { crypto, tokens: () => list }).start(message(mac('Initiator', undefined, 'wrong')))
      return count
    })
    assert.deepEqual(counts, [2, 2, 2])
  })

  test('whoever proves an expired token is told so, and nobody else is [XEP-0484 5.2]', () => {
    const tokens = () => [{ secret, isExpired: true }]
    const told = (key: string) =>
      outcome(server(none, { tokens }).start(message(mac('Initiator', undefined, key))) as SaslStep)
    assert.equal(told(secret), 'credentials-expired')
    assert.equal(told('another'), 'not-authorized')
  })

  test('nobody logs in with the empty token', () => {
    for (const tokens of [() => [], () => [{ secret: '', isExpired: false }], undefined]) {
      const changes = tokens === undefined ? { tokens: () => [] } : { tokens }
      const step = server(none, changes).start(message(mac('Initiator', undefined, '')))
      assert.equal(outcome(step as SaslStep), 'not-authorized')
    }
  })

  test('malformed messages are refused', () => {
    for (const bad of [
      new Uint8Array(0),
      bytes('juliet'),
      concatBytes(Uint8Array.of(0), mac('Initiator')),
      message(mac('Initiator').subarray(1)),
      message(concatBytes(mac('Initiator'), Uint8Array.of(0))),
      message(mac('Initiator'), 'no such name'),
      concatBytes(Uint8Array.of(0xff, 0), mac('Initiator')),
      new Uint8Array(9000),
    ])
      assert.equal(outcome(server(none).start(bad) as SaslStep), 'malformed-request')
  })

  test('a server asks for the message that did not come with the request, once', () => {
    const started = server(none)
    assert.equal(outcome(started.start() as SaslStep), 'challenge')
    assert.equal(outcome(started.respond(message(mac('Initiator'))) as SaslStep), 'success juliet')
    assert.equal(outcome(started.respond(message(mac('Initiator'))) as SaslStep), 'malformed-request')
  })

  test('a client believes only a server that knows the token', async () => {
    const ends = async (data?: Uint8Array) => {
      const ours = client(none)
      await ours.start()
      const step = await ours.finish(data)
      return step.kind === 'failure' ? step.problem : step.kind
    }
    assert.equal(await ends(mac('Responder')), 'success')
    assert.equal(await ends(mac('Initiator')), 'server-not-verified')
    assert.equal(await ends(), 'server-not-verified')
    const nameless = await client(none, { username: '' }).start()
    const tokenless = await client(none, { token: '' }).start()
    assert.deepEqual(
      [nameless, tokenless].map((step) => step.kind === 'failure' && step.problem),
      ['bad-username', 'bad-password'],
    )
    const challenged = client(none)
    await challenged.start()
    const asked = await challenged.respond(mac('Responder'))
    assert.equal(asked.kind === 'failure' && asked.problem, 'malformed-challenge')
  })

  test('names say what a mechanism proves', () => {
    assert.deepEqual(hashedTokenMechanism('HT-SHA-512-ENDP'), { hash: 'SHA-512', binding: 'tls-server-end-point' })
    assert.equal(hashedTokenMechanism('HT-SHA-256-PLUS'), undefined)
    assert.deepEqual(['PLAIN', 'SCRAM-SHA-1-PLUS', none, 'EXTERNAL', 'ANONYMOUS'].map(provesPassword), [
      true,
      true,
      false,
      false,
      false,
    ])
  })
})
