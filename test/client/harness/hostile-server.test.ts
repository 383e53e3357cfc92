/** The hostile server behaves well by default, does what a script says, keeps its journal, and breaks where it is told to. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { NS } from '@rookery/protocol'
import { authenticate } from '@rookery/protocol/sasl'
import { STREAM_END } from '@rookery/protocol/stream'
import { failed } from '@rookery/protocol/xeps/management'
import { success } from '@rookery/protocol/xeps/sasl'
import { proceed } from '@rookery/protocol/xeps/starttls'
import { Element, el, parseElement, writeElement } from '@rookery/protocol/xml'
import { WebSocket } from 'ws'
import { Client } from '../../../examples/client.ts'
import { login } from '../../nolost/client/login.ts'
import { HandClient } from './hand-client.ts'
import { HostileServer, seeOtherHost } from './hostile-server.ts'
import type { Cut } from './valve.ts'

const romeo = { local: 'romeo', domain: 'localhost', password: 'secret' }
const SM = 'urn:xmpp:sm:3'

const small = (server: HostileServer): Promise<Client> =>
  Client.login({ address: '127.0.0.1', port: server.ports.tcp }, romeo)

test('logs in the small client of the examples, and answers its requests', async () => {
  await using server = await HostileServer.start({ roster: [el('item', NS.roster, { jid: 'juliet@localhost' })] })
  await using client = await small(server)
  const roster = await client.ask(`<iq type='get' id='r'><query xmlns='${NS.roster}'/></iq>`)
  assert.equal(roster.child('query', NS.roster)?.child('item')?.attr('jid'), 'juliet@localhost')
  assert.equal((await client.ask(`<iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>`)).attr('type'), 'result')
  assert.equal((await client.ask(`<iq type='get' id='x'><x xmlns='urn:example:x'/></iq>`)).attr('type'), 'error')
  assert.equal((await server.online()).session?.jid, 'romeo@localhost/example')
  assert.equal(server.received('query').length, 1)
})

test('speaks STARTTLS and SCRAM', async () => {
  // this client does not look at the bindings that are offered, so it cannot check the offers
  await using server = await HostileServer.start({ startTls: 'required', downgradeProtection: false })
  const place = { port: server.ports.tcp, host: 'localhost', tls: true }
  const { wire, features } = await login(place, { username: 'romeo', password: 'secret' })
  assert.notEqual(features.child('bind', NS.bind), undefined)
  assert.equal(server.received('auth')[0]?.attr('mechanism'), 'SCRAM-SHA-256')
  wire.drop()
  await server.closed()
})

test('speaks direct TLS with its own authority, and binds SCRAM to it', async () => {
  await using server = await HostileServer.start()
  const client = await HandClient.tls(server.ports.tls, { ca: server.trust.ca })
  await client.open()
  assert.equal(await client.login('SCRAM-SHA-256-PLUS'), undefined)
  assert.equal(await client.bind(), 'romeo@localhost/one')
})

test('shows certificates that are not to be trusted', async () => {
  await using server = await HostileServer.start()
  const refusal = (): Promise<string> =>
    HandClient.tls(server.ports.tls, { ca: server.trust.ca }).then(
      () => 'trusted',
      (error: NodeJS.ErrnoException) => error.code ?? error.message,
    )
  assert.equal(await refusal(), 'trusted')
  server.certificate = server.trust.issue('localhost', { validDays: -1 })
  assert.equal(await refusal(), 'CERT_HAS_EXPIRED')
  server.certificate = server.trust.issue('example.org')
  assert.equal(await refusal(), 'ERR_TLS_CERT_ALTNAME_INVALID')
})

test('speaks WebSocket, with and without TLS', async () => {
  await using server = await HostileServer.start()
  for (const url of [server.service.ws, server.service.wss]) {
    const socket = new WebSocket(url, 'xmpp', { ca: server.trust.ca })
    const inbox: Element[] = []
    const { promise, resolve } = Promise.withResolvers<void>()
    socket.on('open', () =>
      socket.send(`<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0'/>`),
    )
    socket.on('message', (data) => {
      const element = parseElement(String(data))
      assert.ok(element instanceof Element)
      if (inbox.push(element) === 2) resolve()
    })
    await promise
    assert.deepEqual(
      inbox.map(({ name }) => name),
      ['open', 'features'],
    )
    socket.send(`<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>`)
    await server.closed()
    assert.equal(
      server.journal.entries.some(({ what }) => what === STREAM_END),
      true,
    )
  }
})

test('resumes a session, and sends again what was not acknowledged', async () => {
  await using server = await HostileServer.start()
  const first = HandClient.tcp(server.ports.tcp)
  await first.open()
  await first.login()
  await first.bind()
  first.send(`<enable xmlns='${SM}' resume='true'/>`)
  const id = (await first.expect('enabled')).attr('id')
  first.send(`<message to='nobody@localhost'/>`)
  await server.until('message')
  first.socket.resetAndDestroy()
  await server.closed(1)
  server.sessions.get(id!)?.send(el('message', NS.client, { id: 'missed' }))

  const second = HandClient.tcp(server.ports.tcp)
  await second.open()
  await second.login()
  second.send(`<resume xmlns='${SM}' previd='${id}' h='0'/>`)
  assert.equal((await second.expect('resumed')).attr('h'), '1')
  assert.equal((await second.expect('message')).attr('id'), 'missed')
  second.send(`<a xmlns='${SM}' h='7'/>`)
  await second.expect('r')
  assert.notEqual((await second.expect('error')).child('handled-count-too-high', SM), undefined)
})

test('speaks SASL2 with Bind 2, management and tokens', async () => {
  await using server = await HostileServer.start({ sasl2: true, fast: true })
  const say = async (mechanism: string, means: { password?: string; token?: string }, inside: string) => {
    const client = await HandClient.tls(server.ports.tls, { ca: server.trust.ca })
    await client.open()
    let answer: Element | undefined
    await authenticate(mechanism, client.means(means), async (message) => {
      const response = `<initial-response>${Buffer.from(message).toString('base64')}</initial-response>`
      client.send(`<authenticate xmlns='urn:xmpp:sasl:2' mechanism='${mechanism}'>${response}${inside}</authenticate>`)
      answer = (await client.next())!
      if (answer.name === 'failure') throw new Error('refused')
      return { isSuccess: true, data: Buffer.from(answer.childText('additional-data') ?? '', 'base64') }
    }).catch((error: Error) => assert.equal(error.message, 'refused'))
    return answer!
  }
  const wish = `<bind xmlns='urn:xmpp:bind:0'><tag>app</tag><enable xmlns='${SM}' resume='true'/></bind>`
  const ask = `<request-token xmlns='urn:xmpp:fast:0' mechanism='HT-SHA-256-EXPR'/>`
  const answer = await say('PLAIN', { password: 'secret' }, wish + ask)
  assert.match(answer.childText('authorization-identifier') ?? '', /^romeo@localhost\/app~/)
  const id = answer.child('bound', 'urn:xmpp:bind:0')?.child('enabled', SM)?.attr('id')
  const token = answer.child('token', 'urn:xmpp:fast:0')?.attr('token') ?? ''

  const resume = `<fast xmlns='urn:xmpp:fast:0' count='1'/><resume xmlns='${SM}' previd='${id}' h='0'/>`
  const again = await say('HT-SHA-256-EXPR', { token }, resume)
  assert.equal(again.child('resumed', SM)?.attr('previd'), id)
  server.expireTokens()
  const refused = await say('HT-SHA-256-EXPR', { token }, resume)
  assert.equal(refused.firstElement()?.name, 'credentials-expired')
})

test('lies where a script says so', async () => {
  await using server = await HostileServer.start({ iterations: 1 })
  const attempt = async (): Promise<string | undefined> => {
    const client = HandClient.tcp(server.ports.tcp)
    await client.open()
    return client.login()
  }
  assert.equal(await attempt(), 'iterations-too-low')
  server.behaviour = { ...server.behaviour, iterations: 4096 }
  assert.equal(await attempt(), undefined)
  server.script.send = (element) =>
    element.is('success', NS.sasl) ? success.build({ data: Buffer.from(`v=${btoa('x'.repeat(32))}`) }) : element
  assert.equal(await attempt(), 'server-not-verified')
  server.script.send = (element) => (element.is('success', NS.sasl) ? el('success', NS.sasl) : element)
  assert.equal(await attempt(), 'server-not-verified')
  server.script = { features: (offered) => offered.filter((one) => one.name !== 'starttls') }
  const client = HandClient.tcp(server.ports.tcp)
  assert.equal((await client.open()).child('starttls', NS.tls), undefined)
  server.script = {
    receive: (element, connection) =>
      element.name === 'auth' && connection.put(seeOtherHost('localhost:1')) === undefined,
  }
  assert.equal(await attempt(), 'see-other-host')
})

test('refuses resumption and repeats acknowledgements where a script says so', async () => {
  await using server = await HostileServer.start({
    script: {
      receive: (element, connection) => {
        if (element.name !== 'resume') return false
        connection.send(failed('item-not-found', 3))
        return true
      },
      send: (element) => (element.name === 'a' ? [element, element] : element),
    },
  })
  const client = HandClient.tcp(server.ports.tcp)
  await client.open()
  await client.login()
  client.send(`<resume xmlns='${SM}' previd='x' h='0'/>`)
  assert.equal((await client.expect('failed')).attr('h'), '3')
  await client.bind()
  client.send(`<enable xmlns='${SM}'/>`)
  await client.expect('enabled')
  client.send(`<r xmlns='${SM}'/>`)
  await client.expect('a')
  await client.expect('a')
})

test('a mistake in a script fails the test', async () => {
  const server = await HostileServer.start({
    script: {
      receive: () => {
        throw new Error('a mistake')
      },
    },
  })
  const client = HandClient.tcp(server.ports.tcp)
  await client.open()
  client.send(`<auth xmlns='${NS.sasl}' mechanism='PLAIN'/>`)
  await server.until('auth')
  await assert.rejects(server.stop(), /a mistake/)
})

/** Logs in with a cut ahead, and gives the names of what came before the end. */
const untilCut = async (server: HostileServer, cut: Cut): Promise<string[]> => {
  server.script = { connect: (connection) => connection.cut(cut) }
  const client = HandClient.tcp(server.ports.tcp)
  const names: string[] = []
  const keep = async (step: Promise<unknown>): Promise<void> => {
    await step.catch(() => undefined)
  }
  await keep(client.open())
  if (client.features !== undefined) names.push('features')
  await keep(client.login('PLAIN'))
  client.send(
    `<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq><iq type='get' id='2'><ping xmlns='urn:xmpp:ping'/></iq>`,
  )
  for (let next = await client.next(); next !== undefined; next = await client.next())
    names.push(next.attr('id') ?? next.name)
  await client.closed()
  return names
}

