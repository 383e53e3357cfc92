import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { encodeBase64 } from './base64.ts'
import { concatBytes } from './bytes.ts'
import type { HashName } from './sasl-crypto.ts'
import { createServerMechanism } from './server.ts'
import type { SaslServerContext, SaslServerMechanism, SaslStep } from './server-mechanism.ts'
import {
  bytes,
  endPoint,
  everyName,
  exporter,
  outcome,
  scramProof,
  serverContext,
  text,
  unique,
} from './support.test.ts'

function mechanism(name: string, changes: Partial<SaslServerContext> = {}): SaslServerMechanism {
  return createServerMechanism(name, serverContext(changes))!
}

function first(name: string, message: string, changes: Partial<SaslServerContext> = {}): SaslStep {
  return mechanism(name, changes).start(bytes(message)) as SaslStep
}

interface Attempt {
  name?: string
  hash?: HashName
  header?: string
  bare?: string
  password?: string
  binding?: Uint8Array
  /** Changes the client's final message, without its proof, before the proof is computed. */
  rewrite?: (final: string) => string
  /** Changes the whole final message. */
  rewriteProof?: (final: string) => string
  changes?: Partial<SaslServerContext>
}

function login(attempt: Attempt): SaslStep {
  const { name = 'SCRAM-SHA-256', hash = 'SHA-256', header = 'n,,', bare = 'n=juliet,r=abcdef' } = attempt
  const server = mechanism(name, attempt.changes)
  const challenge = server.start(bytes(header + bare)) as SaslStep
  if (challenge.kind !== 'challenge') return challenge
  const serverFirst = text(challenge)
  const nonce = serverFirst.split(',')[0]!
  const bound = encodeBase64(concatBytes(bytes(header), attempt.binding ?? new Uint8Array(0)))
  const final = (attempt.rewrite ?? String)(`c=${bound},${nonce}`)
  const { proof } = scramProof(hash, attempt.password ?? 'r0m30myr0m30', `${bare},${serverFirst},${final}`)
  return server.respond(bytes((attempt.rewriteProof ?? String)(`${final},p=${proof}`))) as SaslStep
}

