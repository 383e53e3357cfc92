/** Messages that claim to be somebody else's, of another time, or about what is not theirs (S56–S60). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { archive, archiveWith, carbons, chat, isBySameAuthor, type ReceivedMessage } from '@rookery/client/node'
import { NS } from '@rookery/protocol'
import { CARBONS_NS } from '@rookery/protocol/xeps/carbons'
import { DELAY_NS } from '@rookery/protocol/xeps/delay'
import { FORWARD_NS } from '@rookery/protocol/xeps/forward'
import { MAM_NS } from '@rookery/protocol/xeps/mam'
import { STANZA_ID_NS } from '@rookery/protocol/xeps/stanza-id'
import { type Element, el } from '@rookery/protocol/xml'
import { HostileServer } from '../harness/hostile-server.ts'
import { body, mallory, Victim } from '../support/victim.ts'

const day = 86_400_000
const delay = (from: string | undefined, at: number | string): Element =>
  el('delay', DELAY_NS, { from, stamp: typeof at === 'number' ? new Date(at).toISOString() : at })
const inner = (from: string, text: string, to = 'romeo@localhost'): Element =>
  el('message', NS.client, { from, to, type: 'chat', id: `id-${text}` }, [body(text)])
const forwarded = (message: Element | undefined, at?: Element): Element =>
  el('forwarded', FORWARD_NS, {}, [at, message])
const copy = (kind: 'received' | 'sent', message: Element | undefined): Element =>
  el(kind, CARBONS_NS, {}, [forwarded(message)])

/** All that is alike to the address of the account, and is not it. */
const notTheAccount = [
  mallory,
  'juliet@localhost',
  'romeo@localhost/other',
  'romeo@localhost/client-1',
  'localhost',
  'localhost/romeo',
  'romeo@e.example',
  'romeo@localhost.e.example',
  'romeo\u200b@localhost',
  'rоmeo@localhost', // with a Cyrillic letter
]

test('S56: copies are believed of the own account alone', async () => {
  await using server = await HostileServer.start()
  await using victim = await Victim.login(server, { use: [carbons, chat] })
  const shown: string[] = []
  victim.client.on('chat', ({ body: text }) => void shown.push(text ?? ''))
  for (const from of notTheAccount)
    for (const kind of ['received', 'sent'] as const) {
      victim.receive({ from }, [copy(kind, inner('juliet@localhost', 'forged'))])
      victim.receive({ from, type: 'chat' }, [copy(kind, inner('romeo@localhost', 'forged', mallory)), body('cover')])
    }
  await victim.settled()
  assert.equal(victim.bodies.includes('forged'), false)
  assert.equal(shown.includes('forged'), false)
  // what stands beside the forgery is a message like any, of whoever sent it
  for (const { way, isOwn } of victim.messages) assert.deepEqual([way.carbon, isOwn], [undefined, false])
  assert.ok(victim.bodies.includes('cover'))
})

test('S56: copies of the own account are taken, and only of what it sent or received', async () => {
  await using server = await HostileServer.start()
  await using victim = await Victim.login(server, { use: [carbons] })
  const account = { from: 'romeo@localhost' }
  victim.receive(account, [copy('received', inner('juliet@localhost/a', 'one'))])
  victim.receive({}, [copy('sent', inner('romeo@localhost/b', 'two', 'juliet@localhost'))])
  victim.receive(account, [copy('received', inner(mallory, 'to another', 'juliet@localhost'))])
  victim.receive(account, [copy('sent', inner(mallory, 'by another'))])
  victim.receive(account, [copy('sent', undefined)])
  victim.receive(account, [
    copy('received', el('iq', NS.client, { type: 'set', from: mallory, to: 'romeo@localhost' })),
  ])
  victim.receive(account, [copy('received', el('presence', NS.client, { from: mallory, to: 'romeo@localhost' }))])
  victim.receive(account, [copy('received', inner('@@', 'nobody'))])
  victim.receive(account, [el('received', CARBONS_NS)])
  // one within another
  victim.receive(account, [
    copy('received', inner(mallory, 'outer').withChildren([copy('received', inner('juliet@localhost', 'nested'))])),
  ])
  await victim.settled()
  assert.deepEqual(
    victim.messages.map((message) => [message.body, message.from.toString(), message.way.carbon, message.isOwn]),
    [
      ['one', 'juliet@localhost/a', 'received', false],
      ['two', 'romeo@localhost/b', 'sent', true],
      [undefined, mallory, 'received', false],
    ],
  )
})

