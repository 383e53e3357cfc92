import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Element, el, writeElement } from '@rookery/protocol/xml'
import { startTestServer } from '@rookery/testkit'
import { HostileServer } from '../../../../../test/client/harness/hostile-server.ts'
import { hurried } from '../../../test/hurried.ts'
import { online, timeless } from '../../../test/online.ts'
import { address, ScriptedRoom } from '../../../test/scripted-room.ts'
import { next, within } from '../../../test/waiting.ts'
import {
  archive,
  type ChatMessage,
  type Client,
  type ClientOptions,
  carbons,
  chat,
  isBySameAuthor,
  type JoinOptions,
  memoryStore,
  type messages,
  presence,
  type Room,
  type RoomInvitation,
  type RoomMessage,
  roomAdmin,
  rooms,
} from '../../index.ts'
import { nodePlatform } from '../../node/index.ts'

type Use = readonly [typeof rooms, typeof roomAdmin, typeof chat, typeof presence]

/** Romeo, and a room that he has entered when `enter` is called. */
async function stage(options: Partial<ClientOptions> = {}): Promise<{
  server: HostileServer
  room: ScriptedRoom
  romeo: Client<Use>
  [Symbol.asyncDispose](): Promise<void>
}> {
  const server = await HostileServer.start({ script: {} })
  const room = new ScriptedRoom(server)
  const romeo = await online(server, [rooms, roomAdmin, chat, presence], options)
  return {
    server,
    room,
    romeo,
    async [Symbol.asyncDispose]() {
      await romeo.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

const past = `<delay xmlns='urn:xmpp:delay' from='${address}' stamp='2020-01-01T00:00:00Z'/>`
const codes = (...all: number[]): string => all.map((code) => `<status code='${code}'/>`).join('')
const occupant = (id: string): string => `<occupant-id xmlns='urn:xmpp:occupant-id:0' id='${id}'/>`

/** All that a room tells of messages until it says this. */
async function heardUntil(room: Room, last: string): Promise<RoomMessage[]> {
  const heard: RoomMessage[] = []
  await next(room, 'message', (message) => {
    if (message.body !== last) heard.push(message)
    return message.body === last
  })
  return heard
}

describe('entering a room', () => {
  test('shows its occupants before anything is said, and tells nothing before whoever joins can listen', async () => {
    await using set = await stage()
    const { room, romeo } = set
    room.others = ['juliet', 'nurse']
    room.history = [`<message type='groupchat' from='${address}/juliet' to='@me'><body>earlier</body>${past}</message>`]
    room.subject = '<subject>Balcony</subject>'
    const joined = await romeo.rooms.join(`${address}/romeo`)
    assert.deepEqual([...joined.occupants.keys()], ['juliet', 'nurse', 'romeo'])
    assert.equal(joined.subject, undefined)
    const order: string[] = []
    joined.on('joined', ({ again }) => order.push(`joined, again: ${again}`))
    joined.on('message', ({ body, at, isHistory }) => order.push(`${body} ${at} ${isHistory}`))
    const { text } = await next(joined, 'subject')
    assert.equal(text, 'Balcony')
    assert.deepEqual(order, ['joined, again: false', `earlier ${Date.UTC(2020, 0)} true`])
  })

  test('waits for who enters it already', async () => {
    await using set = await stage()
    const { room, romeo } = set
    const [one, other] = await Promise.all([romeo.rooms.join(address), romeo.rooms.join(address)])
    assert.equal(one, other)
    assert.equal(await romeo.rooms.join(address), one)
    assert.equal(room.entered.length, 1)
  })

  test('waits for the coming back of who was there, and asks by itself where that was refused', async () => {
    for (const isRefused of [false, true]) {
      await using set = await stage(hurried)
      const { server, room, romeo } = set
      const before = await romeo.rooms.join(address)
      const letIn = server.script.receive!
      const again = Promise.withResolvers<Room>()
      server.script.receive = (element, connection) => {
        const join = element.child('x', 'http://jabber.org/protocol/muc')
        if (join === undefined || join.childText('password') === 'rose') return letIn(element, connection)
        again.resolve(romeo.rooms.join(address, { password: 'rose', timeout: 100 * 15_000 }))
        if (!isRefused) return letIn(element, connection)
        const error = "<error type='auth'><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
        room.say(
          `<presence type='error' from='${address}/romeo' to='@me' id='${element.attr('id')}'>${error}</presence>`,
        )
        return true
      }
      server.sessions.clear()
      server.connection.break()
      const entered = await within(again.promise, 'the room')
      assert.deepEqual([entered.state, romeo.rooms.joined], ['inside', [entered]])
      if (!isRefused) assert.equal(entered, before)
      assert.equal(room.entered.length, isRefused ? 3 : 2)
    }
  })

  test('is not undone by the end of an earlier stay, of which the room tells meanwhile', async () => {
    await using set = await stage()
    const { server, room, romeo } = set
    const letIn = server.script.receive!
    server.script.receive = (element, connection) => {
      if (element.child('x', 'http://jabber.org/protocol/muc') !== undefined)
        room.presence('romeo', `<item role='none'/>${codes(110)}`, '', 'unavailable')
      return letIn(element, connection)
    }
    const left: string[] = []
    romeo.on('room:left', ({ cause }) => left.push(cause))
    const joined = await romeo.rooms.join(address)
    const back = next(joined, 'joined', ({ again }) => again)
    server.sessions.clear()
    server.connection.break()
    await back
    assert.deepEqual([joined.state, ...joined.occupants.keys()], ['inside', 'romeo'])
    assert.deepEqual(left, [])
  })

  test('is tried again where the end of an earlier stay is all that the room answers', async () => {
    const { clock } = hurried.platform
    const after: typeof clock.after = (milliseconds, run) =>
      milliseconds === 30_000 ? () => undefined : clock.after(milliseconds, run) // nobody comes to the end of the patience with rooms
    await using set = await stage({ ...hurried, platform: { ...hurried.platform, clock: { ...clock, after } } })
    const { server, room, romeo } = set
    const joined = await romeo.rooms.join(address)
    const letIn = server.script.receive!
    let asked = 0
    server.script.receive = (element, connection) => {
      const isJoin = element.child('x', 'http://jabber.org/protocol/muc') !== undefined
      if (!isJoin || ++asked > 1) return letIn(element, connection)
      room.presence('romeo', `<item role='none'/>${codes(110)}`, '', 'unavailable')
      return true
    }
    const back = next(joined, 'joined', ({ again }) => again)
    server.sessions.clear()
    server.connection.break()
    await back
    assert.equal(asked, 2)
  })

  test('does not depend on what the room says of itself, if anything', async () => {
    const { clock } = nodePlatform
    const after: typeof clock.after = (milliseconds, run) =>
      milliseconds > 5_000 ? () => undefined : clock.after(0, run) // so long it is waited for what it says
    await using set = await stage({ platform: { ...nodePlatform, clock: { ...clock, after } } })
    const { server, room, romeo } = set
    const others = server.script.receive!
    server.script.receive = (element, connection) =>
      (element.name === 'iq' && element.attr('to') === address) || others(element, connection)
    const joined = await romeo.rooms.join(address)
    assert.deepEqual([joined.state, joined.info, room.entered.length], ['inside', undefined, 1])
  })

  test('that is refused to one who asks is not what others wait for', async () => {
    await using set = await stage({ platform: timeless })
    const { server, room, romeo } = set
    const letIn = server.script.receive!
    server.script.receive = (element, connection) => {
      const join = element.child('x', 'http://jabber.org/protocol/muc')
      if (join === undefined || join.childText('password') === 'rose') return letIn(element, connection)
      const error = "<error type='auth'><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
      room.say(`<presence type='error' from='${address}/romeo' to='@me' id='${element.attr('id')}'>${error}</presence>`)
      return true
    }
    const refused = assert.rejects(romeo.rooms.join(address), { condition: 'not-authorized' })
    const refusedToo = assert.rejects(romeo.rooms.join(address), { condition: 'not-authorized' })
    const joined = romeo.rooms.join(address, { password: 'rose' })
    await within(Promise.all([refused, refusedToo]), 'two refusals')
    assert.deepEqual(romeo.rooms.joined, [await within(joined, 'the room')])
  })

  test('shows what has changed while one was on the way [XEP-0045 7.7]', async () => {
    await using set = await stage()
    const { server, room, romeo } = set
    const letIn = server.script.receive!
    server.script.receive = (element, connection) => {
      const isJoin = element.child('x', 'http://jabber.org/protocol/muc') !== undefined
      if (!isJoin) return letIn(element, connection)
      const changed = next(romeo, 'presence:changed', ({ isAvailable }) => isAvailable)
      room.say(`<presence from='juliet@localhost/balcony' to='@me'/>`)
      void changed.then(() => {
        romeo.presence.set({ show: 'away' })
        queueMicrotask(() => letIn(element, connection))
      })
      return true
    }
    await romeo.rooms.join(address)
    const isShown = (element: Element): boolean =>
      element.attr('to') === `${address}/romeo` && element.childText('show') === 'away'
    await server.until(isShown)
  })

  test('takes the nickname that the room gives', async () => {
    await using set = await stage()
    set.room.self = '<status code="110"/><status code="210"/>'
    const joined = await set.romeo.rooms.join(address, { nick: 'romeo' })
    assert.equal(joined.nick, 'romeo')
    const renamed = next(joined, 'occupant')
    set.room.presence('romeo', `<item nick='Romeo M'/><status code='303'/><status code='110'/>`, '', 'unavailable')
    assert.equal((await renamed).kind, 'renamed')
    assert.equal(joined.nick, 'Romeo M')
    set.room.presence('Romeo M', `<item role='moderator'/><status code='110'/>`)
    await next(joined, 'occupant')
    assert.equal(joined.self?.role, 'moderator')
  })

  test('ends with its signal and with its time, and leaves nothing behind', async () => {
    await using set = await stage()
    const { server, romeo } = set
    server.script.receive = (element) => element.attr('to')?.startsWith(address) === true
    const stop = new AbortController()
    const joining = romeo.rooms.join(address, { signal: stop.signal })
    stop.abort(new Error('enough'))
    await assert.rejects(joining, /enough/)
    await assert.rejects(romeo.rooms.join(address, { timeout: 1 }), { kind: 'timeout' })
    assert.deepEqual(romeo.rooms.joined, [])
    assert.equal(
      (await server.until((element) => element.attr('type') === 'unavailable')).attr('to'),
      `${address}/romeo`,
    )
  })

  test('ends with the client, also on its way back', async () => {
    for (const isOnline of [true, false]) {
      await using set = await stage()
      const { server, romeo } = set
      server.script.receive = (element) => element.attr('to')?.startsWith(address) === true
      const refused = assert.rejects(romeo.rooms.join(address), { kind: 'disconnected' })
      await server.until((element) => element.attr('to') === `${address}/romeo`)
      if (!isOnline) await cutOff(server, romeo)
      await romeo.close()
      await within(refused, 'an end')
      assert.deepEqual(romeo.rooms.joined, [])
    }
  })

  test('asks nothing when its signal is aborted, and does not wait for an earlier end longer than that', async () => {
    await using set = await stage()
    const { server, romeo } = set
    const enough = new Error('enough')
    await assert.rejects(romeo.rooms.join(address, { signal: AbortSignal.abort(enough) }), enough)
    await romeo.request('get', el('ping', 'urn:xmpp:ping'))
    const asked = server.received().filter((element) => element.attr('to')?.startsWith(address))
    assert.deepEqual(asked, [])

    const room = await romeo.rooms.join(address)
    server.script.receive = (element) => element.attr('type') === 'unavailable'
    const leaving = room.leave()
    const stop = new AbortController()
    const joining = romeo.rooms.join(address, { signal: stop.signal })
    await server.until((element) => element.attr('type') === 'unavailable')
    stop.abort(enough)
    let hasLeft = false
    void leaving.then(() => {
      hasLeft = true
    })
    await assert.rejects(joining, enough)
    assert.equal(hasLeft, false)
  })

  test('shows what presence says, and says it again when it changes [XEP-0045 7.7]', async () => {
    await using set = await stage()
    const { server, room, romeo } = set
    romeo.presence.set({ show: 'dnd' })
    await romeo.rooms.join(address)
    assert.equal(room.entered[0]?.childText('show'), 'dnd')
    romeo.presence.set({ show: 'away', status: 'in exile' })
    const shown = await server.until(
      (element) => element.attr('to') === `${address}/romeo` && element.childText('show') === 'away',
    )
    assert.equal(shown.child('x', 'http://jabber.org/protocol/muc'), undefined)
  })
})

test('a room that has moved says where to [RFC6120 8.3.3.5, XEP-0045 10.9]', async () => {
  await using set = await stage()
  const { server, room, romeo } = set
  const gone = "<gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>xmpp:mantua@rooms.localhost</gone>"
  const refuse = (element: Element): boolean => {
    const error = `<error type='cancel' by='${address}'>${gone}</error>`
    if (element.name === 'presence' && element.attr('type') === undefined)
      room.say(`<presence type='error' from='${address}/romeo' to='@me' id='${element.attr('id')}'>${error}</presence>`)
    return true
  }
  const letIn = server.script.receive!
  const joined = await romeo.rooms.join(address)
  const left = next(joined, 'left')
  server.script.receive = (element) => element.attr('to')?.startsWith(address) === true && refuse(element)
  room.presence('romeo', `<item role='none'/>${codes(110, 332)}`, '', 'unavailable')
  assert.equal((await left).cause, 'shutdown')
  const { cause, error } = await next(joined, 'left')
  assert.deepEqual([cause, error?.redirect], ['refused', 'xmpp:mantua@rooms.localhost'])
  await assert.rejects(romeo.rooms.join(address), {
    kind: 'request',
    condition: 'gone',
    redirect: 'xmpp:mantua@rooms.localhost',
    message: /xmpp:mantua@rooms\.localhost/,
  })
  server.script.receive = letIn
})

describe('a room that has lost us', () => {
  for (const [cause, ...statuses] of [
    ['shutdown', 110, 332],
    ['error', 110, 307, 333],
  ] as const)
    test(`tells that we are out (${cause}), and that we are back [XEP-0045 7.14, 11.1]`, async () => {
      await using set = await stage()
      const { room, romeo } = set
      const joined = await romeo.rooms.join(address)
      const told: string[] = []
      romeo.on('room:left', ({ cause, reason }) => told.push(`left ${cause} ${reason} ${joined.state}`))
      const back = next(romeo, 'room:joined', ({ again }) => again)
      const item = "<item role='none'><reason>at midnight</reason></item>"
      room.presence('romeo', `${item}${codes(...statuses)}`, '', 'unavailable')
      room.presence('romeo', `${item}${codes(...statuses)}`, '', 'unavailable')
      await back
      assert.deepEqual(told, [`left ${cause} at midnight entering`])
      assert.deepEqual(romeo.rooms.joined, [joined])
    })

  test('is not come back to by who leaves when told of it', async () => {
    await using set = await stage({ platform: timeless })
    const { room, romeo } = set
    const joined = await romeo.rooms.join(address)
    const causes: string[] = []
    const over = next(joined, 'left', ({ cause }) => cause === 'left')
    joined.on('left', ({ cause }) => {
      causes.push(cause)
      if (cause === 'shutdown') void joined.leave()
    })
    room.presence('romeo', `<item role='none'/>${codes(110, 332)}`, '', 'unavailable')
    await over
    assert.deepEqual([joined.state, causes, romeo.rooms.joined], ['outside', ['shutdown', 'left'], []])
  })

  test('is entered again when it says so, with what was said meanwhile', async () => {
    await using set = await stage()
    const { server, room, romeo } = set
    const joined = await romeo.rooms.join(address, { history: { maxStanzas: 0 } })
    room.isForgetful = true
    const back = next(joined, 'joined', ({ again }) => again)
    const heard = heardUntil(joined, 'later')
    room.message('juliet', 'live', '', 'one')
    room.history = [
      `<message type='groupchat' from='${address}/juliet' to='@me' id='one'><body>live</body>${past}</message>`,
      `<message type='groupchat' from='${address}/juliet' to='@me' id='two'><body>missed</body>${past}</message>`,
    ]
    await joined.check()
    await back
    room.message('juliet', 'later')
    assert.deepEqual(
      (await heard).map(({ body }) => body),
      ['live', 'missed'],
    )
    const [first, second] = room.entered.map((one) =>
      one.child('x', 'http://jabber.org/protocol/muc')?.child('history'),
    )
    assert.equal(first?.attr('maxstanzas'), '0')
    assert.ok(Number(second?.attr('seconds')) >= 60)
    assert.equal(server.received('ping').length, 1)
  })

  test('is entered again when it has lost us by an error, not when somebody has kicked us [XEP-0045 11.1]', async () => {
    await using set = await stage()
    const { room, romeo } = set
    const joined = await romeo.rooms.join(address)
    const back = next(joined, 'joined', ({ again }) => again)
    room.presence('romeo', `<item role='none'/>${codes(110, 307, 333)}`, '', 'unavailable')
    await back
    const left = next(joined, 'left')
    const item = "<item role='none'><actor nick='nurse'/><reason>enough</reason></item>"
    room.presence('romeo', `${item}${codes(110, 307)}`, '', 'unavailable')
    const { cause, by, reason } = await left
    assert.deepEqual([cause, by, reason], ['kicked', 'nurse', 'enough'])
    assert.equal(joined.state, 'outside')
    assert.deepEqual(romeo.rooms.joined, [])
  })

  test('is noticed by a message that it refuses', async () => {
    await using set = await stage()
    const { room, romeo } = set
    const joined = await romeo.rooms.join(address)
    room.isForgetful = true
    const sent = joined.send('hello?')
    const back = next(joined, 'joined', ({ again }) => again)
    room.say(
      `<message type='error' from='${address}' to='@me' id='${sent.id}'><error type='modify'><not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`,
    )
    await assert.rejects(sent.reached('delivered'), { condition: 'not-acceptable' })
    await back
  })

  test('is come back to in a new session, and takes only what it has not got', async () => {
    await using set = await stage()
    const { server, room, romeo } = set
    const joined = await romeo.rooms.join(address)
    server.script.send = (element) => (element.name === 'a' ? undefined : element) // nothing is acknowledged
    const reflected = joined.send('got it')
    await reflected.reached('delivered')
    room.isForgetful = true // the room has it, and its word is lost
    const unsure = joined.send('got it too')
    const lost = joined.send('did not get it')
    await server.until(({ name }) => name === 'message', 3)
    room.history = [
      `<message type='groupchat' from='${address}/romeo' to='@me' id='${unsure.id}'><body>got it too</body>${past}</message>`,
    ]
    server.sessions.clear()
    server.script.send = (element) => element
    const back = next(joined, 'joined', ({ again }) => again)
    server.connection.break()
    await back
    await Promise.all([reflected, unsure, lost].map((message) => message.reached('delivered')))
    const bodies = server.received('message').map((message) => message.childText('body'))
    assert.deepEqual(bodies, ['got it', 'got it too', 'did not get it', 'did not get it'])
  })
})

/** From now on there is no connection. */
async function cutOff(server: HostileServer, client: Client): Promise<undefined> {
  const lost = next(client, 'state', ({ name }) => name !== 'online')
  server.script.connect = (connection) => connection.break()
  server.connection.break()
  await lost
}

describe('what was to be said in a room when the program ended', () => {
  test('waits until the next one is there again, and what arrived is not said twice', async () => {
    await using server = await HostileServer.start({ script: {}, asksForAcks: false })
    const room = new ScriptedRoom(server)
    const options = { store: memoryStore() }
    const before = await online(server, [rooms, chat], options)
    const first = await before.rooms.join(address)
    const passOn = server.script.receive!
    // the server loses what it is told, but for one that the room has passed on
    server.script.receive = (element) => element.name === 'message' || element.name === 'r' || element.name === 'close'
    const arrived = first.send('arrived')
    first.send('lost')
    before.chat.send('juliet@localhost', 'to her')
    await server.until('message', 3)
    await cutOff(server, before)
    await before.close()
    server.sessions.clear()
    server.script.connect = () => undefined
    server.script.receive = passOn
    const told = server.received('message').length
    await using after = await online(server, [rooms, chat], options)
    await after.request('get', el('ping', 'urn:xmpp:ping'))
    const since = (): (string | undefined)[] =>
      server
        .received('message')
        .slice(told)
        .map((message) => message.childText('body'))
    assert.deepEqual(since(), ['to her'])
    assert.deepEqual(
      after.messages.unacknowledged.filter(({ stanza }) => stanza.type === 'groupchat').map(({ fate }) => fate),
      ['queued', 'queued'],
    )
    room.history = [
      `<message type='groupchat' from='${address}/romeo' to='@me' id='${arrived.id}'><body>arrived</body>${past}</message>`,
    ]
    const joined = await after.rooms.join(address)
    await joined.send('new').reached('delivered')
    assert.deepEqual(since(), ['to her', 'lost', 'new'])
  })

  test('can be seen and dropped where nobody enters the room again', async () => {
    await using server = await HostileServer.start({ script: {} })
    const room = new ScriptedRoom(server)
    const store = memoryStore()
    const before = await online(server, [rooms], { store })
    const joined = await before.rooms.join(address)
    await cutOff(server, before)
    joined.send('late')
    joined.send('later')
    await before.close()
    server.script.connect = () => undefined
    const after = await online(server, [rooms], { store })
    const [late, later] = after.messages.unacknowledged
    assert.deepEqual([`${late!.to}`, late!.fate, later!.fate], [address, 'queued', 'queued'])
    assert.equal(late!.cancel(), true)
    assert.deepEqual(after.messages.unacknowledged, [later])
    await after.close()
    await using last = await online(server, [rooms], { store })
    const entered = await last.rooms.join(address)
    await entered.send('now').reached('delivered')
    assert.deepEqual(
      server.received('message').map((message) => message.childText('body')),
      ['later', 'now'],
    )
    assert.equal(room.entered.length, 2)
  })

  test('keeps nobody from an orderly end', async () => {
    await using server = await HostileServer.start({ script: {} })
    new ScriptedRoom(server)
    const store = memoryStore()
    const before = await online(server, [rooms], { store })
    const joined = await before.rooms.join(address)
    await cutOff(server, before)
    joined.send('late')
    await before.close()
    server.script.connect = () => undefined
    const after = await online(server, [rooms], { store, platform: timeless })
    await within(after.close(), 'the end')
    await using last = await online(server, [rooms], { store })
    assert.equal(last.messages.unacknowledged.length, 1)
  })
})

describe('a room that is no more when one comes back', () => {
  /** It has lost us and everybody else, and will be made anew. */
  async function forgotten(set: Awaited<ReturnType<typeof stage>>, options: JoinOptions): Promise<Room> {
    const joined = await set.romeo.rooms.join(address, options)
    set.room.self = codes(110, 201)
    set.room.isForgetful = true
    return joined
  }
  const isForOwners = (element: Element): boolean =>
    element.firstElement()?.ns === 'http://jabber.org/protocol/muc#owner'

  test('is set up as it was when it was first entered, and then told of [XEP-0045 10.1]', async () => {
    await using set = await stage()
    const settings: string[] = []
    const joined = await forgotten(set, { settings: async (_, room) => void settings.push(`${room}`) as undefined })
    assert.deepEqual([joined.isNew, settings], [false, []])
    const back = next(joined, 'joined', ({ again }) => again)
    await joined.check()
    assert.equal((await back).again, true)
    assert.deepEqual([joined.isNew, settings], [true, [address]])
  })

  test('is opened for others where nothing else was said', async () => {
    await using set = await stage()
    const joined = await forgotten(set, {})
    const back = next(joined, 'joined', ({ again }) => again)
    await joined.check()
    await back
    const [form] = set.server.received('iq').filter(isForOwners)
    assert.equal(form?.firstElement()?.child('x', 'jabber:x:data')?.attr('type'), 'submit')
  })

  test('is not made by who does not want to make it', async () => {
    await using set = await stage()
    const joined = await forgotten(set, { create: false })
    joined.on('joined', ({ again }) => assert.equal(again, false))
    await joined.check()
    const request = await set.server.until(isForOwners)
    assert.notEqual(request.firstElement()?.child('destroy', 'http://jabber.org/protocol/muc#owner'), undefined)
    const left = next(joined, 'left')
    set.room.presence('romeo', '<item/><destroy/>', '', 'unavailable')
    assert.equal((await left).cause, 'destroyed')
  })

  test('is tried again while somebody else sets it up, but not for ever', { timeout: 60_000 }, async () => {
    await using set = await stage()
    const { room, server, romeo } = set
    const joined = await romeo.rooms.join(address)
    const letIn = server.script.receive!
    let isLocked = true
    server.script.receive = (element, connection) => {
      if (!isLocked || element.child('x', 'http://jabber.org/protocol/muc') === undefined)
        return letIn(element, connection)
      isLocked = false
      const refusal = "<error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
      room.say(
        `<presence type='error' from='${address}/romeo' to='@me' id='${element.attr('id')}'>${refusal}</presence>`,
      )
      return true
    }
    joined.on('left', ({ cause }) => assert.fail(cause))
    const back = next(joined, 'joined', ({ again }) => again)
    room.isForgetful = true
    await joined.check()
    assert.equal((await back).again, true)
  })
})

test('only who has said something in a room corrects it, or takes it back [XEP-0308 4, XEP-0424 5]', async () => {
  await using set = await stage()
  const { room, romeo } = set
  room.others = ['juliet']
  const joined = await romeo.rooms.join(address)
  const id = (n: number): string => `<stanza-id xmlns='urn:xmpp:sid:0' by='${address}' id='s${n}'/>`
  const others = next(joined, 'message', ({ body }) => body === 'hers')
  room.message('juliet', 'hers', id(1))
  const hers = await others
  assert.throws(() => joined.retract(hers), { kind: 'usage' })
  assert.throws(() => joined.send({ body: 'mine', correct: hers }), { kind: 'usage' })
  const own = next(joined, 'message', ({ body }) => body === 'mine')
  const sent = joined.send('mine')
  const mine = await own
  for (const correct of [sent, mine]) {
    const { element } = joined.send({ body: 'better', correct }).stanza
    assert.equal(element.child('replace', 'urn:xmpp:message-correct:0')?.attr('id'), sent.id)
  }
})

test('a whisper is told once: by the room to who listens there, else as a message of `chat`', async () => {
  await using set = await stage()
  const { room, romeo } = set
  room.others = ['juliet']
  const joined = await romeo.rooms.join(address)
  const told: string[] = []
  romeo.on('chat', ({ body, peer }) => told.push(`chat: ${body} of ${peer.resource}`))
  const whisper = async (body: string): Promise<undefined> => {
    const x = "<x xmlns='http://jabber.org/protocol/muc#user'/>"
    room.say(`<message type='chat' from='${address}/juliet' to='@me'><body>${body}</body>${x}</message>`)
    const heard = next(joined, 'message')
    room.message('juliet', 'all')
    await heard
  }
  await whisper('one')
  const stop = joined.on('whisper', ({ body, nick }) => told.push(`whisper: ${body} of ${nick}`))
  await whisper('two')
  stop()
  const stopAll = romeo.on('room:whisper', ({ body }) => told.push(`room:whisper: ${body}`))
  await whisper('three')
  stopAll()
  await whisper('four')
  const expected = ['chat: one of juliet', 'whisper: two of juliet', 'room:whisper: three', 'chat: four of juliet']
  assert.deepEqual(told, expected)
})

test('a list of which a room gives a part is asked for to its end [XEP-0059 2.1]', async () => {
  await using set = await stage()
  const { server, room, romeo } = set
  const all = ['a', 'b', 'c', 'd', 'e'].map((name) => `<item affiliation='member' jid='${name}@localhost'/>`)
  const sets: (string | undefined)[] = []
  let isWhole = false
  const others = server.script.receive!
  server.script.receive = (element, connection) => {
    const query = element.firstElement()
    if (query?.ns !== 'http://jabber.org/protocol/muc#admin') return others(element, connection)
    const after = query.child('set', 'http://jabber.org/protocol/rsm')?.childText('after')
    sets.push(query.childElements().length === 1 ? 'none' : after)
    const from = Number(after ?? 0)
    const page = isWhole
      ? ''
      : `<set xmlns='http://jabber.org/protocol/rsm'><first index='${from}'>${from + 1}</first><last>${from + 2}</last><count>5</count></set>`
    const items = isWhole ? all : all.slice(from, from + 2)
    room.say(
      `<iq type='result' id='${element.attr('id')}' from='${address}' to='@me'><query xmlns='http://jabber.org/protocol/muc#admin'>${items.join('')}${page}</query></iq>`,
    )
    return true
  }
  const members = async (): Promise<(string | undefined)[]> =>
    (await romeo.roomAdmin.of(address).members()).map(({ jid }) => jid?.local)
  assert.deepEqual(await members(), ['a', 'b', 'c', 'd', 'e'])
  assert.deepEqual(sets.splice(0), ['none', '2', '4'])
  isWhole = true
  assert.deepEqual(await members(), ['a', 'b', 'c', 'd', 'e'])
  assert.deepEqual(sets, ['none'])
})

describe('leaving a room', () => {
  test('and entering it at once ends in the room; leaving twice is leaving once', async () => {
    await using set = await stage({ platform: timeless })
    const { romeo } = set
    const joined = await romeo.rooms.join(address)
    const left = Promise.all([joined.leave(), joined.leave()])
    const again = await within(romeo.rooms.join(address), 'the room')
    await within(left, 'to have left')
    assert.equal(again.state, 'inside')
    assert.deepEqual(romeo.rooms.joined, [again])
  })

  test('is what happens to a room that cannot be set up as it was to be', async () => {
    await using set = await stage({ platform: timeless })
    const { romeo, room, server } = set
    room.self = codes(110, 201)
    const settings = (): Promise<undefined> => Promise.reject(new Error('not so'))
    await assert.rejects(within(romeo.rooms.join(address, { settings }), 'a refusal'), /not so/)
    assert.equal(server.received('presence').at(-1)?.attr('type'), 'unavailable')
    assert.deepEqual(romeo.rooms.joined, [])
  })
})

test('a nickname is changed when the room says so, whatever else it shows meanwhile [XEP-0045 7.6]', async () => {
  await using set = await stage()
  const { romeo, room, server } = set
  const joined = await romeo.rooms.join(address)
  const others = server.script.receive!
  server.script.receive = (element, connection) => {
    if (element.attr('to') !== `${address}/juliet`) return others(element, connection)
    room.presence('romeo', `<item role='moderator'/>${codes(110)}`)
    const error = "<error type='cancel'><conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
    room.say(`<presence type='error' from='${address}' to='@me' id='${element.attr('id')}'>${error}</presence>`)
    return true
  }
  await assert.rejects(joined.setNick('juliet'), { condition: 'conflict' })
  server.script.receive = (element, connection) => {
    if (element.attr('to') !== `${address}/benvolio`) return others(element, connection)
    room.presence('romeo', `<item nick='benvolio'/>${codes(303, 110)}`, '', 'unavailable')
    room.presence('benvolio', `<item role='moderator'/>${codes(110)}`)
    return true
  }
  await joined.setNick('benvolio')
  assert.deepEqual([joined.nick, joined.self?.nick], ['benvolio', 'benvolio'])
  server.script.receive = (element, connection) => {
    if (element.attr('to') !== `${address}/mercutio`) return others(element, connection)
    room.presence('benvolio', `<item role='moderator'/>${codes(110, 210)}`)
    return true
  }
  await joined.setNick('mercutio')
  assert.equal(joined.nick, 'benvolio')
})

test('what was said while we were away is asked for again where the room was lost before it had told it', async () => {
  let passed = 0
  const { clock } = nodePlatform
  const later = { ...clock, now: () => clock.now() + passed }
  await using set = await stage({ platform: { ...nodePlatform, clock: later } })
  const { server, room, romeo } = set
  const joined = await romeo.rooms.join(address)
  await next(joined, 'subject')
  const lose = async (): Promise<undefined> => {
    const back = next(joined, 'joined', ({ again }) => again)
    server.sessions.clear()
    server.connection.break()
    await back
  }
  passed += 3_600_000
  const first = next(joined, 'message')
  room.history = [`<message type='groupchat' from='${address}/juliet' to='@me'><body>one</body>${past}</message>`]
  room.subject = '' // it comes no further
  await lose()
  assert.equal((await first).isHistory, true)
  await lose()
  const seconds = room.entered.map((one) =>
    Number(one.child('x', 'http://jabber.org/protocol/muc')?.child('history')?.attr('seconds')),
  )
  assert.ok(seconds[1]! >= 3_600, `${seconds}`)
  assert.ok(seconds[2]! >= 3_600, `${seconds}`)
})

test('a nickname that cannot be one is told before anything is sent', async () => {
  await using set = await stage()
  const { romeo, room } = set
  await assert.rejects(romeo.rooms.join(address, { nick: '' }), { kind: 'usage' })
  await assert.rejects(romeo.rooms.join(address, { nick: 'x'.repeat(1_024) }), { kind: 'usage' })
  assert.equal(room.entered.length, 0)
  assert.deepEqual(romeo.rooms.joined, [])
  const joined = await romeo.rooms.join(address, { nick: 'romeo' })
  await assert.rejects(joined.setNick(''), { kind: 'usage' })
  assert.throws(() => joined.whisper('', 'psst'), { kind: 'usage' })
})

describe('invitations', () => {
  const invited = (reason: string, room: string): Element => el('x', 'jabber:x:conference', { jid: room, reason })

  test('that waited in the archive are told, those that one has sent oneself are not', async () => {
    await using server = await startTestServer()
    const store = memoryStore()
    const account = await server.createAccount({ local: 'romeo' })
    const use = [rooms, archive, presence] as const
    const before = await online(server, use, { ...account, store })
    await before.archive.caughtUp()
    await before.close()
    await using juliet = await online(server, [], { local: 'juliet' })
    await using phone = await online(server, [], { ...account })
    const began = Date.now() - 60_000
    const post = (client: Client<readonly [typeof messages]>, to: string, reason: string): Promise<unknown> =>
      client.messages
        .post(to, [invited(reason, address), el('body', 'jabber:client', {}, 'come')], { type: 'normal' })
        .reached('acked')
    await post(phone, 'juliet@localhost', 'mine')
    await post(juliet, 'romeo@localhost', 'hers')
    await using after = await online(server, use, { ...account, store })
    const told: RoomInvitation[] = []
    after.on('room:invitation', (invitation) => void told.push(invitation))
    await after.archive.caughtUp()
    assert.deepEqual(
      told.map(({ reason, isDirect, room }) => [reason, isDirect, `${room}`]),
      [['hers', true, address]],
    )
    assert.ok(told[0]!.at > began && told[0]!.at <= Date.now())
  })

  test('past the room ask to be kept: they have no body, without which some archives keep nothing', async () => {
    await using set = await stage()
    const joined = await set.romeo.rooms.join(address)
    joined.inviteDirectly('juliet@localhost')
    const sent = await set.server.until(({ name }) => name === 'message')
    assert.notEqual(sent.child('store', 'urn:xmpp:hints'), undefined)
  })

  test('that another device was given are told on this one as well [XEP-0280 6.1]', async () => {
    await using server = await HostileServer.start({ script: {} })
    await using romeo = await online(server, [rooms, carbons])
    const told = next(romeo, 'room:invitation')
    const inner = (from: string, to: string, reason: string): string =>
      `<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='${from}' to='${to}'>${writeElement(invited(reason, address), 'jabber:client')}</message></forwarded>`
    const copy = (way: string, forwarded: string): string =>
      `<message from='romeo@localhost' to='${romeo.jid}'><${way} xmlns='urn:xmpp:carbons:2'>${forwarded}</${way}></message>`
    server.connection.put(copy('sent', inner('romeo@localhost/phone', 'juliet@localhost', 'mine')))
    server.connection.put(copy('received', inner('juliet@localhost/balcony', 'romeo@localhost/phone', 'hers')))
    assert.equal((await told).reason, 'hers')
  })
})

describe('what others say in the name of a room', () => {
  test('is not believed: presence, kicks, moderation, invitations [S59]', async () => {
    await using set = await stage()
    const { room, romeo } = set
    const joined = await romeo.rooms.join(address)
    for (const event of ['left', 'kicked', 'moderated', 'configured', 'declined', 'whisper'] as const)
      joined.on(event, () => assert.fail(event))
    romeo.on('room:invitation', () => assert.fail('invitation'))
    const user = (content: string): string => `<x xmlns='http://jabber.org/protocol/muc#user'>${content}</x>`
    const evil = 'mallory@evil.example/x'
    room.say(`<presence from='${evil}' type='unavailable' to='@me'>${user("<status code='110'/>")}</presence>`)
    room.say(`<message type='groupchat' from='${evil}' to='@me'><body>x</body></message>`)
    room.say(`<message from='${evil}' to='@me'>${user("<invite from='juliet@localhost'/>")}</message>`)
    room.say(`<message from='${address}/mallory' to='@me'>${user("<decline from='juliet@localhost'/>")}</message>`)
    room.message('mallory', '', user("<status code='104'/>"))
    room.message(
      'mallory',
      '',
      `<retract xmlns='urn:xmpp:message-retract:1' id='s1'><moderated xmlns='urn:xmpp:message-moderate:1'/></retract>`,
    )
    const heard = heardUntil(joined, 'end')
    room.message('juliet', 'end')
    assert.deepEqual(await heard, [])
    assert.equal(joined.state, 'inside')
  })

  test('is not believed: that it was said a while ago, by who says it right behind the subject [S59]', async () => {
    await using set = await stage()
    const { room, romeo } = set
    room.others = ['mallory']
    room.history = [
      `<message type='groupchat' from='${address}'><subject>Balcony</subject></message>`,
      `<message type='groupchat' from='${address}/mallory'><body>long ago</body>${past}</message>`,
    ]
    const began = Date.now()
    const joined = await romeo.rooms.join(address)
    const heard = heardUntil(joined, 'end')
    room.message('nurse', 'end')
    const [forged] = await heard
    assert.deepEqual([forged!.isHistory, forged!.occupant?.nick], [false, 'mallory'])
    assert.ok(forged!.at >= began)
  })

  test('is not believed: that it was said a while ago, once the room has told what was [S59]', async () => {
    await using set = await stage()
    const { room, romeo } = set
    room.others = ['mallory']
    room.history = [`<message type='groupchat' from='${address}/nurse' to='@me'><body>earlier</body>${past}</message>`]
    const joined = await romeo.rooms.join(address)
    const heard = heardUntil(joined, 'end')
    await next(joined, 'subject')
    const began = Date.now()
    room.message('mallory', 'long ago', past)
    room.message('nurse', 'end')
    const [earlier, forged] = await heard
    assert.deepEqual([earlier!.isHistory, earlier!.at], [true, Date.UTC(2020, 0)])
    assert.deepEqual([forged!.isHistory, forged!.occupant?.nick], [false, 'mallory'])
    assert.ok(forged!.at >= began)
    // it tells what was said before whenever one comes back
    const again = heardUntil(joined, 'end')
    room.isForgetful = true
    await joined.check()
    room.message('nurse', 'end')
    assert.deepEqual(
      (await again).map(({ isHistory }) => isHistory),
      [],
    )
  })

  test('is believed of the room itself: a moderator has taken a message back [XEP-0425]', async () => {
    await using set = await stage()
    const { room, romeo } = set
    const joined = await romeo.rooms.join(address)
    const moderated = next(joined, 'moderated')
    const by = `<moderated xmlns='urn:xmpp:message-moderate:1' by='${address}/nurse'/>`
    room.message('', '', `<retract xmlns='urn:xmpp:message-retract:1' id='s1'>${by}<reason>spam</reason></retract>`)
    const { stanzaId, by: moderator, reason } = await moderated
    assert.deepEqual([stanzaId, moderator, reason], ['s1', 'nurse', 'spam'])
    await assert.rejects(romeo.roomAdmin.of(joined).moderate('s1'), {
      kind: 'unsupported',
      feature: 'urn:xmpp:message-moderate:1',
    })
  })

  test('is believed of a room that has an older version: it is asked in its words [XEP-0425 0.2]', async () => {
    await using set = await stage()
    const { room, romeo, server } = set
    room.features = [...room.features, 'urn:xmpp:message-moderate:0']
    const joined = await romeo.rooms.join(address)
    const retract = "<retract xmlns='urn:xmpp:message-retract:0'/>"
    const by = `<moderated xmlns='urn:xmpp:message-moderate:0' by='${address}/nurse'>${retract}<reason>spam</reason></moderated>`
    const told: unknown[] = []
    joined.on('moderated', ({ stanzaId, by, reason }) => void told.push([stanzaId, by, reason]))
    const heard = heardUntil(joined, 'end')
    room.message('mallory', '', `<apply-to xmlns='urn:xmpp:fasten:0' id='s0'>${by}</apply-to>`)
    room.message('', '', `<apply-to xmlns='urn:xmpp:fasten:0' id='s1'>${by}</apply-to>`)
    room.message('juliet', 'end')
    assert.deepEqual(await heard, [])
    assert.deepEqual(told, [['s1', 'nurse', 'spam']])
    await romeo.roomAdmin.of(joined).moderate('s2', { reason: 'no' })
    const asked = server.received('iq').at(-1)?.firstElement()
    assert.deepEqual([asked?.name, asked?.ns, asked?.attr('id')], ['apply-to', 'urn:xmpp:fasten:0', 's2'])
    const moderate = asked?.child('moderate', 'urn:xmpp:message-moderate:0')
    assert.equal(moderate?.childText('reason'), 'no')
    assert.ok(moderate?.child('retract', 'urn:xmpp:message-retract:0'))
  })

  test('a marker of an occupant is told of the room and of the client; what one remembers of a message is enough to speak of it', async () => {
    await using set = await stage()
    const { room, romeo } = set
    const joined = await romeo.rooms.join(address)
    const displayed = next(joined, 'displayed')
    const anywhere: string[] = []
    romeo.on('room:displayed', ({ id }) => anywhere.push(id))
    room.message('juliet', '', "<displayed xmlns='urn:xmpp:chat-markers:0' id='s1'/>")
    const { id, room: where } = await displayed
    assert.deepEqual([id, where.address.toString(), anywhere], ['s1', address, ['s1']])
    const remembered = { peer: address, id: 's1' }
    for (const sent of [joined.react(remembered, ['x']), joined.react('s1', ['x'])])
      assert.equal(sent.stanza.element.child('reactions', 'urn:xmpp:reactions:0')?.attr('id'), 's1')
    assert.equal(
      joined.retract(remembered).stanza.element.child('retract', 'urn:xmpp:message-retract:1')?.attr('id'),
      's1',
    )
  })

  test('is believed of the room itself: somebody asks to speak [XEP-0045 8.6]', async () => {
    await using set = await stage()
    const { room, romeo, server } = set
    const joined = await romeo.rooms.join(address)
    const asked = next(romeo, 'room:voice')
    const field = (name: string, value: string): string => `<field var='${name}'><value>${value}</value></field>`
    const form = (nick: string): string =>
      `<x xmlns='jabber:x:data' type='form'><field var='FORM_TYPE' type='hidden'><value>http://jabber.org/protocol/muc#request</value></field>${field('muc#roomnick', nick)}</x>`
    room.say(`<message from='${address}/hag' to='@me' type='normal'>${form('hag')}</message>`)
    room.say(`<message from='${address}' to='@me' id='ask'>${form('thirdwitch')}</message>`)
    const request = await asked
    assert.deepEqual([request.nick, request.room], ['thirdwitch', joined])
    request.grant()
    await joined.send('granted').reached('delivered')
    const answer = server
      .received('message')
      .find((sent) => sent.attr('to') === address && sent.attr('type') !== 'groupchat')
    const fields = answer?.child('x', 'jabber:x:data')?.childElements() ?? []
    const said = (name: string): string | undefined =>
      fields.find((one) => one.attr('var') === name)?.childText('value')
    assert.deepEqual([said('muc#request_allow'), said('muc#roomnick')], ['1', 'thirdwitch'])
    assert.equal(answer?.attr('id'), 'ask')
  })

  test('ids of occupants and messages count only where the room vouches for them [S58]', async () => {
    for (const features of [[], ['urn:xmpp:occupant-id:0', 'urn:xmpp:sid:0']]) {
      await using set = await stage()
      const { room, romeo } = set
      room.features = features
      const joined = await romeo.rooms.join(address)
      room.presence('juliet', '<item/>', occupant('j'))
      const heard = heardUntil(joined, 'end')
      room.message('juliet', 'one', `${occupant('j')}<stanza-id xmlns='urn:xmpp:sid:0' by='${address}' id='s'/>`)
      room.message('mallory', 'two', `${occupant('j')}${occupant('m')}`)
      room.message('mallory', 'end')
      const [one, two] = await heard
      const believed = features.length > 0
      assert.equal(one?.occupantId, believed ? 'j' : undefined)
      assert.equal(one?.stanzaId, believed ? 's' : undefined)
      assert.equal(joined.occupants.get('juliet')?.occupantId, believed ? 'j' : undefined)
      assert.equal(two?.occupantId, undefined)
    }
  })

  test('a nickname makes nobody an author [S60]', async () => {
    await using set = await stage()
    const { room, romeo } = set
    room.features = []
    room.others = ['juliet']
    room.history = ['p1', 'p2'].map(
      (id) =>
        `<message type='groupchat' from='${address}/juliet' to='@me' id='${id}'><body>of whom?</body>${past}</message>`,
    )
    const joined = await romeo.rooms.join(address)
    const heard = heardUntil(joined, 'end')
    room.message('juliet', 'mine')
    room.presence('juliet', `<item nick='capulet'/><status code='303'/>`, '', 'unavailable')
    room.presence('capulet', '<item/>')
    room.message('capulet', 'mine as well')
    room.presence('capulet', '<item/>', '', 'unavailable')
    room.presence('capulet', '<item/>')
    room.message('capulet', 'of another')
    room.message('juliet', 'end')
    const [unknown, unknownToo, mine, same, other] = await heard
    assert.equal(isBySameAuthor(mine!, same!), true)
    assert.equal(isBySameAuthor(mine!, other!), false)
    assert.equal(isBySameAuthor(mine!, unknown!), false)
    assert.equal(isBySameAuthor(unknown!, unknownToo!), false)
    assert.equal(mine!.isOwn, false)
  })

  test('a nickname is not the same person when we have been away [S60]', async () => {
    await using set = await stage()
    const { room, romeo } = set
    room.features = []
    room.others = ['juliet']
    const joined = await romeo.rooms.join(address)
    const before = next(joined, 'message')
    room.message('juliet', 'before')
    const original = await before
    room.isForgetful = true
    const back = next(joined, 'joined', ({ again }) => again)
    await joined.check()
    await back
    const after = next(joined, 'message')
    room.message('juliet', 'after')
    assert.equal(isBySameAuthor(original, await after), false)
  })

  test('nor of what is whispered, where nobody listens to whispers [S60] [XEP-0308 4]', async () => {
    await using set = await stage()
    const { room, romeo } = set
    room.features = []
    room.others = ['juliet']
    await romeo.rooms.join(address)
    const heard: ChatMessage[] = []
    const whisper = async (from: string, more = ''): Promise<void> => {
      const told = next(romeo, 'chat')
      const wire = `<message type='chat' id='one' from='${address}/${from}' to='@me'><body>psst</body>${more}</message>`
      room.say(wire)
      heard.push(await told)
    }
    await whisper('juliet')
    await whisper('juliet')
    await whisper('juliet', `<delay xmlns='urn:xmpp:delay' from='localhost' stamp='2020-01-01T00:00:00Z'/>`)
    room.presence('juliet', '<item/>', '', 'unavailable')
    room.presence('juliet', '<item/>')
    await whisper('juliet')
    const [mine, same, late, other] = heard
    assert.equal(isBySameAuthor(mine!, same!), true)
    assert.equal(isBySameAuthor(mine!, late!), true)
    assert.equal(isBySameAuthor(mine!, other!), false)
  })

  test('a message is not ours because somebody has taken our nickname, or knows its id', async () => {
    await using set = await stage()
    const { room, romeo } = set
    const joined = await romeo.rooms.join(address, { nick: 'romeo' })
    const heard = heardUntil(joined, 'end')
    const sent = joined.send('mine')
    await sent.reached('delivered')
    room.history = [
      `<message type='groupchat' from='${address}/romeo' to='@me' id='${sent.id}'><body>forged</body>${past}</message>`,
    ]
    room.isForgetful = true
    const back = next(joined, 'joined', ({ again }) => again)
    await joined.check()
    await back
    room.message('mallory', 'forged as well', '', sent.id)
    room.message('juliet', 'end')
    assert.deepEqual(
      (await heard).map(({ body, isOwn }) => [body, isOwn]),
      [
        ['mine', true],
        ['forged', false],
        ['forged as well', false],
      ],
    )
  })

  test('whispers are a conversation with an occupant, not with a room', async () => {
    await using set = await stage()
    const { room, romeo } = set
    room.others = ['juliet']
    const joined = await romeo.rooms.join(address)
    const whisper = (): void =>
      room.say(`<message type='chat' from='${address}/juliet' to='@me'><body>psst</body></message>`)
    const told = next(romeo, 'chat')
    whisper()
    const heard = told.then(() => next(joined, 'whisper'))
    const messages: ChatMessage[] = [await told]
    whisper()
    messages.push(await heard)
    for (const { peer, isRoom } of messages) assert.deepEqual([`${peer}`, isRoom], [`${address}/juliet`, false])
  })
})
