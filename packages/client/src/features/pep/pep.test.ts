import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DISCO_INFO_NS } from '@rookery/protocol/disco'
import { bookmark } from '@rookery/protocol/xeps/bookmarks'
import { PUBSUB_ERRORS_NS, PUBSUB_EVENT_NS, PUBSUB_NS, PUBSUB_OWNER_NS, pubsub } from '@rookery/protocol/xeps/pubsub'
import { type Element, el, parseElement } from '@rookery/protocol/xml'
import { startTestServer, type TestAccount, type TestServer } from '@rookery/testkit'
import { HostileServer } from '../../../../../test/client/harness/hostile-server.ts'
import { next, online } from '../../../test/online.ts'
import { when } from '../../../test/waiting.ts'
import {
  type AnyExtension,
  activity,
  avatars,
  blocking,
  bookmarks,
  type Client,
  type ClientError,
  displayed,
  json,
  location,
  type messages,
  mood,
  nick,
  pep,
  personalNode,
  presence,
  pubsubConditionOf,
  type Schema,
  tune,
  UnsupportedError,
  vcard4,
} from '../../index.ts'
import { createClient } from '../../node/index.ts'

interface Book {
  readonly title: string
}
/** What zod and others make, by hand. */
const book: Schema<Book> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) =>
      typeof value === 'object' && value !== null && 'title' in value && typeof value.title === 'string'
        ? { value: { title: value.title } }
        : { issues: [{ message: 'a book has a title' }] },
  },
}
const reading = personalNode({ name: 'reading', node: 'urn:example:reading', codec: json(book), event: 'reading' })

const settings = { node: 'urn:example:settings', codec: json(book) }

const publishOptions = `${PUBSUB_NS}#publish-options`

/** Two devices of one account at our server. */
async function devices<const X extends readonly AnyExtension[]>(
  server: TestServer,
  use: X,
): Promise<{
  readonly account: TestAccount
  readonly phone: Client<readonly [...X, typeof messages]>
  readonly desk: Client<readonly [...X, typeof messages]>
}> {
  const account = await server.createAccount()
  const phone = await online(server, use, account)
  const desk = await online(server, use, account)
  return { account, phone, desk }
}

describe('personal nodes', () => {
  test('a node that is followed once the client is online is heard of', async () => {
    await using server = await startTestServer()
    const { phone, desk } = await devices(server, [pep, presence])
    await using _phone = phone
    await using _desk = desk
    await when(desk, 'presence:changed', () => desk.presence.best(phone.jid!) !== undefined)
    const changed = next(desk, 'presence:changed', ({ jid }) => jid.equals(phone.jid!))
    phone.pep.follow(settings.node)
    await changed // the server knows
    const heard = next(phone, 'pubsub:item', ({ node }) => node === settings.node)
    const id = await desk.pep.node(settings.node, settings.codec).publish({ title: 'dark' })
    assert.equal((await heard).id, id)
  })

  test('what one device says, the other hears, and who asks', async () => {
    await using server = await startTestServer()
    const { account, phone, desk } = await devices(server, [mood, nick, tune, activity, location, vcard4])
    await using _phone = phone
    await using _desk = desk
    const heard = next(desk, 'mood')
    await phone.mood.publish({ mood: 'happy', text: 'Juliet is the sun' })
    const { jid, value } = await heard
    assert.equal(`${jid}`, account.jid)
    assert.deepEqual(value, { mood: 'happy', text: 'Juliet is the sun' })
    assert.deepEqual(desk.mood.known(account.jid), value)
    assert.deepEqual(await desk.mood.of(account.jid), value)

    const cleared = next(desk, 'mood')
    await phone.mood.clear()
    assert.equal((await cleared).value, undefined)
    assert.equal(desk.mood.known(account.jid), undefined)
    assert.equal(await desk.mood.of(account.jid), undefined)

    const all = [next(desk, 'nick'), next(desk, 'tune'), next(desk, 'activity'), next(desk, 'location')] as const
    await phone.nick.publish('Montague')
    await phone.tune.publish({ artist: 'Prokofiev', length: 360 })
    await phone.activity.publish({ activity: { general: 'relaxing', specific: 'thinking' } })
    await phone.location.publish({ lat: 45.44, lon: 10.99, locality: 'Verona' })
    const values = await Promise.all(all)
    assert.deepEqual(
      values.map((told) => told.value),
      [
        'Montague',
        { artist: 'Prokofiev', length: 360 },
        { activity: { general: 'relaxing', specific: 'thinking' } },
        { lat: 45.44, lon: 10.99, locality: 'Verona' },
      ],
    )
    await phone.vcard4.publish({ fullName: 'Romeo Montague' })
    assert.equal((await desk.vcard4.of(account.jid))?.fullName, 'Romeo Montague')
  })

  test('a node of your own, checked by a schema, is retracted and comes back', async () => {
    await using server = await startTestServer()
    const { phone, desk, account } = await devices(server, [reading, pep])
    await using _phone = phone
    await using _desk = desk
    assert.equal(await phone.pep.isSupported(), true)
    const heard = next(desk, 'reading')
    await phone.reading.publish({ title: 'Hero and Leander' })
    assert.deepEqual((await heard).value, { title: 'Hero and Leander' })
    const gone = next(desk, 'reading')
    await phone.reading.clear()
    assert.equal((await gone).value, undefined)
    await phone.reading.clear() // nothing is there: nothing to do
    // what the schema does not allow is not a value
    await phone.pep.node('urn:example:reading').publish(el('json', 'urn:xmpp:json:0', {}, '{"title":7}'))
    assert.equal(await desk.reading.of(account.jid), undefined)
  })
})

