/** Programs of users with the packed packages, on Deno, Bun and every Node of this machine, against a server with a certificate of its own. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { chat, connect } from '@rookery/client/node'
import { startTestServer, type TestAccount, type TestServer } from '@rookery/testkit'
import { HostileServer } from '../client/harness/hostile-server.ts'
import { makeTrust } from '../client/harness/trust.ts'
import { Wire } from '../clients/wire.ts'
import { install, root } from './installed.ts'
import { runProgram, runtimes, writeProgram } from './runtimes.ts'

const installed = install()
const { folder } = installed
const trust = makeTrust()
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
const ca = file('ca.pem', trust.ca)
writeProgram(folder, 'talk')
writeProgram(folder, 'connections')
let server: TestServer

before(async () => {
  const { certificate, key } = trust.issue('localhost')
  const files = { certificate: file('server.pem', certificate), key: file('key.pem', key) }
  server = await startTestServer({ plaintext: false, tls: { certificates: { localhost: files } } })
})
after(async () => {
  await server?.stop()
  installed[Symbol.dispose]()
})

/** Juliet: answers the first message, and when asked to, cuts the wire, which she mends when she is told that it has been noticed. */
class Juliet implements AsyncDisposable {
  readonly jid: string
  readonly heard: string[] = []
  readonly wire: Wire
  readonly #client: Awaited<ReturnType<typeof login>>
  readonly #romeo: TestAccount
  #isCut = false

  private constructor(client: Awaited<ReturnType<typeof login>>, wire: Wire, romeo: TestAccount) {
    this.jid = String(client.jid?.bare)
    this.wire = wire
    this.#client = client
    this.#romeo = romeo
    client.on('chat', ({ from, body = '' }) => {
      this.heard.push(body)
      if (this.heard.length === 1) client.chat.send(from, 'und zurück 😀')
      if (body !== 'cut me off') return
      wire.cut()
      this.#isCut = true
    })
  }

  /** `port`: of the server, which the wire leads to. */
  static async enter(romeo: TestAccount, port: number): Promise<Juliet> {
    return new Juliet(await login(await server.createAccount()), await Wire.to(port), romeo)
  }

