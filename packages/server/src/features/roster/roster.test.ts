import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Element } from '@rookery/protocol/xml'
import type { ServerOptions } from '@rookery/server'
import { conditionOf, type MemoryClient, type MemoryServer, memoryServer } from '../../../test/memory-server.ts'

const ns = 'jabber:iq:roster'
let ids = 0
const get = (client: MemoryClient, ver?: string): Promise<Element> =>
  client.ask(`<iq type='get' id='g${++ids}'><query xmlns='${ns}'${ver === undefined ? '' : ` ver='${ver}'`}/></iq>`)
const set = (client: MemoryClient, content: string, to = ''): Promise<Element> =>
  client.ask(`<iq type='set' id='s${++ids}'${to}><query xmlns='${ns}'>${content}</query></iq>`)
const itemsOf = (iq: Element | undefined): Element[] => iq?.child('query', ns)?.childElements() ?? []
const versionOf = (iq: Element | undefined): string | undefined => iq?.child('query', ns)?.attr('ver')
const show = (item: Element): string => {
  const groups = item.childElements().map((group) => `[${group.text()}]`)
  const flags = ['ask', 'approved'].filter((flag) => item.attr(flag) !== undefined)
  return [item.attr('jid'), item.attr('name') ?? '-', item.attr('subscription'), ...flags, ...groups].join(' ')
}
const pushes = async (client: MemoryClient): Promise<Element[]> =>
  (await client.all()).filter((stanza) => stanza.attr('type') === 'set' && stanza.child('query', ns) !== undefined)

async function withRoster(
  use: (romeo: MemoryClient, server: MemoryServer) => Promise<void>,
  options: ServerOptions = {},
): Promise<void> {
  await using server = await memoryServer(options)
  await use(await server.login('romeo'), server)
}

test('gives an empty roster with a version, and later what was set', () =>
  withRoster(async (romeo) => {
    const empty = await get(romeo)
    assert.equal(versionOf(empty), '0')
    assert.deepEqual(itemsOf(empty), [])
    await set(romeo, "<item jid='Nurse@localhost/tower' name='Nurse'><group>Servants</group><group>Old</group></item>")
    assert.deepEqual(itemsOf(await get(romeo)).map(show), ['nurse@localhost Nurse none [Servants] [Old]'])
    await set(romeo, "<item jid='nurse@localhost' name=''/>")
    assert.deepEqual(itemsOf(await get(romeo)).map(show), ['nurse@localhost - none'])
  }))

test('ignores what is the server’s to say', () =>
  withRoster(async (romeo) => {
    await set(romeo, "<item jid='nurse@localhost' subscription='both' ask='subscribe' approved='nonsense'/>")
    assert.deepEqual(itemsOf(await get(romeo)).map(show), ['nurse@localhost - none'])
  }))

test('refuses what RFC 6121 2.3.3 and the limits forbid, and changes nothing', () =>
  withRoster(
    async (romeo) => {
      const long = 'x'.repeat(1024)
      const cases: [string, string][] = [
        ['', 'bad-request'],
        ["<item jid='a@localhost'/><item jid='b@localhost'/>", 'bad-request'],
        ["<item name='a'/>", 'bad-request'],
        ["<item jid='@localhost'/>", 'jid-malformed'],
        ["<item jid='ROMEO@localhost'/>", 'not-allowed'],
        ["<item jid='a@localhost'><group>A</group><group>A</group></item>", 'bad-request'],
        ["<item jid='a@localhost'><group/></item>", 'not-acceptable'],
        ["<item jid='a@localhost'><group>1</group><group>2</group><group>3</group></item>", 'not-acceptable'],
        [`<item jid='a@localhost'><group>${long}</group></item>`, 'not-acceptable'],
        [`<item jid='a@localhost' name='${long}'/>`, 'not-acceptable'],
        ["<item jid='a@localhost' subscription='remove'/>", 'item-not-found'],
      ]
      for (const [content, condition] of cases) assert.equal(conditionOf(await set(romeo, content)), condition, content)
      assert.equal(versionOf(await get(romeo)), '0')
    },
    { limits: { rosterGroups: 2 } },
  ))

test('has a limit of contacts, which may still be changed and removed', () =>
  withRoster(
    async (romeo) => {
      for (const name of ['a', 'b']) assert.equal((await set(romeo, `<item jid='${name}@x'/>`)).attr('type'), 'result')
      assert.equal(conditionOf(await set(romeo, "<item jid='c@x'/>")), 'policy-violation')
      assert.equal((await set(romeo, "<item jid='a@x' name='A'/>")).attr('type'), 'result')
      await set(romeo, "<item jid='a@x' subscription='remove'/>")
      assert.equal((await set(romeo, "<item jid='c@x'/>")).attr('type'), 'result')
      assert.deepEqual(itemsOf(await get(romeo)).map(show), ['b@x - none', 'c@x - none'])
    },
    { limits: { rosterItems: 2 } },
  ))

