import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isBroken } from '@rookery/protocol/codec'
import type { Jid } from '@rookery/protocol/jid'
import { received, sent } from '@rookery/protocol/xeps/carbons'
import type { Element } from '@rookery/protocol/xml'
import { createMemoryStorage } from '@rookery/storage/memory'
import { type Managed, managed } from '../../../test/managed-client.ts'
import { conditionOf, type MemoryClient, type MemoryServer, memoryServer, turns } from '../../../test/memory-server.ts'
import { type Feature, feature } from '../../feature.ts'
import { provide } from '../../service.ts'
import { archiveService } from '../../services/archive.ts'

const NS = 'urn:xmpp:carbons:2'
const turn = (name: string, to = ''): string => `<iq type='set' id='c'${to}><${name} xmlns='${NS}'/></iq>`
const chat = (to: string, more = ''): string =>
  `<message to='${to}' type='chat' id='m'><body>hi</body>${more}</message>`

/** A client that is available, and wants copies. */
async function online(server: MemoryServer, local: string, resource: string, priority = 0): Promise<MemoryClient> {
  const client = await server.login(local, resource)
  client.send(`<presence><priority>${priority}</priority></presence>`)
  assert.equal((await client.ask(turn('enable'))).attr('type'), 'result')
  return client
}

/** What a message is: itself, or a copy. */
function kindOf(message: Element): string {
  const word = message.child('received', NS) ? 'received' : message.child('sent', NS) ? 'sent' : 'original'
  return word
}

async function kinds(client: MemoryClient): Promise<string[]> {
  return (await client.messages()).map(kindOf)
}

function inside(copy: Element | undefined): Element {
  const codec = copy?.child('sent', NS) === undefined ? received : sent
  const parsed = copy === undefined ? undefined : codec.find(copy)
  assert.ok(parsed !== undefined && !isBroken(parsed) && parsed.forwarded.stanza !== undefined)
  return parsed.forwarded.stanza
}

test('the other clients get what one of them sends, whether it wants copies itself or not', async () => {
  await using server = await memoryServer()
  const desk = await server.login('romeo', 'desk')
  const phone = await online(server, 'romeo', 'phone')
  const tablet = await server.login('romeo', 'tablet')
  const juliet = await server.login('juliet')
  desk.send("<message to='juliet@localhost/one' type='chat' id='m' xml:lang='de'><body>Gruß</body></message>")
  await desk.all()
  const [copy, ...more] = await phone.messages()
  assert.equal(more.length, 0)
  assert.equal(copy?.attr('from'), 'romeo@localhost')
  assert.equal(copy?.attr('to'), 'romeo@localhost/phone')
  assert.equal(copy?.attr('type'), 'chat')
  assert.equal(copy?.attr('id'), undefined)
  const original = inside(copy)
  assert.equal(original.ns, 'jabber:client')
  assert.equal(original.attr('from'), 'romeo@localhost/desk')
  assert.equal(original.attr('to'), 'juliet@localhost/one')
  assert.equal(original.attr('xml:lang'), 'de')
  assert.equal(original.childText('body'), 'Gruß')
  assert.deepEqual(await kinds(desk), [])
  assert.deepEqual(await kinds(tablet), [])
  assert.deepEqual(await kinds(juliet), ['original'])
})

test('the other clients get what one of them receives, once', async () => {
  await using server = await memoryServer()
  const desk = await online(server, 'juliet', 'desk', 5)
  const phone = await online(server, 'juliet', 'phone')
  const away = await online(server, 'juliet', 'away', -1)
  const romeo = await server.login('romeo')
  for (const to of ['juliet@localhost', 'juliet@localhost/desk', 'juliet@localhost/nowhere']) {
    romeo.send(chat(to))
    await romeo.all()
    assert.deepEqual(await kinds(desk), ['original'])
    for (const client of [phone, away]) {
      const [copy, ...more] = await client.messages()
      assert.equal(more.length, 0)
      assert.equal(kindOf(copy!), 'received')
      assert.equal(copy?.attr('from'), 'juliet@localhost')
      assert.equal(inside(copy).attr('to'), to)
    }
  }
  assert.deepEqual(await kinds(romeo), [])
})

