import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MANAGEMENT_NS as SM } from '@rookery/protocol/xeps/management'
import type { Element } from '@rookery/protocol/xml'
import { createMemoryStorage } from '@rookery/storage/memory'
import { Managed, managed } from '../../test/managed-client.ts'
import { conditionOf, HOST, memoryServer, turns } from '../../test/memory-server.ts'

const chat = (to: string, body: string): string =>
  `<message to='${to}@${HOST}' type='chat' id='${body}'><body>${body}</body></message>`
const bodies = (stanzas: readonly Element[]): (string | undefined)[] =>
  stanzas.filter((one) => one.name === 'message').map((one) => one.childText('body'))

describe('turning it on', () => {
  test('is offered before binding, and taken after it [XEP-0198 2, 3]', async () => {
    await using server = await memoryServer()
    const client = await server.authenticated('juliet')
    assert.ok(client.features?.child('sm', SM))
    client.send(`<enable xmlns='${SM}'/>`)
    const early = await client.next()
    assert.equal(early?.name, 'failed')
    assert.ok(early?.child('unexpected-request', 'urn:ietf:params:xml:ns:xmpp-stanzas'))
    await client.bind('one')
    const one = new Managed(client)
    const enabled = await one.enable("resume='1' max='30'")
    assert.equal(enabled.name, 'enabled')
    assert.equal(enabled.attr('resume'), 'true')
    assert.equal(enabled.attr('max'), '30')
    assert.ok(one.id.length >= 22) // 128 bits
    assert.equal((await one.enable()).name, 'failed') // twice [S76]
    client.send(`<resume xmlns='${SM}' previd='x' h='0'/>`)
    const late = await client.next()
    assert.ok(late?.child('unexpected-request', 'urn:ietf:params:xml:ns:xmpp-stanzas'))
    assert.equal((await client.ask("<iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>")).attr('type'), 'result')
  })

  test('before login is refused like before binding, and the login goes on [XEP-0198 3, 6, S76]', async () => {
    await using server = await memoryServer()
    const client = server.connect()
    await client.open()
    for (const request of [`<enable xmlns='${SM}' resume='true'/>`, `<resume xmlns='${SM}' previd='x' h='0'/>`]) {
      client.send(request)
      const answer = await client.next()
      assert.ok(answer?.is('failed', SM))
      assert.ok(answer?.child('unexpected-request', 'urn:ietf:params:xml:ns:xmpp-stanzas'))
    }
    client.send(`<r xmlns='${SM}'/>`)
    await client.closed()
    assert.equal(client.streamError, 'unsupported-stanza-type')
  })

  test('for longer than is granted, however long, is no mistake; for no time is one [XEP-0198 3]', async () => {
    await using server = await memoryServer()
    for (const [max, granted] of [
      ['1', '1'],
      ['601', '600'],
      ['4294967296', '600'],
      ['0', undefined],
      ['-1', undefined],
    ]) {
      const one = new Managed(await server.login('juliet'))
      assert.equal((await one.enable(`resume='true' max='${max}'`)).attr('max'), granted, max)
    }
  })

  test('without resumption gives no id, and the session ends with its connection', async () => {
    await using server = await memoryServer()
    const juliet = await managed(server, 'juliet', 'one', '')
    assert.equal(juliet.id, '')
    const romeo = await server.login('romeo')
    romeo.send(chat('juliet', 'a'))
    await romeo.all()
    await juliet.lose()
    await turns(10)
    assert.equal((await server.stores.offline.size('juliet')).count, 1)
  })

  test('no session can be resumed where that is turned off', async () => {
    await using server = await memoryServer({ management: { resumeSeconds: 0 } })
    const one = new Managed(await server.login('juliet'))
    assert.equal((await one.enable()).attr('id'), undefined)
    const client = await server.authenticated('juliet')
    client.send(`<resume xmlns='${SM}' previd='x' h='0'/>`)
    const answer = await client.next()
    assert.ok(answer?.child('feature-not-implemented', 'urn:ietf:params:xml:ns:xmpp-stanzas')) // [XEP-0198 5]
    await client.bind('two')
  })
})

