/** docs/guide/client.md: its code is part of files of examples/, and these do what the guide says. Rooms and nodes: test/client/guide.test.ts. */
import assert from 'node:assert/strict'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import * as library from '@rookery/client/node'
import {
  type AnyExtension,
  chat,
  commands,
  connect,
  createClient,
  el,
  files,
  ibb,
  presence,
  registration,
  roster,
  rpc,
  soap,
} from '@rookery/client/node'
import { selfSigned } from '@rookery/server'
import { startTestServer, type TestServer } from '@rookery/testkit'
import type { Account } from '../../examples/client-guide/account.ts'
import { history, missNothing, scroll, sinceYesterday } from '../../examples/client-guide/archive.ts'
import { add, newAccount, offer, offerSum, otherPassword, quote, run } from '../../examples/client-guide/commands.ts'
import { begin, connectOrSay, follow, fromTheStart, remember, trust } from '../../examples/client-guide/connecting.ts'
import { addContact, answerRequests, sayHowIAm, showContacts } from '../../examples/client-guide/contacts.ts'
import { type Kept, keep, talk, watch } from '../../examples/client-guide/conversations.ts'
import { askRaw, wave, waves } from '../../examples/client-guide/extensions.ts'
import { offerFile, pipe, takeBytes, takeFiles } from '../../examples/client-guide/files.ts'
import { afterRestart, listen, readAll, sendAndFollow, whatFailed } from '../../examples/client-guide/messages.ts'
import { followSettings, keepSettings, settings } from '../../examples/client-guide/nodes.ts'
import { acquaint, next } from '../../packages/client/test/online.ts'
import { within } from '../../packages/client/test/waiting.ts'

const root = join(import.meta.dirname, '../..')
const guides = ['docs/guide/client.md', 'docs/guide/xmppframework.md', 'packages/client/README.md']
const options = { timeout: 60_000 }
const flush = (code: string): string => code.replace(/^ +/gm, '')

test('the code of the guide is part of examples', () => {
  const examples = globSync('examples/**/*.ts', { cwd: root }).map((file) =>
    flush(readFileSync(join(root, file), 'utf8')),
  )
  for (const guide of guides) {
    const blocks = [...readFileSync(join(root, guide), 'utf8').matchAll(/^```ts\n([\s\S]*?)^```$/gm)]
    assert.ok(blocks.length > 0, `${guide} has no code`)
    for (const [, code] of blocks)
      assert.ok(
        examples.some((example) => example.includes(flush(code!))),
        `${guide}: in no example:\n${code}`,
      )
  }
})

test('what the guides name is there', async () => {
  const exported: readonly unknown[] = Object.values(library)
  const extensions = exported.filter(
    (one): one is AnyExtension => typeof one === 'object' && one !== null && 'start' in one && 'name' in one,
  )
  assert.ok(extensions.length > 30)
  const client = await createClient({ jid: 'romeo@localhost', use: [...extensions, waves, settings] })
  const room = client.use(library.rooms).get('verona@conference.localhost')
  const node = client.use(library.pubsub).node('pubsub.localhost', 'news')
  const admin = client.use(library.roomAdmin).of(room)
  const things = new Map<string, object>(Object.entries({ client, room, node, admin }))
  const missing: string[] = []
  for (const guide of guides) {
    const names = readFileSync(join(root, guide), 'utf8').matchAll(
      /\b(?<!\.)(client|room|node|admin)((?:\.(?!md)[a-zA-Z]+)+)/g,
    )
    for (const [whole, thing, path] of names) {
      let at: unknown = things.get(thing!)
      for (const name of path!.slice(1).split('.')) {
        if ((typeof at === 'object' || typeof at === 'function') && at !== null && !(name in at))
          missing.push(`${guide}: ${whole}`)
        at = typeof at === 'object' && at !== null ? Reflect.get(at, name) : undefined
      }
    }
  }
  assert.deepEqual(missing, [])
  await client.close()
})

