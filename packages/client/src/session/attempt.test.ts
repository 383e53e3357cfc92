/** A try to connect: which address it ends at, how long it may take, and what it logs in with. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { HostileServer } from '../../../../test/client/harness/hostile-server.ts'
import { memoryStore, type Platform } from '../index.ts'
import { connect, nodePlatform } from '../node/index.ts'

const romeo = { jid: 'romeo@localhost', password: 'secret' }

/** Where the domain says that it is. */
function at(...urls: string[]): Platform {
  return { ...nodePlatform, discover: async () => urls }
}

test('an address that swallows everything leaves time for the next one', async (t) => {
  await using server = await HostileServer.start()
  const held: Socket[] = []
  const hole = createServer((socket) => held.push(socket.on('error', () => undefined))).listen(0, '127.0.0.1')
  t.after(() => {
    for (const socket of held) socket.destroy()
    hole.close()
  })
  await once(hole, 'listening')
  const silent = `xmpps://127.0.0.1:${(hole.address() as AddressInfo).port}`
  for (const holes of [1, 5]) {
    const platform = at(...Array.from({ length: holes }, () => silent), server.service.xmpp)
    const { clock } = platform
    // the time that each of them has passes quickly
    let left = holes
    let skipped = 0
    const after = (milliseconds: number, run: () => void): (() => void) => {
      if (milliseconds >= 60_000 || left === 0) return clock.after(milliseconds, run)
      left--
      return clock.after(20, () => {
        skipped += milliseconds
        run()
      })
    }
    const hurried = { ...platform, clock: { now: () => clock.now() + skipped, after } }
    const options = { ...romeo, platform: hurried, tls: { ca: server.trust.ca }, attemptTimeout: 60_000, patience: 0 }
    await using client = await connect(options)
    assert.equal(client.state.name, 'online')
    assert.ok(left === 0 && skipped < 60_000, `${skipped} ms`)
  }
})

test('an address that is no name is passed over; where no other answers, that one counts', async () => {
  await using server = await HostileServer.start()
  const tls = { ca: server.trust.ca }
  const unknown = 'xmpp://no-such-host.invalid:5222'
  const client = await connect({ ...romeo, platform: at(unknown, server.service.xmpp), tls, patience: 0 })
  await client.close()
  server.refuse()
  const both = at(server.service.xmpp, unknown)
  await assert.rejects(connect({ ...romeo, platform: both, tls, patience: 0 }), { reason: 'unreachable' })
  await assert.rejects(connect({ ...romeo, platform: at(unknown), tls }), { reason: 'unknown-host' })
})

test('who types the password may take longer than a try', async () => {
  await using server = await HostileServer.start()
  const tries: (() => void)[] = []
  const after = (milliseconds: number, run: () => void): (() => void) => {
    if (milliseconds === 60_000) tries.push(run)
    return nodePlatform.clock.after(milliseconds, run)
  }
  const platform = { ...nodePlatform, clock: { ...nodePlatform.clock, after } }
  // whatever try has begun by then is over when it is typed
  const password = async (): Promise<string> => {
    for (const end of tries) end()
    return 'secret'
  }
  const common = { jid: romeo.jid, password, platform, service: server.service.xmpp, plaintext: true }
  await using client = await connect({ ...common, attemptTimeout: 60_000, patience: 0 })
  assert.equal(client.state.name, 'online')
  assert.notEqual(tries.length, 0, 'a try has a limit')
})

test('the password is asked for where the token is of no use, and a token that is comes with it', async () => {
  await using server = await HostileServer.start({ sasl2: true, fast: true })
  const store = memoryStore()
  let asked = 0
  const password = () => {
    asked++
    return 'secret'
  }
  const login = async (service: string): Promise<string | undefined> => {
    const common = { jid: romeo.jid, password, store, service, tls: { ca: server.trust.ca } }
    const client = await connect({ ...common, plaintext: true })
    await client.close()
    return server.received('authenticate').at(-1)?.attr('mechanism')
  }
  const { xmpps, ws } = server.service
  assert.equal(await login(xmpps), 'SCRAM-SHA-256-PLUS')
  assert.equal(await login(xmpps), 'HT-SHA-256-EXPR')
  assert.equal(await login(ws), 'SCRAM-SHA-256') // bound to a channel of TLS, the token cannot be shown here
  assert.equal(await login(ws), 'HT-SHA-256-NONE')
  assert.equal(asked, 2)
})