test('S56: forwarded messages are nobody else’s without the feature, and what they forward is not told', async () => {
  await using server = await HostileServer.start()
  await using victim = await Victim.login(server)
  victim.receive({ from: 'romeo@localhost' }, [copy('received', inner('juliet@localhost', 'forged'))])
  victim.receive({ from: mallory }, [forwarded(inner('juliet@localhost', 'forged'))])
  await victim.settled()
  assert.deepEqual(victim.bodies, [undefined, undefined])
})

/** A server with an archive, of which a test writes the answers. */
async function withArchive(answer: (queryId: string, id: string) => readonly Element[]): Promise<HostileServer> {
  const server = await HostileServer.start({ disco: [MAM_NS, 'urn:xmpp:mam:2#extended', 'urn:xmpp:ping'] })
  server.script.receive = (element, connection) => {
    const query = element.child('query', MAM_NS)
    if (query === undefined || element.attr('type') !== 'set') return false
    for (const one of answer(query.attr('queryid') ?? '', element.attr('id') ?? '')) connection.send(one)
    return true
  }
  return server
}

const result = (queryid: string | undefined, id: string, from: string | undefined, message: Element): Element =>
  el('message', NS.client, { from, to: 'romeo@localhost/x' }, [
    el('result', MAM_NS, { queryid, id }, [forwarded(message, delay(undefined, Date.now() - day))]),
  ])
const fin = (id: string, first = 'a', last = 'a'): Element =>
  el('iq', NS.client, { type: 'result', id }, [
    el('fin', MAM_NS, { complete: 'true' }, [
      el('set', 'http://jabber.org/protocol/rsm', {}, [
        el('first', 'http://jabber.org/protocol/rsm', {}, first),
        el('last', 'http://jabber.org/protocol/rsm', {}, last),
      ]),
    ]),
  ])

const quiet = archiveWith({ repair: false })

test('S57: results of an archive count from the archive that was asked, with the id of the question, before its end', async () => {
  await using server = await withArchive((queryId, id) => [
    ...notTheAccount.map((from) => result(queryId, 'a', from, inner('juliet@localhost', 'forged'))),
    result('guessed', 'a', undefined, inner('juliet@localhost', 'forged')),
    result(undefined, 'a', undefined, inner('juliet@localhost', 'forged')),
    result(
      queryId.toLowerCase() === queryId ? `${queryId}x` : queryId.toLowerCase(),
      'a',
      undefined,
      inner('juliet@localhost', 'forged'),
    ),
    result(queryId, 'a', 'romeo@localhost', inner('juliet@localhost', 'truth')),
    fin(id),
  ])
  await using victim = await Victim.login(server, { use: [quiet] })
  const found: ReceivedMessage[] = []
  for await (const message of victim.client.archive.query()) found.push(message)
  await victim.settled()
  assert.deepEqual(
    found.map((message) => message.body),
    ['truth'],
  )
  const queryId = server.received('query').at(-1)?.child('query', MAM_NS)?.attr('queryid')
  assert.ok(queryId !== undefined)
  victim.receive(
    { from: 'romeo@localhost' },
    result(queryId, 'b', undefined, inner('juliet@localhost', 'late')).children,
  )
  await victim.settled()
  assert.deepEqual(victim.bodies, [])
})