describe('acknowledging', () => {
  test('counts stanzas of the client, and those alone [XEP-0198 4]', async () => {
    await using server = await memoryServer()
    const juliet = await managed(server, 'juliet')
    assert.equal(await juliet.handled(), 2) // presence, and the ping of the test
    juliet.client.send(' ')
    assert.equal(await juliet.handled(), 2)
    juliet.client.send(chat('juliet', 'a'))
    assert.equal(await juliet.handled(), 3)
  })

  test('what nobody was asked about is asked for when something waits for it: nothing waits for ever behind presence', async () => {
    await using server = await memoryServer({ features: { archive: false } })
    const romeo = await server.login('romeo')
    romeo.send('<presence/>')
    const away = await server.login('juliet', 'away') // to have the account
    away.destroy()
    await turns()
    romeo.send(chat('juliet', 'old'))
    await romeo.all()
    const juliet = new Managed(await server.login('juliet'))
    await juliet.enable()
    const block = `<block xmlns='urn:xmpp:blocking'><item jid='tybalt@${HOST}'/><item jid='romeo@${HOST}'/></block>`
    await juliet.client.ask(`<iq type='set' id='b'>${block}</iq>`)
    await juliet.all()
    juliet.acknowledge(++juliet.h) // with the answer
    const nurse = await server.login('nurse')
    juliet.client.send('<presence/>') // what was kept is of somebody who is blocked, and is not given
    nurse.send(chat('juliet', 'new'))
    await nurse.all()
    const came: (string | undefined)[] = []
    for (let turn = 0; turn < 20; turn++) {
      await turns()
      for (const one of juliet.client.taken()) {
        if (one.is('r', SM)) juliet.acknowledge()
        else if (one.ns !== SM) juliet.h++
        if (one.name === 'message') came.push(one.childText('body'))
      }
    }
    assert.deepEqual(came, ['new'])
  })

  test('answers as many requests as came', async () => {
    await using server = await memoryServer()
    const juliet = await managed(server, 'juliet')
    const requests = `<r xmlns='${SM}'/>`.repeat(5)
    juliet.client.send(requests)
    const answers = (await juliet.client.all()).filter((one) => one.is('a', SM))
    const counts = answers.map((one) => Number(one.attr('h')))
    assert.equal(counts.length, 5)
    assert.equal(counts[0], 2)
    assert.deepEqual(
      counts,
      counts.toSorted((a, b) => a - b),
    )
  })

  test('asks when something came that matters, once until the answer', async () => {
    await using server = await memoryServer()
    const juliet = await managed(server, 'juliet')
    const romeo = await server.login('romeo')
    const names = async () => (await juliet.client.all()).map((one) => one.name)
    for (const body of ['a', 'b', 'c']) romeo.send(chat('juliet', body))
    await romeo.all()
    assert.deepEqual(await names(), ['message', 'message', 'message']) // it was asked at login, and has not answered
    juliet.acknowledge(juliet.h + 4)
    for (const body of ['d', 'e']) romeo.send(chat('juliet', body))
    await romeo.all()
    assert.deepEqual((await names()).toSorted(), ['message', 'message', 'r'])
  })

  test('more than was sent ends the stream, and says how much that was [XEP-0198 6, S75]', async () => {
    for (const h of ['999', '4294967295']) {
      await using server = await memoryServer()
      const juliet = await managed(server, 'juliet')
      juliet.client.send(`<a xmlns='${SM}' h='${h}'/>`)
      await juliet.client.closed()
      assert.equal(juliet.client.streamError, 'undefined-condition')
      const detail = juliet.client.streamErrorElement?.child('handled-count-too-high', SM)
      assert.equal(detail?.attr('h'), h)
      assert.equal(detail?.attr('send-count'), String(juliet.h))
    }
  })

  test('what is no count ends the stream (S75)', async () => {
    for (const a of [`h='-1'`, '', `h='x'`, `h='4294967296'`, `h='1e1'`]) {
      await using server = await memoryServer()
      const juliet = await managed(server, 'juliet')
      juliet.client.send(`<a xmlns='${SM}' ${a}/>`)
      await juliet.client.closed()
      assert.equal(juliet.client.streamError, 'bad-format', a)
    }
  })

  test('a question for a sign of life is a stanza like any other, and counts', async () => {
    await using server = await memoryServer({ limits: { idleSeconds: 5 }, management: { ackSeconds: 0 } })
    const juliet = await managed(server, 'juliet')
    for (let i = 0; i < 6; i++) {
      server.clock.advance(1000)
      await turns(1)
    }
    const [question] = await juliet.all()
    assert.ok(question?.child('ping', 'urn:xmpp:ping'))
    juliet.acknowledge()
    assert.deepEqual(await juliet.all(), [])
    assert.equal(juliet.client.isClosed, false)
  })

  test('before it is on, requests and answers mean nothing', async () => {
    await using server = await memoryServer()
    const client = await server.login('juliet')
    client.send(`<r xmlns='${SM}'/><a xmlns='${SM}' h='1'/>`)
    assert.deepEqual(await client.all(), [])
  })

  test('a client that does not acknowledge for too long loses its connection, not its session (S84)', async () => {
    await using server = await memoryServer({ management: { ackSeconds: 60 } })
    const juliet = await managed(server, 'juliet')
    const romeo = await server.login('romeo')
    romeo.send(chat('juliet', 'a'))
    await romeo.all()
    for (let i = 0; i < 63; i++) {
      server.clock.advance(1000)
      await turns(1)
    }
    await juliet.client.closed()
    assert.equal(juliet.client.streamError, 'connection-timeout')
    const [again, answer] = await juliet.resume(server, 'juliet')
    assert.equal(answer?.name, 'resumed')
    assert.deepEqual(bodies(await again.all()), ['a'])
  })
})

