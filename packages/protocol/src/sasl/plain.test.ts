import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createServerMechanism } from './server.ts'
import type { SaslServerContext, SaslStep } from './server-mechanism.ts'
import { bytes, outcome, serverContext } from './support.test.ts'

function attempt(message: string | Uint8Array, changes: Partial<SaslServerContext> = {}): string {
  const data = typeof message === 'string' ? bytes(message) : message
  return outcome(createServerMechanism('PLAIN', serverContext(changes))!.start(data) as SaslStep)
}

describe('PLAIN server', () => {
  test('lets the right password in and answers everything else alike', () => {
    assert.equal(attempt('\0juliet\0r0m30myr0m30'), 'success juliet')
    assert.equal(attempt('\0Juliet\0r0m30myr0m30'), 'success juliet')
    assert.equal(attempt('\0juliet\0wrong'), 'not-authorized')
    assert.equal(attempt('\0tybalt\0wrong'), 'not-authorized')
  })

  test('prepares the password', () => {
    assert.equal(attempt('\0eq=ual,comma\0pa\u0308sswo\u0308rd ,='), 'success eq=ual,comma')
  })

  test('accepts the own account as authzid and no other, right password or not (S40)', () => {
    assert.equal(attempt('juliet@capulet.example\0juliet\0r0m30myr0m30'), 'success juliet')
    assert.equal(attempt('Juliet@capulet.example\0Juliet\0r0m30myr0m30'), 'success juliet')
    const others = ['romeo@capulet.example', 'juliet@montague.example', 'juliet', 'JULIET@capulet.example']
    for (const authzid of [...others, 'ｊuliet@capulet.example', 'juliet@capulet.example/balcony', 'capulet.example']) {
      assert.equal(attempt(`${authzid}\0juliet\0r0m30myr0m30`), 'invalid-authzid', authzid)
      assert.equal(attempt(`${authzid}\0juliet\0wrong`), 'invalid-authzid', authzid)
    }
  })

  test('refuses malformed messages without asking for a password (S45)', () => {
    const verifyPlain = () => assert.fail('asked')
    const messages = [
      '',
      'juliet',
      '\0juliet',
      '\0juliet\0r0m\0x',
      '\0\0x',
      '\0juliet\0',
      'a\0b c\0d',
      '\0juliet\0\u0007',
    ]
    for (const message of messages) assert.equal(attempt(message, { verifyPlain }), 'malformed-request', message)
    assert.equal(attempt(Uint8Array.of(0, 0x61, 0, 0xc0, 0x80), { verifyPlain }), 'malformed-request')
    assert.equal(attempt(`\0juliet\0${'x'.repeat(10_000)}`, { verifyPlain }), 'malformed-request')
  })

  test('asks for the message when it did not come with the request, and takes only one', () => {
    const server = createServerMechanism('PLAIN', serverContext())!
    assert.equal(outcome(server.start() as SaslStep), 'challenge')
    assert.equal(outcome(server.respond(bytes('\0juliet\0wrong')) as SaslStep), 'not-authorized')
    assert.equal(outcome(server.respond(bytes('\0juliet\0r0m30myr0m30')) as SaslStep), 'malformed-request')
  })

  test('waits for a slow answer', async () => {
    const server = createServerMechanism('PLAIN', serverContext({ verifyPlain: async () => true }))!
    assert.equal(outcome(await server.start(bytes('\0juliet\0x'))), 'success juliet')
  })

  test('lets a local error through, for the caller to log', async () => {
    const server = createServerMechanism(
      'PLAIN',
      serverContext({ verifyPlain: () => Promise.reject(new Error('overloaded')) }),
    )!
    await assert.rejects(async () => server.start(bytes('\0juliet\0x')), /overloaded/)
  })
})