describe('bookmarks', () => {
  test('that are added while the client is on its way do not hold it up', async () => {
    await using server = await startTestServer()
    const { jid, password } = await server.createAccount({})
    const service = `xmpp://127.0.0.1:${server.port}`
    await using client = await createClient({ jid, password, service, plaintext: true, patience: 0, use: [bookmarks] })
    const connecting = client.connect()
    const adding = client.bookmarks.add('orchard@rooms.example', { name: 'Orchard' }, { timeout: 60_000 })
    await connecting
    await adding
    assert.equal(client.bookmarks.get('orchard@rooms.example')?.name, 'Orchard')
  })

  test('are fetched with the session, follow the other device, and keep what other clients added', async () => {
    await using server = await startTestServer()
    const { account, phone, desk } = await devices(server, [bookmarks])
    await using _phone = phone
    await using _desk = desk
    const first = next(desk, 'bookmark')
    const extension = el('colour', 'urn:example:colour', {}, 'red')
    await phone.bookmarks.add('Orchard@rooms.example/x', { autojoin: true, nick: 'R', extensions: [extension] })
    const { room, bookmark: told } = await first
    assert.equal(`${room}`, 'orchard@rooms.example')
    assert.equal(told?.nick, 'R')
    assert.equal(desk.bookmarks.autojoin.length, 1)

    const second = next(phone, 'bookmark', (event) => event.bookmark?.autojoin !== true)
    await desk.bookmarks.add(room, { name: 'The Orchard' })
    await second
    assert.deepEqual(phone.bookmarks.autojoin, [])
    const changed = phone.bookmarks.get(room)
    assert.equal(changed?.name, 'The Orchard')
    assert.equal(changed?.nick, undefined)
    assert.equal(changed?.extensions?.[0]?.text(), 'red')

    await using late = await online(server, [bookmarks], account)
    assert.deepEqual(
      late.bookmarks.all.map((one) => `${one.room} ${one.name}`),
      ['orchard@rooms.example The Orchard'],
    )
    const removed = next(phone, 'bookmark')
    await late.bookmarks.remove(room)
    assert.equal((await removed).bookmark, undefined)
    assert.deepEqual(phone.bookmarks.all, [])
    await late.bookmarks.remove(room)
  })

  test('after a new session only what is different is told', async () => {
    await using server = await startTestServer()
    const { account, phone, desk } = await devices(server, [bookmarks])
    await using _phone = phone
    for (const name of ['one', 'two']) await phone.bookmarks.add(`${name}@rooms.example`)
    await desk.disconnect()
    const told: string[] = []
    desk.on('bookmark', (event) => told.push(`${event.room.local} ${event.bookmark?.name}`))
    await phone.bookmarks.add('two@rooms.example', { name: 'Two' })
    await phone.bookmarks.add('three@rooms.example', { name: 'Three' })
    await phone.bookmarks.remove('one@rooms.example')
    await desk.connect()
    await using _desk = desk
    assert.deepEqual(told.sort(), ['one undefined', 'three Three', 'two Two'])
    assert.equal(account.jid, `${desk.jid?.bare}`)
  })
})

