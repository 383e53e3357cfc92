import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Client, chat, presence, roster } from '@rookery/client/node'
import { DaemonProcess, run, startDaemon, TemporaryFolder } from '../testing/daemon-process.ts'
import { addUser, online } from '../testing/local-account.ts'

describe('rookery watch', { timeout: 300_000 }, () => {
  const folder = new TemporaryFolder()
  const environment = { ROOKERY_PASSWORD: 'secret', ROOKERY_JID: 'romeo@localhost' }
  let daemon: DaemonProcess
  let juliet: Client<readonly [typeof chat, typeof presence, typeof roster]>

  /** Two who see each other's presence. */
  before(async () => {
    daemon = await startDaemon(folder.path)
    await addUser(folder.path, 'romeo')
    await addUser(folder.path, 'juliet')
    juliet = await online(folder.path, daemon, 'juliet', [chat, presence, roster])
    await using romeo = await online(folder.path, daemon, 'romeo', [chat, presence, roster])
    for (const client of [romeo, juliet]) client.on('subscription:request', ({ jid }) => client.roster.approve(jid))
    for (const [client, other] of [
      [romeo, juliet],
      [juliet, romeo],
    ] as const) {
      const approved = new Promise((resolve) => client.on('subscription:approved', resolve, { once: true }))
      client.roster.subscribe(other.jid!.bare)
      await approved
    }
    await juliet.roster.set('romeo@localhost', { name: 'Romeo' })
    await romeo.roster.set('juliet@localhost', { name: 'Juliet', groups: ['Verona'] })
  })
  after(async () => {
    await juliet.close()
    await daemon[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  const watch = (...words: string[]): DaemonProcess =>
    new DaemonProcess(['watch', ...words], folder.path, undefined, environment)

  test('shows contacts, who comes and goes, and messages of both sides, as lines of JSON', async () => {
    juliet.presence.set({ show: 'away', status: 'at the ball' })
    await using watching = watch('--json')
    const { jid } = await watching.until(({ state }) => state === 'online')
    assert.match(String(jid), /^romeo@localhost\//)
    const contact = await watching.event('contact')
    assert.deepEqual(contact, {
      event: 'contact',
      jid: 'juliet@localhost',
      name: 'Juliet',
      groups: ['Verona'],
      subscription: 'both',
    })
    const away = await watching.until(({ show }) => show === 'away')
    assert.deepEqual([away['from'], away['available'], away['status']], [String(juliet.jid), true, 'at the ball'])

    const sent = juliet.chat.send('romeo@localhost', 'Art thou\nthere?')
    const message = await watching.event('message')
    assert.deepEqual([message['id'], message['body'], message['own']], [sent.id, 'Art thou\nthere?', false])
    await sent.reached('delivered') // she is a contact: she may know

    assert.equal((await run(folder.path, ['send', 'juliet', 'Here!'], '', environment)).code, 0)
    const copy = await watching.until(({ own }) => own === true)
    assert.deepEqual([copy['to'], copy['body']], ['juliet@localhost', 'Here!'])

    juliet.presence.hide('good night')
    const gone = await watching.until(({ available }) => available === false)
    assert.deepEqual([gone['from'], gone['status']], [String(juliet.jid), 'good night'])
    watching.signal('SIGINT')
    assert.equal(await watching.exit, 0)
    assert.equal(watching.errors, '')
    juliet.presence.set({})
  })

  test('shows lines to people, and nothing that a terminal would obey', async () => {
    await using watching = watch()
    await watching.says(/^Online as romeo@localhost\/\S+ Ctrl-C ends it\.$/m)
    await watching.says(/^Contacts: Juliet <juliet@localhost>$/m)
    juliet.presence.set({ show: 'dnd' })
    await watching.says(/^\d\d:\d\d:\d\d juliet@localhost\/\S+ does not want to be disturbed$/m)
    juliet.chat.send('romeo@localhost', { body: 'one\u009b31m\ntwo', subject: 'Colours' })
    await watching.says(/^\d\d:\d\d:\d\d juliet@localhost: \[Colours\] one<U\+009B>31m\n {4}two$/m)
    watching.signal('SIGTERM')
    assert.equal(await watching.exit, 0)
    assert.doesNotMatch(watching.output, /is gone/)
  })

  test('shows nothing but what was asked for', async () => {
    await using watching = watch('admin', '--only', 'messages', '--json')
    await watching.until(({ state }) => state === 'online')
    await juliet.chat.send('romeo@localhost', 'not this').reached('delivered')
    const password = String((await daemon.event('first-account'))['password'])
    const admin = { ROOKERY_PASSWORD: password }
    assert.equal((await run(folder.path, ['send', 'romeo', 'but this'], '', admin)).code, 0)
    assert.equal((await watching.event('message'))['body'], 'but this')
    assert.ok(watching.entries.every(({ event }) => event === 'message' || event === 'state'))
  })

  test('ends when nobody reads what it says', async () => {
    await using watching = watch('--json')
    await watching.until(({ state }) => state === 'online')
    watching.stopReading()
    juliet.chat.send('romeo@localhost', 'into the void')
    assert.equal(await watching.exit, 0)
  })

  test('tells of a connection that is lost', async () => {
    await using passing = await startDaemon(folder.path, ['--data', 'other'])
    await using watching = new DaemonProcess(['watch', '--json', '--data', 'other'], folder.path, undefined, {
      ROOKERY_PASSWORD: String((await passing.event('first-account'))['password']),
    })
    await watching.until(({ state }) => state === 'online')
    passing.signal('SIGTERM')
    await watching.until(({ state }) => state === 'waiting')
    watching.signal('SIGINT')
    assert.equal(await watching.exit, 0)
    assert.match(watching.errors, /^rookery: .* Trying again at \d\d:\d\d:\d\d\.$/m)
  })

  test('says that one cannot watch both somebody and a room', async () => {
    const { code, errors } = await run(folder.path, ['watch', 'juliet', '--room', 'hall@localhost'], '', environment)
    assert.equal(code, 1)
    assert.match(errors, /Watch either somebody or a room/)
  })
})
