/** A server that lies about counts, resumptions and sessions (S127). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect, createClient, memoryStore } from '@rookery/client/node'
import { NS } from '@rookery/protocol'
import { failed, MANAGEMENT_NS, resumed } from '@rookery/protocol/xeps/management'
import { type Element, el } from '@rookery/protocol/xml'
import { HostileServer } from '../harness/hostile-server.ts'
import { profiles } from '../support/between.ts'
import { body, failsToLogIn, mallory, optionsFor, reaches, Victim } from '../support/victim.ts'

const h = (count: number | string): Element => el('a', MANAGEMENT_NS, { h: String(count) })

/** Answers a request to resume, in either profile, with this element; nothing else is changed. */
function answerResumption(server: HostileServer, answer: (truth: Element) => Element | undefined): void {
  server.script.send = (element) => {
    if (element.ns === MANAGEMENT_NS && (element.name === 'resumed' || element.name === 'failed'))
      return answer(element)
    if (element.name !== 'success') return element
    return element.withChildren(
      element.children.flatMap((child) => {
        if (typeof child === 'string' || child.ns !== MANAGEMENT_NS) return [child]
        const said = answer(child)
        return said === undefined ? [] : [said]
      }),
    )
  }
}

test('S127: counts for nothing, counts of before and counts that are none change nothing', async () => {
  await using server = await HostileServer.start({ asksForAcks: false })
  await using victim = await Victim.login(server)
  const { client } = victim
  server.script.send = (element) => (element.is('a', MANAGEMENT_NS) ? undefined : element)
  const message = client.messages.post('juliet@localhost', [body('x')])
  await server.until('message')
  const { connection } = server
  for (const lie of [
    h(0),
    h(''),
    h('x'),
    h('-1'),
    h('1.5'),
    h('1e0'),
    h('0x1'),
    el('a', MANAGEMENT_NS),
    h('99999999999999999999'),
  ])
    connection.put(lie)
  connection.put(el('enabled', MANAGEMENT_NS, { id: 'another', resume: 'true' }))
  connection.put(resumed.build({ previd: 'another', h: 1 }))
  connection.put(failed('item-not-found', 1))
  await victim.settled()
  assert.equal(message.fate, 'sent')
  assert.equal(server.connections.length, 1)
  server.script = {}
  connection.put(h(server.connection.session!.handled))
  await message.reached('acked')
})

test('S127: a stanza without an id is no acknowledgement', async () => {
  await using server = await HostileServer.start({ asksForAcks: false })
  await using victim = await Victim.login(server)
  server.script.send = (element) => (element.is('a', MANAGEMENT_NS) ? undefined : element)
  const message = victim.client.messages.post('juliet@localhost', [body('x')])
  await server.until('r', 1)
  await server.until('message')
  for (const type of ['result', 'error', 'get', 'set'])
    server.connection.put(el('iq', NS.client, { type, from: 'localhost' }))
  await victim.settled()
  assert.equal(message.fate, 'sent')
})

test('S127: without stream management only the answer to the own ping tells what has arrived', async () => {
  await using server = await HostileServer.start({ management: false })
  await using victim = await Victim.login(server)
  let ping: Element | undefined
  server.script.receive = (element) => {
    if (element.name !== 'iq' || element.firstElement()?.name !== 'ping') return false
    ping = element
    return true
  }
  const message = victim.client.messages.post('juliet@localhost', [body('x')])
  await server.until('ping')
  const id = ping?.attr('id')
  for (const attributes of [
    { type: 'result', id, from: mallory },
    { type: 'result', id, from: 'juliet@localhost/a' },
    { type: 'result', id, from: 'localhost/x' },
    { type: 'set', id, from: 'localhost' },
    { type: 'get', id, from: 'localhost' },
    { type: 'result', id: `${id}x`, from: 'localhost' },
    { type: 'result', from: 'localhost' },
  ])
    server.connection.put(el('iq', NS.client, attributes))
  // a request of somebody else is answered behind all that
  server.connection.put(el('iq', NS.client, { type: 'get', id: 'last', from: mallory }, [el('x', 'urn:x')]))
  await server.until((element) => element.attr('id') === 'last')
  assert.equal(message.fate, 'sent')
  server.connection.put(el('iq', NS.client, { type: 'error', id, from: 'localhost' }))
  await message.reached('acked')
})

