import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createClientMechanism } from './client.ts'
import type { SaslClientMechanism, SaslClientOptions, SaslClientStep } from './client-mechanism.ts'
import { createServerMechanism } from './server.ts'
import {
  bytes,
  clientOptions,
  converse,
  endPoint,
  exporter,
  scramProof,
  serverContext,
  testCrypto,
  text,
  unique,
} from './support.test.ts'

const salt = Buffer.from('a salt for tests').toString('base64')
/** Counts the password hashes: a client that gives up in time has made none. */
let hashes = 0
const counting = {
  ...testCrypto,
  pbkdf2: (...all: Parameters<typeof testCrypto.pbkdf2>) => {
    hashes++
    return testCrypto.pbkdf2(...all)
  },
}

function begin(changes: Partial<SaslClientOptions> = {}, name = 'SCRAM-SHA-256') {
  const options = clientOptions({ crypto: counting, channelBindings: [], ...changes })
  const client = createClientMechanism(name, options)!
  const first = text(client.start() as SaslClientStep)
  return { client, first, nonce: first.slice(first.indexOf('r=')) }
}

function problemOf(step: unknown): string {
  const { kind, problem } = step as { kind: string; problem?: string }
  return problem ?? kind
}

/** A client that has sent its proof, and the signature it waits for. */
function proved(): { client: SaslClientMechanism; signature: string } {
  const { client, first, nonce } = begin()
  const serverFirst = `${nonce}server,s=${salt},i=4096`
  const final = text(client.respond(bytes(serverFirst)) as SaslClientStep)
  const withoutProof = final.slice(0, final.lastIndexOf(','))
  const { proof, signature } = scramProof('SHA-256', 'r0m30myr0m30', `${first.slice(3)},${serverFirst},${withoutProof}`)
  assert.equal(final, `${withoutProof},p=${proof}`)
  return { client, signature }
}

describe('SCRAM client', () => {
  test('sends no proof for too few or too many iterations (S49)', () => {
    for (const [iterations, problem] of [
      ['1', 'iterations-too-low'],
      ['4095', 'iterations-too-low'],
      ['1000001', 'iterations-too-high'],
      ['4294967295', 'iterations-too-high'],
      ['999999999999999', 'iterations-too-high'],
      ['9999999999999999', 'malformed-challenge'],
      ['0', 'malformed-challenge'],
      ['04096', 'malformed-challenge'],
      ['-4096', 'malformed-challenge'],
      ['4096.5', 'malformed-challenge'],
      ['4e3', 'malformed-challenge'],
      ['0x1000', 'malformed-challenge'],
      ['', 'malformed-challenge'],
    ] as const) {
      const { client, nonce } = begin()
      hashes = 0
      assert.equal(problemOf(client.respond(bytes(`${nonce}server,s=${salt},i=${iterations}`))), problem, iterations)
      assert.equal(hashes, 0)
      assert.equal(problemOf(client.finish(bytes('v=AAAA'))), 'server-not-verified')
    }
  })

  test('takes other bounds from its caller', () => {
    const { client, nonce } = begin({ minIterations: 10_000 })
    assert.equal(problemOf(client.respond(bytes(`${nonce}server,s=${salt},i=4096`))), 'iterations-too-low')
  })

  test('sends no proof for a nonce that is not an answer to its own (S49)', () => {
    for (const change of [() => 'r=other', (own: string) => own, (own: string) => own.slice(0, -1)]) {
      const { client, nonce } = begin()
      assert.equal(problemOf(client.respond(bytes(`${change(nonce)},s=${salt},i=4096`))), 'nonce-changed')
    }
  })

  test('reports the error a server gives instead of an answer (S49)', () => {
    assert.equal(problemOf(begin().client.respond(bytes('e=unknown-user'))), 'server-error')
    assert.equal(problemOf(proved().client.finish(bytes('e=invalid-proof'))), 'server-error')
  })

  test('refuses malformed challenges and mandatory extensions', () => {
    for (const challenge of ['', 'x', 'm=x,R,s=QQ==,i=4096', 'R,s=QQ==,i=4096,m=x', 'R,s=QQ,i=4096', 'R,s=,i=4096']) {
      const { client, nonce } = begin()
      const answer = client.respond(bytes(challenge.replace('R', `${nonce}server`)))
      assert.equal(problemOf(answer), 'malformed-challenge', challenge)
    }
    for (const rest of ['s=QQ==', 'i=4096,s=QQ==', 's=QQ==,i=4096,', 's=QQ==,i=4096,h=a,h=a', 's=QQ==,i=4096,s=QQ==']) {
      const { client, nonce } = begin()
      assert.equal(problemOf(client.respond(bytes(`${nonce}server,${rest}`))), 'malformed-challenge', rest)
    }
  })

  test('believes a success only with the right signature (S50)', () => {
    const right = proved()
    assert.equal(problemOf(right.client.finish(bytes(`v=${right.signature}`))), 'success')
    assert.equal(problemOf(proved().client.finish()), 'server-not-verified')
    for (const data of ['', 'v=', 'v=AAAA', `v=${'A'.repeat(43)}=`, `${right.signature}`, 'x=1']) {
      assert.equal(problemOf(proved().client.finish(bytes(data))), 'server-not-verified', data)
    }
  })

  test('does not believe a success without any challenge (S50)', () => {
    assert.equal(problemOf(begin().client.finish()), 'server-not-verified')
    assert.equal(problemOf(begin().client.finish(bytes('v=AAAA'))), 'server-not-verified')
    assert.equal(problemOf(createClientMechanism('SCRAM-SHA-1', clientOptions())!.finish()), 'server-not-verified')
  })

  test('does not believe a success that follows a failure', () => {
    const { client, signature } = proved()
    assert.equal(problemOf(client.finish(bytes('v=AAAA'))), 'server-not-verified')
    assert.equal(problemOf(client.finish(bytes(`v=${signature}`))), 'server-not-verified')
  })

  test('takes the signature as a challenge too [RFC6120 6.3.10]', () => {
    const { client, signature } = proved()
    assert.deepEqual(client.respond(bytes(`v=${signature}`)), { kind: 'response', data: new Uint8Array(0) })
    assert.equal(problemOf(client.finish()), 'success')
    const other = proved().client
    assert.equal(problemOf(other.respond(bytes('v=AAAA'))), 'server-not-verified')
    assert.equal(problemOf(other.finish()), 'server-not-verified')
  })

  test('refuses names and passwords that cannot be prepared', () => {
    const start = (changes: Partial<SaslClientOptions>) =>
      ['SCRAM-SHA-1', 'PLAIN'].map((name) => problemOf(createClientMechanism(name, clientOptions(changes))!.start()))
    assert.deepEqual(start({ username: 'two words' }), ['bad-username', 'bad-username'])
    assert.deepEqual(start({ password: '' }), ['bad-password', 'bad-password'])
    assert.deepEqual(start({ password: '\u0007' }), ['bad-password', 'bad-password'])
  })
})