test('breaks before, within and after a stanza in either direction, and at a byte', async () => {
  await using server = await HostileServer.start()
  const at = (cut: Cut): Promise<string[]> => untilCut(server, { how: 'end', ...cut })
  assert.deepEqual(await at({ direction: 'toClient', stanza: 1, where: 'before' }), ['features'])
  assert.deepEqual(await at({ direction: 'toClient', stanza: 2, where: 'within' }), ['features', '1'])
  assert.deepEqual(await at({ direction: 'toClient', stanza: 2, where: 'after' }), ['features', '1', '2'])
  const seen = server.received('ping').length
  await at({ direction: 'toServer', stanza: 1, where: 'before' })
  assert.equal(server.received('ping').length, seen)
  await at({ direction: 'toServer', stanza: 1, where: 'after' })
  assert.equal(server.received('ping').length, seen + 1)
  assert.deepEqual(await at({ direction: 'toClient', element: 1, where: 'before' }), [])
  assert.deepEqual(await at({ direction: 'toClient', byte: 20 }), [])
  assert.equal(server.connection.counts.toClient.bytes >= 20, true)
  await untilCut(server, { direction: 'toClient', element: 1, where: 'after', how: 'reset' })
})

test('breaks where the end of the stream is on its way, also before TLS has begun', async () => {
  await using server = await HostileServer.start()
  for (const port of [server.ports.tcp, server.ports.tls]) {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined)
    const number = server.connections.length + 1
    await server.journal.until(({ connection, what }) => connection === number && what === 'connected by tcp')
    server.connection.close()
    server.connection.break()
    await server.closed()
    socket.destroy()
  }
})