test('S127: a count of more than was sent ends the connection, not the program, and each message is sent once more', async () => {
  for (const lie of [1_000, 4_294_967_295, 2_147_483_648]) {
    await using server = await HostileServer.start({ asksForAcks: false })
    await using victim = await Victim.login(server)
    server.script.send = (element) => (element.is('a', MANAGEMENT_NS) ? undefined : element)
    const message = victim.client.messages.post('juliet@localhost', [body('x')])
    await server.until('message')
    server.connection.put(h(lie))
    server.script = {}
    await message.reached('acked')
    assert.equal(server.received('message').length, 1, 'the session went on, with the count of the server')
    assert.equal(server.connections.length, 2)
  }
})

for (const [profile, more] of profiles) {
  test(`S127: ${profile}: resumed with a count that cannot be: the session is over, and what was not acknowledged is sent in a new one`, async () => {
    for (const lie of ['4294967295', '77', '-1', '', undefined]) {
      await using server = await HostileServer.start(more)
      await using victim = await Victim.login(server)
      server.script.send = (element) => (element.is('a', MANAGEMENT_NS) ? undefined : element)
      const message = victim.client.messages.post('juliet@localhost', [body('x')])
      await server.until('message')
      let lies = true
      answerResumption(server, (truth) => {
        if (!lies) return truth
        lies = false
        return truth.with({ h: lie })
      })
      server.connection.break()
      await message.reached('acked')
      const ids = server
        .received('message')
        .map((one) => [one.attr('id'), one.child('origin-id', 'urn:xmpp:sid:0')?.attr('id')])
      assert.ok(ids.length === 2 || ids.length === 1, String(lie))
      for (const id of ids) assert.deepEqual(id, [message.id, message.id])
    }
  })

  test(`S127: ${profile}: the session of somebody else, resumed in place of ours, is refused`, async () => {
    await using server = await HostileServer.start(more)
    await using victim = await Victim.login(server)
    let lies = true
    answerResumption(server, (truth) => {
      const said = lies ? truth.with({ previd: 'of-juliet' }) : truth
      lies = false
      return said
    })
    server.connection.break()
    await victim.reaches('waiting')
    await victim.reaches('online')
    assert.equal(server.connections.length, 3, 'the lie was not taken for a session')
  })

  test(`S127: ${profile}: resumed without being asked`, async () => {
    await using server = await HostileServer.start(more)
    const said = resumed.build({ previd: 'nobody', h: 0 })
    server.script.send = (element) =>
      element.name === 'success' && profile === 'SASL2'
        ? element.withChildren([
            ...element.children.filter((child) => typeof child === 'string' || child.name !== 'bound'),
            said,
          ])
        : element.name === 'iq' && profile === 'SASL'
          ? [said, element]
          : element
    const error = await failsToLogIn(server)
    assert.partialDeepStrictEqual(error, { kind: 'connect', reason: 'bad-answer' })
  })

  test(`S127: ${profile}: a refusal with and without a count: what the server has not counted is sent once more, the rest is not`, async () => {
    for (const [count, again] of [
      [undefined, ['one', 'two']],
      [1, ['two']],
      [2, []],
      [0, ['one', 'two']],
      [77, ['one', 'two']],
      [4_294_967_295, ['one', 'two']],
    ] as const) {
      await using server = await HostileServer.start(more)
      await using victim = await Victim.login(server)
      server.script.send = (element) => (element.is('a', MANAGEMENT_NS) ? undefined : element)
      const sent = ['one', 'two'].map((text) => victim.client.messages.post('juliet@localhost', [body(text)]))
      await server.until('message', 2)
      const before = server.connection.session!.handled - 2
      server.sessions.clear()
      answerResumption(server, () => failed('item-not-found', count === undefined ? undefined : before + count))
      server.connection.break()
      await Promise.all(sent.map((message) => message.reached('acked')))
      assert.deepEqual(
        server
          .received('message')
          .slice(2)
          .map((one) => one.childText('body')),
        again,
        String(count),
      )
    }
  })
}