describe('displayed', () => {
  test('what was read here is read there', async () => {
    await using server = await startTestServer()
    const { account, phone, desk } = await devices(server, [displayed])
    await using _phone = phone
    await using _desk = desk
    const first = next(desk, 'displayed')
    await phone.displayed.mark('juliet@example.org', 'a1')
    const told = await first
    assert.deepEqual([`${told.chat}`, told.id, `${told.by}`], ['juliet@example.org', 'a1', account.jid])
    const second = next(desk, 'displayed')
    await phone.displayed.mark('room@rooms.example', 'b2', { by: 'room@rooms.example' })
    assert.equal((await second).id, 'b2')
    assert.equal(desk.displayed.all.length, 2)
    // one who gave no ids there is not believed
    const third = next(desk, 'displayed')
    await phone.displayed.mark('juliet@example.org', 'c3', { by: 'mallory@example.org' })
    await phone.displayed.mark('juliet@example.org', 'c4')
    assert.equal((await third).id, 'c4')
  })
})

interface Script {
  readonly features: readonly string[]
  readonly answer: (payload: Element) => Element | 'not-met' | 'empty' | undefined
}

/** A server with pubsub as the test has it. */
function scripted({ features, answer }: Script): Promise<HostileServer> {
  return HostileServer.start({
    startTls: 'absent',
    disco: [...features],
    script: {
      receive(stanza, connection) {
        const payload = stanza.firstElement()
        if (payload === undefined || stanza.name !== 'iq' || !payload.ns.startsWith(PUBSUB_NS)) return
        const answered = answer(payload)
        if (answered === undefined) return
        if (answered === 'not-met') {
          const error = el('error', stanza.ns, { type: 'cancel' }, [
            el('conflict', 'urn:ietf:params:xml:ns:xmpp-stanzas'),
            el('precondition-not-met', PUBSUB_ERRORS_NS),
          ])
          connection.send(el('iq', stanza.ns, { type: 'error', id: stanza.attr('id') }, [error]))
        } else connection.reply(stanza, answered === 'empty' ? undefined : answered)
        return true
      },
    },
  })
}

const field = (form: Element | undefined, name: string): string | undefined =>
  form
    ?.childElements()
    .find((one) => one.attr('var') === name)
    ?.childText('value')

