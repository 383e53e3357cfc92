import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DISPLAYED_ASSIST_NS, DISPLAYED_NS } from '@rookery/protocol/xeps/displayed'
import { PUBSUB_EVENT_NS, PUBSUB_NS } from '@rookery/protocol/xeps/pubsub'
import { type Element, el, sameElement } from '@rookery/protocol/xml'
import type { DocumentStore, Storage } from '@rookery/storage'
import { createMemoryStorage } from '@rookery/storage/memory'
import { goOnline } from '../../../test/capable-client.ts'
import { type MemoryClient, memoryServer, turns } from '../../../test/memory-server.ts'

const SID = 'urn:xmpp:sid:0'
const upTo = (id: string): string =>
  `<displayed xmlns='${DISPLAYED_NS}'><stanza-id xmlns='${SID}' by='juliet@localhost' id='${id}'/></displayed>`
const marker = "<displayed xmlns='urn:xmpp:chat-markers:0' id='m1'/>"
const items = `<iq type='get' id='i'><pubsub xmlns='${PUBSUB_NS}'><items node='${DISPLAYED_NS}'/></pubsub></iq>`

/** What is published: chat and id, in the order of time. */
async function published(client: MemoryClient): Promise<string[]> {
  const found = (await client.ask(items)).child('pubsub', PUBSUB_NS)?.child('items')?.childElements() ?? []
  return found.map((item) => `${item.attr('id')} ${stanzaIdOf(item)}`)
}

function stanzaIdOf(item: Element): string | undefined {
  return item.child('displayed', DISPLAYED_NS)?.child('stanza-id', SID)?.attr('id')
}

test('takes the state out of a message and publishes it for the other devices', async () => {
  await using server = await memoryServer()
  const juliet = await server.login('juliet')
  const phone = await server.login('juliet', 'phone')
  const romeo = await server.login('romeo')
  await goOnline(phone, DISPLAYED_NS)
  romeo.send('<presence/>')
  await romeo.all()
  juliet.send(`<message to='romeo@localhost' id='m'>${marker}${upTo('7')}<store xmlns='urn:xmpp:hints'/></message>`)
  await juliet.all()
  const [received] = await romeo.messages()
  assert.ok(received !== undefined)
  const expected = [el('displayed', 'urn:xmpp:chat-markers:0', { id: 'm1' }), el('store', 'urn:xmpp:hints')]
  const children = received.childElements().filter((child) => child.ns !== SID)
  assert.equal(children.length, expected.length)
  assert.ok(children.every((child, index) => sameElement(child, expected[index]!)))
  const [event] = await phone.messages()
  const found = event?.child('event', PUBSUB_EVENT_NS)?.child('items')
  assert.equal(event?.attr('type'), 'headline')
  assert.equal(event?.attr('from'), 'juliet@localhost')
  assert.equal(found?.attr('node'), DISPLAYED_NS)
  assert.equal(found?.child('item')?.attr('id'), 'romeo@localhost')
  assert.equal(stanzaIdOf(found?.child('item') ?? el('item', '')), '7')
  assert.deepEqual(await published(juliet), ['romeo@localhost 7'])
})

test('the node it makes is private, keeps every chat, and is silent at login', async () => {
  await using server = await memoryServer()
  const juliet = await server.login('juliet')
  for (const room of ['a', 'b', 'c'])
    juliet.send(`<message to='${room}@rooms.example' type='groupchat'>${marker}${upTo(room)}</message>`)
  await juliet.all()
  assert.deepEqual(await published(juliet), ['a@rooms.example a', 'b@rooms.example b', 'c@rooms.example c'])
  const field = (name: string, value: string): string => `<field var='pubsub#${name}'><value>${value}</value></field>`
  const form = `<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>${PUBSUB_NS}#publish-options</value></field>${field('persist_items', 'true')}${field('max_items', 'max')}${field('send_last_published_item', 'never')}${field('access_model', 'whitelist')}</x>`
  const own = `<iq type='set' id='p'><pubsub xmlns='${PUBSUB_NS}'><publish node='${DISPLAYED_NS}'><item id='b@rooms.example'>${upTo('9')}</item></publish><publish-options>${form}</publish-options></pubsub></iq>`
  assert.equal((await juliet.ask(own)).attr('type'), 'result', 'what a client asks for is what there is')
  assert.deepEqual(await published(juliet), ['a@rooms.example a', 'c@rooms.example c', 'b@rooms.example 9'])
})