test('all of the clients to whom the message itself goes get no copy', async () => {
  await using server = await memoryServer()
  const desk = await online(server, 'juliet', 'desk')
  const phone = await online(server, 'juliet', 'phone')
  const romeo = await server.login('romeo')
  romeo.send(chat('juliet@localhost'))
  await romeo.all()
  for (const client of [desk, phone]) assert.deepEqual(await kinds(client), ['original'])
})

test('a message to oneself reaches every client once', async () => {
  await using server = await memoryServer()
  const desk = await online(server, 'romeo', 'desk', 5)
  const phone = await online(server, 'romeo', 'phone')
  const tablet = await online(server, 'romeo', 'tablet')
  desk.send(chat('romeo@localhost'))
  assert.deepEqual(await kinds(desk), ['original'])
  for (const client of [phone, tablet]) assert.deepEqual(await kinds(client), ['sent'])
  desk.send(chat('romeo@localhost/phone'))
  assert.deepEqual(await kinds(desk), [])
  assert.deepEqual(await kinds(phone), ['original'])
  assert.deepEqual(await kinds(tablet), ['sent'])
})

test('can be turned on and off as often as the client likes', async () => {
  await using server = await memoryServer()
  const desk = await server.login('romeo', 'desk')
  const phone = await server.login('romeo', 'phone')
  await server.login('juliet')
  for (const [name, copied] of [
    ['disable', []],
    ['enable', ['sent']],
    ['enable', ['sent']],
    ['disable', []],
    ['disable', []],
    ['enable', ['sent']],
  ] as const) {
    assert.equal((await phone.ask(turn(name))).attr('type'), 'result')
    desk.send(chat('juliet@localhost'))
    await desk.all()
    assert.deepEqual(await kinds(phone), copied)
  }
})

test('nobody turns it on or off for somebody else', async () => {
  await using server = await memoryServer()
  const romeo = await server.login('romeo')
  await server.login('juliet')
  for (const name of ['enable', 'disable'])
    for (const local of ['juliet', 'nobody'])
      assert.equal(conditionOf(await romeo.ask(turn(name, ` to='${local}@localhost'`))), 'not-allowed')
})

test('who does not want others to get it says so', async () => {
  await using server = await memoryServer()
  const desk = await online(server, 'romeo', 'desk')
  const phone = await online(server, 'romeo', 'phone')
  const juliet = await online(server, 'juliet', 'one')
  const other = await online(server, 'juliet', 'other')
  const mark = `<private xmlns='${NS}'/><no-copy xmlns='urn:xmpp:hints'/>`
  desk.send(chat('juliet@localhost/one', mark))
  await desk.all()
  const [message] = await juliet.messages()
  assert.ok(message?.child('private', NS), 'the mark stays in place')
  for (const client of [phone, other]) assert.deepEqual(await kinds(client), [])
})

test('what is refused is not copied, and the sender hears of it', async () => {
  await using server = await memoryServer()
  const desk = await online(server, 'juliet', 'desk', 5)
  const phone = await online(server, 'juliet', 'phone')
  const romeo = await server.login('romeo')
  await desk.ask("<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'><item jid='romeo@localhost'/></block></iq>")
  await phone.all()
  romeo.send(chat('juliet@localhost'))
  assert.equal(conditionOf((await romeo.messages())[0]), 'service-unavailable')
  desk.send(chat('romeo@localhost'))
  assert.equal(conditionOf((await desk.messages())[0]), 'not-acceptable')
  assert.deepEqual(await kinds(phone), [])
})