describe('the nodes of a server that does otherwise', () => {
  test('a list is fetched once the server knows that we want to hear of it, so that no change is missed [XEP-0163 4.2]', async () => {
    const said: string[] = []
    const rooms = ['one']
    let capsNode = ''
    let told: (() => void) | undefined
    await using server = await HostileServer.start({
      startTls: 'absent',
      disco: [publishOptions],
      script: {
        receive(stanza, connection) {
          const payload = stanza.firstElement()
          const query = stanza.name === 'presence' ? stanza.child('c', 'http://jabber.org/protocol/caps') : undefined
          if (stanza.name === 'presence') said.push(`presence ${stanza.attr('type') ?? 'available'}`)
          if (query !== undefined) capsNode = `${query.attr('node')}#${query.attr('ver')}`
          if (stanza.attr('id') === 'whatAreYou') {
            said.push('told what we are')
            told?.()
          }
          if (payload?.is('pubsub', PUBSUB_NS) !== true) return
          said.push('items')
          const items = rooms.map((name) =>
            el('item', PUBSUB_NS, { id: `${name}@rooms.example` }, [bookmark.build({ autojoin: true })]),
          )
          connection.reply(stanza, el('pubsub', PUBSUB_NS, {}, [el('items', PUBSUB_NS, {}, items)]))
          return true
        },
      },
    })
    await using romeo = await online(server, [bookmarks, presence])
    assert.deepEqual(said.splice(0), ['presence available', 'items'])
    assert.equal(romeo.bookmarks.all.length, 1)

    // a server that has to ask what the hash means knows it with the answer only
    const own = romeo.jid!.bare
    const asks = (from: string): Promise<void> => {
      const query = el('query', DISCO_INFO_NS, { node: capsNode })
      server.route(el('iq', 'jabber:client', { type: 'get', id: 'whatAreYou', from, to: `${romeo.jid}` }, [query]))
      return new Promise((resolve) => {
        told = resolve
      })
    }
    rooms.push('two')
    const second = next(romeo, 'bookmark')
    await asks(`${own}`)
    assert.equal(`${(await second).room}`, 'two@rooms.example')
    rooms.push('also')
    const also = next(romeo, 'bookmark')
    await asks(`${romeo.jid}`) // as ejabberd does
    assert.equal(`${(await also).room}`, 'also@rooms.example')
    await asks('juliet@capulet.example') // whose nodes are not ours
    await new Promise((resolve) => setTimeout(resolve, 20)) // a turn later it would ask
    await romeo.request('get', el('ping', 'urn:xmpp:ping'))
    assert.deepEqual(said.splice(0), ['told what we are', 'items', 'told what we are', 'items', 'told what we are'])

    // nobody is told anything while we are not there
    romeo.presence.hide()
    rooms.push('three')
    const third = next(romeo, 'bookmark')
    romeo.presence.set()
    assert.equal(`${(await third).room}`, 'three@rooms.example')
    assert.deepEqual(said, ['presence unavailable', 'presence available', 'items'])
  })

  test('listeners that go on for ever, or change the list, do not hold up the session', async () => {
    let name = 'one'
    await using server = await scripted({
      features: [publishOptions],
      answer: (payload) => {
        const published = payload.child('publish')?.firstElement()?.firstElement()
        if (published !== undefined) name = published.attr('name')!
        const item = { id: 'room@rooms.example', payloads: [bookmark.build({ autojoin: true, name })] }
        return pubsub.build({ items: { node: 'urn:xmpp:bookmarks:1', items: [item] } })
      },
    })
    await using romeo = await createClient({
      jid: 'romeo@localhost',
      password: 'secret',
      service: server.service.xmpp,
      plaintext: true,
      use: [bookmarks],
    })
    const changed = Promise.withResolvers<undefined>()
    romeo.on('bookmark', async ({ room, bookmark: told }) => {
      if (told?.name === 'one') await romeo.bookmarks.add(room, { name: 'two' })
      else changed.resolve(undefined)
      await new Promise(() => undefined)
    })
    await romeo.connect()
    await changed.promise
    assert.equal(name, 'two')
  })

  test('a private value is fetched when the session begins and once the server tells of changes, and told once', async () => {
    const own = personalNode({ ...settings, name: 'settings', event: 'settings', isPrivate: true })
    let title = 'light'
    let capsNode = ''
    await using server = await HostileServer.start({
      startTls: 'absent',
      disco: [publishOptions],
      script: {
        receive(stanza, connection) {
          const said = stanza.child('c', 'http://jabber.org/protocol/caps')
          if (said !== undefined) capsNode = `${said.attr('node')}#${said.attr('ver')}`
          if (stanza.firstElement()?.is('pubsub', PUBSUB_NS) !== true) return
          const item = { id: 'current', payloads: [settings.codec.build({ title })] }
          connection.reply(stanza, pubsub.build({ items: { node: settings.node, items: [item] } }))
          return true
        },
      },
    })
    await using romeo = await online(server, [own])
    assert.equal(romeo.settings.known(romeo.jid!)?.title, 'light')
    const heard: (string | undefined)[] = []
    romeo.on('settings', ({ value }) => heard.push(value?.title))
    const tell = (told: string): void => {
      const items = el('items', PUBSUB_EVENT_NS, { node: settings.node }, [
        el('item', PUBSUB_EVENT_NS, { id: 'current' }, [settings.codec.build({ title: told })]),
      ])
      const event = el('event', PUBSUB_EVENT_NS, {}, [items])
      server.route(
        el('message', 'jabber:client', { from: 'romeo@localhost', to: `${romeo.jid}`, type: 'headline' }, [event]),
      )
    }
    tell('light') // some servers tell of it as well
    title = 'dark'
    const changed = next(romeo, 'settings')
    const query = el('query', DISCO_INFO_NS, { node: capsNode })
    server.route(el('iq', 'jabber:client', { type: 'get', id: 'w', from: `${romeo.jid}`, to: `${romeo.jid}` }, [query]))
    await changed
    const last = next(romeo, 'settings', ({ value }) => value?.title === 'grey')
    tell('dark')
    tell('grey')
    await last
    assert.deepEqual(heard, ['dark', 'grey'])
  })

  test('what is told while a list is being fetched is newer than the list', async () => {
    const item = (name: string, title: string): Element =>
      el('item', PUBSUB_NS, { id: `${name}@rooms.example` }, [bookmark.build({ autojoin: true, name: title })])
    await using server = await HostileServer.start({
      startTls: 'absent',
      disco: [publishOptions],
      script: {
        receive(stanza, connection) {
          const payload = stanza.firstElement()
          if (payload?.is('pubsub', PUBSUB_NS) !== true) return
          const after = payload.child('set', 'http://jabber.org/protocol/rsm')?.childText('after')
          const tell = (...told: Element[]): void => {
            const items = el('items', PUBSUB_EVENT_NS, { node: 'urn:xmpp:bookmarks:1' }, told)
            const event = el('event', PUBSUB_EVENT_NS, {}, [items])
            connection.send(el('message', 'jabber:client', { from: 'romeo@localhost', type: 'headline' }, [event]))
          }
          const answer = (id: string, index: number, listed: readonly Element[]): void => {
            const set = parseElement(
              `<set xmlns='http://jabber.org/protocol/rsm'><first index='${index}'>${id}</first><last>${id}</last><count>3</count></set>`,
            ) as Element
            const items = el('items', PUBSUB_NS, { node: 'urn:xmpp:bookmarks:1' }, listed)
            connection.reply(stanza, el('pubsub', PUBSUB_NS, {}, [items, set]))
          }
          if (after === undefined) {
            answer('1', 0, [item('kept', 'Old'), item('gone', 'Old')])
            // in the same breath, so that it is read before whoever asked goes on
            tell(
              el('item', PUBSUB_EVENT_NS, { id: 'kept@rooms.example' }, [
                bookmark.build({ autojoin: true, name: 'New' }),
              ]),
              el('item', PUBSUB_EVENT_NS, { id: 'new@rooms.example' }, [bookmark.build({ autojoin: true })]),
              el('retract', PUBSUB_EVENT_NS, { id: 'gone@rooms.example' }),
            )
          } else answer('2', 1, [item('second', 'Page')])
          return true
        },
      },
    })
    await using romeo = await online(server, [bookmarks])
    assert.deepEqual(romeo.bookmarks.all.map(({ room, name }) => `${room.local} ${name}`).sort(), [
      'kept New',
      'new undefined',
      'second Page',
    ])
  })

  test('what another device has said behind what we asked or published is newer', async () => {
    const theirs = bookmark.build({ autojoin: false, name: 'Theirs' })
    const told = (node: string, content: Element): Element => {
      const event = el('event', PUBSUB_EVENT_NS, {}, [el('items', PUBSUB_EVENT_NS, { node }, [content])])
      return el('message', 'jabber:client', { from: 'romeo@localhost', type: 'headline' }, [event])
    }
    const item = (id: string, payload: Element): Element => el('item', PUBSUB_EVENT_NS, { id }, [payload])
    const titled = (title: string): Element => el('json', 'urn:xmpp:json:0', {}, JSON.stringify({ title }))
    let ours: Element | undefined
    await using server = await HostileServer.start({
      startTls: 'absent',
      disco: [publishOptions],
      script: {
        receive(stanza, connection) {
          const pubsub = stanza.firstElement()
          if (pubsub?.ns !== PUBSUB_NS) return
          const asked = ['publish', 'retract', 'items'].map((name) => pubsub.child(name)).find((one) => one)!
          const node = `${asked.attr('node')}`
          const isList = node === 'urn:xmpp:bookmarks:1'
          if (isList && asked.name === 'items') return
          const id = asked.firstElement()?.attr('id') ?? 'current'
          const payload = asked.firstElement()?.firstElement()
          // in the same breath, so that it is read before whoever asked goes on
          if (asked.name === 'publish') connection.send(told(node, item(id, (ours = payload!))))
          if (asked.name === 'retract') connection.send(told(node, el('retract', PUBSUB_EVENT_NS, { id })))
          const items = el('items', PUBSUB_NS, { node }, [el('item', PUBSUB_NS, { id }, [ours])])
          connection.reply(stanza, asked.name === 'items' ? el('pubsub', PUBSUB_NS, {}, [items]) : undefined)
          connection.send(told(node, item(id, isList ? theirs : titled('Theirs'))))
          return true
        },
      },
    })
    await using romeo = await online(server, [bookmarks, reading])
    const kept = (): unknown => romeo.bookmarks.get('verona@rooms.example')?.name
    const isTheirs = (): boolean => romeo.reading.known('romeo@localhost')?.title === 'Theirs'
    await romeo.bookmarks.add('verona@rooms.example', { autojoin: true, name: 'Ours' })
    await when(romeo, 'bookmark', () => kept() === 'Theirs')
    await romeo.bookmarks.remove('verona@rooms.example')
    await when(romeo, 'bookmark', () => kept() === 'Theirs')
    await romeo.reading.publish({ title: 'Ours' })
    await when(romeo, 'reading', isTheirs)
    await romeo.reading.clear()
    await when(romeo, 'reading', isTheirs)
    ours = titled('Ours')
    await romeo.reading.publish({ title: 'Mine' })
    ours = titled('Ours')
    assert.deepEqual(await romeo.reading.of('romeo@localhost'), { title: 'Ours' })
    await when(romeo, 'reading', isTheirs)
  })

  test('a node that is not as it must be is configured, and what was to be published is', async () => {
    const asked: string[] = []
    let isConfigured = false
    await using server = await scripted({
      features: [DISCO_INFO_NS, publishOptions],
      answer: (payload) => {
        const [request] = payload.childElements()
        asked.push(request!.name)
        if (payload.ns === PUBSUB_OWNER_NS) {
          isConfigured = true
          assert.equal(request!.attr('node'), 'urn:xmpp:bookmarks:1')
          assert.equal(field(request!.firstElement(), 'FORM_TYPE'), `${PUBSUB_NS}#node_config`)
          assert.equal(field(request!.firstElement(), 'pubsub#access_model'), 'whitelist')
          assert.equal(field(request!.firstElement(), 'pubsub#max_items'), '255') // it does not say that it knows `max`
          return 'empty'
        }
        if (request!.name === 'items') return pubsub.build({ items: { node: 'urn:xmpp:bookmarks:1', items: [] } })
        return isConfigured ? 'empty' : 'not-met'
      },
    })
    await using romeo = await online(server, [bookmarks])
    await romeo.bookmarks.add('orchard@rooms.example', { name: 'Orchard' })
    assert.deepEqual(asked, ['items', 'publish', 'configure', 'publish'])
    assert.equal(romeo.bookmarks.get('orchard@rooms.example')?.name, 'Orchard')
  })

  test('one that stays as it is, is told with what the server said', async () => {
    await using server = await scripted({ features: [publishOptions], answer: () => 'not-met' })
    await using romeo = await online(server, [pep])
    const node = romeo.pep.node('urn:example:n', { parse: (found) => found, build: (made) => made }, { max_items: 3 })
    await assert.rejects(
      node.publish(el('n', 'urn:example:n')),
      (error) => pubsubConditionOf(error) === 'precondition-not-met',
    )
  })

  test('nothing private is published where the server would tell it to everybody', async () => {
    let published = 0
    await using server = await scripted({
      features: [PUBSUB_NS],
      answer: (payload) => {
        if (payload.child('publish') !== undefined) published++
        return pubsub.build({ items: { node: 'urn:xmpp:bookmarks:1', items: [] } })
      },
    })
    await using romeo = await online(server, [bookmarks])
    await assert.rejects(
      romeo.bookmarks.add('orchard@rooms.example'),
      (error) => error instanceof UnsupportedError && error.feature === publishOptions,
    )
    assert.equal(published, 0)
    assert.deepEqual(romeo.bookmarks.all, [])
  })

  test('a server without nodes is no failure until something is to be kept', async () => {
    await using server = await HostileServer.start({ startTls: 'absent', disco: [publishOptions] })
    await using romeo = await online(server, [bookmarks, mood])
    assert.deepEqual(romeo.bookmarks.all, [])
    await assert.rejects(romeo.bookmarks.add('orchard@rooms.example'), UnsupportedError)
    await assert.rejects(romeo.mood.publish({ mood: 'sad' }), UnsupportedError)
  })

  test('nor is one that says nothing of accounts', async () => {
    await using server = await HostileServer.start({
      startTls: 'absent',
      script: {
        receive(stanza, connection) {
          if (stanza.firstElement()?.ns !== DISCO_INFO_NS) return
          connection.refuse(stanza, 'service-unavailable')
          return true
        },
      },
    })
    await using romeo = await online(server, [bookmarks, mood, avatars, blocking, displayed])
    const errors: ClientError[] = []
    romeo.on('error', (error) => errors.push(error))
    await romeo.disconnect()
    await romeo.connect()
    await assert.rejects(romeo.bookmarks.add('orchard@rooms.example'), UnsupportedError)
    await assert.rejects(romeo.displayed.mark('juliet@localhost', 'a'), UnsupportedError)
    assert.deepEqual(errors, [])
  })

  test('a private node is heard of the own account alone, and nobody speaks for another', async () => {
    await using server = await HostileServer.start({ startTls: 'absent' })
    await using romeo = await online(server, [bookmarks, mood])
    const said: string[] = []
    romeo.on('bookmark', ({ room }) => said.push(`bookmark ${room}`))
    romeo.on('mood', ({ jid }) => said.push(`mood ${jid}`))
    romeo.on('pubsub:item', ({ service }) => said.push(`item ${service}`))
    const own = romeo.jid!.bare
    const tell = (from: string | undefined, node: string, id: string, payload: Element, type = 'headline'): void => {
      const items = el('items', PUBSUB_EVENT_NS, { node }, [el('item', PUBSUB_EVENT_NS, { id }, [payload])])
      server.route(
        el('message', 'jabber:client', { from, to: `${romeo.jid}`, type }, [el('event', PUBSUB_EVENT_NS, {}, [items])]),
      )
    }
    const room = bookmark.build({ autojoin: true })
    const sad = parseElement(`<mood xmlns='http://jabber.org/protocol/mood'><sad/></mood>`) as Element
    const bookmarksNode = 'urn:xmpp:bookmarks:1'
    const moodNode = 'http://jabber.org/protocol/mood'
    // S123: others' bookmarks, also of who looks like us
    for (const from of ['mallory@evil.example', `${own}/other`, own.domain, `${own}.evil.example`])
      tell(from, bookmarksNode, 'trap@evil.example', room)
    tell(`${own}`, bookmarksNode, 'trap@evil.example', room, 'error')
    tell(`${own}`, bookmarksNode, '@@', room)
    // a client says what only its server may; a contact does not speak for another
    tell('juliet@capulet.example/balcony', moodNode, 'current', sad)
    tell('juliet@capulet.example', moodNode, 'current', sad)
    const last = next(romeo, 'bookmark')
    tell(`${own}`, bookmarksNode, 'orchard@rooms.example', room)
    await last
    assert.deepEqual(
      said.filter((line) => !line.startsWith('item')),
      ['mood juliet@capulet.example', 'bookmark orchard@rooms.example'],
    )
    assert.equal(romeo.bookmarks.all.length, 1)
    assert.equal(romeo.mood.known('juliet@capulet.example')?.mood, 'sad')

    // who fills our memory is heard, and not kept
    const heard = next(romeo, 'mood')
    const text = 'a'.repeat(20_000)
    const long = parseElement(`<mood xmlns='${moodNode}'><happy/><text>${text}</text></mood>`) as Element
    tell('juliet@capulet.example', moodNode, 'current', long)
    assert.equal((await heard).value?.text, text)
    assert.equal(romeo.mood.known('juliet@capulet.example'), undefined)
  })
})
