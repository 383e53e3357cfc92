import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createServerMechanism } from './server.ts'
import {
  bytes,
  type ClientChanges,
  clientOptions,
  converse,
  endPoint,
  exporter,
  type LedLogin,
  ledLogin,
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

async function begin(changes: ClientChanges = {}, name = 'SCRAM-SHA-256') {
  const options = clientOptions({ crypto: counting, channelBindings: [], ...changes })
  const client = ledLogin(name, options)
  const first = text(await client.start())
  return { client, first, nonce: first.slice(first.indexOf('r=')) }
}

function problemOf(step: unknown): string {
  const { kind, problem } = step as { kind: string; problem?: string }
  return problem ?? kind
}

/** A client that has sent its proof, and the signature it waits for. */
async function proved(): Promise<{ client: LedLogin; signature: string }> {
  const { client, first, nonce } = await begin()
  const serverFirst = `${nonce}server,s=${salt},i=4096`
  const final = text(await client.respond(bytes(serverFirst)))
  const withoutProof = final.slice(0, final.lastIndexOf(','))
  const { proof, signature } = scramProof('SHA-256', 'r0m30myr0m30', `${first.slice(3)},${serverFirst},${withoutProof}`)
  assert.equal(final, `${withoutProof},p=${proof}`)
  return { client, signature }
}

describe('SCRAM client', () => {
  test('sends no proof for too few or too many iterations (S49)', async () => {
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
      const { client, nonce } = await begin()
      hashes = 0
      assert.equal(
        problemOf(await client.respond(bytes(`${nonce}server,s=${salt},i=${iterations}`))),
        problem,
        iterations,
      )
      assert.equal(hashes, 0)
    }
  })

  test('takes other bounds from its caller', async () => {
    const { client, nonce } = await begin({ minIterations: 10_000 })
    assert.equal(problemOf(await client.respond(bytes(`${nonce}server,s=${salt},i=4096`))), 'iterations-too-low')
  })

  test('sends no proof for a nonce that is not an answer to its own (S49)', async () => {
    for (const change of [() => 'r=other', (own: string) => own, (own: string) => own.slice(0, -1)]) {
      const { client, nonce } = await begin()
      assert.equal(problemOf(await client.respond(bytes(`${change(nonce)},s=${salt},i=4096`))), 'nonce-changed')
    }
  })

  test('reports the error a server gives instead of an answer (S49)', async () => {
    assert.equal(problemOf(await (await begin()).client.respond(bytes('e=unknown-user'))), 'server-error')
    assert.equal(problemOf(await (await proved()).client.finish(bytes('e=invalid-proof'))), 'server-error')
  })

  test('refuses malformed challenges and mandatory extensions', async () => {
    for (const challenge of ['', 'x', 'm=x,R,s=QQ==,i=4096', 'R,s=QQ==,i=4096,m=x', 'R,s=QQ,i=4096', 'R,s=,i=4096']) {
      const { client, nonce } = await begin()
      const answer = await client.respond(bytes(challenge.replace('R', `${nonce}server`)))
      assert.equal(problemOf(answer), 'malformed-challenge', challenge)
    }
    for (const rest of ['s=QQ==', 'i=4096,s=QQ==', 's=QQ==,i=4096,', 's=QQ==,i=4096,h=a,h=a', 's=QQ==,i=4096,s=QQ==']) {
      const { client, nonce } = await begin()
      assert.equal(problemOf(await client.respond(bytes(`${nonce}server,${rest}`))), 'malformed-challenge', rest)
    }
  })

  test('believes a success only with the right signature (S50)', async () => {
    const right = await proved()
    assert.equal(problemOf(await right.client.finish(bytes(`v=${right.signature}`))), 'success')
    assert.equal(problemOf(await (await proved()).client.finish()), 'server-not-verified')
    for (const data of ['', 'v=', 'v=AAAA', `v=${'A'.repeat(43)}=`, `${right.signature}`, 'x=1']) {
      assert.equal(problemOf(await (await proved()).client.finish(bytes(data))), 'server-not-verified', data)
    }
  })

  test('does not believe a success without any challenge (S50)', async () => {
    assert.equal(problemOf(await (await begin()).client.finish()), 'server-not-verified')
    assert.equal(problemOf(await (await begin()).client.finish(bytes('v=AAAA'))), 'server-not-verified')
  })

  test('takes the signature as a challenge too [RFC6120 6.3.10]', async () => {
    const { client, signature } = await proved()
    assert.deepEqual(await client.respond(bytes(`v=${signature}`)), { kind: 'response', data: new Uint8Array(0) })
    assert.equal(problemOf(await client.finish()), 'success')
    const more = await proved()
    await more.client.respond(bytes(`v=${more.signature}`))
    assert.equal(problemOf(await more.client.respond(bytes(`v=${more.signature}`))), 'malformed-challenge')
    const { client: other } = await proved()
    assert.equal(problemOf(await other.respond(bytes('v=AAAA'))), 'server-not-verified')
  })

  test('refuses names and passwords that cannot be prepared', async () => {
    const start = (changes: ClientChanges) =>
      Promise.all(
        ['SCRAM-SHA-1', 'PLAIN'].map(async (name) => problemOf(await ledLogin(name, clientOptions(changes)).start())),
      )
    assert.deepEqual(await start({ username: 'two words' }), ['bad-username', 'bad-username'])
    assert.deepEqual(await start({ password: '' }), ['bad-password', 'bad-password'])
    assert.deepEqual(await start({ password: '\u0007' }), ['bad-password', 'bad-password'])
  })
})