describe('resuming', () => {
  test('brings what was missed, in order, and nothing twice [XEP-0198 5, S83]', async () => {
    await using server = await memoryServer()
    const juliet = await managed(server, 'juliet')
    const romeo = await server.login('romeo')
    romeo.send(chat('juliet', 'a'))
    await romeo.all()
    assert.deepEqual(bodies(await juliet.all()), ['a'])
    romeo.send(chat('juliet', 'b'))
    await romeo.all()
    await juliet.lose()
    romeo.send(chat('juliet', 'c'))
    romeo.send(chat('juliet', 'd'))
    assert.deepEqual(await romeo.all(), [])
    const [again, answer] = await juliet.resume(server, 'juliet')
    assert.ok(answer?.is('resumed', SM))
    assert.equal(answer?.attr('previd'), juliet.id)
    assert.equal(answer?.attr('h'), '3') // presence and two questions of the test
    assert.deepEqual(bodies(await again.all()), ['b', 'c', 'd'])
    again.acknowledge()
    romeo.send(chat('juliet', 'e'))
    await romeo.all()
    assert.deepEqual(bodies(await again.all()), ['e'])
    await again.lose()
    const [third] = await again.resume(server, 'juliet')
    assert.deepEqual(bodies(await third.all()), [])
  })

  test('brings messages late, with the time when they came [XEP-0198 4, XEP-0203 3]', async () => {
    await using server = await memoryServer({ features: { archive: false } })
    await server.server.accounts(HOST).create('juliet', 'secret-juliet')
    const romeo = await server.login('romeo')
    romeo.send(chat('juliet', 'a'))
    await romeo.all()
    const juliet = await managed(server, 'juliet')
    const begun = server.clock.now()
    romeo.send(chat('juliet', 'b'))
    await romeo.all()
    await juliet.lose()
    server.clock.advance(60_000)
    romeo.send(chat('juliet', 'c'))
    await romeo.all()
    server.clock.advance(60_000)
    for (let round = 0, now = juliet; round < 2; round++) {
      ;[now] = await now.resume(server, 'juliet', 1) // her own presence
      const stamps = (await now.all()).map((one) =>
        one.childElements().flatMap((child) => (child.is('delay', 'urn:xmpp:delay') ? child.attr('stamp') : [])),
      )
      const at = (time: number): string[] => [new Date(time).toISOString().replace('.000', '')]
      assert.deepEqual(stamps, [at(begun), at(begun), at(begun + 60_000)], 'one each')
      await now.lose()
    }
  })

  test('nobody sees the session go or come', async () => {
    await using server = await memoryServer()
    const juliet = await managed(server, 'juliet')
    const other = await server.login('juliet', 'two')
    other.send('<presence/>')
    await other.all()
    await juliet.lose()
    const [again] = await juliet.resume(server, 'juliet')
    await again.all()
    assert.deepEqual(await other.all(), [])
  })

  test('is for the account alone, after login, with the right id (S74)', async () => {
    await using server = await memoryServer()
    const juliet = await managed(server, 'juliet')
    await juliet.lose()
    const [, stranger] = await juliet.resume(server, 'mallory')
    assert.ok(stranger?.is('failed', SM))
    assert.ok(stranger?.child('item-not-found', 'urn:ietf:params:xml:ns:xmpp-stanzas'))
    assert.equal(stranger?.attr('h'), undefined)
    const before = server.connect()
    await before.open()
    before.send(`<resume xmlns='${SM}' previd='${juliet.id}' h='0'/>`)
    assert.ok((await before.next())?.child('unexpected-request', 'urn:ietf:params:xml:ns:xmpp-stanzas'))
    const [again, answer] = await juliet.resume(server, 'juliet')
    assert.equal(answer?.name, 'resumed')
    await again.all()
  })

  test('a client that failed to resume binds on the same stream', async () => {
    await using server = await memoryServer()
    const client = await server.authenticated('juliet')
    client.send(`<resume xmlns='${SM}' previd='unknown' h='0'/>`)
    assert.equal((await client.next())?.name, 'failed')
    await client.bind('two')
    assert.equal(client.jid, `juliet@${HOST}/two`)
  })

  test('with a wrong count ends the stream, and leaves the session as it was', async () => {
    await using server = await memoryServer()
    const juliet = await managed(server, 'juliet')
    await juliet.lose()
    const [hasty] = await juliet.resume(server, 'juliet', 999)
    await hasty.client.closed()
    assert.equal(hasty.client.streamError, 'undefined-condition')
    assert.ok(hasty.client.streamErrorElement?.child('handled-count-too-high', SM))
    const [, answer] = await juliet.resume(server, 'juliet')
    assert.equal(answer?.name, 'resumed')
  })

  test('with what is no count is refused, and the client may try again on the same stream [XEP-0198 6]', async () => {
    await using server = await memoryServer()
    const juliet = await managed(server, 'juliet')
    await juliet.lose()
    const client = await server.authenticated('juliet')
    for (const attributes of [`previd='${juliet.id}' h='x'`, `previd='${juliet.id}'`, `h='0'`, `h='4294967296'`]) {
      client.send(`<resume xmlns='${SM}' ${attributes}/>`)
      const answer = await client.next()
      assert.ok(answer?.is('failed', SM), attributes)
      assert.ok(answer?.child('bad-request', 'urn:ietf:params:xml:ns:xmpp-stanzas'))
    }
    client.send(`<resume xmlns='${SM}' previd='${juliet.id}' h='${juliet.h}'/>`)
    assert.equal((await client.next())?.name, 'resumed')
  })

  test('with less than the client has acknowledged before fails: what it lacks is gone [XEP-0198 5, 6]', async () => {
    await using server = await memoryServer()
    const juliet = await managed(server, 'juliet')
    juliet.acknowledge()
    const handled = await juliet.handled()
    await juliet.lose()
    const [before, answer] = await juliet.resume(server, 'juliet', juliet.h - 1)
    assert.ok(answer?.child('item-not-found', 'urn:ietf:params:xml:ns:xmpp-stanzas'))
    assert.equal(answer?.attr('h'), String(handled))
    await before.client.bind('another')
    const [, right] = await juliet.resume(server, 'juliet')
    assert.equal(right?.name, 'resumed')
  })

  test('that fails leaves the connection alone that the session has', async () => {
    await using server = await memoryServer()
    const juliet = await managed(server, 'juliet')
    juliet.acknowledge()
    for (const h of [juliet.h + 1, juliet.h - 1, 'x']) {
      await juliet.resume(server, 'juliet', h)
      await juliet.all()
    }
    assert.equal(juliet.client.isClosed, false)
  })

  test('ends a connection that is still there with conflict, and the session goes on (S79)', async () => {
    await using server = await memoryServer()
    const juliet = await managed(server, 'juliet')
    const romeo = await server.login('romeo')
    let now = juliet
    for (let i = 0; i < 20; i++) {
      const [again, answer] = await now.resume(server, 'juliet')
      assert.equal(answer?.name, 'resumed')
      await now.client.closed()
      assert.equal(now.client.streamError, 'conflict')
      romeo.send(chat('juliet', `m${i}`))
      await romeo.all()
      assert.deepEqual(bodies(await again.all()), [`m${i}`])
      now = again
    }
  })

  test('of two at once, one wins', async () => {
    await using server = await memoryServer()
    const juliet = await managed(server, 'juliet')
    await juliet.lose()
    const both = await Promise.all([juliet.resume(server, 'juliet'), juliet.resume(server, 'juliet')])
    await turns(10)
    assert.equal(both.filter(([one]) => !one.client.isClosed).length, 1)
  })

  test('an end in order is no loss: the session is over, and forgotten [XEP-0198 5]', async () => {
    await using server = await memoryServer()
    const juliet = await managed(server, 'juliet')
    await juliet.client.end()
    await turns()
    const [, answer] = await juliet.resume(server, 'juliet')
    assert.equal(answer?.name, 'failed')
    assert.equal(await server.stores.resumption.get(juliet.id), undefined)
  })

  test('a request that came meanwhile is answered by the client that came back', async () => {
    await using server = await memoryServer()
    const juliet = await managed(server, 'juliet')
    juliet.client.send(`<presence to='romeo@${HOST}/one'/>`)
    await juliet.all()
    const romeo = await server.login('romeo')
    await juliet.lose()
    romeo.send(`<iq type='get' id='q' to='juliet@${HOST}/one'><x xmlns='urn:x'/></iq>`)
    await romeo.all()
    const [again] = await juliet.resume(server, 'juliet')
    assert.ok((await again.all()).length <= 1)
  })
})