test('is durable before the message goes on', async () => {
  const inner = createMemoryStorage()
  let release = (): void => {}
  const isReleased = new Promise<void>((resolve) => {
    release = resolve
  })
  const storage: Storage = {
    open: () => inner.open(),
    close: () => inner.close(),
    host(domain) {
      const stores = inner.host(domain)
      const { documents } = stores
      const slow: DocumentStore = {
        get: (owner, key) => documents.get(owner, key),
        list: (owner) => documents.list(owner),
        remove: (owner, key) => documents.remove(owner, key),
        async put(owner, key, value) {
          if (key.startsWith('pep:')) await isReleased
          return documents.put(owner, key, value)
        },
      }
      return new Proxy(stores, {
        get(target, key) {
          return key === 'documents' ? slow : Reflect.get(target, key, target)
        },
      })
    },
  }
  await using server = await memoryServer({ storage })
  const juliet = await server.login('juliet')
  const romeo = await server.login('romeo')
  romeo.send('<presence/>')
  await romeo.all()
  juliet.send(`<message to='romeo@localhost' id='m'>${marker}${upTo('7')}</message>`)
  await turns(20)
  assert.deepEqual(await romeo.messages(), [], 'not before')
  release()
  await juliet.all()
  assert.equal((await romeo.messages()).length, 1)
  assert.deepEqual(await published(juliet), ['romeo@localhost 7'])
})

test('what is not clear is taken out, and changes nothing', async () => {
  await using server = await memoryServer()
  const juliet = await server.login('juliet')
  const romeo = await server.login('romeo')
  romeo.send('<presence/>')
  await romeo.all()
  juliet.send(`<message to='romeo@localhost'>${marker}${upTo('7')}</message>`)
  const unclear = [
    `<displayed xmlns='${DISPLAYED_NS}'/>`,
    `<displayed xmlns='${DISPLAYED_NS}'><stanza-id xmlns='${SID}' id='1'/><stanza-id xmlns='${SID}' id='2'/></displayed>`,
    `<displayed xmlns='${DISPLAYED_NS}'><stanza-id id='1'/></displayed>`,
    upTo('8') + upTo('9'),
  ]
  for (const content of unclear) juliet.send(`<message to='romeo@localhost'>${marker}${content}</message>`)
  juliet.send(`<message to='romeo@localhost' type='error'>${upTo('10')}</message>`)
  juliet.send(`<message to='romeo@localhost'>${upTo('11')}</message>`)
  await juliet.all()
  const received = await romeo.messages()
  assert.equal(received.filter((message) => message.attr('type') !== 'error').length, 6)
  assert.ok(received.every((message) => message.child('displayed', DISPLAYED_NS) === undefined))
  // one that would be empty without it should not be sent, but is processed
  assert.deepEqual(await published(juliet), ['romeo@localhost 11'])
})

test('what somebody sends to others about themselves is not published for these', async () => {
  await using server = await memoryServer()
  const juliet = await server.login('juliet')
  const romeo = await server.login('romeo')
  juliet.send('<presence/>')
  romeo.send(`<message to='juliet@localhost'>${marker}${upTo('7')}</message>`)
  await romeo.all()
  await turns()
  assert.deepEqual(await published(juliet), [])
  assert.deepEqual(await published(romeo), ['juliet@localhost 7'])
})

test('too many chats make the oldest go, too long addresses change nothing', async () => {
  await using server = await memoryServer({ features: { pep: { items: 2 } } })
  const juliet = await server.login('juliet')
  for (const room of ['a', 'b', 'c'])
    juliet.send(`<message to='${room}@rooms.example'>${marker}${upTo(room)}</message>`)
  juliet.send(`<message to='${'é'.repeat(500)}@rooms.example/${'r'.repeat(1000)}'>${marker}${upTo('x')}</message>`)
  juliet.send(`<message to='not@an@address'>${marker}${upTo('x')}</message>`)
  await juliet.all()
  const found = await published(juliet)
  assert.equal(found.length, 2)
  assert.equal(found[0], 'c@rooms.example c')
})

test('says that it assists', async () => {
  await using server = await memoryServer()
  const juliet = await server.login('juliet')
  const ask = "<iq type='get' id='d' to='juliet@localhost'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>"
  const told = (await juliet.ask(ask)).child('query', 'http://jabber.org/protocol/disco#info')
  assert.ok(told?.childElements().some((feature) => feature.attr('var') === DISPLAYED_ASSIST_NS))
})
