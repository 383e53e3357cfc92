import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jid } from '@rookery/protocol/jid'
import { type Element, el } from '@rookery/protocol/xml'
import { type MemoryClient, type MemoryServer, memoryServer } from '../../../test/memory-server.ts'
import { Lane } from '../../lane.ts'
import { Session } from '../../session.ts'
import { csi } from './index.ts'

const inactive = "<inactive xmlns='urn:xmpp:csi:0'/>"
const active = "<active xmlns='urn:xmpp:csi:0'/>"
const presence = (show: string): string => `<presence to='juliet@localhost/phone'><show>${show}</show></presence>`
const typing =
  "<message to='juliet@localhost/phone' type='chat'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>"
const chat = (id: string): string =>
  `<message to='juliet@localhost/phone' type='chat' id='${id}'><body>hi</body></message>`
/** A stanza in a word. */
const brief = (stanza: Element): string =>
  stanza.name === 'presence'
    ? (stanza.attr('type') ?? stanza.childText('show') ?? 'here')
    : (stanza.attr('id') ?? 'typing')

/** Juliet's inactive phone, and Romeo. */
async function setUp(server: MemoryServer): Promise<{ phone: MemoryClient; romeo: MemoryClient }> {
  const phone = await server.login('juliet', 'phone')
  const romeo = await server.login('romeo')
  phone.send('<presence/>')
  phone.send(inactive)
  await phone.all()
  return { phone, romeo }
}

/** What the client has got so far, without asking for anything. */
async function got(client: MemoryClient, other: MemoryClient): Promise<string[]> {
  await other.all()
  return client.taken().map(brief)
}

test('is offered after login', async () => {
  await using server = await memoryServer()
  const before = server.connect()
  assert.equal((await before.open()).child('csi', 'urn:xmpp:csi:0'), undefined)
  assert.ok((await server.login('juliet')).features?.child('csi', 'urn:xmpp:csi:0'))
})

test('presence and chat states wait until the client is active, in order, and of each resource the newest', async () => {
  await using server = await memoryServer()
  const { phone, romeo } = await setUp(server)
  const nurse = await server.login('nurse')
  romeo.send(presence('away'))
  nurse.send(presence('dnd'))
  await nurse.all()
  romeo.send(typing)
  romeo.send(presence('chat'))
  assert.deepEqual(await got(phone, romeo), [])
  phone.send(active)
  await phone.ask("<iq type='get' id='p' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>")
  assert.deepEqual(phone.taken().map(brief), ['dnd', 'typing', 'chat'])
  romeo.send(presence('xa'))
  assert.deepEqual(await got(phone, romeo), ['xa'])
})

test('what cannot wait takes along what came before it', async () => {
  await using server = await memoryServer()
  const { phone, romeo } = await setUp(server)
  romeo.send(presence('away'))
  romeo.send(chat('m1'))
  romeo.send(typing)
  assert.deepEqual(await got(phone, romeo), ['away', 'm1'])
  romeo.send("<presence to='juliet@localhost' type='subscribe'/>")
  assert.deepEqual(await got(phone, romeo), ['typing', 'subscribe'])
})

test('the answer to a request comes after everything that was held before it', async () => {
  await using server = await memoryServer()
  const { phone, romeo } = await setUp(server)
  romeo.send(presence('away'))
  await romeo.all()
  assert.deepEqual((await phone.all()).map(brief), ['away'])
})

test('more than the bounds allow is not held', async () => {
  for (const features of [{ csi: { stanzas: 2 } }, { csi: { bytes: 1024 } }]) {
    await using server = await memoryServer({ features })
    const { phone, romeo } = await setUp(server)
    const text = 'x'.repeat(features.csi.bytes === undefined ? 1 : 400)
    const from = await Promise.all(['a', 'b', 'c'].map((resource) => server.login('romeo', resource)))
    for (const client of from) {
      client.send(`<presence to='juliet@localhost/phone'><status>${text}</status></presence>`)
      await client.all()
    }
    assert.deepEqual(await got(phone, romeo), ['here', 'here', 'here'])
  }
})

test('what the operator wants at once comes at once', async () => {
  await using server = await memoryServer({ features: { csi: { presence: false, chatStates: false } } })
  const { phone, romeo } = await setUp(server)
  romeo.send(presence('away'))
  romeo.send(typing)
  assert.deepEqual(await got(phone, romeo), ['away', 'typing'])
})

test('before a resource is bound it is no part of the stream', async () => {
  await using server = await memoryServer()
  const client = server.connect()
  await client.open()
  client.send(inactive)
  await client.closed()
  assert.equal(client.streamError, 'unsupported-stanza-type')
})

test('a client that breaks off is active when it comes back', () => {
  const full = jid('juliet@localhost/phone')
  const sent: string[] = []
  const write = (wire: string): undefined => void sent.push(wire)
  const link = { remoteAddress: '', isSecure: false, write, flushed: () => {}, close: () => {} }
  const session = new Session(full, link, new Lane(1, () => undefined), 0, 1000)
  const wiring = csi.start({} as never, csi.config?.parse(undefined))
  wiring.bindInline?.[0]?.enable(session, el('inactive', 'urn:xmpp:csi:0'))
  session.sendWire("<presence from='romeo@localhost/one'/>")
  assert.deepEqual(sent, [])
  wiring.session?.detached?.(session)
  assert.equal(sent.length, 1)
  session.sendWire("<presence from='romeo@localhost/one'/>")
  assert.equal(sent.length, 2)
})
