import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decodeBase64 } from './base64.ts'
import type { ChannelBinding } from './channel-binding.ts'
import { downgradeHash } from './downgrade.ts'
import type { HashName } from './sasl-crypto.ts'
import { proveByScram } from './scram-client.ts'
import { deriveScramKeys } from './scram-keys.ts'
import { ScramServer } from './scram-server.ts'
import type { SaslStep } from './server-mechanism.ts'
import { bytes, clientOptions, LedLogin, outcome, serverContext, testCrypto, text, vectors } from './support.test.ts'

interface Vector {
  source: string
  hash: HashName
  plus: boolean
  username: string
  password: string
  clientNonce: string
  serverNonce: string
  salt: string
  iterations: number
  binding?: { type: ChannelBinding['type']; data: string }
  offered?: string[]
  offeredBindings?: ChannelBinding['type'][]
  clientExtension?: string
  tlsVersion?: string
  clientFirst: string
  serverFirst: string
  clientFinal: string
  serverFinal: string
}

for (const vector of vectors<Vector[]>('scram')) {
  const { hash, plus, username, password, iterations, offered } = vector
  const bound = vector.binding
  const channelBindings = (vector.offeredBindings ?? []).map((type) => {
    return { type, data: type === bound?.type ? bytes(bound.data) : new Uint8Array(0) }
  })

  describe(vector.source, () => {
    test('the server says what is published', () => {
      const context = serverContext({
        channelBindings,
        offered: offered ?? [`SCRAM-${hash}`],
        downgradeProtection: offered !== undefined,
        tlsVersion: vector.tlsVersion,
        scramKeys: () => deriveScramKeys(testCrypto, hash, password, decodeBase64(vector.salt)!, iterations),
      })
      const server = new ScramServer(context, hash, plus, vector.serverNonce)
      assert.equal(text(server.start(bytes(vector.clientFirst)) as SaslStep), vector.serverFirst)
      const step = server.respond(bytes(vector.clientFinal)) as SaslStep
      assert.equal(outcome(step), `success ${username}`)
      assert.equal(text(step), vector.serverFinal)
    })

    test('the client says what is published', async () => {
      const options = clientOptions({
        username,
        password,
        channelBindings,
        offered: offered ?? [`SCRAM-${hash}`],
        offeredBindings: vector.offeredBindings ?? [],
        ...(vector.tlsVersion === undefined ? {} : { tlsVersion: vector.tlsVersion }),
      })
      const client = new LedLogin((say) => proveByScram({ hash, plus }, options, say, vector.clientNonce))
      assert.equal(text(await client.start()), vector.clientFirst)
      const step = await client.respond(bytes(vector.serverFirst))
      assert.equal(step.kind, 'response')
      if (vector.clientExtension === undefined) {
        assert.equal(text(step), vector.clientFinal)
        assert.equal((await client.finish(bytes(vector.serverFinal))).kind, 'success')
      } else {
        const published = vector.clientFinal.replace(`,${vector.clientExtension}`, '')
        assert.equal(text(step).split(',p=')[0], published.split(',p=')[0])
      }
    })
  })
}

describe('hash of the offers (XEP-0474)', () => {
  test('does not depend on the order of the offers', () => {
    const hash = (mechanisms: string[], bindings: string[]) =>
      downgradeHash(testCrypto, 'SHA-256', mechanisms, bindings)
    assert.equal(hash(['B', 'A'], ['y', 'x']), hash(['A', 'B'], ['x', 'y']))
  })

  test('differs by what is a mechanism and what is a binding type', () => {
    const hash = (mechanisms: string[], bindings: string[]) => downgradeHash(testCrypto, 'SHA-1', mechanisms, bindings)
    const all = [hash(['A', 'B'], []), hash(['A'], ['B']), hash(['AB'], []), hash(['A', 'B'], ['C']), hash(['A'], [])]
    assert.equal(new Set(all).size, all.length)
  })

  test('sorts by octets, not by letters', () => {
    const sortedFor = (names: string[]) => {
      let seen = ''
      const spy = {
        ...testCrypto,
        hash: (_: HashName, data: Uint8Array) => {
          seen = new TextDecoder().decode(data)
          return data
        },
      }
      downgradeHash(spy, 'SHA-1', names, [])
      return seen.split('\x1e')
    }
    assert.deepEqual(sortedFor(['a', 'B', 'A_', 'AB', 'A-', 'A']), ['A', 'A-', 'AB', 'A_', 'B', 'a'])
    // of which UTF-16 begins with D8 and FF
    assert.deepEqual(sortedFor(['\u{1d400}', 'Z', '\uff21', '\u00c9']), ['Z', '\u00c9', '\uff21', '\u{1d400}'])
  })
})
