/** Somebody between client and server, or in the server's place, who takes the encryption away, or speaks before it begins (S34, S35). */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { NS } from '@rookery/protocol'
import { mechanisms, success } from '@rookery/protocol/xeps/sasl'
import { proceed } from '@rookery/protocol/xeps/starttls'
import { Element, el } from '@rookery/protocol/xml'
import { HostileServer } from '../harness/hostile-server.ts'
import { nothingSaid, profiles, without } from '../support/between.ts'
import { failsToLogIn, Victim } from '../support/victim.ts'

describe('S34: encryption that somebody takes away', () => {
  test('S34: no word is said to a server that offers mechanisms in the clear', async () => {
    for (const [, more] of profiles) {
      await using server = await HostileServer.start({ startTls: 'absent', ...more })
      assert.partialDeepStrictEqual(await failsToLogIn(server), { kind: 'connect', reason: 'no-encryption' })
      nothingSaid(server)
      assert.equal(server.connections.length, 1)
      assert.equal(
        server.journal.entries
          .find(({ kind }) => kind === 'received')
          ?.what.toString()
          .includes('romeo'),
        false,
      )
    }
  })

  test('S34: features in two segments, mechanisms first, are read as one', async () => {
    await using server = await HostileServer.start()
    server.script.features = (offered, connection) => (connection.isSecure ? offered : [])
    server.script.send = (element, connection) => {
      if (element.name !== 'features' || connection.isSecure) return element
      const [first, second] = [
        "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms>",
        "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>",
      ]
      void connection.trickle(`${first}${second}`, [first.length])
      return undefined
    }
    await using victim = await Victim.login(server)
    assert.equal(victim.client.state.name, 'online')
    assert.equal(server.received('starttls').length, 1)
    assert.match(server.received('auth')[0]?.attr('mechanism') ?? '', /-PLUS$/)
  })

  test('S34: features twice, without STARTTLS and then with it', async () => {
    await using server = await HostileServer.start()
    server.script.send = (element, connection) =>
      element.name === 'features' && !connection.isSecure
        ? [
            element.withChildren(element.children.filter((child) => typeof child !== 'string' && child.ns !== NS.tls)),
            element,
          ]
        : element
    assert.partialDeepStrictEqual(await failsToLogIn(server), { reason: 'no-encryption' })
    nothingSaid(server)
  })

  test('S34: an offer that looks like STARTTLS and is not', async () => {
    for (const fake of [
      el('starttls', 'urn:example:tls'),
      el('starttls', NS.sasl),
      el('STARTTLS', NS.tls),
      el('x', 'urn:x', {}, [el('starttls', NS.tls)]),
    ]) {
      await using server = await HostileServer.start({ startTls: 'absent' })
      server.script.features = (offered) => [fake, ...offered]
      assert.partialDeepStrictEqual(await failsToLogIn(server), { reason: 'no-encryption' })
      nothingSaid(server)
    }
  })

  test('S34: TLS that is promised and refused', async () => {
    for (const answer of [
      el('failure', NS.tls),
      success.build({}),
      el('proceed', NS.sasl),
      el('features', NS.streams, {}, [mechanisms.build({ mechanisms: ['PLAIN'] })]),
    ]) {
      await using server = await HostileServer.start()
      server.script.receive = (element, connection) => {
        if (element.name === 'starttls') connection.put(answer)
        return element.name === 'starttls'
      }
      assert.partialDeepStrictEqual(await failsToLogIn(server), { reason: 'no-encryption' })
      nothingSaid(server)
    }
  })

  test('S34: when it comes back, the client still wants the encryption it had', async () => {
    await using server = await HostileServer.start()
    await using victim = await Victim.login(server, { reconnect: true })
    const said = server.received('auth').length
    server.behaviour.startTls = 'absent'
    server.connection.break()
    await server.closed(2)
    assert.equal(server.received('auth').length, said)
    assert.equal(server.received('resume').length, 0)
    server.behaviour.startTls = 'offered'
    assert.partialDeepStrictEqual(await victim.reaches('online'), { resumed: true })
  })

  test('S34: somebody in the clear can not end a client that was online for good', async () => {
    await using server = await HostileServer.start()
    await using victim = await Victim.login(server)
    let hostile = 4
    const conditions = ['conflict', 'host-unknown', 'host-gone', 'not-authorized']
    server.script.header = (header, connection) => {
      if (connection.isSecure || hostile === 0) return header
      connection.put(
        `<?xml version='1.0'?><stream:stream xmlns='${NS.client}' xmlns:stream='${NS.streams}' version='1.0' id='x'>` +
          `<stream:error><${conditions[--hostile]} xmlns='${NS.streamErrors}'/></stream:error></stream:stream>`,
      )
      connection.break('end')
      return undefined
    }
    server.connection.break()
    await victim.reaches('waiting')
    assert.partialDeepStrictEqual(await victim.reaches('online'), { resumed: true })
    assert.equal(hostile, 0)
  })
})