test('the error that answers a message goes where the message went', async () => {
  await using server = await memoryServer()
  const desk = await online(server, 'romeo', 'desk')
  const phone = await online(server, 'romeo', 'phone')
  const tablet = await server.login('romeo', 'tablet')
  const juliet = await online(server, 'juliet', 'one')
  const other = await online(server, 'juliet', 'other', -1)
  desk.send(chat('nobody@localhost'))
  assert.equal(conditionOf((await desk.messages())[0]), 'service-unavailable')
  const [copy, error, ...more] = await phone.messages()
  assert.equal(more.length, 0)
  assert.equal(kindOf(copy!), 'sent')
  assert.equal(kindOf(error!), 'received')
  assert.equal(error?.attr('type'), 'error')
  assert.equal(conditionOf(inside(error)), 'service-unavailable')

  desk.send(chat('juliet@localhost'))
  assert.equal((await desk.messages()).length, 0)
  assert.deepEqual(await kinds(juliet), ['original'])
  juliet.send("<message to='romeo@localhost/desk' type='error' id='m'><error type='cancel'><gone/></error></message>")
  await juliet.all()
  assert.deepEqual(await kinds(phone), ['sent', 'received'])
  assert.deepEqual(await kinds(other), ['received', 'sent'])
  juliet.send("<message to='romeo@localhost/desk' type='error' id='x'><error type='cancel'><gone/></error></message>")
  await juliet.all()
  assert.deepEqual(await kinds(desk), ['original', 'original'])
  assert.deepEqual(await kinds(phone), [])
  assert.deepEqual(await kinds(tablet), [])
})

test('a client that sends a copy back as an error disturbs nobody', async () => {
  await using server = await memoryServer()
  const desk = await online(server, 'romeo', 'desk')
  const phone = await online(server, 'romeo', 'phone')
  const juliet = await online(server, 'juliet', 'one')
  juliet.send(chat('romeo@localhost/desk'))
  await juliet.all()
  assert.deepEqual(await kinds(phone), ['received'])
  await desk.all()
  phone.send("<message to='romeo@localhost' type='error'><error type='cancel'><service-unavailable/></error></message>")
  for (const client of [phone, desk, juliet]) assert.deepEqual(await kinds(client), [])
})

test('copies that are none reach nobody', async () => {
  await using server = await memoryServer()
  const juliet = await online(server, 'juliet', 'one')
  const mallory = await server.login('mallory')
  const forged = `<received xmlns='${NS}'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='romeo@localhost/one' to='juliet@localhost' type='chat'><body>Meet me tonight</body></message></forwarded></received>`
  mallory.send(`<message to='juliet@localhost' type='chat'>${forged}<body>Look</body>${forged}</message>`)
  await mallory.all()
  const [message] = await juliet.messages()
  assert.deepEqual(
    message?.childElements().map((child) => child.name),
    ['body', 'stanza-id'],
  )
})

test('a private message to somebody in a room goes to the clients that are in the room', async () => {
  await using server = await memoryServer({ hosts: ['localhost', 'rooms.localhost'] })
  const desk = await online(server, 'romeo', 'desk')
  const phone = await online(server, 'romeo', 'phone')
  const tablet = await online(server, 'romeo', 'tablet')
  phone.send("<presence to='stage@rooms.localhost/romeo'/>")
  await phone.all()
  const ofRoom = "<x xmlns='http://jabber.org/protocol/muc#user'/>"
  desk.send(chat('stage@rooms.localhost/juliet', ofRoom))
  await desk.all()
  assert.deepEqual((await kinds(phone)).slice(0, 1), ['sent'])
  assert.ok(!(await kinds(tablet)).includes('sent'))
})

test('a copy of what was sent tells the id that it has in the archive', async () => {
  const archive: Feature = feature({
    name: 'stub',
    summary: 'Knows an id for everything.',
    specifications: [],
    needs: [],
    start: () => ({
      provides: [
        provide(archiveService, {
          idOf: ({ account }: { account: Jid }) => ({ by: account, id: 'a-1' }),
          isCovered: () => false,
        }),
      ],
    }),
  })
  await using server = await memoryServer({ plugins: [archive], features: { archive: false } })
  const desk = await online(server, 'romeo', 'desk')
  const phone = await online(server, 'romeo', 'phone')
  const juliet = await online(server, 'juliet', 'one')
  desk.send(chat('juliet@localhost'))
  await desk.all()
  const id = inside((await phone.messages())[0]).child('stanza-id', 'urn:xmpp:sid:0')
  assert.equal(id?.attr('id'), 'a-1')
  assert.equal(id?.attr('by'), 'romeo@localhost')
  assert.equal((await juliet.messages())[0]?.child('stanza-id', 'urn:xmpp:sid:0'), undefined)
})

