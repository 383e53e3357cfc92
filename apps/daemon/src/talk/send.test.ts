import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Client, chat, presence } from '@rookery/client/node'
import { DaemonProcess, type Finished, portOf, run, startDaemon, TemporaryFolder } from '../testing/daemon-process.ts'
import { addUser, online } from '../testing/local-account.ts'

type Recipient = Client<readonly [typeof chat, typeof presence]>

describe('rookery send', { timeout: 300_000 }, () => {
  const folder = new TemporaryFolder()
  const romeo = { ROOKERY_PASSWORD: 'secret', ROOKERY_JID: 'romeo@localhost' }
  let daemon: DaemonProcess
  let juliet: Recipient

  before(async () => {
    daemon = await startDaemon(folder.path)
    await addUser(folder.path, 'romeo')
    await addUser(folder.path, 'juliet')
    juliet = await online(folder.path, daemon, 'juliet', [chat, presence])
  })
  after(async () => {
    await juliet.close()
    await daemon[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  const send = (words: readonly string[], input = '', environment: object = romeo): Promise<Finished> =>
    run(folder.path, ['send', ...words], input, environment)
  /** The next messages that come to juliet: subject and text. */
  const received = async (count: number): Promise<(string | undefined)[][]> => {
    const texts: (string | undefined)[][] = []
    for await (const { subject, body } of juliet.chat.messages()) {
      texts.push([subject, body])
      if (texts.length === count) break
    }
    return texts
  }

  test('finds the server on this machine, and sends its words', async () => {
    const coming = received(1)
    assert.deepEqual(await send(['juliet', 'Art', 'thou there?', '--subject', 'A question']), {
      code: 0,
      output: 'The server has it.\n',
      errors: '',
    })
    assert.deepEqual(await coming, [['A question', 'Art thou there?']])
  })

  test('logs in as the admin of the first start unless it is told another account', async () => {
    const password = String((await daemon.event('first-account'))['password'])
    const from = new Promise((resolve) => juliet.on('chat', (message) => resolve(`${message.peer}`), { once: true }))
    assert.equal((await send(['juliet', 'hello'], '', { ROOKERY_PASSWORD: password })).code, 0)
    assert.equal(await from, 'admin@localhost')
  })

  test('sends each line of its input, in order, and tells the fate of each as JSON', async () => {
    const lines = Array.from({ length: 250 }, (_, at) => `line ${at}`)
    const coming = received(lines.length)
    const { code, output } = await send(
      ['juliet@localhost', '--json', '--wait', 'delivered'],
      `${lines.join('\n\n')}\n`,
    )
    assert.equal(code, 0)
    assert.deepEqual(
      (await coming).map(([, body]) => body),
      lines,
    )
    const entries = output
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    assert.equal(new Set(entries.map(({ id }) => id)).size, lines.length)
    assert.ok(entries.every(({ event, to, fate }) => `${event} ${to} ${fate}` === 'message juliet@localhost delivered'))
  })

  test('waits for what nobody confirms no longer than it was told', async () => {
    const { code, errors } = await send(['admin', 'hello', '--wait', 'delivered', '--timeout', '0.5'])
    assert.equal(code, 3)
    assert.match(errors, /to admin@localhost has not come so far in 0.5 s: the server has it/)
  })

  test('tells a refusal by its exit code', async () => {
    const { code, output, errors } = await send(['nobody', 'hello', '--json'])
    assert.equal(code, 2)
    assert.match(errors, /^rookery: nobody@localhost refused: service-unavailable\. .*is it spelt right\?\n$/)
    assert.equal(JSON.parse(output).fate, 'failed')
  })

  test('keeps more in a store than may be on its way at once', async () => {
    const store = ['--store', join(folder.path, 'large')]
    const lines = Array.from({ length: 120 }, (_, at) => `${at}`)
    const down = await send(['juliet', '--json', ...store, '--service', 'xmpp://127.0.0.1:1'], lines.join('\n'))
    assert.equal(down.code, 3)
    assert.equal(down.output.match(/"queued"/g)?.length, lines.length)
    const coming = received(lines.length)
    assert.equal((await send(['juliet', ...store], '')).output, 'The server has all 120.\n')
    assert.deepEqual(
      (await coming).map(([, body]) => body),
      lines,
    )
  })

  test('keeps in a store what cannot be sent now, and a token in place of the password', async () => {
    const store = ['--store', join(folder.path, 'store')]
    const down = await send(['juliet', 'kept', ...store, '--service', 'xmpp://127.0.0.1:1'])
    assert.equal(down.code, 3)
    assert.match(down.errors, /Nobody answers at 127\.0\.0\.1:1 .*kept in .*store, and goes with the next run/)
    const coming = received(2)
    assert.equal((await send(['juliet', 'new', ...store])).output, 'The server has all 2.\n')
    assert.deepEqual(await coming, [
      [undefined, 'kept'],
      [undefined, 'new'],
    ])
    const after = received(1)
    const { code, errors } = await send(['juliet', 'by token', ...store], '', { ROOKERY_JID: 'romeo@localhost' })
    assert.deepEqual([code, errors], [0, ''])
    assert.deepEqual(await after, [[undefined, 'by token']])
    assert.deepEqual(
      readdirSync(join(folder.path, 'store')).filter((name) => name.endsWith('.lock')),
      [],
    )
  })

  const wrong: [what: string, words: string[], environment: object, message: RegExp][] = [
    [
      'a wrong password',
      ['juliet', 'x'],
      { ...romeo, ROOKERY_PASSWORD: 'wrong' },
      /not-authorized\. Check the name and the password\. .*user passwd/,
    ],
    [
      'no password',
      ['juliet', 'x'],
      { ROOKERY_JID: 'romeo@localhost' },
      /There is no password for romeo@localhost\. Put it into the environment/,
    ],
    ['a file that is not there', ['juliet', 'x', '--password-file', 'none'], romeo, /none cannot be read \(ENOENT\)/],
    ['a file without a certificate', ['juliet', 'x', '--ca', 'rookery.txt'], romeo, /has no certificate in it/],
    ['an account that is none', ['juliet', 'x', '--jid', 'localhost'], romeo, /is not the address of an account/],
    [
      'a server that is not there',
      ['juliet', 'x', '--service', 'xmpp://127.0.0.1:1'],
      romeo,
      /Nobody answers .*"rookery start" starts it/,
    ],
    ['a file that it cannot find', ['juliet', '--file', 'rose.jpg'], romeo, /There is no file rose\.jpg/],
    [
      'a server without a place for files',
      ['juliet', '--file', 'rookery.txt'],
      romeo,
      /The server has no place for files/,
    ],
    ['no time', ['juliet', 'x', '--timeout', 'soon'], romeo, /A time is a number of seconds/],
    ['nothing to send', ['juliet'], romeo, /There is nothing to send/],
    ['an address that is none', ['a@b@c', 'x'], romeo, /"a@b@c" is not an address/],
  ]
  for (const [what, words, environment, message] of wrong)
    test(`says in one sentence what to do about ${what}`, async () => {
      folder.write('rookery.txt', 'no certificate')
      const { code, output, errors } = await send(words, '', environment)
      assert.deepEqual([code, output], [1, ''])
      assert.match(errors, message)
      assert.doesNotMatch(errors, /^ +at |secret|wrong/m)
    })

  test('finds neither an account nor a certificate where no server was started', async () => {
    using elsewhere = new TemporaryFolder()
    assert.match((await run(elsewhere.path, ['send', 'juliet', 'x'])).errors, /Which account shall it be\?/)
    const service = `xmpp://127.0.0.1:${portOf(daemon, 'c2s')}`
    const unknown = await run(elsewhere.path, ['send', 'juliet', 'x', '--service', service], '', romeo)
    assert.match(unknown.errors, /signed by itself\. To trust it, name the file of its authority with --ca\.\n$/)
  })

  test('goes anywhere with a service, a certificate and a password in a file', async () => {
    using elsewhere = new TemporaryFolder()
    const password = elsewhere.write('password', 'secret\n')
    const certificate = join(folder.path, 'data/certificates/localhost.crt')
    const coming = received(1)
    const where = ['--service', `xmpp://127.0.0.1:${portOf(daemon, 'c2s')}`, '--ca', certificate]
    const who = ['--jid', 'romeo@localhost', '--password-file', password]
    const { code, errors } = await run(elsewhere.path, ['send', 'juliet', 'from afar', ...where, ...who])
    assert.deepEqual([code, errors], [0, ''])
    assert.deepEqual(await coming, [[undefined, 'from afar']])
  })

  test('ends in order when it is interrupted', async () => {
    await using sending = new DaemonProcess(['send', 'juliet', '--json'], folder.path, undefined, romeo)
    const coming = received(1)
    sending.write('first\n')
    assert.deepEqual(await coming, [[undefined, 'first']])
    await sending.event('message')
    sending.signal('SIGINT')
    assert.equal(await sending.exit, 3)
  })
})