describe('a client that does not come back', () => {
  test('what it missed goes to the others of the account, or is kept with the time when it came', async () => {
    await using server = await memoryServer()
    const juliet = await managed(server, 'juliet')
    const romeo = await server.login('romeo')
    await juliet.lose()
    const came = server.clock.now()
    romeo.send(chat('juliet', 'a'))
    romeo.send(chat('juliet', 'b'))
    await romeo.all()
    assert.equal((await server.stores.offline.size('juliet')).count, 0)
    server.clock.advance(601_000)
    await turns(20)
    assert.equal((await server.stores.offline.size('juliet')).count, 2)
    assert.deepEqual(await romeo.all(), [])
    const late = await server.login('juliet', 'two')
    late.send('<presence/>')
    await turns(20)
    const messages = await late.messages()
    assert.deepEqual(bodies(messages), ['a', 'b'])
    for (const message of messages) {
      const stamps = message.childElements().filter((child) => child.ns === 'urn:xmpp:delay')
      assert.equal(stamps.length, 1)
      assert.equal(Date.parse(stamps[0]!.attr('stamp')!), came)
    }
    const [, answer] = await juliet.resume(server, 'juliet')
    assert.equal(answer?.name, 'failed')
    assert.equal(answer?.attr('h'), '2') // resume_expired_session_returns_correct_h
  })

  test('gives its messages to a resource that is there', async () => {
    await using server = await memoryServer()
    const juliet = await managed(server, 'juliet')
    const romeo = await server.login('romeo')
    await juliet.lose()
    romeo.send(chat('juliet', 'a'))
    await romeo.all()
    const other = await server.login('juliet', 'two')
    other.send('<presence><priority>-1</priority></presence>')
    await other.all()
    other.send('<presence/>')
    await other.all()
    server.clock.advance(601_000)
    await turns(20)
    assert.deepEqual(bodies(await other.all()), ['a'])
    assert.equal((await server.stores.offline.size('juliet')).count, 0)
  })

  test('what another resource got is not kept, whoever went first', async () => {
    await using server = await memoryServer({ management: { ackSeconds: 0 } })
    const one = await managed(server, 'juliet', 'one')
    const two = await managed(server, 'juliet', 'two')
    await one.all()
    const romeo = await server.login('romeo')
    await one.lose()
    romeo.send(chat('juliet', 'a'))
    await romeo.all()
    assert.deepEqual(bodies(await two.all()), ['a'])
    two.acknowledge()
    await two.all()
    server.clock.advance(601_000)
    await turns(20)
    assert.equal((await server.stores.offline.size('juliet')).count, 0)
    assert.deepEqual(bodies(await two.all()), [])
  })

  test('what another client has as a copy does not come to it again', async () => {
    await using server = await memoryServer({ management: { ackSeconds: 0 } })
    const phone = await managed(server, 'juliet', 'phone')
    const desk = await managed(server, 'juliet', 'desk')
    await desk.client.ask(`<iq type='set' id='c'><enable xmlns='urn:xmpp:carbons:2'/></iq>`)
    desk.client.send('<presence><priority>-1</priority></presence>')
    await desk.all()
    const romeo = await server.login('romeo')
    await phone.lose()
    romeo.send(chat('juliet', 'a'))
    await romeo.all()
    const [copy] = (await desk.all()).filter((one) => one.name === 'message')
    assert.ok(copy?.child('received', 'urn:xmpp:carbons:2'))
    desk.h++ // the answer to enabling copies
    desk.acknowledge()
    desk.client.send('<presence/>')
    await desk.all()
    server.clock.advance(601_000)
    await turns(30)
    assert.deepEqual(bodies(await desk.all()), [])
    assert.equal((await server.stores.offline.size('juliet')).count, 0)
  })

  test('what both resources missed is kept once', async () => {
    await using server = await memoryServer()
    const one = await managed(server, 'juliet', 'one')
    const two = await managed(server, 'juliet', 'two')
    await one.all()
    const romeo = await server.login('romeo')
    await one.lose()
    await two.lose()
    romeo.send(chat('juliet', 'a'))
    await romeo.all()
    server.clock.advance(601_000)
    await turns(30)
    assert.equal((await server.stores.offline.size('juliet')).count, 1)
  })

  test('replaced by a new login with the same resource, its messages go there', async () => {
    await using server = await memoryServer()
    const juliet = await managed(server, 'juliet')
    const romeo = await server.login('romeo')
    await juliet.lose()
    romeo.send(chat('juliet', 'a'))
    await romeo.all()
    const again = await server.login('juliet', 'one')
    await turns(20)
    again.send('<presence/>')
    await turns(20)
    assert.deepEqual(bodies(await again.all()), ['a'])
  })

  test('offline messages that it did not acknowledge stay, and come once', async () => {
    await using server = await memoryServer()
    const romeo = await server.login('romeo')
    await server.server.accounts(HOST).create('juliet', 'secret-juliet')
    for (const body of ['a', 'b']) romeo.send(chat('juliet', body))
    await romeo.all()
    const juliet = await managed(server, 'juliet', 'one', '')
    await juliet.lose() // without having acknowledged, and without resumption
    await turns(20)
    assert.equal((await server.stores.offline.size('juliet')).count, 2)
    const late = await managed(server, 'juliet', 'two')
    await turns(20)
    assert.deepEqual(bodies(await late.all()).length <= 2, true)
    late.acknowledge()
    await turns(20)
    await late.all()
    assert.equal((await server.stores.offline.size('juliet')).count, 0)
  })
})