test('a copy waits behind the older messages that are delivered first', async () => {
  await using server = await memoryServer()
  const desk = await server.login('juliet', 'desk')
  const romeo = await server.login('romeo')
  const numbers = Array.from({ length: 250 }, (_, index) => `${index}`)
  const write = (to: string, text: string): void =>
    romeo.send(`<message to='juliet@localhost${to}' type='chat'><body>${text}</body></message>`)
  for (const number of numbers) write('', number)
  await romeo.all()
  const phone = await server.login('juliet', 'phone')
  await phone.ask(turn('enable'))
  phone.send('<presence/>')
  write('/desk', 'last')
  await romeo.all()
  assert.deepEqual(await kinds(desk), ['original'])
  const bodies: (string | undefined)[] = []
  while (bodies.length <= numbers.length)
    for (const one of await phone.messages())
      bodies.push((kindOf(one) === 'original' ? one : inside(one)).childText('body'))
  assert.deepEqual(bodies, [...numbers, 'last'])
})

/** Juliet's desk, her phone with carbons whose connection is lost, and Romeo, who writes to the desk meanwhile. */
async function withLostPhone(server: MemoryServer): Promise<{ phone: Managed; desk: MemoryClient }> {
  const desk = await server.login('juliet', 'desk')
  const phone = await managed(server, 'juliet', 'phone')
  phone.client.send(turn('enable'))
  await phone.all()
  await phone.lose()
  const romeo = await server.login('romeo')
  romeo.send(chat('juliet@localhost/desk'))
  await romeo.all()
  return { phone, desk }
}

test('a client that comes back gets what it missed, and goes on getting copies', async () => {
  await using server = await memoryServer()
  const { phone, desk } = await withLostPhone(server)
  const [again] = await phone.resume(server, 'juliet')
  const messages = async (): Promise<string[]> =>
    (await again.all()).filter((one) => one.name === 'message').map(kindOf)
  assert.deepEqual(await messages(), ['received'])
  desk.send(chat('romeo@localhost'))
  await desk.all()
  assert.deepEqual(await messages(), ['sent'])
})

test('so it does when the server was started anew in between', async () => {
  const storage = createMemoryStorage()
  const before = await memoryServer({ storage })
  const { phone } = await withLostPhone(before)
  await before.server.stop()
  await using server = await memoryServer({ storage })
  const [again, answer] = await phone.resume(server, 'juliet')
  assert.equal(answer?.name, 'resumed')
  const messages = async (): Promise<string[]> =>
    (await again.all()).filter((one) => one.name === 'message').map(kindOf)
  assert.deepEqual(await messages(), ['received'])
  const desk = await server.login('juliet', 'desk')
  desk.send(chat('romeo@localhost'))
  await desk.all()
  assert.deepEqual(await messages(), ['sent'])
})

test('a copy whose client does not come back is kept for nobody', async () => {
  await using server = await memoryServer({ management: { resumeSeconds: 30 } })
  const { desk } = await withLostPhone(server)
  assert.deepEqual(await kinds(desk), ['original'])
  server.clock.advance(31_000)
  await turns(10)
  desk.send('<presence/>')
  await turns(10)
  assert.deepEqual(await kinds(desk), [])
  assert.equal((await server.stores.offline.size('juliet')).count, 0)
})

test('the server says that it copies, and by which rules', async () => {
  await using server = await memoryServer()
  const romeo = await server.login('romeo')
  const info = await romeo.ask(
    "<iq type='get' id='d' to='localhost'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>",
  )
  const features = info.child('query', 'http://jabber.org/protocol/disco#info')?.childElements() ?? []
  const vars = features.map((one) => one.attr('var'))
  assert.ok(vars.includes(NS) && vars.includes('urn:xmpp:carbons:rules:0'))
})
