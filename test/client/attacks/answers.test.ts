/** Answers and changes by those who were not asked (S54, S55). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { disco, roster } from '@rookery/client/node'
import { NS } from '@rookery/protocol'
import { DISCO_INFO_NS } from '@rookery/protocol/disco'
import { type Element, el } from '@rookery/protocol/xml'
import { HostileServer } from '../harness/hostile-server.ts'
import { mallory, Victim } from '../support/victim.ts'

const question = el('x', 'urn:example:question')
const lie = (id: string | undefined, attributes: Record<string, string | undefined>, payload = 'lie'): Element =>
  el('iq', NS.client, { type: 'result', id, ...attributes }, [el(payload, 'urn:example:question')])

/** Holds back the answers to the question. */
function silent(server: HostileServer): void {
  server.script.receive = (element) => element.name === 'iq' && element.firstElement()?.ns === 'urn:example:question'
}

/** Who asks whom; who answers instead. */
const cases: readonly [asked: string | undefined, by: string, forgers: readonly (string | undefined)[]][] = [
  [
    undefined,
    'romeo@localhost',
    [
      mallory,
      'juliet@localhost',
      'romeo@localhost/other',
      'romeo@e.example',
      'localhost/x',
      'romea@localhost',
      'romeo@localhost.e.example',
    ],
  ],
  [
    'localhost',
    'localhost',
    [mallory, 'romeo@localhost', 'localhost/x', 'x@localhost', 'sub.localhost', 'localhost.e.example'],
  ],
  ['juliet@localhost', 'juliet@localhost', [mallory, undefined, 'localhost', 'juliet@localhost/a', 'romeo@localhost']],
  [
    'juliet@localhost/a',
    'juliet@localhost/a',
    [
      mallory,
      undefined,
      'juliet@localhost',
      'juliet@localhost/A',
      'juliet@localhost/a ',
      'juliet@localhost/a/',
      'localhost',
    ],
  ],
]

for (const [asked, by, forgers] of cases) {
  test(`S54: a question to ${asked ?? 'the own account'} is answered by nobody else`, async () => {
    await using server = await HostileServer.start()
    await using victim = await Victim.login(server)
    silent(server)
    const answer = victim.client.request('get', question, { to: asked })
    const asking = await server.until('x')
    const id = asking.attr('id')
    for (const from of forgers)
      for (const type of ['result', 'error', 'set', 'get', 'RESULT', ''])
        server.connection.send(lie(id, { from, type, to: victim.jid }))
    server.connection.send(lie(id, { from: by, type: 'set' })) // not even the right one, with another type
    server.connection.send(lie(`${id}x`, { from: by }))
    server.connection.send(lie(id?.toUpperCase(), { from: by }))
    server.connection.send(lie(undefined, { from: by }))
    server.connection.send(lie(id, { from: '@nonsense@' }))
    server.connection.send(lie(id, { from: by }, 'truth'))
    server.connection.send(lie(id, { from: by }, 'second'))
    assert.equal((await answer)?.name, 'truth')
  })
}

test('S54: an error for a question counts only from whom was asked, and an answer that comes twice counts once', async () => {
  await using server = await HostileServer.start()
  await using victim = await Victim.login(server)
  silent(server)
  const first = victim.client.request('get', question, { to: 'juliet@localhost/a' })
  const id = (await server.until('x')).attr('id')
  server.connection.send(lie(id, { from: mallory, type: 'error' }))
  server.connection.send(lie(id, { from: 'juliet@localhost/a', type: 'error' }))
  server.connection.send(lie(id, { from: 'juliet@localhost/a' }))
  await assert.rejects(first, { kind: 'request', from: 'juliet@localhost/a' })
  const second = victim.client.request('get', question, { to: 'juliet@localhost/a' })
  const next = (await server.until('x', 2)).attr('id')
  server.connection.send(lie(id, { from: 'juliet@localhost/a' })) // the first answer once more
  server.connection.send(lie(next, { from: 'juliet@localhost/a' }, 'truth'))
  assert.equal((await second)?.name, 'truth')
})

test('S54: ids have so many random bits that nobody guesses them, and are not used again', async () => {
  await using server = await HostileServer.start()
  await using victim = await Victim.login(server)
  for (let i = 0; i < 50; i++) await victim.settled()
  const ids = server.received('ping').map((ping) => ping.attr('id') ?? '')
  assert.equal(new Set(ids).size, 50)
  for (const id of ids) assert.match(id, /^[\w-]{16,}$/)
  // no beginning that the next one shares
  for (const [i, id] of ids.entries()) assert.notEqual(id.slice(0, 6), ids[i + 1]?.slice(0, 6))
})