const features = `<stream:features><mechanisms xmlns='${NS.sasl}'><mechanism>PLAIN</mechanism></mechanisms></stream:features>`
const header = `<?xml version='1.0'?><stream:stream xmlns='${NS.client}' xmlns:stream='${NS.streams}' version='1.0' id='s1'>`

/** Bytes in the clear behind `<proceed/>`, in one piece with it. */
function injecting(server: HostileServer, wire: string): void {
  server.script.receive = (element, connection) => {
    if (element.name !== 'starttls') return false
    connection.put(`<proceed xmlns='${NS.tls}'/>${wire}`)
    connection.startTls()
    return true
  }
}

describe('S35: what was said in the clear', () => {
  test('S35: mechanisms of the clear are forgotten; those under TLS count', async () => {
    await using server = await HostileServer.start()
    server.script.features = (offered, { isSecure }) =>
      isSecure
        ? offered
        : [...without('mechanisms')(offered), mechanisms.build({ mechanisms: ['PLAIN', 'SCRAM-SHA-1'] })]
    await using victim = await Victim.login(server)
    assert.equal(victim.client.state.name, 'online')
    assert.equal(server.received('auth')[0]?.attr('mechanism'), 'SCRAM-SHA-256-PLUS')
  })

  test('S35: what stands behind <proceed/> in the clear counts for nothing', async () => {
    for (const injected of [
      features,
      `<success xmlns='${NS.sasl}'/>`,
      `<message from='a@localhost'><body>injected</body></message>`,
      '<message><body>half',
      '<message',
      '   ',
      `<a xmlns='urn:xmpp:sm:3' h='1'/>`,
    ]) {
      await using server = await HostileServer.start()
      injecting(server, injected)
      await using victim = await Victim.login(server)
      await victim.settled()
      assert.deepEqual(victim.bodies, [])
      assert.equal(server.received('auth')[0]?.attr('mechanism'), 'SCRAM-SHA-256-PLUS')
    }
  })

  test('S35: XML that breaks behind <proceed/> ends the connection before a word of the login', async () => {
    for (const injected of [header + features, '</stream:stream>', '<!-- x -->', '\xFF', '<stream:error/>']) {
      await using server = await HostileServer.start()
      injecting(server, injected)
      const error = await failsToLogIn(server)
      assert.notEqual(error['kind'], 'connected', injected)
      assert.ok(error['kind'] === 'connect' || error['kind'] === 'disconnected' || error['kind'] === 'stream', injected)
      nothingSaid(server)
    }
  })

  test('S35: what comes in the clear after <proceed/>, apart from it, breaks TLS and nothing else', async () => {
    await using server = await HostileServer.start()
    server.script.receive = (element, connection) => {
      if (element.name !== 'starttls') return false
      void connection.trickle(`<proceed xmlns='${NS.tls}'/><success xmlns='${NS.sasl}'/>`, [
        `<proceed xmlns='${NS.tls}'/>`.length,
      ])
      return true
    }
    const error = await failsToLogIn(server)
    assert.equal(error['kind'], 'connect')
    assert.equal(server.received('auth').length, 0)
  })

  test('S35: a server that uses the id of the stream again is still asked for everything anew', async () => {
    await using server = await HostileServer.start()
    await using victim = await Victim.login(server)
    const headers = server.journal.entries.filter(
      ({ kind, what }) =>
        kind === 'sent' && String(what) !== what && 'id' in Object(what) && !(what instanceof Element),
    )
    assert.equal(headers.length, 3)
    assert.equal(victim.client.state.name, 'online')
  })

  test('S35: <proceed/> twice, or without being asked', async () => {
    await using server = await HostileServer.start()
    server.script.send = (element, connection) =>
      element.name === 'features' && !connection.isSecure ? [proceed, element] : element
    assert.partialDeepStrictEqual(await failsToLogIn(server), { kind: 'connect', reason: 'bad-answer' })
    nothingSaid(server)
  })
})