test('S57: results that nobody asked for are not told, with and without a question to another archive', async () => {
  const room = 'orchard@rooms.localhost'
  await using server = await withArchive((queryId, id) => [
    result(queryId, 'a', undefined, inner('juliet@localhost', 'of the account')),
    result(queryId, 'a', 'romeo@localhost', inner('juliet@localhost', 'of the account')),
    result(queryId, 'a', `${room}/nick`, inner(`${room}/x`, 'of an occupant').with({ type: 'groupchat' })),
    result(queryId, 'a', room, inner('juliet@localhost', 'a private one')),
    result(queryId, 'a', room, inner('other@rooms.localhost/x', 'of another room').with({ type: 'groupchat' })),
    result(queryId, 'a', room, inner(`${room}/x`, 'truth').with({ type: 'groupchat' })),
    fin(id).with({ from: room }),
  ])
  await using victim = await Victim.login(server, { use: [quiet] })
  server.connection.send(result('x', 'a', undefined, inner('juliet@localhost', 'unsolicited')))
  server.connection.send(result('x', 'a', mallory, inner('juliet@localhost', 'unsolicited')))
  const receive = server.script.receive!
  server.script.receive = (element, connection) => {
    if (element.child('query', 'http://jabber.org/protocol/disco#info') === undefined || element.attr('to') !== room)
      return receive(element, connection)
    connection.reply(
      element,
      el('query', 'http://jabber.org/protocol/disco#info', {}, [
        el('feature', 'http://jabber.org/protocol/disco#info', { var: MAM_NS }),
      ]),
    )
    return true
  }
  const found: ReceivedMessage[] = []
  for await (const message of victim.client.archive.query({ of: room })) found.push(message)
  assert.deepEqual(
    found.map((message) => message.body),
    ['truth'],
  )
  assert.deepEqual(victim.bodies, [])
})

test('S57: an archive that sends more than was asked for, or never comes to an end, is not followed', async () => {
  let pages = 0
  await using server = await withArchive((queryId, id) => [
    ...Array.from({ length: 51 }, (_, i) => result(queryId, `${i}`, undefined, inner('juliet@localhost', `${i}`))),
    fin(id),
  ])
  await using victim = await Victim.login(server, { use: [quiet] })
  await assert.rejects(victim.client.archive.latest(10), { kind: 'unexpected-answer' })
  server.script.receive = (element, connection) => {
    const query = element.child('query', MAM_NS)
    if (query === undefined) return false
    pages++
    connection.send(result(query.attr('queryid'), 'same', undefined, inner('juliet@localhost', 'again')))
    const end = fin(element.attr('id')!, 'same', 'same')
    const [payload] = end.childElements()
    connection.send(end.withChildren([payload!.with({ complete: undefined })]))
    return true
  }
  for await (const message of victim.client.archive.query()) assert.equal(message.body, 'again')
  assert.ok(pages <= 2, `${pages} pages were asked for`)
})

const stanzaId = (by: string | undefined, id: string, ns = STANZA_ID_NS): Element => el('stanza-id', ns, { by, id })

test('S58: ids by others are not taken for those of the own archive, and hide no message', async () => {
  await using server = await HostileServer.start()
  await using victim = await Victim.login(server, { use: [chat] })
  const ids: (string | undefined)[] = []
  victim.client.on('chat', (message) => void ids.push(message.stanzaId))
  const forged = [
    [stanzaId(mallory, 'x')],
    [stanzaId('juliet@localhost', 'x')],
    [stanzaId('localhost', 'x')],
    [stanzaId('romeo@localhost/a', 'x')],
    [stanzaId(undefined, 'x')],
    [stanzaId('romeo@localhost', '')],
    [stanzaId('romeo@localhost', 'x', 'urn:xmpp:sid:1')],
    [stanzaId(mallory, 'x'), stanzaId('', 'x'), stanzaId('@', 'x')],
    [el('x', 'urn:x', {}, [stanzaId('romeo@localhost', 'x')])],
  ]
  for (const [i, children] of forged.entries())
    victim.receive({ from: 'juliet@localhost/a', type: 'chat' }, [body(`${i}`), ...children])
  await victim.settled()
  assert.deepEqual(
    victim.bodies,
    forged.map((_, i) => `${i}`),
  )
  assert.deepEqual(
    ids,
    forged.map(() => undefined),
  )
  victim.receive({ from: mallory, type: 'chat' }, [
    body('true'),
    stanzaId(mallory, 'y'),
    stanzaId('ROMEO@localhost', 'z'),
  ])
  victim.receive({ from: mallory, type: 'chat' }, [body('again'), stanzaId('romeo@localhost', 'z')])
  await victim.settled()
  assert.equal(ids.at(-1), 'z')
  assert.equal(victim.bodies.at(-1), 'true')
})