test('S127: what the application has not dealt with comes again with the resumption, and is not told twice', async () => {
  await using server = await HostileServer.start()
  await using victim = await Victim.login(server)
  const to = victim.jid
  const reading = victim.client.messages.read()
  const texts = ['one', 'two', 'three']
  for (const text of texts) server.route(el('message', NS.client, { to, from: mallory }, [body(text)]))
  assert.equal((await reading.next()).value?.body, 'one')
  server.connection.break()
  await victim.reaches('waiting')
  server.route(el('message', NS.client, { to, from: mallory }, [body('four')]))
  assert.partialDeepStrictEqual(await victim.reaches('online'), { resumed: true })
  await victim.settled()
  const read = ['one']
  for (let i = 0; i < 3; i++) read.push((await reading.next()).value?.body ?? '')
  assert.deepEqual(read, [...texts, 'four'])
  await reading.return?.()
  await victim.settled()
  assert.deepEqual(victim.bodies, [...texts, 'four'])
  // and the counts of both sides agree
  const { session } = server.connection
  await server.until((element) => element.name === 'a' && Number(element.attr('h')) === session!.unacknowledged.sent)
  assert.equal(server.connections.length, 2)
})

test('S127: the same, when the connection breaks again and again', async () => {
  await using server = await HostileServer.start()
  await using victim = await Victim.login(server)
  const to = victim.jid
  const reading = victim.client.messages.read()
  const texts = Array.from({ length: 12 }, (_, i) => `m${i}`)
  const read: string[] = []
  for (const [i, text] of texts.entries()) {
    server.route(el('message', NS.client, { to, from: mallory }, [body(text)]))
    if (i % 3 === 2) {
      read.push((await reading.next()).value?.body ?? '')
      server.connection.break()
      await victim.reaches('waiting')
      assert.partialDeepStrictEqual(await victim.reaches('online'), { resumed: true })
    }
  }
  while (read.length < texts.length) read.push((await reading.next()).value?.body ?? '')
  await reading.return?.()
  await victim.settled()
  assert.deepEqual(read, texts)
  assert.deepEqual(victim.bodies, texts)
})

test('S127: counts that go beyond 2^32', async () => {
  const store = memoryStore()
  await using server = await HostileServer.start()
  const first = await createClient(optionsFor(server, { store, reconnect: false }))
  await first.connect()
  const session = server.connection.session!
  server.connection.break()
  await reaches(first, 'failed')
  await first.close()
  // as if the session had gone on for years
  const near = 2 ** 32 - 2
  const table = await store('romeo@localhost')
  const rows = new Map(await table.read())
  await table.write([['session', JSON.stringify({ ...JSON.parse(rows.get('session')!), handled: near })]])
  await table.close()
  server.script.send = (element) => (element.is('a', MANAGEMENT_NS) ? undefined : element)
  let greeted = false
  server.script.receive = (element, connection) => {
    if (element.name === 'a') return true
    if (element.name !== 'resume' || greeted) return false
    greeted = true
    assert.equal(element.attr('h'), String(near))
    connection.put(resumed.build({ previd: session.id, h: near }))
    connection.join(session)
    return true
  }
  const acknowledged: (string | undefined)[] = []
  await using second = await connect(optionsFor(server, { store }))
  second.on('message', () => undefined)
  const told = (): void => {
    acknowledged.push(server.received('a').at(-1)?.attr('h'))
  }
  for (let i = 0; i < 4; i++) {
    server.connection.put(el('message', NS.client, { to: second.jid!.toString(), from: mallory }, [body(String(i))]))
    server.connection.put(el('r', MANAGEMENT_NS))
    await server.until('a', server.received('a').length + 1)
    told()
  }
  assert.deepEqual(acknowledged, ['4294967295', '0', '1', '2'])
  const sent = second.messages.post('juliet@localhost', [body('beyond')])
  const sentToo = second.messages.post('juliet@localhost', [body('beyond')])
  await server.until('message', 2)
  server.connection.put(h(2 ** 32 - 1))
  await sent.reached('acked')
  assert.equal(sentToo.fate, 'sent')
  server.connection.put(h(0))
  await sentToo.reached('acked')
})

test('S127: stanzas between the binding and the answer to <enable/> are neither lost nor counted', async () => {
  await using server = await HostileServer.start()
  const early = el('message', NS.client, { from: mallory, to: 'romeo@localhost' }, [body('early')])
  server.script.receive = (element, connection) => {
    if (element.name === 'enable') connection.put(early)
    return false
  }
  const client = await createClient(optionsFor(server))
  await using victim = new Victim(client, server)
  await client.connect()
  await victim.settled()
  assert.deepEqual(victim.bodies, ['early'])
  victim.receive({ from: mallory }, [body('first that is counted')])
  await victim.settled()
  const { session } = server.connection
  server.connection.put(el('r', MANAGEMENT_NS))
  await server.until((element) => element.name === 'a' && Number(element.attr('h')) === session!.unacknowledged.sent)
  assert.equal(server.connections.length, 1)
})
