/** Each example of the client library runs as a process of its own against a real server, over TLS, and does what it says. */
import assert from 'node:assert/strict'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import {
  type AnyExtension,
  type Client,
  chat,
  chatWith,
  connect,
  messages,
  presence,
  rooms,
} from '@rookery/client/node'
import { receipt } from '@rookery/protocol/xeps/receipts'
import { selfSigned } from '@rookery/server'
import { startTestServer, type TestServer } from '@rookery/testkit'
import { next } from '../../packages/client/test/waiting.ts'
import { isInstalled } from '../../scripts/peers/peer.ts'
import { CuttingProxy } from '../client/harness/cutting-proxy.ts'
import { startPeerTarget } from '../client/harness/peer-target.ts'
import { Program } from './program.ts'

const options = { timeout: 60_000 }
const folder = mkdtempSync(join(tmpdir(), 'rookery-examples-'))
const trusted = join(folder, 'trusted.pem')
let server: TestServer

before(async () => {
  server = await startTestServer({
    plaintext: false,
    selfSigned: async (host) => {
      const made = await selfSigned(host)
      writeFileSync(trusted, made.certificate)
      return made
    },
  })
  await server.createAccount({ local: 'romeo', password: 'wherefore-art-thou' })
  await server.createAccount({ local: 'juliet', password: 'secret' })
})
after(async () => {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** As romeo, who trusts the certificate. */
function example(name: string, words: readonly string[] = [], port: number = server.port): Program {
  const environment = { XMPP_SERVICE: `xmpp://127.0.0.1:${port}`, NODE_EXTRA_CA_CERTS: trusted }
  return new Program([`examples/client-library/${name}.ts`, ...words], environment)
}

function juliet<const X extends readonly AnyExtension[]>(use: X): Promise<Client<X>> {
  const service = `xmpp://127.0.0.1:${server.port}`
  return connect({
    jid: 'juliet@localhost',
    password: 'secret',
    service,
    tls: { ca: readFileSync(trusted, 'utf8') },
    use,
  })
}

test('bot: answers', options, async () => {
  await using she = await juliet([chat])
  using bot = example('bot')
  await bot.prints(/^write to romeo@localhost$/m)
  she.chat.send('romeo@localhost', 'Art thou there?')
  for await (const answer of she.chat.messages()) {
    assert.equal(answer.body, 'You said: Art thou there?')
    break
  }
  bot.interrupt()
  assert.equal(await bot.ends(), 0, bot.output)
})

test('reconnect: a message arrives although the connection is lost', options, async () => {
  await using she = await juliet([messages, chatWith({ receipts: 'none' }), presence])
  const coming = next(she, 'chat', undefined, 40_000)
  await using proxy = await CuttingProxy.to(server.port)
  using program = example('reconnect', [], proxy.port)
  await program.prints(/^acked$/m)
  proxy.link.destroy()
  await program.prints(/^lost: .* Next try in \d+ ms$/m)
  await program.prints(/^back, as if nothing had been$/m)
  const { from, id, body } = await coming
  assert.equal(body, 'Art thou there?')
  she.messages.post(from, [receipt.build({ id: id! })])
  assert.equal(await program.ends(), 0, program.output)
  assert.match(program.output, /^delivered$/m)
})

test('archive: reads backwards page by page, and all of it', options, async () => {
  await using she = await juliet([chat])
  const nurse = await server.createAccount({ local: 'nurse' })
  she.chat.send(nurse.jid, 'not for him')
  for (const text of ['one', 'two', 'three', 'four']) await she.chat.send('romeo@localhost', text).reached('acked')
  using program = example('archive')
  assert.equal(await program.ends(), 0, program.output)
  assert.match(program.output, /^newest: three, four\nbefore: one, two\n/)
  assert.match(
    program.output,
    /\njuliet@localhost: one\njuliet@localhost: two\njuliet@localhost: three\njuliet@localhost: four\n$/,
  )
  assert.doesNotMatch(program.output, /not for him/)
})

test('extension: a wave comes as an event of its own', options, async () => {
  using program = example('extension')
  assert.equal(await program.ends(), 0, program.output)
  assert.equal(program.output, 'romeo@localhost waves with the left hand\n')
})

test('store: what could not be sent is sent by the next run', options, async () => {
  const file = join(folder, 'romeo.db')
  using first = example('store', [file], 1)
  assert.equal(await first.ends(), 0, first.output)
  assert.match(first.output, /^kept from before: 0\nnot sent yet: Nobody answers/m)
  using second = example('store', [file])
  assert.equal(await second.ends(), 0, second.output)
  assert.match(second.output, /^kept from before: 1\nthe server has all$/m)
  using third = example('store', [file])
  assert.equal(await third.ends(), 0, third.output)
  assert.match(third.output, /^kept from before: 0$/m)
})

const noRooms = isInstalled('prosody')
  ? false
  : 'our server has no rooms yet, and Prosody is not installed: run .ci/install'
test('rooms: shows who is there and what is said, until somebody says good night', {
  ...options,
  skip: noRooms,
}, async () => {
  await using prosody = await startPeerTarget('prosody')
  const ca = join(folder, 'prosody.pem')
  writeFileSync(ca, prosody.ca)
  await prosody.createAccount('romeo', 'wherefore-art-thou')
  const { jid, password } = await prosody.createAccount('juliet')
  const service = prosody.service.xmpp
  await using she = await connect({ jid, password, service, tls: { ca: prosody.ca }, use: [rooms] })
  const room = await she.rooms.join('hall@conference.localhost', { nick: 'Juliet' })
  using program = new Program(['examples/client-library/rooms.ts'], { XMPP_SERVICE: service, NODE_EXTRA_CA_CERTS: ca })
  await program.prints(/^there: .*Juliet/m)
  await program.prints(/^Romeo: Hello!$/m)
  room.send('Good night')
  assert.equal(await program.ends(), 0, program.output)
  assert.match(program.output, /^Juliet: Good night\n(?:Romeo went\n)?out of the room: left$/m)
})

test('every example of the client library is run here, and listed', () => {
  const root = join(import.meta.dirname, '../..')
  const names = globSync('*.ts', { cwd: join(root, 'examples/client-library') }).sort()
  const tests = readFileSync(import.meta.filename, 'utf8')
  const list = readFileSync(join(root, 'examples/client-library/README.md'), 'utf8')
  for (const name of names) {
    assert.ok(tests.includes(`test('${name.slice(0, -3)}: `), name)
    assert.ok(list.includes(`](${name})`), name)
  }
})

test('the code that the walk through the command line quotes is there', () => {
  const flush = (code: string): string => code.replace(/^ +/gm, '')
  const root = join(import.meta.dirname, '../..')
  const source = globSync('apps/daemon/src/talk/*.ts', { cwd: root })
    .map((file) => flush(readFileSync(join(root, file), 'utf8')))
    .join('')
  const walk = readFileSync(join(root, 'examples/command-line/README.md'), 'utf8')
  const blocks = [...walk.matchAll(/^ *```ts\n([\s\S]*?)^ *```$/gm)]
  assert.equal(blocks.length, 4)
  for (const [, code] of blocks) assert.ok(source.includes(flush(code!)), code)
})