test('S54: requests that nobody knows are refused to whoever asks, and broken ones harm nobody', async () => {
  await using server = await HostileServer.start()
  await using victim = await Victim.login(server, { use: [disco] })
  for (const [i, payloads] of [[], [question], [question, question], [el('query', DISCO_INFO_NS), question]].entries())
    for (const type of ['get', 'set', 'none', undefined])
      server.connection.send(el('iq', NS.client, { type, id: `${i}`, from: mallory, to: victim.jid }, payloads))
  server.connection.send(el('iq', NS.client, { type: 'get', from: mallory }, [question]))
  await victim.settled()
  for (const answer of server.received('iq').filter((one) => one.attr('to') === mallory))
    assert.match(answer.attr('type') ?? '', /^(error|result)$/)
})

const item = (jid: string, more: Record<string, string> = {}): Element => el('item', NS.roster, { jid, ...more })
const push = (id: string, from: string | undefined, items: readonly Element[]): Element =>
  el('iq', NS.client, { type: 'set', id, from }, [el('query', NS.roster, {}, items)])

test('S55: the roster is changed by the own account alone', async () => {
  await using server = await HostileServer.start({
    roster: [item('juliet@localhost', { subscription: 'both' }), item('nurse@localhost', { subscription: 'to' })],
  })
  await using victim = await Victim.login(server, { use: [roster] })
  const { client } = victim
  const told: string[] = []
  client.on('roster', ({ changed, removed }) => told.push(...[...changed, ...removed].map(({ jid }) => jid.toString())))
  const forgers = [
    mallory,
    'juliet@localhost',
    'romeo@localhost/other',
    victim.jid,
    'localhost',
    'localhost/x',
    'romeo@e.example',
    'romeo@localhost.e.example',
    'rom%65o@localhost',
  ]
  for (const [i, from] of forgers.entries()) {
    server.connection.send(push(`add${i}`, from, [item(mallory, { subscription: 'both' })]))
    server.connection.send(push(`del${i}`, from, [item('juliet@localhost', { subscription: 'remove' })]))
  }
  await victim.settled()
  assert.deepEqual(
    client.roster.contacts.map(({ jid }) => jid.toString()),
    ['juliet@localhost', 'nurse@localhost'],
  )
  assert.deepEqual(told, [])
  for (const i of forgers.keys())
    for (const id of [`add${i}`, `del${i}`]) {
      const answer = await server.until((one) => one.attr('id') === id)
      assert.equal(answer.attr('type'), 'error')
      assert.ok(answer.child('error')?.child('service-unavailable', NS.stanzaErrors), 'as if there were no roster')
    }
})

test('S55: a push of the own account counts, in each of its spellings; one that is broken does not', async () => {
  await using server = await HostileServer.start()
  await using victim = await Victim.login(server, { use: [roster] })
  const { client } = victim
  server.connection.send(push('1', undefined, [item('a@localhost')]))
  server.connection.send(push('2', 'romeo@localhost', [item('b@localhost')]))
  server.connection.send(push('3', 'ROMEO@LOCALHOST', [item('c@localhost')]))
  server.connection.send(push('4', undefined, []))
  server.connection.send(push('5', undefined, [item('d@localhost'), item('e@localhost')]))
  server.connection.send(push('6', undefined, [item('@')]))
  server.connection.send(push('7', undefined, [item('f@localhost', { subscription: 'all' })]))
  await victim.settled()
  const names = client.roster.contacts.map(({ jid }) => jid.local)
  assert.deepEqual(
    names.filter((name) => name !== 'f'),
    ['a', 'b', 'c'],
  )
  for (const id of ['4', '5', '6'])
    assert.equal((await server.until((one) => one.attr('id') === id)).attr('type'), 'error')
})

test('S55: a roster in an answer that was not asked for, and in a message, is none', async () => {
  await using server = await HostileServer.start()
  await using victim = await Victim.login(server, { use: [roster] })
  const query = el('query', NS.roster, {}, [item(mallory, { subscription: 'both' })])
  for (const from of [undefined, 'romeo@localhost', mallory])
    server.connection.send(el('iq', NS.client, { type: 'result', id: 'r', from }, [query]))
  victim.receive({ from: mallory }, [query])
  victim.receive({ from: mallory }, [
    el('x', 'http://jabber.org/protocol/rosterx', {}, [
      el('item', 'http://jabber.org/protocol/rosterx', { action: 'add', jid: mallory }),
    ]),
  ])
  await victim.settled()
  assert.deepEqual(victim.client.roster.contacts, [])
})

test('S55: subscriptions that others speak of change no contact', async () => {
  await using server = await HostileServer.start({ roster: [item('juliet@localhost', { subscription: 'none' })] })
  await using victim = await Victim.login(server, { use: [roster] })
  const { client } = victim
  client.roster.autoApprove = true
  for (const type of ['subscribe', 'subscribed', 'unsubscribe', 'unsubscribed'])
    for (const from of [mallory, 'juliet@localhost/x', 'romeo@localhost', undefined])
      server.connection.send(el('presence', NS.client, { type, from, to: 'romeo@localhost' }))
  await victim.settled()
  assert.equal(client.roster.get('juliet@localhost')?.subscription, 'none')
  assert.equal(client.roster.contacts.length, 1)
  assert.deepEqual(
    server.received('presence').filter((one) => one.attr('type') !== undefined),
    [],
    'nobody was let in',
  )
})