describe('GS2 flag of the client [XEP-0440 3]', () => {
  const plain = ['SCRAM-SHA-1']
  const both = ['SCRAM-SHA-1', 'SCRAM-SHA-1-PLUS']
  const flag = async (changes: ClientChanges, name = 'SCRAM-SHA-1') => {
    const step = await ledLogin(name, clientOptions(changes)).start()
    return step.kind === 'failure' ? step.problem : text(step).split(',')[0]
  }

  test('is "n" if the client cannot bind', async () => {
    assert.equal(await flag({ channelBindings: [], offered: plain, offeredBindings: [] }), 'n')
    assert.equal(await flag({ channelBindings: [], offered: both }), 'n')
  })

  test('is "y" only if the server offered neither -PLUS nor types', async () => {
    assert.equal(await flag({ offered: plain, offeredBindings: [] }), 'y')
    assert.equal(await flag({ offered: both, offeredBindings: [] }), 'n')
    assert.equal(
      await flag({ offered: both, offeredBindings: ['tls-server-end-point'], channelBindings: [exporter] }),
      'n',
    )
    assert.equal(await flag({ offered: plain, offeredBindings: ['tls-exporter'] }), 'downgrade')
  })

  test('is the strongest type that both sides have', async () => {
    const all = { offered: both, channelBindings: [endPoint, unique, exporter] }
    const bound = (offeredBindings: string[]) => flag({ ...all, offeredBindings }, 'SCRAM-SHA-1-PLUS')
    assert.equal(await bound(['tls-server-end-point', 'tls-exporter']), 'p=tls-exporter')
    assert.equal(await bound(['tls-server-end-point', 'tls-unique']), 'p=tls-unique')
    assert.equal(await bound(['tls-server-end-point']), 'p=tls-server-end-point')
    assert.equal(await bound(['unknown-cb']), 'binding-unavailable')
  })

  test('is a default type if the server does not tell', async () => {
    const bound = (changes: ClientChanges) =>
      flag({ offered: both, offeredBindings: [], ...changes }, 'SCRAM-SHA-1-PLUS')
    assert.equal(await bound({ channelBindings: [endPoint, exporter, unique] }), 'p=tls-unique')
    assert.equal(await bound({ channelBindings: [endPoint, exporter] }), 'p=tls-exporter')
    assert.equal(await bound({ channelBindings: [endPoint] }), 'p=tls-server-end-point')
  })

  test('is none where SASL2 offers -PLUS and no types, or types and no -PLUS [XEP-0440 3, rules 4 and 5]', async () => {
    for (const offers of [
      { offered: both, offeredBindings: [] },
      { offered: plain, offeredBindings: ['tls-exporter'] },
    ]) {
      assert.equal(await flag({ ...offers, isSasl2: true }), 'downgrade')
      assert.equal(await flag({ ...offers, isSasl2: true }, 'SCRAM-SHA-1-PLUS'), 'downgrade')
      assert.equal(await flag({ ...offers, isSasl2: true, channelBindings: [] }), 'n')
    }
  })

  test('with only unknown types, goes on only if the server proves its list [XEP-0474 7]', async () => {
    const { client, first, nonce } = await begin({ channelBindings: [exporter], offeredBindings: ['unknown-cb'] })
    assert.ok(first.startsWith('n,,'))
    assert.equal(problemOf(await client.respond(bytes(`${nonce}server,s=${salt},i=4096`))), 'downgrade')
  })
})

describe('the version of TLS (XEP-0515)', () => {
  const talk = (ours: string | undefined, theirs: string | undefined) =>
    converse(
      ledLogin('SCRAM-SHA-256', clientOptions(ours === undefined ? {} : { tlsVersion: ours })),
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