test('goes half open, and goes on', async () => {
  await using server = await HostileServer.start()
  await using client = await small(server)
  const connection = await server.online()
  connection.freeze()
  const answer = client.ask(`<iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>`)
  await using _other = await Client.login({ address: '127.0.0.1', port: server.ports.tcp }, romeo, 'other') // time enough
  assert.equal(server.received('ping').length, 0)
  connection.thaw()
  assert.equal((await answer).attr('type'), 'result')
})

test('what is sent to a frozen connection piles up with the sender', async () => {
  await using server = await HostileServer.start()
  const client = HandClient.tcp(server.ports.tcp)
  await client.open()
  server.connection.freeze()
  client.send(' '.repeat(20_000_000))
  await using _other = await small(server)
  assert.equal(client.socket.writableLength > 0, true)
})

test('sends bytes in pieces, and what stands behind proceed in the clear', async () => {
  await using server = await HostileServer.start()
  const client = HandClient.tcp(server.ports.tcp)
  await client.open()
  const arrived: string[] = []
  client.socket.on('data', (bytes: Buffer) => arrived.push(bytes.toString()))
  await server.connection.trickle('<a/><b>x</b>', [1, 7])
  assert.deepEqual(arrived.slice(0, 2), ['<', 'a/><b>'])
  server.script.receive = (element, connection) => {
    if (element.name !== 'starttls') return false
    connection.put(`${writeElement(proceed, '')}<injected/>`)
    connection.startTls()
    return true
  }
  await client.expect('a')
  await client.expect('b')
  client.send(`<starttls xmlns='${NS.tls}'/>`)
  await client.expect('proceed')
  await client.expect('injected')
})

test('refuses connections and handshakes, and takes them again', async () => {
  await using server = await HostileServer.start()
  const knock = async (): Promise<string | undefined> => {
    const client = HandClient.tcp(server.ports.tcp)
    await client.open().catch(() => undefined)
    return client.problem?.code
  }
  assert.equal(await knock(), undefined)
  server.refuse()
  assert.equal(await knock(), 'ECONNREFUSED')
  await server.accept()
  assert.equal(await knock(), undefined)
  server.script = { upgrade: () => 503, http: (path) => (path.endsWith('.json') ? '{}' : undefined) }
  const status = await new Promise((resolve) => {
    const socket = new WebSocket(server.service.ws, 'xmpp')
    socket.on('unexpected-response', (_, response) => resolve(response.statusCode))
    socket.on('error', () => undefined)
  })
  assert.equal(status, 503)
  const found = await fetch(`http://localhost:${server.ports.ws}/.well-known/host-meta.json`)
  assert.equal(await found.text(), '{}')
})