test('tells others the same whether the account exists or not', () =>
  withRoster(async (romeo, server) => {
    await server.login('juliet')
    for (const to of ['juliet', 'nobody']) {
      assert.equal(conditionOf(await set(romeo, "<item jid='a@x'/>", ` to='${to}@localhost'`)), 'forbidden')
      const asked = await romeo.ask(`<iq type='get' id='o' to='${to}@localhost'><query xmlns='${ns}'/></iq>`)
      assert.equal(conditionOf(asked), 'forbidden')
    }
  }))

test('pushes to every resource that asked for the roster, available or not, and to no other', () =>
  withRoster(async (romeo, server) => {
    const phone = await server.login('romeo', 'phone')
    const tablet = await server.login('romeo', 'tablet')
    await get(romeo)
    await get(phone)
    await set(tablet, "<item jid='nurse@localhost'/>")
    await set(tablet, "<item jid='nurse@localhost' subscription='remove'/>")
    for (const client of [romeo, phone]) {
      const got = await pushes(client)
      assert.deepEqual(
        got.map((push) => itemsOf(push).map(show).join()),
        ['nurse@localhost - none', 'nurse@localhost - remove'],
      )
      assert.deepEqual(got.map(versionOf), ['1', '2'])
      assert.equal(new Set(got.map((push) => push.attr('id'))).size, 2)
    }
    assert.deepEqual(await pushes(tablet), [])
  }))

test('offers versions and pre-approval after login, before binding', () =>
  withRoster(async (romeo, server) => {
    const early = server.connect()
    const features = (element: Element | undefined): boolean[] =>
      ['urn:xmpp:features:rosterver', 'urn:xmpp:features:pre-approval'].map(
        (wanted) => element?.childElements().some((child) => child.ns === wanted) ?? false,
      )
    assert.deepEqual(features(await early.open()), [false, false])
    assert.deepEqual(features(romeo.features), [true, true])
  }))

test('answers a version that is still right with nothing, an unknown one with everything', () =>
  withRoster(async (romeo) => {
    await set(romeo, "<item jid='a@x'/>")
    assert.equal((await get(romeo, '1')).childElements().length, 0)
    for (const ver of ['', '2', '-1', '01', '1e0', '1.5', 'ver7', '99999999999999999999'])
      assert.deepEqual(itemsOf(await get(romeo, ver)).map(show), ['a@x - none'], ver)
  }))

test('pushes what a version has missed after the answer, oldest first, each contact once', () =>
  withRoster(async (romeo, server) => {
    const phone = await server.login('romeo', 'phone')
    for (let i = 0; i < 20; i++) await set(phone, `<item jid='c${i}@x'/>`)
    await set(phone, "<item jid='c3@x' subscription='remove'/>")
    await set(phone, "<item jid='c5@x' name='Five'/>")
    await set(phone, "<item jid='c4@x' name='Four'/>")
    await set(phone, "<item jid='c5@x' name='Cinque'/>")
    romeo.send(`<iq type='get' id='v'><query xmlns='${ns}' ver='20'/></iq>`)
    const [answer, ...rest] = await romeo.all()
    assert.equal(answer?.attr('id'), 'v')
    assert.equal(answer?.childElements().length, 0)
    assert.deepEqual(
      rest.map((push) => `${versionOf(push)}: ${itemsOf(push).map(show).join()}`),
      ['21: c3@x - remove', '23: c4@x Four none', '24: c5@x Cinque none'],
    )
    assert.equal(itemsOf(await get(romeo, '1')).length, 19)
  }))

test('changes of several sessions at once never get lost, and every session sees them in one order', () =>
  withRoster(async (romeo, server) => {
    const sessions = [romeo, await server.login('romeo', 'phone'), await server.login('romeo', 'tablet')]
    for (const session of sessions) await get(session)
    await Promise.all(
      sessions.map(async (session, s) => {
        for (let i = 0; i < 10; i++) await set(session, `<item jid='c${i}@x' name='${s}'><group>g${s}</group></item>`)
      }),
    )
    const orders = await Promise.all(
      sessions.map(async (session) =>
        (await pushes(session)).map((push) => [versionOf(push), ...itemsOf(push).map(show)]),
      ),
    )
    assert.equal(orders[0]?.length, 30)
    assert.deepEqual(orders[0], orders[1])
    assert.deepEqual(orders[0], orders[2])
    assert.deepEqual(
      orders[0]?.map(([version]) => Number(version)),
      Array.from({ length: 30 }, (_, i) => i + 1),
    )
    const last = new Map(orders[0]?.map(([, item]) => [item?.split(' ')[0], item]))
    assert.deepEqual(new Set(itemsOf(await get(romeo)).map(show)), new Set(last.values()))
  }))

test('is there again after all sessions have ended', () =>
  withRoster(async (romeo, server) => {
    await set(romeo, "<item jid='a@x' name='A'/>")
    await romeo.end()
    const again = await server.login('romeo')
    assert.deepEqual(itemsOf(await get(again)).map(show), ['a@x A none'])
    await server.server.accounts('localhost').remove('romeo')
    await again.closed()
    const anew = await server.login('romeo')
    assert.deepEqual(itemsOf(await get(anew)), [])
  }))