test('what is in the archive is no error for its sender, though there is no place for it among the offline messages', async () => {
  await using server = await memoryServer({ features: { archive: true }, limits: { offlineMessages: 1 } })
  const juliet = await managed(server, 'juliet')
  const romeo = await server.login('romeo')
  await juliet.lose()
  for (const body of ['a', 'b', 'c']) romeo.send(chat('juliet', body))
  assert.deepEqual(await romeo.all(), [])
  server.clock.advance(601_000)
  await turns(30)
  assert.equal((await server.stores.offline.size('juliet')).count, 1)
  assert.deepEqual(await romeo.all(), [])
  assert.equal(await server.stores.archive.count('juliet', {}), 3)
})

describe('bounds', () => {
  test('a client that acknowledges nothing ends with policy-violation, and its messages are kept (S77)', async () => {
    await using server = await memoryServer({
      management: { bytes: 65_536 },
      limits: { offlineMessages: 0, stanzaBytes: 10_000 },
    })
    const juliet = await managed(server, 'juliet')
    const romeo = await server.login('romeo')
    const long = 'x'.repeat(5000)
    for (let i = 0; i < 40; i++) romeo.send(`<message to='juliet@${HOST}'><body>${i} ${long}</body></message>`)
    await romeo.all()
    await juliet.client.closed()
    assert.equal(juliet.client.streamError, 'policy-violation')
    await turns(30)
    assert.equal((await server.stores.offline.size('juliet')).count, 40)
    assert.deepEqual(await romeo.all(), [])
  })

  test('one that is away has a bound as well', async () => {
    await using server = await memoryServer({ management: { stanzas: 64 } })
    const juliet = await managed(server, 'juliet')
    const romeo = await server.login('romeo')
    await juliet.lose()
    for (let i = 0; i < 70; i++) romeo.send(chat('juliet', `m${i}`))
    assert.deepEqual(await romeo.all(), [])
    await turns(40)
    assert.equal((await server.stores.offline.size('juliet')).count, 70)
    const [, answer] = await juliet.resume(server, 'juliet')
    assert.equal(answer?.name, 'failed')
  })

  test('so many sessions of an account wait, the oldest makes room (S78)', async () => {
    await using server = await memoryServer({ management: { waitingSessions: 3 } })
    const sessions: Managed[] = []
    for (let i = 0; i < 6; i++) {
      const one = await managed(server, 'juliet', `r${i}`)
      await one.lose()
      sessions.push(one)
    }
    await turns(20)
    const answers: string[] = []
    for (const one of sessions) answers.push((await one.resume(server, 'juliet'))[1]?.name ?? '')
    assert.deepEqual(answers, ['failed', 'failed', 'failed', 'resumed', 'resumed', 'resumed'])
  })

  test('those who are away do not keep a new client out', async () => {
    await using server = await memoryServer({ limits: { sessionsPerAccount: 2 } })
    for (let i = 0; i < 4; i++) await (await managed(server, 'juliet', `r${i}`)).lose()
    const client = await server.login('juliet', 'last')
    assert.equal(client.jid, `juliet@${HOST}/last`)
  })
})