  /** Follows what the program of Romeo prints. */
  follow = (line: string): void => {
    if (!this.#isCut || !line.startsWith('waiting')) return
    this.#isCut = false
    this.#client.chat.send(this.#romeo.jid, 'while you were away')
    void this.wire.mend()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.close()
    await this.wire.close()
  }
}

const login = ({ jid, password }: TestAccount) =>
  connect({ jid, password, service: `xmpps://127.0.0.1:${server.tlsPort}`, tls: { ca: trust.ca }, use: [chat] })

/** What is printed about the state, without the tries that came too early; and all the rest. */
function sorted(lines: readonly string[]): { states: string[]; rest: string[] } {
  const isState = (line: string): boolean => /^(waiting|resuming|online|offline)/.test(line)
  const states = lines.filter(isState).filter((line, index, all) => !all.includes(line, index + 1))
  return { states, rest: lines.filter((line) => !isState(line)) }
}

test('the guide says which versions these are', () => {
  const guide = readFileSync(join(root, 'docs/guide/client.md'), 'utf8')
  for (const { kind, name, major, minor } of runtimes())
    if (kind !== 'node') assert.ok(guide.includes(`${name.split(' ')[0]} ${major}.${minor}`), name)
})

const comesBack = ['waiting', 'resuming', 'online resumed=true', 'offline']

for (const runtime of runtimes()) {
  const { kind, major, minor } = runtime
  const isOld = kind === 'node' && (major < 20 || (major === 20 && minor < 19))

  describe(runtime.name, { skip: isOld && 'older than package.json asks for' }, () => {
    test('a program with the default entry talks, comes back, and ends', async (t) => {
      const romeo = await server.createAccount()
      await using juliet = await Juliet.enter(romeo, server.httpsPort)
      const running = runProgram({
        runtime,
        folder,
        name: 'talk',
        args: [`wss://localhost:${juliet.wire.port}/xmpp-websocket`, romeo.jid, romeo.password, juliet.jid],
        ca,
        permissions: ['--allow-net'],
        onLine: juliet.follow,
      })
      if (kind === 'node' && major < 22) {
        await assert.rejects(running, /UsageError: .* cannot be opened here: ReferenceError: WebSocket is not defined/)
        return t.diagnostic('has no WebSocket, and says so')
      }
      const { states, rest } = sorted(await running)
      assert.deepEqual(states, comesBack)
      assert.deepEqual(rest, [
        'heard und zurück 😀',
        'heard while you were away',
        `discovered wss://localhost:${server.httpsPort}/xmpp-websocket`,
        'archive Grüße & <b> 😀, und zurück 😀, cut me off',
        'again with a token',
        `LoginError: The server refused ${romeo.jid}: not-authorized. Check the name and the password.`,
        'ConnectError: No WebSocket of XMPP answers at wss://localhost:1/xmpp-websocket.',
        'UsageError: "xmpps://localhost:5223" cannot be opened here: use a wss: address, or @rookery/client/node.',
        'UsageError: ws://example.org/ is not encrypted: use a wss: address, or allow `plaintext`.',
        'ConnectError: localhost tells no WebSocket in its host-meta: set `service` to a wss: address.',
        'the end',
      ])
      assert.deepEqual(juliet.heard, ['Grüße & <b> 😀', 'cut me off', 'from the dark'])
    })

    test('a program with the entry for Node connects in all ways, keeps what waits in a file, comes back, and ends', async () => {
      const romeo = await server.createAccount()
      await using juliet = await Juliet.enter(romeo, server.port)
      await using newest = await HostileServer.start({ trust, sasl2: true })
      await using older = await HostileServer.start({ trust, sasl2: true, tls: { maxVersion: 'TLSv1.2' } })
      await using expired = await HostileServer.start({ certificate: trust.issue('localhost', { validDays: -3 }) })
      await using other = await HostileServer.start({ certificate: trust.issue('other.example') })
      const args = {
        ...romeo,
        juliet: juliet.jid,
        folder: join(folder, 'kept', runtime.name),
        services: [
          `xmpps://127.0.0.1:${server.tlsPort}`,
          `xmpp://127.0.0.1:${server.port}`,
          `wss://localhost:${server.httpsPort}/xmpp-websocket`,
          `ws://localhost:${server.httpPort}/xmpp-websocket`,
        ],
        cut: `xmpp://127.0.0.1:${juliet.wire.port}`,
        bound: [newest.service.xmpps, newest.service.xmpp, older.service.xmpps],
        bad: [expired.service.xmpps, other.service.xmpps, other.service.wss, `xmpps://127.0.0.1:${server.port}`],
      }
      const { states, rest } = sorted(
        await runProgram({
          runtime,
          folder,
          name: 'connections',
          args: [JSON.stringify(args)],
          permissions: ['--allow-net', '--allow-read', '--allow-write', '--allow-sys'],
          onLine: juliet.follow,
        }),
      )
      assert.deepEqual(states, comesBack)
      const [busy = '', ...said] = rest.slice(4)
      assert.deepEqual(rest.slice(0, 4), ['xmpps online', 'xmpp online', 'wss online', 'ws online'])
      assert.match(busy, /^StoreError: Another client has the store of .* \(process \d+\)/)
      const bad = 'ConnectError: The certificate of localhost'
      const advice = 'To trust it, give its authority as `tls.ca`.'
      // Deno gives one reason for most
      const unknown =
        kind === 'deno'
          ? `${bad} has expired, or is signed by an authority that this machine does not know. ${advice}`
          : `${bad} comes without those between it and its authority: its operator must send them. ${advice}`
      const notPem = 'UsageError: `tls` needs `ca`, `cert` and `key` in PEM, the last two together.'
      assert.deepEqual(said, [
        'kept written before',
        'again with a token 0',
        ...['bound online', 'bound online', 'bound online'],
        kind === 'deno'
          ? unknown
          : `${bad} has expired: its operator must renew it, unless the clock of this machine is wrong.`,
        `${bad} is for other.example, not for localhost.`,
        `${bad} is for other.example, not for localhost.`,
        'ConnectError: localhost does not speak TLS at this port as we do (ERR_SSL_WRONG_VERSION_NUMBER).',
        unknown,
        ...[notPem, notPem],
        'ConnectError: Nobody answers at 127.0.0.1:1 (ECONNREFUSED).',
        'the end',
      ])
      const difficult = 'Grüße & <b> 😀'
      assert.deepEqual(juliet.heard, [
        ...[difficult, difficult, difficult, difficult],
        ...['written before', 'cut me off', 'from the dark'],
      ])
      // Deno gives away nothing of TLS but the certificate
      const least = 'SCRAM-SHA-256-PLUS p=tls-server-end-point'
      const exporter = kind === 'deno' ? least : 'SCRAM-SHA-256-PLUS p=tls-exporter'
      assert.deepEqual(loginsAt(newest), [exporter, exporter])
      assert.deepEqual(loginsAt(older), [kind === 'deno' ? least : 'SCRAM-SHA-256-PLUS p=tls-unique'])
    })
  })
}

/** Mechanism and channel binding of each login. */
function loginsAt(server: HostileServer): string[] {
  return server.received('authenticate').map((element) => {
    const first = Buffer.from(element.childText('initial-response') ?? '', 'base64').toString()
    return `${element.attr('mechanism')} ${first.split(',')[0]}`
  })
}
