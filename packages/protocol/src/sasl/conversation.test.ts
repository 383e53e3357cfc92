import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { SaslChannel } from './channel.ts'
import type { ChannelBinding } from './channel-binding.ts'
import { authenticate, chooseMechanism, type LoginMeans } from './client.ts'
import type { SaslProblemError } from './client-mechanism.ts'
import { boundScramNames, unboundScramNames } from './mechanism-name.ts'
import { maxSaslMessage } from './message-text.ts'
import { createServerMechanism } from './server.ts'
import type { SaslServerContext } from './server-mechanism.ts'
import {
  bytes,
  type ClientChanges,
  clientOptions,
  converse,
  endPoint,
  everyName,
  exporter,
  ledLogin,
  outcome,
  serverContext,
  unique,
  waitingCrypto,
} from './support.test.ts'

function talk(name: string, client: ClientChanges = {}, server: Partial<SaslServerContext> = {}): Promise<string> {
  return converse(ledLogin(name, clientOptions(client)), createServerMechanism(name, serverContext(server))!)
}

const scramNames = [...boundScramNames, ...unboundScramNames]
const agreed = 'success juliet; success'

describe('client and server', () => {
  for (const name of boundScramNames) {
    for (const binding of [exporter, endPoint, unique]) {
      test(`agree on ${name} with ${binding.type}`, async () => {
        const bindings = { channelBindings: [binding], offeredBindings: [binding.type] }
        for (const downgradeProtection of [false, true]) {
          assert.equal(await talk(name, bindings, { channelBindings: [binding], downgradeProtection }), agreed)
        }
      })
    }
  }

  for (const name of unboundScramNames) {
    test(`agree on ${name}, whether or not either could bind`, async () => {
      const offered = everyName.filter((each) => !each.endsWith('-PLUS'))
      const unbound = { offered, channelBindings: [] }
      for (const downgradeProtection of [false, true]) {
        assert.equal(await talk(name, { channelBindings: [] }, { downgradeProtection }), agreed)
        const capable = { offered, offeredBindings: [] }
        assert.equal(await talk(name, capable, { ...unbound, downgradeProtection }), agreed)
        assert.equal(await talk(name, { ...unbound, offeredBindings: [] }, { ...unbound, downgradeProtection }), agreed)
      }
    })
  }

  test('agree on PLAIN, EXTERNAL and ANONYMOUS', async () => {
    assert.equal(await talk('PLAIN'), agreed)
    const juliet = { authzid: 'juliet@capulet.example', username: 'juliet' }
    assert.equal(await talk('EXTERNAL', {}, { externalIdentities: [juliet] }), agreed)
    assert.equal(await talk('ANONYMOUS', {}, { anonymous: () => 'masked-guest' }), 'success masked-guest; success')
  })

  test('agree when every answer has to be waited for', async () => {
    for (const name of scramNames) {
      const waiting = { crypto: waitingCrypto }
      assert.equal(await talk(name, waiting, { ...waiting, downgradeProtection: true }), agreed)
    }
  })

  test('agree on names and passwords with every kind of character', async () => {
    for (const name of [...scramNames, 'PLAIN']) {
      assert.equal(
        await talk(name, { username: 'Eq=ual,comma', password: 'pa\u0308sswo\u0308rd ,=' }),
        'success eq=ual,comma; success',
      )
    }
  })

  test('agree on an authzid that is the own account', async () => {
    for (const name of [...scramNames, 'PLAIN']) {
      assert.equal(await talk(name, { authzid: 'juliet@capulet.example' }), agreed)
      assert.equal(await talk(name, { authzid: 'romeo@capulet.example' }), 'invalid-authzid; refused')
    }
  })

  test('disagree on a wrong password', async () => {
    for (const name of [...scramNames, 'PLAIN']) {
      assert.equal(await talk(name, { password: 'wrong' }), 'not-authorized; refused')
      assert.equal(await talk(name, { username: 'tybalt' }), 'not-authorized; refused')
    }
  })

  test('notice someone between them who has a connection with each (S37)', async () => {
    const theirs = { ...exporter, data: new Uint8Array(32).fill(1) }
    for (const name of boundScramNames) {
      assert.equal(await talk(name, { channelBindings: [theirs] }), 'not-authorized; refused')
    }
  })

  test('notice that -PLUS was taken out of the offers (S36)', async () => {
    const offered = ['SCRAM-SHA-1', 'PLAIN']
    assert.equal(await talk('SCRAM-SHA-1', { offered, offeredBindings: [] }), 'not-authorized; refused')
  })

  test('notice changed offers even where nothing is bound (S36, XEP-0474)', async () => {
    const browser = { channelBindings: [] }
    const protection = { downgradeProtection: true }
    const fewer = await talk('SCRAM-SHA-1', { ...browser, offered: ['SCRAM-SHA-1'] }, protection)
    assert.equal(fewer, 'challenge; downgrade')
    const others = await talk('SCRAM-SHA-1', { ...browser, offeredBindings: ['tls-server-end-point'] }, protection)
    assert.equal(others, 'challenge; downgrade')
  })
})