test('what a client sent before its connection broke counts when it is safe', async () => {
  await using server = await memoryServer()
  await server.server.accounts(HOST).create('romeo', 'secret-romeo')
  const juliet = await managed(server, 'juliet')
  for (const body of ['a', 'b', 'c']) juliet.client.send(chat('romeo', body))
  await juliet.lose()
  const [, answer] = await juliet.resume(server, 'juliet')
  const handled = Number(answer?.attr('h'))
  assert.equal((await server.stores.offline.size('romeo')).count, handled - 2)
})

test('a refusal for what was sent reaches the client that came back', async () => {
  await using server = await memoryServer()
  const juliet = await managed(server, 'juliet')
  juliet.client.send(chat('nobody', 'a'))
  await turns()
  await juliet.lose()
  const [again] = await juliet.resume(server, 'juliet', juliet.h)
  const [refused] = (await again.all()).filter((one) => one.name === 'message')
  assert.equal(conditionOf(refused), 'service-unavailable')
})

test('a client that comes again gets what its lost session missed before what is new', async () => {
  const storage = createMemoryStorage({ commit: () => turns(20) })
  await using server = await memoryServer({ storage, features: { archive: false } })
  const romeo = await server.login('romeo')
  let juliet = await managed(server, 'juliet', 'one')
  let count = 0
  const say = (): void => romeo.send(chat('juliet', `m${++count}`))
  const got: (string | undefined)[] = []
  for (let round = 0; round < 5; round++) {
    for (let i = 0; i < 20; i++) say()
    await romeo.all()
    // the old connection is not known to be broken when the client binds again, and says in the same breath that it is there
    const again = new Managed(await server.authenticated('juliet'))
    const bind = `<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>one</resource></bind></iq>`
    again.client.send(`${bind}<enable xmlns='${SM}' resume='true'/><presence/>`)
    for (let i = 0; i < 10; i++) {
      await turns(3)
      say()
    }
    again.h = -1 // the answer to the binding is none that counts
    await romeo.all()
    await turns(400)
    got.push(...bodies(await again.all()))
    again.acknowledge() // what waited behind the older ones comes now
    await turns(400)
    got.push(...bodies(await again.all()))
    again.acknowledge()
    assert.deepEqual(bodies(await again.all()), [])
    juliet.client.destroy()
    juliet = again
  }
  assert.deepEqual(
    got,
    Array.from({ length: count }, (_, index) => `m${index + 1}`),
  )
})