describe('GS2 flag of the client [XEP-0440 3]', () => {
  const plain = ['SCRAM-SHA-1']
  const both = ['SCRAM-SHA-1', 'SCRAM-SHA-1-PLUS']
  const flag = (changes: Partial<SaslClientOptions>, name = 'SCRAM-SHA-1') => {
    const step = createClientMechanism(name, clientOptions(changes))!.start() as SaslClientStep
    return step.kind === 'failure' ? step.problem : text(step).split(',')[0]
  }

  test('is "n" if the client cannot bind', () => {
    assert.equal(flag({ channelBindings: [], offered: plain, offeredBindings: [] }), 'n')
    assert.equal(flag({ channelBindings: [], offered: both }), 'n')
  })

  test('is "y" only if the server offered neither -PLUS nor types', () => {
    assert.equal(flag({ offered: plain, offeredBindings: [] }), 'y')
    assert.equal(flag({ offered: both, offeredBindings: [] }), 'n')
    assert.equal(flag({ offered: both, offeredBindings: ['tls-server-end-point'], channelBindings: [exporter] }), 'n')
    assert.equal(flag({ offered: plain, offeredBindings: ['tls-exporter'] }), 'downgrade')
  })

  test('is the strongest type that both sides have', () => {
    const all = { offered: both, channelBindings: [endPoint, unique, exporter] }
    const bound = (offeredBindings: string[]) => flag({ ...all, offeredBindings }, 'SCRAM-SHA-1-PLUS')
    assert.equal(bound(['tls-server-end-point', 'tls-exporter']), 'p=tls-exporter')
    assert.equal(bound(['tls-server-end-point', 'tls-unique']), 'p=tls-unique')
    assert.equal(bound(['tls-server-end-point']), 'p=tls-server-end-point')
    assert.equal(bound(['unknown-cb']), 'binding-unavailable')
  })

  test('is a default type if the server does not tell', () => {
    const bound = (changes: Partial<SaslClientOptions>) =>
      flag({ offered: both, offeredBindings: [], ...changes }, 'SCRAM-SHA-1-PLUS')
    assert.equal(bound({ channelBindings: [endPoint, exporter, unique] }), 'p=tls-unique')
    assert.equal(bound({ channelBindings: [endPoint, exporter] }), 'p=tls-exporter')
    assert.equal(bound({ channelBindings: [endPoint] }), 'p=tls-server-end-point')
  })

  test('with only unknown types, goes on only if the server proves its list [XEP-0474 7]', () => {
    const { client, first, nonce } = begin({ channelBindings: [exporter], offeredBindings: ['unknown-cb'] })
    assert.ok(first.startsWith('n,,'))
    assert.equal(problemOf(client.respond(bytes(`${nonce}server,s=${salt},i=4096`))), 'downgrade')
  })
})

describe('the version of TLS (XEP-0515)', () => {
  const talk = (ours: string | undefined, theirs: string | undefined) =>
    converse(
      createClientMechanism('SCRAM-SHA-256', clientOptions(ours === undefined ? {} : { tlsVersion: ours }))!,
      createServerMechanism('SCRAM-SHA-256', serverContext({ downgradeProtection: true, tlsVersion: theirs }))!,
    )

  test('a client that speaks another version than the server gives up', async () => {
    assert.equal(await talk('TLSv1.3', 'TLSv1.3'), 'success juliet; success')
    for (const [ours, theirs] of [
      ['TLSv1.3', 'TLSv1.2'],
      ['TLSv1.2', 'TLSv1.3'],
    ] as const)
      assert.equal(await talk(ours, theirs), 'challenge; downgrade')
  })

  test('where one side does not know its version there is nothing to compare', async () => {
    assert.equal(await talk(undefined, 'TLSv1.3'), 'success juliet; success')
    assert.equal(await talk('TLSv1.3', undefined), 'success juliet; success')
    assert.equal(await talk('TLSv1.3', 'unknown'), 'success juliet; success')
  })
})