describe('choice of a mechanism', () => {
  const means = { offered: everyName, offeredBindings: ['tls-exporter'], password: true }
  const choose = ({
    channelBindings = [exporter],
    external = false,
    ...changes
  }: Partial<LoginMeans> & { channelBindings?: readonly ChannelBinding[]; external?: boolean }) => {
    const channel = new SaslChannel({ bindings: channelBindings, hasCertificate: external })
    try {
      return chooseMechanism({ ...means, channel, ...changes })
    } catch (error) {
      return (error as SaslProblemError).problem
    }
  }

  test('takes the best first and PLAIN last', () => {
    const order: string[] = []
    let offered = everyName.filter((name) => name !== 'EXTERNAL' && name !== 'ANONYMOUS')
    while (offered.length > 0) {
      const name = choose({ offered, plain: true, offeredBindings: [] })
      order.push(name)
      offered = offered.filter((each) => each !== name)
    }
    assert.deepEqual(order, [...scramNames, 'PLAIN'])
  })

  test('takes PLAIN only if allowed, ANONYMOUS only if wanted, EXTERNAL if there is a certificate', () => {
    const plain = { offered: ['PLAIN'], offeredBindings: [] }
    assert.equal(choose(plain), 'no-mechanism')
    assert.equal(choose({ ...plain, plain: true }), 'PLAIN')
    assert.equal(choose({ external: true }), 'EXTERNAL')
    assert.equal(choose({ password: false }), 'no-mechanism')
    assert.equal(choose({ password: false, anonymous: true }), 'ANONYMOUS')
    assert.equal(choose({ offered: [], offeredBindings: [] }), 'no-mechanism')
    assert.equal(choose({ offered: ['X-UNKNOWN', 'scram-sha-1'], offeredBindings: [], plain: true }), 'no-mechanism')
  })

  test('binds only with a type that both have', () => {
    assert.equal(choose({ channelBindings: [] }), 'SCRAM-SHA-512')
    assert.equal(choose({ channel: undefined }), 'SCRAM-SHA-512')
    assert.equal(choose({ offeredBindings: ['tls-server-end-point'] }), 'SCRAM-SHA-512')
    assert.equal(
      choose({ channelBindings: [endPoint], offeredBindings: ['tls-server-end-point'] }),
      'SCRAM-SHA-512-PLUS',
    )
  })

  test('gives up when bindings are listed but no mechanism for them [XEP-0440 3]', () => {
    assert.equal(choose({ offered: ['SCRAM-SHA-256', 'PLAIN'], plain: true }), 'downgrade')
  })
})

describe('mechanisms by name', () => {
  test('only those that were offered, spelled exactly (S41)', async () => {
    const context = serverContext({ offered: ['SCRAM-SHA-1'] })
    for (const name of ['ANONYMOUS', 'PLAIN', 'X-NONE', 'scram-sha-1', 'SCRAM-SHA-1-PLUS', '', '__proto__']) {
      assert.equal(createServerMechanism(name, context), undefined)
    }
    const odd = serverContext({ offered: ['X-NONE', '__proto__', 'constructor'] })
    for (const name of odd.offered) assert.equal(createServerMechanism(name, odd), undefined)
    const say = () => assert.fail('said')
    for (const name of ['X-NONE', 'scram-sha-1', 'HT-SHA-1-NONE', '__proto__'])
      await assert.rejects(authenticate(name, clientOptions(), say), { problem: 'no-mechanism' })
  })
})

describe('fuzzed messages', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      'n,,',
      'y,,',
      'p=tls-exporter,,',
      'n=juliet',
      'r=abc',
      'c=biws',
      'p=AAAA',
      'v=AAAA',
      'e=x',
      'm=x',
      '\0',
    ),
    fc.constantFrom('s=QSXC', 'i=4096', 'i=1', 'h=x', ',', '=', '=2C', '=3D', 'a=juliet@capulet.example', 'juliet'),
    fc.string({ unit: 'binary', maxLength: 5 }),
  )
  const message = fc.oneof(
    fc.array(piece, { maxLength: 8 }).map((pieces) => bytes(pieces.join(''))),
    fc.array(piece, { maxLength: 8 }).map((pieces) => bytes(pieces.join(','))),
    fc.uint8Array({ maxLength: 40 }),
    fc.constant(new Uint8Array(maxSaslMessage + 1).fill(0x61)),
  )

  test('never throw at the server, and never log anybody in', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...everyName), message, message, async (name, one, two) => {
        const server = createServerMechanism(name, serverContext({ verifyPlain: () => false }))!
        assert.doesNotMatch(outcome(await server.start(one)), /^success/)
        assert.doesNotMatch(outcome(await server.respond(two)), /^success/)
      }),
      { numRuns: 1000 },
    )
  })

  test('never throw at the client, and never convince it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...scramNames), message, message, async (name, one, two) => {
        const client = ledLogin(name, clientOptions())
        await client.start()
        assert.equal((await client.respond(one)).kind, 'failure')
        const other = ledLogin(name, clientOptions())
        await other.start()
        assert.equal((await other.finish(two)).kind, 'failure')
      }),
      { numRuns: 1000 },
    )
  })
})