describe('the code of the guide', () => {
  let server: TestServer
  let folder: string
  let certificate: string

  before(async () => {
    server = await startTestServer({
      selfSigned: async (host) => {
        const pair = await selfSigned(host)
        certificate = pair.certificate
        return pair
      },
    })
    folder = mkdtempSync(join(tmpdir(), 'client-guide-'))
  })

  after(async () => {
    await server.stop()
    rmSync(folder, { recursive: true })
  })

  const account = async (local?: string): Promise<Account & { jid: string; password: string }> => {
    const { jid, password } = await server.createAccount(local === undefined ? {} : { local })
    return { jid, password, service: `xmpp://127.0.0.1:${server.port}`, plaintext: true }
  }

  test('connects, and says why it does not', options, async () => {
    const romeo = await account()
    assert.equal(await begin(romeo), 'offline')
    const said: string[] = []
    assert.equal(await connectOrSay({ ...romeo, password: 'wrong' }, (text) => said.push(text)), undefined)
    assert.deepEqual(said, ['Wrong name or password.'])
    const states: string[] = []
    await using client = await fromTheStart(romeo, (text) => states.push(text))
    follow(client)
    assert.deepEqual(states, ['connecting', 'online'])
  })

  test('trusts an authority of its own', options, async () => {
    const file = join(folder, 'authority.pem')
    writeFileSync(file, certificate)
    const romeo = await account()
    await using client = await trust(
      { ...romeo, service: `xmpps://localhost:${server.tlsPort}`, plaintext: false },
      file,
    )
    assert.equal(client.state.name, 'online')
  })

  test('asks for the password once', options, async () => {
    const { password, ...romeo } = await account()
    let asked = 0
    for (const _ of [1, 2]) {
      const client = await remember(romeo, join(folder, 'remember'), async () => {
        asked++
        return password
      })
      await client.close()
    }
    assert.equal(asked, 1)
  })

  test('follows messages, keeps them over a restart, reads each once', options, async () => {
    const [romeo, juliet] = [await account(), await account('juliet')]
    await using hers = await connect({ ...juliet, use: [presence, chat] })
    await using his = await connect({ ...romeo, use: [presence, chat] })
    const fates: string[] = []
    const arrived = next(hers, 'chat')
    await sendAndFollow(his, (fate) => fates.push(fate))
    assert.equal((await arrived).body, 'But, soft!')
    assert.ok(fates.includes('acked'))

    const failed = new Promise((resolve) =>
      whatFailed(his, 'nobody@localhost', () => {
        resolve(true)
        return false
      }),
    )
    await within(failed, 'a message that failed')

    const shown: string[] = []
    const store = join(folder, 'restart')
    const again = await afterRestart(romeo, store, (text) => shown.push(text))
    await again.disconnect()
    again.chat.send(juliet.jid, 'Speak again, bright angel!')
    await again.close()
    const late = next(hers, 'chat')
    const third = await afterRestart(romeo, store, (text) => shown.push(text))
    assert.equal((await late).body, 'Speak again, bright angel!')
    assert.deepEqual(shown, ['Speak again, bright angel! to juliet@localhost: queued'])
    await third.close()

    const saved: (string | undefined)[] = []
    const reading = readAll(hers, async ({ body }) => void saved.push(body))
    const stop = listen(hers, async ({ body }) => void saved.push(`heard ${body}`))
    await his.chat.send(hers.jid!, 'Adieu').reached('delivered')
    stop()
    await hers.disconnect()
    await reading
    assert.ok(saved.includes('Adieu') && saved.includes('heard Adieu'))
  })

  test('contacts find each other', options, async () => {
    const [romeo, juliet] = [await account(), await account()]
    await using his = await connect({ ...romeo, use: [roster, presence] })
    await using hers = await connect({ ...juliet, use: [roster, presence] })
    const lines: string[] = []
    answerRequests(hers, (question) => question.includes('We met at the ball.'))
    const seen = next(his, 'presence:changed', ({ jid }) => jid.equals(hers.jid!))
    await addContact(his, juliet.jid)
    await seen
    const away = next(his, 'presence:changed', ({ show }) => show === 'away')
    sayHowIAm(hers)
    await away
    showContacts(his, (line) => lines.push(line))
    assert.deepEqual(lines, ['Juliet: away In the orchard'])
  })

  test('a conversation is corrected, reacted to and taken back', options, async () => {
    const [romeo, juliet] = [await account(), await account()]
    await using his = await connect({ ...romeo, use: [presence, chat] })
    await using hers = await connect({ ...juliet, use: [presence, chat] })
    const kept = new Map<string, Kept>()
    keep(his, kept)
    const said: string[] = []
    watch(his, (text) => said.push(text))
    const heard = next(hers, 'chat')
    const sent = his.chat.send(hers.jid!, 'Call me but love')
    kept.set(sent.id, { peer: `${hers.jid!.bare}`, author: `${his.jid!.bare}`, text: 'x', reactions: new Map() })
    const retracted = next(his, 'chat:retracted')
    const displayed = next(his, 'chat:displayed')
    talk(hers, await heard)
    const { id } = await retracted
    await displayed
    assert.equal(kept.get(id)?.text, undefined)
    assert.ok(kept.has(id))
    assert.deepEqual([...kept.get(sent.id)!.reactions.values()], [['🌹']])
    assert.equal(sent.fate, 'displayed')
    assert.ok(said.includes(`${hers.jid!.bare} is composing`))
  })

  test('the archive is read, page by page', options, async () => {
    const [romeo, juliet] = [await account(), await account()]
    await using his = await missNothing(romeo, join(folder, 'archive'))
    for (let i = 0; i < 30; i++) his.chat.send(juliet.jid, `line ${i}`)
    await his.chat.send(juliet.jid, 'the last').reached('acked')
    const lines = await history(his, juliet.jid)
    assert.match(lines[0]!, / me: the last$/)
    assert.equal(lines.length, 31)
    assert.equal(await scroll(his, juliet.jid), 31)
    await using hers = await sinceYesterday(juliet)
    const read: (string | undefined)[] = []
    for await (const { body } of hers.chat.messages()) {
      read.push(body)
      if (read.length === 31) break
    }
    assert.equal(read.at(-1), 'the last')
  })

  test('nodes of the account are kept private', options, async () => {
    const romeo = await account()
    const titles: (string | undefined)[] = []
    await using client = await followSettings(romeo, (title) => titles.push(title))
    if (!titles.includes('light')) await next(client, 'settings')
    assert.deepEqual(titles, [undefined, 'light'])
    assert.equal(await keepSettings(client.pep), 'dark')
  })

  test('a file goes from one to the other', options, async () => {
    const [romeo, juliet] = [await account(), await account()]
    await using his = await connect({ ...romeo, use: [presence, files] })
    await using hers = await connect({ ...juliet, use: [presence, files] })
    await acquaint(his, hers)
    const saved = new Promise<Blob>((resolve) =>
      takeFiles(hers, async (name, blob) => {
        assert.equal(name, 'rose.txt')
        resolve(blob)
      }),
    )
    const rose = new File(['By any other name'], 'rose.txt', { type: 'text/plain' })
    assert.equal(await offerFile(his, `${hers.jid}`, rose, () => undefined), true)
    assert.equal(await (await within(saved, 'a file')).text(), 'By any other name')
  })

  test('bytes go from one to the other', options, async () => {
    const [romeo, juliet] = [await account(), await account()]
    await using his = await connect({ ...romeo, use: [ibb] })
    await using hers = await connect({ ...juliet, use: [ibb] })
    await acquaint(his, hers)
    const text = new Promise<string>((resolve) => takeBytes(hers, (bytes) => resolve(new TextDecoder().decode(bytes))))
    await pipe(his, `${hers.jid}`, new TextEncoder().encode('Wherefore?'))
    assert.equal(await within(text, 'bytes'), 'Wherefore?')
  })

  test('commands and procedures are run', options, async () => {
    const [romeo, juliet] = [await account('friar'), await account()]
    await using his = await connect({ ...romeo, use: [commands, rpc] })
    await using hers = await connect({ ...juliet, use: [commands, rpc, soap] })
    await acquaint(his, hers)
    offer(hers)
    assert.equal(await run(his, `${hers.jid}`, () => ({})), 'Good morrow, friar.')
    assert.equal(await run(his, `${hers.jid}`, () => ({ who: 'Laurence' })), 'Good morrow, Laurence.')
    offerSum(hers)
    assert.equal(await add(his, `${hers.jid}`), 3.5)
    await assert.rejects(his.rpc.call(hers.jid!, 'sum', 'one'), { message: 'Numbers, please.' })
    hers.soap.offer(({ body: [asked] }) => ({ body: [el('Price', asked!.ns, {}, '5')] }))
    await using again = await connect({ ...juliet, use: [soap] })
    await acquaint(again, hers)
    assert.equal(await quote(again, `${hers.jid}`), '5')
  })

  test('an account is made, and gets another password', options, async () => {
    await using open = await startTestServer({ features: { register: { open: true } } })
    const nurse = {
      jid: 'nurse@localhost',
      password: 'old-secret',
      service: `xmpp://127.0.0.1:${open.port}`,
      plaintext: true,
    }
    await newAccount(nurse)
    await using client = await connect({ ...nurse, use: [registration] })
    await otherPassword(client, 'new-secret')
    await (await connect({ ...nurse, password: 'new-secret' })).close()
  })

  test('an extension of one’s own waves, and answers', options, async () => {
    const [romeo, juliet] = [await account(), await account()]
    const use = [waves, presence] as const
    await using his = await connect({ ...romeo, use })
    await using hers = await connect({ ...juliet, use })
    const waved = next(hers, 'wave')
    wave(his, `${hers.jid}`)
    assert.equal(`${(await waved).from}`, `${his.jid}`)
    const seen = next(his, 'presence:changed')
    hers.presence.showTo(his.jid!)
    his.presence.showTo(hers.jid!)
    await seen
    assert.equal(await askRaw(his, `${hers.jid}`), 'true')
  })
})
