import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createServerMechanism } from './server.ts'
import type { SaslServerContext, SaslStep } from './server-mechanism.ts'
import { bytes, outcome, serverContext } from './support.test.ts'

function attempt(name: string, message: Uint8Array | string | undefined, changes: Partial<SaslServerContext>): string {
  const data = typeof message === 'string' ? bytes(message) : message
  return outcome(createServerMechanism(name, serverContext(changes))!.start(data) as SaslStep)
}

const juliet = { authzid: 'juliet@capulet.example', username: 'juliet' }
const nurse = { authzid: 'nurse@capulet.example', username: 'nurse' }

describe('EXTERNAL server', () => {
  test('takes the identity the transport has proved', () => {
    assert.equal(attempt('EXTERNAL', '', { externalIdentities: [juliet] }), 'success juliet')
    assert.equal(attempt('EXTERNAL', juliet.authzid, { externalIdentities: [juliet] }), 'success juliet')
    assert.equal(attempt('EXTERNAL', undefined, { externalIdentities: [juliet] }), 'challenge')
  })

  test('wants a choice between several identities [XEP-0178 2]', () => {
    assert.equal(attempt('EXTERNAL', '', { externalIdentities: [juliet, nurse] }), 'invalid-authzid')
    assert.equal(attempt('EXTERNAL', nurse.authzid, { externalIdentities: [juliet, nurse] }), 'success nurse')
  })

  test('refuses every other authzid (S40)', () => {
    for (const authzid of ['romeo@capulet.example', 'juliet', 'JULIET@capulet.example', `${juliet.authzid}/balcony`]) {
      assert.equal(attempt('EXTERNAL', authzid, { externalIdentities: [juliet] }), 'invalid-authzid')
    }
  })

  test('refuses whoever has proved nothing, and what is malformed', () => {
    assert.equal(attempt('EXTERNAL', '', {}), 'not-authorized')
    assert.equal(attempt('EXTERNAL', juliet.authzid, {}), 'not-authorized')
    const changes = { externalIdentities: [juliet] }
    assert.equal(attempt('EXTERNAL', `${juliet.authzid}\0`, changes), 'malformed-request')
    assert.equal(attempt('EXTERNAL', Uint8Array.of(0xff), changes), 'malformed-request')
    assert.equal(attempt('EXTERNAL', 'a'.repeat(9000), changes), 'malformed-request')
  })
})

describe('ANONYMOUS server', () => {
  const traces: string[] = []
  const anonymous = (trace: string) => {
    traces.push(trace)
    return 'guest'
  }

  test('lets anybody in if the caller does, with or without a trace', () => {
    assert.equal(attempt('ANONYMOUS', '', { anonymous }), 'success guest')
    assert.equal(attempt('ANONYMOUS', 'sirhc', { anonymous }), 'success guest')
    assert.equal(attempt('ANONYMOUS', 'ä'.repeat(255), { anonymous }), 'success guest')
    assert.deepEqual(traces.slice(0, 2), ['', 'sirhc'])
  })

  test('asks nothing of who sends no initial response [XEP-0175 4]', () => {
    assert.equal(attempt('ANONYMOUS', undefined, { anonymous }), 'success guest')
  })

  test('refuses when there is no such access, or the caller says no', () => {
    assert.equal(attempt('ANONYMOUS', '', {}), 'not-authorized')
    assert.equal(attempt('ANONYMOUS', '', { anonymous: () => undefined }), 'not-authorized')
  })

  test('refuses traces that are too long or unfit for a log [RFC6120 6.5.8]', () => {
    for (const trace of ['a'.repeat(256), '\u{1F600}'.repeat(256), 'a\nb', 'a\0', '\u007f', '\u0085', '\u2028']) {
      assert.equal(attempt('ANONYMOUS', trace, { anonymous }), 'malformed-request', trace)
    }
    assert.equal(attempt('ANONYMOUS', Uint8Array.of(0xc0, 0x80), { anonymous }), 'malformed-request')
  })
})