describe('SCRAM server', () => {
  test('lets the right password in, with every hash', () => {
    for (const hash of ['SHA-1', 'SHA-256', 'SHA-512'] as const) {
      const step = login({ name: `SCRAM-${hash}`, hash })
      assert.equal(outcome(step), 'success juliet')
      assert.match(text(step), /^v=/)
    }
  })

  test('asks for the initial response when there was none', () => {
    const server = mechanism('SCRAM-SHA-256')
    assert.deepEqual(server.start(), { kind: 'challenge', data: new Uint8Array(0) })
    assert.equal(outcome(server.respond(bytes('n,,n=juliet,r=abc')) as SaslStep), 'challenge')
  })

  test('prepares the username, and hashes it as received [RFC5802 5.1]', () => {
    assert.equal(outcome(login({ bare: 'n=JULIET,r=abc' })), 'success juliet')
  })

  test('unescapes commas and equals signs in names', () => {
    assert.equal(outcome(login({ bare: 'n=eq=3Dual=2Ccomma,r=abc', password: 'pässwörd ,=' })), 'success eq=ual,comma')
  })

  test('ignores unknown optional extensions and signs over them [RFC5802 5.1]', () => {
    const step = login({ bare: 'n=juliet,r=abc,x=1,Z=a=b', rewrite: (final) => `${final},y=2` })
    assert.equal(outcome(step), 'success juliet')
  })

  test('answers a wrong password and an unknown user alike', () => {
    const wrong = login({ password: 'wrong' })
    const unknown = login({ bare: 'n=tybalt,r=abcdef' })
    assert.deepEqual(wrong, { kind: 'failure', condition: 'not-authorized' })
    assert.deepEqual(unknown, wrong)
  })

  test('always sends a challenge, whoever is asked for, of the same shape (S38)', () => {
    const shape = (user: string) => text(first('SCRAM-SHA-256', `n,,n=${user},r=abc`)).replace(/^r=[^,]*/, 'r')
    assert.equal(shape('tybalt'), shape('juliet'))
  })

  test('gives every attempt its own nonce, behind that of the client', () => {
    const nonces = [1, 2].map(() => text(first('SCRAM-SHA-1', 'n,,n=juliet,r=abc')).split(',')[0]!)
    assert.ok(nonces.every((nonce) => nonce.startsWith('r=abc') && nonce.length >= 24))
    assert.notEqual(nonces[0], nonces[1])
  })

  test('binds to the channel with every type', () => {
    for (const binding of [exporter, endPoint, unique]) {
      const step = login({
        name: 'SCRAM-SHA-256-PLUS',
        header: `p=${binding.type},,`,
        binding: binding.data,
        changes: { channelBindings: [exporter, endPoint, unique] },
      })
      assert.equal(outcome(step), 'success juliet')
    }
  })

  test('refuses the binding data of another connection (S37)', () => {
    for (const type of ['tls-exporter', 'tls-server-end-point']) {
      const step = login({ name: 'SCRAM-SHA-256-PLUS', header: `p=${type},,`, binding: new Uint8Array(32) })
      assert.equal(outcome(step), 'not-authorized')
    }
    assert.equal(outcome(login({ name: 'SCRAM-SHA-256-PLUS', header: 'p=tls-exporter,,' })), 'not-authorized')
  })

  test('refuses binding types that are unknown or not valid here (S37)', () => {
    for (const type of ['unknown-cb', 'tls-unique', 'TLS-EXPORTER']) {
      assert.equal(outcome(first('SCRAM-SHA-256-PLUS', `p=${type},,n=juliet,r=abc`)), 'not-authorized')
    }
  })

  test('refuses a client that saw no channel binding although it was offered (S36)', () => {
    assert.equal(outcome(login({ header: 'y,,' })), 'not-authorized')
    assert.equal(outcome(login({ header: 'y,,', changes: { channelBindings: [] } })), 'not-authorized')
    const offered = everyName.filter((name) => !name.endsWith('-PLUS'))
    assert.equal(outcome(login({ header: 'y,,', changes: { offered } })), 'not-authorized')
    assert.equal(outcome(login({ header: 'y,,', changes: { offered, channelBindings: [] } })), 'success juliet')
  })

  test('wants flag and mechanism name to agree', () => {
    assert.equal(outcome(first('SCRAM-SHA-1', 'p=tls-exporter,,n=juliet,r=abc')), 'malformed-request')
    assert.equal(outcome(first('SCRAM-SHA-1-PLUS', 'n,,n=juliet,r=abc')), 'malformed-request')
  })

  test('refuses a changed header in the final message', () => {
    const step = login({ rewrite: (final) => final.replace('c=biws', `c=${encodeBase64(bytes('y,,'))}`) })
    assert.equal(outcome(step), 'not-authorized')
  })

  test('refuses a changed nonce', () => {
    assert.equal(outcome(login({ rewrite: (final) => `${final}x` })), 'not-authorized')
  })

  test('accepts the own account as authzid and no other (S40)', () => {
    assert.equal(outcome(login({ header: 'n,a=juliet@capulet.example,' })), 'success juliet')
    const others = ['romeo@capulet.example', 'juliet@montague.example', 'juliet', 'capulet.example']
    const variants = ['Juliet@capulet.example', 'juliet@capulet.example/balcony', ' juliet@capulet.example']
    for (const authzid of [...others, ...variants]) {
      assert.equal(outcome(login({ header: `n,a=${authzid},` })), 'invalid-authzid', authzid)
    }
  })

  test('sends the hash of the offers when told to (XEP-0474)', () => {
    assert.doesNotMatch(text(first('SCRAM-SHA-1', 'n,,n=juliet,r=abc')), /,h=/)
    const protectedFirst = text(first('SCRAM-SHA-1', 'n,,n=juliet,r=abc', { downgradeProtection: true }))
    assert.match(protectedFirst, /,h=[A-Za-z0-9+/]{27}=$/)
    assert.equal(outcome(login({ changes: { downgradeProtection: true } })), 'success juliet')
  })

  test('refuses malformed first messages (S45)', () => {
    const messages = [
      '',
      ',',
      'n',
      'n,',
      'n,,',
      'x,,n=juliet,r=abc',
      'nn,,n=juliet,r=abc',
      'n=1,,n=juliet,r=abc',
      'p,,n=juliet,r=abc',
      'p=,,n=juliet,r=abc',
      'p=tls exporter,,n=juliet,r=abc',
      'F,n,,n=juliet,r=abc',
      'n,juliet,n=juliet,r=abc',
      'n,a=,n=juliet,r=abc',
      'n,b=juliet@capulet.example,n=juliet,r=abc',
      'n,a=x=2c,n=juliet,r=abc',
      'n,,n=,r=abc',
      'n,,r=abc,n=juliet',
      'n,,n=juliet',
      'n,,n=juliet,r=',
      'n,,n=juliet,r=a b',
      'n,,n=juliet,r=ä',
      'n,,n=juliet,r=a\u007f',
      'n,,n=jul\0iet,r=abc',
      'n,,n=juliet=,r=abc',
      'n,,n=juliet=2c,r=abc',
      'n,,n=juliet=41,r=abc',
      'n,,n=ju liet,r=abc',
      'n,,n=juliet,r=abc,',
      'n,,n=juliet,r=abc,x',
      'n,,n=juliet,r=abc,x=',
      'n,,n=juliet,r=abc,1=a',
      'n,,n=juliet,r=abc,n=romeo',
      `n,,n=juliet,r=${'a'.repeat(8192)}`,
    ]
    for (const message of messages) assert.equal(outcome(first('SCRAM-SHA-1', message)), 'malformed-request', message)
    const notUtf8 = mechanism('SCRAM-SHA-1').start(concatBytes(bytes('n,,n=j'), Uint8Array.of(0xff), bytes(',r=a')))
    assert.equal(outcome(notUtf8 as SaslStep), 'malformed-request')
  })

  test('refuses mandatory extensions wherever they are [RFC5802 5.1]', () => {
    assert.equal(outcome(first('SCRAM-SHA-1', 'n,,m=x,n=juliet,r=abc')), 'malformed-request')
    assert.equal(outcome(first('SCRAM-SHA-1', 'n,,n=juliet,r=abc,m=x')), 'malformed-request')
    assert.equal(outcome(login({ rewrite: (final) => `${final},m=x` })), 'malformed-request')
  })

  test('refuses malformed final messages', () => {
    const rewrites: ((final: string) => string)[] = [
      () => '',
      (final) => final.slice(0, final.indexOf(',p=')),
      (final) => final.replace('c=', 'd='),
      (final) => final.replace('c=biws', 'c=bi ws'),
      (final) => final.replace('c=biws', 'c='),
      (final) => `${final},x=1`,
      (final) => final.replace(',p=', ',p=AAAA,p='),
      (final) => final.replace(/,p=.*/, ',p='),
      (final) => final.replace(/,p=.*/, ',p=AAAA'),
      (final) => `${final}=`,
    ]
    for (const rewriteProof of rewrites) {
      assert.equal(outcome(login({ rewriteProof })), 'malformed-request', String(rewriteProof))
    }
  })

  test('is over after its first outcome', () => {
    const failed = mechanism('SCRAM-SHA-1')
    assert.equal(outcome(failed.start(bytes('nonsense')) as SaslStep), 'malformed-request')
    assert.equal(outcome(failed.respond(bytes('n,,n=juliet,r=abc')) as SaslStep), 'malformed-request')
  })
})