test('S58: what somebody calls their own message hides no message of anybody else', async () => {
  await using server = await HostileServer.start()
  await using victim = await Victim.login(server)
  const origin = el('origin-id', STANZA_ID_NS, { id: 'same' })
  for (const from of [mallory, 'juliet@localhost/a', 'nurse@localhost/a', 'room@rooms.localhost/a'])
    victim.receive({ from, id: 'same' }, [body(from), origin])
  victim.receive({ from: 'room@rooms.localhost/a', type: 'groupchat' }, [body('in the room'), origin])
  victim.receive({ from: 'room@rooms.localhost/b', type: 'groupchat' }, [body('another in the room'), origin])
  victim.receive({ from: 'juliet@localhost/b', id: 'same' }, [body('once more'), origin])
  await victim.settled()
  assert.deepEqual(victim.bodies, [
    mallory,
    'juliet@localhost/a',
    'nurse@localhost/a',
    'room@rooms.localhost/a',
    'in the room',
    'another in the room',
  ])
})

test('S59: a time is believed of the own server alone, and never one that lies ahead', async () => {
  await using server = await HostileServer.start()
  await using victim = await Victim.login(server)
  const long = Date.now() - 400 * day
  const before = Date.now()
  const lies = [
    delay(mallory, long),
    delay('e.example', long),
    delay('juliet@localhost', long),
    delay('localhost/x', long),
    delay('localhost.e.example', long),
    delay(undefined, long),
    delay('', long),
    delay('localhost', Date.now() + 400 * day),
    delay('localhost', 'yesterday'),
    delay('localhost', '0000-00-00T00:00:00Z'),
    el('x', 'jabber:x:delay', { from: 'localhost', stamp: '20020910T23:08:25' }),
    el('y', 'urn:x', {}, [delay('localhost', long)]),
  ]
  for (const [i, lie] of lies.entries()) victim.receive({ from: mallory }, [body(`${i}`), lie])
  victim.receive({ from: 'room@rooms.localhost/x' }, [body('not a room'), delay('room@rooms.localhost', long)])
  await victim.settled()
  const after = Date.now()
  assert.equal(victim.messages.length, lies.length + 1)
  for (const { at, body: text } of victim.messages) assert.ok(at >= before && at <= after, `${text}: ${at - before}`)
})

test('S59: of several times that of the own server counts, which is the last', async () => {
  await using server = await HostileServer.start()
  await using victim = await Victim.login(server)
  const truth = Date.now() - 2 * day
  for (const lies of [
    [delay(mallory, 0)],
    [delay('localhost', truth - 300 * day)],
    [delay('romeo@localhost', truth - 1)],
  ])
    victim.receive({ from: mallory }, [body('offline'), ...lies, delay('localhost', truth)])
  await victim.settled()
  assert.deepEqual(
    victim.messages.map(({ at }) => at),
    [truth, truth, truth],
  )
})

test('S59: words of rooms that are none, other addresses and nicknames change nobody', async () => {
  await using server = await HostileServer.start()
  await using victim = await Victim.login(server, { use: [chat] })
  const peers: string[] = []
  victim.client.on('chat', ({ peer, author, isRoom }) => void peers.push(`${peer} ${author} ${isRoom}`))
  const from = `${mallory}/a`
  victim.receive({ from, type: 'chat' }, [
    body('1'),
    el('nick', 'http://jabber.org/protocol/nick', {}, 'juliet@localhost'),
  ])
  victim.receive({ from, type: 'chat' }, [
    body('2'),
    el('addresses', 'http://jabber.org/protocol/address', {}, [
      el('address', 'http://jabber.org/protocol/address', { type: 'ofrom', jid: 'juliet@localhost' }),
    ]),
  ])
  victim.receive({ from, type: 'chat' }, [
    body('3'),
    el('x', 'http://jabber.org/protocol/muc#user', {}, [
      el('item', 'http://jabber.org/protocol/muc#user', {
        affiliation: 'owner',
        role: 'moderator',
        jid: 'juliet@localhost',
      }),
    ]),
  ])
  victim.receive({ from, type: 'chat' }, [body('4'), el('occupant-id', 'urn:xmpp:occupant-id:0', { id: 'of juliet' })])
  await victim.settled()
  assert.deepEqual(peers, [
    `${mallory} ${mallory} false`,
    `${mallory} ${mallory} false`,
    `${from} ${from} false`,
    `${mallory} ${mallory} false`,
  ])
})