test('a connection that breaks again and again while older messages come changes nothing in their order', async () => {
  const storage = createMemoryStorage({ commit: () => turns(3) })
  await using server = await memoryServer({ storage, features: { archive: false }, limits: { offlineMessages: 0 } })
  const romeo = await server.login('romeo')
  await server.server.accounts(HOST).create('juliet', 'secret-juliet')
  let count = 0
  const say = (): void => romeo.send(chat('juliet', `m${++count}`))
  for (let i = 0; i < 200; i++) say()
  await romeo.all()
  let juliet = await managed(server, 'juliet')
  const got = bodies(await juliet.all())
  for (let round = 0; round < 12; round++) {
    await turns(round)
    got.push(...bodies(await juliet.all()))
    juliet.acknowledge()
    for (let i = 0; i < 5; i++) say()
    await turns(round * 2)
    await juliet.lose()
    for (let i = 0; i < 5; i++) say()
    await turns(round * 3)
    const [again, answer] = await juliet.resume(server, 'juliet')
    assert.equal(answer?.name, 'resumed')
    juliet = again
  }
  for (let i = 0; i < 30; i++) {
    await turns(20)
    got.push(...bodies(await juliet.all()))
    juliet.acknowledge()
  }
  assert.deepEqual(
    got,
    Array.from({ length: count }, (_, index) => `m${index + 1}`),
  )
})
