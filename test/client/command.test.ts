/** `rookery send` and `rookery watch` in rooms of other servers, over TLS. Ours has none yet. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get } from 'node:https'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { connect, roomAdmin, rooms } from '@rookery/client/node'
import { DaemonProcess, type Finished, run, TemporaryFolder } from '../../apps/daemon/src/testing/daemon-process.ts'
import { chosenTargets, startTarget } from './harness/targets.ts'

async function fetched(url: string, ca: string): Promise<string> {
  const [response] = await once(get(url, { ca }), 'response')
  return await text(response)
}

for (const name of chosenTargets((missing, why) => test(missing, (context) => context.skip(why)))) {
  if (name === 'rookery') continue
  test(`the command speaks and listens in a room of ${name}`, { timeout: 300_000 }, async () => {
    await using target = await startTarget(name)
    using folder = new TemporaryFolder()
    const { jid, password } = await target.createAccount('juliet')
    const romeo = await target.createAccount('romeo')
    const where = ['--jid', romeo.jid, '--service', target.service.xmpps, '--ca', folder.write('ca.pem', target.ca)]
    const environment = { ROOKERY_PASSWORD: romeo.password }
    const hall = 'hall@conference.localhost'
    const send = (...words: string[]): Promise<Finished> =>
      run(folder.path, ['send', ...words, ...where], '', environment)

    const missing = await send(hall, 'x', '--room')
    assert.equal(missing.code, 1)
    assert.match(missing.errors, /item-not-found|there is no such room/)

    const service = target.service.xmpp
    await using juliet = await connect({ jid, password, service, tls: { ca: target.ca }, use: [rooms, roomAdmin] })
    const room = await juliet.rooms.join(hall, { nick: 'Juliet' })
    await room.send('before').reached('delivered')

    const words = ['watch', '--room', hall, '--nick', 'Spectator', '--json', ...where]
    await using watching = new DaemonProcess(words, folder.path, undefined, environment)
    const joined = await watching.event('joined')
    assert.deepEqual([joined['room'], joined['nick'], joined['occupants']], [hall, 'Spectator', ['Juliet']])
    const before = await watching.event('message')
    assert.deepEqual([before['nick'], before['body'], before['history']], ['Juliet', 'before', true])

    const sent = await send(hall, 'Good', 'night', '--room', '--nick', 'Romeo', '--wait', 'delivered')
    assert.deepEqual([sent.code, sent.errors], [0, ''])
    const came = await watching.until(({ event, nick }) => event === 'occupant' && nick === 'Romeo')
    assert.equal(came['change'], 'came')
    const heard = await watching.until(({ body }) => body === 'Good night')
    assert.deepEqual([heard['nick'], heard['own'], heard['history']], ['Romeo', false, false])
    await watching.until(({ nick, change }) => nick === 'Romeo' && change === 'went')

    const rose = folder.write('rose.txt', 'by any other name')
    const uploaded = await send(hall, 'look', '--room', '--nick', 'Romeo', '--file', rose, '--wait', 'delivered')
    assert.deepEqual([uploaded.code, uploaded.output], [0, 'They have arrived, all 2.\n'], uploaded.errors)
    const shared = await watching.until(({ files }) => files !== undefined)
    assert.match(String(shared['body']), /^https:.*rose\.txt$/)
    assert.deepEqual(shared['files'], [shared['body']])
    assert.equal(await fetched(String(shared['body']), target.ca), 'by any other name')

    await using people = new DaemonProcess(
      ['watch', '--room', hall, '--nick', 'Nurse', ...where],
      folder.path,
      undefined,
      environment,
    )
    await people.says(/^hall@conference\.localhost, as Nurse\. There are: \S+, \S+$/m)
    await people.says(/^\d\d:\d\d:\d\d Juliet: before$/m)
    people.signal('SIGINT')
    assert.equal(await people.exit, 0)

    await juliet.roomAdmin.of(room).kick('Spectator', { reason: 'enough' })
    assert.equal(await watching.exit, 1)
    assert.equal(watching.errors, `rookery: ${hall} has put us out (kicked): enough\n`)
  })
}