const replace = (id: string): Element => el('replace', 'urn:xmpp:message-correct:0', { id })
const retract = (id: string): Element => el('retract', 'urn:xmpp:message-retract:1', { id })
const reactions = (id: string): Element =>
  el('reactions', 'urn:xmpp:reactions:0', { id }, [el('reaction', 'urn:xmpp:reactions:0', {}, '👎')])
const received = (id: string): Element => el('received', 'urn:xmpp:receipts', { id })
const displayed = (id: string): Element => el('displayed', 'urn:xmpp:chat-markers:0', { id })

test('S60: who corrects, takes back or likes something is who says so, and nobody but its author is believed', async () => {
  await using server = await HostileServer.start()
  await using victim = await Victim.login(server, { use: [chat, carbons] })
  const { client } = victim
  const told: string[] = []
  const original = { peer: 'juliet@localhost', author: 'juliet@localhost' }
  client.on('chat:corrected', (note) => void told.push(`corrected ${note.author} ${isBySameAuthor(original, note)}`))
  client.on('chat:retracted', (note) => void told.push(`retracted ${note.author} ${isBySameAuthor(original, note)}`))
  client.on('chat:reactions', (note) => void told.push(`liked ${note.author} ${isBySameAuthor(original, note)}`))
  victim.receive({ from: 'juliet@localhost/a', id: 'm1', type: 'chat' }, [body('original')])
  for (const from of [mallory, 'nurse@localhost/a', 'juliet@localhost.e.example', 'juliet@e.example'])
    for (const change of [replace('m1'), retract('m1'), reactions('m1')])
      victim.receive({ from, type: 'chat' }, [body('forged'), change])
  victim.receive({ from: 'romeo@localhost/other', type: 'chat' }, [body('mine'), replace('m1')])
  victim.receive({ from: 'juliet@localhost/b', type: 'chat' }, [body('better'), replace('m1')])
  await victim.settled()
  assert.equal(told.length, 14)
  for (const line of told.slice(0, 13)) assert.match(line, / false$/)
  assert.equal(told[13], 'corrected juliet@localhost true')
})

test('S60: nobody else changes what we have sent, nor says how far it came', async () => {
  await using server = await HostileServer.start()
  await using victim = await Victim.login(server, { use: [chat] })
  const { client } = victim
  const told: unknown[] = []
  client.on('chat:corrected', (note) => void told.push(note.kind))
  client.on('chat:retracted', (note) => void told.push(note.kind))
  client.on('chat', (message) => void told.push(message.body))
  const sent = client.chat.send('juliet@localhost', 'mine')
  await sent.reached('acked')
  for (const from of [mallory, 'juliet@localhost/a', 'nurse@localhost', 'juliet@e.example']) {
    victim.receive({ from, type: 'chat' }, [body('forged'), replace(sent.id)])
    victim.receive({ from, type: 'chat' }, [retract(sent.id)])
  }
  for (const from of [mallory, 'nurse@localhost', 'localhost', 'romeo@localhost/x', 'juliet@e.example', undefined])
    for (const claim of [received(sent.id), displayed(sent.id)]) victim.receive({ from, type: 'chat' }, [claim])
  for (const from of [mallory, 'localhost', 'nurse@localhost', undefined])
    server.connection.send(
      el('message', NS.client, { from, type: 'error', id: sent.id, to: victim.jid }, [
        el('error', NS.client, { type: 'cancel' }, [el('gone', NS.stanzaErrors)]),
      ]),
    )
  await victim.settled()
  assert.deepEqual(told, [])
  assert.equal(sent.fate, 'acked')
  victim.receive({ from: 'juliet@localhost/a', type: 'chat' }, [received(sent.id)])
  await sent.reached('delivered')
})

test('S60: a client with everything tells of no error, whatever claims are in a message', async () => {
  await using server = await HostileServer.start()
  await using victim = await Victim.login(server, { use: [chat, carbons, archive] })
  const claims = [
    replace(''),
    retract(''),
    reactions(''),
    received(''),
    displayed(''),
    el('replace', 'urn:xmpp:message-correct:0'),
  ]
  for (const type of ['chat', 'normal', 'groupchat', 'headline', 'error', 'nonsense', undefined])
    for (const from of [mallory, 'romeo@localhost', 'localhost', undefined, '@@'])
      for (const claim of claims) victim.receive({ type, from }, [claim, body('x')])
  await victim.settled()
  assert.deepEqual(victim.errors, [])
})
