import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PUBSUB_ERRORS_NS, PUBSUB_EVENT_NS, PUBSUB_NS } from '@rookery/protocol/xeps/pubsub'
import type { Element } from '@rookery/protocol/xml'
import { announcement, clientInfo, goOnline, versionOf } from '../../../test/capable-client.ts'
import { conditionOf, type MemoryClient, memoryServer, turns } from '../../../test/memory-server.ts'

const NODE = 'urn:example:verse'
const verse = (text: string): string => `<v xmlns='${NODE}'>${text}</v>`
const field = (name: string, value: string): string => `<field var='pubsub#${name}'><value>${value}</value></field>`
const options = (values: Readonly<Record<string, string>>): string =>
  `<publish-options><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'><value>${PUBSUB_NS}#publish-options</value></field>${Object.entries(
    values,
  )
    .map(([name, value]) => field(name, value))
    .join('')}</x></publish-options>`
const iq = (type: 'get' | 'set', content: string, to?: string, ns = PUBSUB_NS): string =>
  `<iq type='${type}' id='p'${to === undefined ? '' : ` to='${to}'`}><pubsub xmlns='${ns}'>${content}</pubsub></iq>`
const publish = (
  id: string,
  text: string,
  values: Readonly<Record<string, string>> | undefined = undefined,
  node = NODE,
) =>
  iq(
    'set',
    `<publish node='${node}'><item id='${id}'>${verse(text)}</item></publish>${values === undefined ? '' : options(values)}`,
  )
const many = { persist_items: 'true', max_items: 'max', send_last_published_item: 'never', access_model: 'whitelist' }

/** What was refused, and in the words of pubsub; undefined when it was not. */
async function refusal(client: MemoryClient, request: string): Promise<string | undefined> {
  const answer = await client.ask(request)
  const specific = answer
    .child('error')
    ?.childElements()
    .find((child) => child.ns === PUBSUB_ERRORS_NS)
  const condition = conditionOf(answer)
  if (specific === undefined) return condition
  return `${condition} ${specific.name}${specific.attr('feature') === undefined ? '' : ` ${specific.attr('feature')}`}`
}

/** Ids and texts of the items, in the order given. */
async function items(client: MemoryClient, attributes = '', content = '', node = NODE): Promise<string[]> {
  const answer = await client.ask(iq('get', `<items node='${node}' ${attributes}>${content}</items>`))
  const found = answer.child('pubsub', PUBSUB_NS)?.child('items')
  assert.equal(found?.attr('node'), node, 'items came')
  return found.childElements().map((item) => `${item.attr('id')} ${item.firstElement()?.text()}`)
}

/** What the events that have come are about. */
async function events(client: MemoryClient): Promise<string[]> {
  await turns()
  return (await client.messages()).map((message) => {
    assert.equal(message.attr('type'), 'headline')
    assert.ok(message.attr('id') !== undefined)
    assert.ok(!message.attr('from')?.includes('/'))
    assert.equal(message.attr('to'), client.jid)
    const event = message.child('event', PUBSUB_EVENT_NS)?.firstElement()
    const about = event?.childElements() ?? []
    const stamp = message.child('delay', 'urn:xmpp:delay') === undefined ? '' : ' delayed'
    const items = about.map((one) => ` ${one.name} ${one.attr('id')} ${one.firstElement()?.text() ?? ''}`.trimEnd())
    return `${event?.name} ${event?.attr('node')}${items.join('')}${stamp}`
  })
}

test('keeps what is published, also for the next session, newest last', async () => {
  await using server = await memoryServer()
  const juliet = await server.login('juliet')
  assert.equal(await refusal(juliet, publish('a', 'ä &lt; 1', many)), undefined)
  assert.equal(await refusal(juliet, publish('b', '2', many)), undefined)
  assert.equal(await refusal(juliet, publish('c', '3')), undefined)
  assert.equal(await refusal(juliet, publish('a', '4')), undefined)
  await juliet.end()
  const again = await server.login('juliet')
  assert.deepEqual(await items(again), ['b 2', 'c 3', 'a 4'])
  assert.deepEqual(await items(again, "max_items='2'"), ['c 3', 'a 4'])
  assert.deepEqual(await items(again, "max_items='99'"), ['b 2', 'c 3', 'a 4'])
  assert.deepEqual(await items(again, '', "<item id='a'/><item id='b'/><item id='none'/><item id='a'/>"), [
    'b 2',
    'a 4',
  ])
  assert.deepEqual(await items(again, '', "<item id='none'/>"), [])
  assert.equal((await server.stores.documents.list('juliet')).filter(({ key }) => key.startsWith('pep:')).length, 4)
})

test('answers with the id where the server made it, and with the node alone where the client did', async () => {
  await using server = await memoryServer()
  const juliet = await server.login('juliet')
  const published = async (item: string): Promise<Element | undefined> =>
    (await juliet.ask(iq('set', `<publish node='${NODE}'>${item}</publish>`)))
      .child('pubsub', PUBSUB_NS)
      ?.child('publish')
  const made = (await published(`<item>${verse('1')}</item>`))?.child('item')?.attr('id')
  assert.ok(made !== undefined && made.length > 10)
  assert.deepEqual(await items(juliet), [`${made} 1`])
  assert.deepEqual((await published(`<item id='mine'>${verse('2')}</item>`))?.children, [])
  assert.deepEqual(await items(juliet), ['mine 2'], 'one item, where nobody asked for more')
})

test('ids may be any text', async () => {
  await using server = await memoryServer()
  const juliet = await server.login('juliet')
  const strange = ['a%0Ab', 'a&#10;b', '%25', '__proto__', 'pep:item', 'é\u{1f600}']
  for (const node of strange) for (const id of strange) await juliet.ask(publish(id, 'x', many, node))
  for (const node of strange) {
    const answer = await juliet.ask(iq('get', `<items node='${node}'/>`))
    const found = answer.child('pubsub', PUBSUB_NS)?.child('items')?.childElements()
    assert.deepEqual(
      found?.map((item) => item.attr('id')),
      strange.map((id) => id.replace('&#10;', '\n')),
    )
  }
})

test('options are configuration of a new node and preconditions of one that is there', async () => {
  await using server = await memoryServer()
  const juliet = await server.login('juliet')
  const notMet = 'conflict precondition-not-met'
  assert.equal(await refusal(juliet, publish('a', '1', many)), undefined)
  for (const [name, value] of [
    ['persist_items', 'false'],
    ['max_items', '10'],
    ['send_last_published_item', 'on_sub_and_presence'],
    ['access_model', 'open'],
    ['access_model', 'presence'],
  ] as const)
    assert.equal(await refusal(juliet, publish('a', '2', { ...many, [name]: value })), notMet, name)
  assert.equal(await refusal(juliet, publish('a', '2', { title: 'x' })), notMet, 'an unknown option')
  assert.deepEqual(await items(juliet), ['a 1'])
  assert.equal(await refusal(juliet, publish('a', '3', { persist_items: '1', max_items: '1000' })), undefined)
  assert.deepEqual(await items(juliet), ['a 3'])
})

test('a node that others could read cannot be had, and nothing of it stays', async () => {
  await using server = await memoryServer()
  const juliet = await server.login('juliet')
  for (const access of ['open', 'presence', 'roster', 'authorize'])
    assert.equal(
      await refusal(juliet, publish('a', '1', { access_model: access })),
      'not-acceptable unsupported-access-model',
    )
  for (const [name, value] of [
    ['access_model', 'everybody'],
    ['persist_items', 'maybe'],
    ['max_items', '0'],
    ['max_items', '-1'],
    ['max_items', '1e3'],
    ['max_items', '9999999999'],
    ['send_last_published_item', 'always'],
  ] as const)
    assert.equal(await refusal(juliet, publish('a', '1', { [name]: value })), 'bad-request invalid-options', value)
  const form = `<publish-options><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>other</value></field></x></publish-options>`
  const item = `<publish node='${NODE}'><item>${verse('1')}</item></publish>`
  assert.equal(await refusal(juliet, iq('set', item + form)), 'bad-request invalid-options')
  assert.equal(await refusal(juliet, iq('set', `${item}<publish-options/>`)), 'bad-request invalid-options')
  assert.equal(await refusal(juliet, publish('a', '1', { title: 'x' })), 'conflict precondition-not-met')
  assert.equal(await refusal(juliet, iq('get', `<items node='${NODE}'/>`)), 'item-not-found')
  assert.deepEqual(
    (await server.stores.documents.list('juliet')).filter(({ key }) => key.startsWith('pep:')),
    [],
  )
})

test('refuses what makes no sense [S93]', async () => {
  await using server = await memoryServer()
  const juliet = await server.login('juliet')
  const owner = `${PUBSUB_NS}#owner`
  await juliet.ask(publish('a', '1'))
  const item = `<item id='i'>${verse('1')}</item>`
  for (const [type, content, condition, ns] of [
    ['set', '', 'bad-request'],
    ['get', '', 'bad-request'],
    ['set', "<nonsense xmlns='urn:x'/>", 'bad-request'],
    ['set', `<publish>${item}</publish>`, 'bad-request nodeid-required'],
    ['set', `<publish node=''>${item}</publish>`, 'bad-request nodeid-required'],
    ['set', `<publish node='${NODE}'/>`, 'bad-request item-required'],
    ['set', `<publish node='${NODE}'><item id='i'/></publish>`, 'bad-request payload-required'],
    ['set', `<publish node='${NODE}'><item>${verse('1')}${verse('2')}</item></publish>`, 'bad-request invalid-payload'],
    ['set', `<publish node='${NODE}'>${item}${item}</publish>`, 'bad-request'],
    ['set', `<publish node='${NODE}'>${item}</publish><publish node='${NODE}'>${item}</publish>`, 'bad-request'],
    ['set', `<publish node='${'n'.repeat(3072)}'>${item}</publish>`, 'not-acceptable'],
    ['set', `<publish node='${NODE}'><item id='${'i'.repeat(3072)}'>${verse('1')}</item></publish>`, 'not-acceptable'],
    ['get', '<items/>', 'bad-request nodeid-required'],
    ['get', "<items node='none'/>", 'item-not-found'],
    ['get', `<items node='${NODE}' max_items='0'/>`, 'bad-request'],
    ['get', `<items node='${NODE}' max_items='all'/>`, 'bad-request'],
    ['get', `<items node='${NODE}'><item/></items>`, 'bad-request item-required'],
    ['set', "<retract><item id='a'/></retract>", 'bad-request nodeid-required'],
    ['set', `<retract node='${NODE}'/>`, 'bad-request item-required'],
    ['set', `<retract node='${NODE}'><item/></retract>`, 'bad-request item-required'],
    ['set', `<retract node='${NODE}'><item id='a'/><item id='b'/></retract>`, 'bad-request'],
    ['set', `<retract node='${NODE}'><item id='none'/></retract>`, 'item-not-found'],
    ['set', "<retract node='none'><item id='a'/></retract>", 'item-not-found'],
    ['set', `<retract node='${NODE}' notify='x'><item id='a'/></retract>`, 'bad-request'],
    ['set', '<delete/>', 'bad-request nodeid-required', owner],
    ['set', "<delete node='none'/>", 'item-not-found', owner],
    ['set', `<delete node='${NODE}'/>`, 'bad-request'],
    ['set', "<create node='x'/>", 'feature-not-implemented unsupported create-nodes'],
    ['set', "<subscribe node='x' jid='juliet@localhost'/>", 'feature-not-implemented unsupported subscribe'],
    ['get', '<subscriptions/>', 'feature-not-implemented unsupported retrieve-subscriptions'],
    ['get', "<configure node='x'/>", 'feature-not-implemented unsupported config-node', owner],
    ['set', "<purge node='x'/>", 'feature-not-implemented unsupported purge-nodes', owner],
  ] as const)
    assert.equal(await refusal(juliet, iq(type, content, undefined, ns)), condition, content)
  assert.deepEqual(await items(juliet), ['a 1'])
})

test('tells the available resources that want to know, from the account, and nobody else', async () => {
  await using server = await memoryServer()
  const one = await server.login('juliet', 'one')
  const two = await server.login('juliet', 'two')
  const deaf = await server.login('juliet', 'deaf')
  const away = await server.login('juliet', 'away')
  const romeo = await server.login('romeo')
  await goOnline(one, NODE)
  await goOnline(two, NODE, 'urn:example:other')
  await goOnline(deaf, 'urn:example:other')
  await goOnline(romeo, NODE)
  await one.ask(publish('a', '1', many))
  await one.ask(publish('b', '2', many))
  await one.ask(iq('set', `<retract node='${NODE}'><item id='a'/></retract>`))
  await one.ask(iq('set', `<retract node='${NODE}' notify='true'><item id='b'/></retract>`))
  await one.ask(iq('set', `<delete node='${NODE}'/>`, undefined, `${PUBSUB_NS}#owner`))
  const all = [`items ${NODE} item a 1`, `items ${NODE} item b 2`, `items ${NODE} retract b`, `delete ${NODE}`]
  assert.deepEqual(await events(one), all)
  assert.deepEqual(await events(two), all)
  for (const client of [deaf, away, romeo]) assert.deepEqual(await events(client), [])
  assert.equal(await refusal(one, iq('get', `<items node='${NODE}'/>`)), 'item-not-found')
  assert.deepEqual(
    (await server.stores.documents.list('juliet')).filter(({ key }) => key.startsWith('pep:')),
    [],
  )
})

test('a resource that comes is told the last item of nodes that are to be told at login', async () => {
  await using server = await memoryServer()
  const one = await server.login('juliet', 'one')
  await one.ask(publish('a', '1', { max_items: '3' }))
  await one.ask(publish('b', '2'))
  await one.ask(publish('x', '3', many, 'urn:example:quiet'))
  await one.ask(publish('x', '4', {}, 'urn:example:unwanted'))
  const two = await server.login('juliet', 'two')
  await goOnline(two, NODE, 'urn:example:quiet')
  const last = `items ${NODE} item b 2 delayed`
  assert.deepEqual(await events(two), [last])
  await goOnline(two, NODE, 'urn:example:unwanted') // a later presence is not an initial one
  assert.deepEqual(await events(two), [])
  const low = await server.login('juliet', 'low')
  const known = announcement(versionOf(clientInfo(`${NODE}+notify`, 'urn:example:quiet+notify')))
  low.send(known.replace('<c ', '<priority>-1</priority><c '))
  assert.deepEqual(await events(low), [last], 'nobody need ask, and any priority will do')
  low.send("<presence type='unavailable'/>")
  low.send(known)
  assert.deepEqual(await events(low), [last])
})

test('a node that keeps nothing tells, and has nothing', async () => {
  await using server = await memoryServer()
  const juliet = await server.login('juliet')
  await goOnline(juliet, NODE)
  assert.equal(await refusal(juliet, publish('a', '1', { persist_items: 'false' })), undefined)
  assert.deepEqual(await events(juliet), [`items ${NODE} item a 1`])
  const lacking = 'feature-not-implemented unsupported persistent-items'
  assert.equal(await refusal(juliet, iq('get', `<items node='${NODE}'/>`)), lacking)
  assert.equal(await refusal(juliet, iq('set', `<retract node='${NODE}'><item id='a'/></retract>`)), lacking)
})

test('the oldest items make way, and the others are told', async () => {
  await using server = await memoryServer({ features: { pep: { items: 3 } } })
  const juliet = await server.login('juliet')
  await goOnline(juliet, NODE, 'urn:example:one', 'urn:example:two')
  for (const id of ['a', 'b', 'c', 'a', 'd']) await juliet.ask(publish(id, id, many))
  assert.deepEqual(await items(juliet), ['c c', 'a a', 'd d'])
  assert.deepEqual((await events(juliet)).slice(-2), [`items ${NODE} item d d`, `items ${NODE} retract b`])
  for (const id of ['a', 'b', 'c']) await juliet.ask(publish(id, id, { max_items: '2' }, 'urn:example:two'))
  assert.deepEqual(await items(juliet, '', '', 'urn:example:two'), ['b b', 'c c'])
  await events(juliet)
  for (const id of ['a', 'b']) await juliet.ask(publish(id, id, {}, 'urn:example:one'))
  assert.deepEqual(await items(juliet, '', '', 'urn:example:one'), ['b b'])
  assert.equal((await events(juliet)).length, 2, 'an item that follows another is all the news')
})

test('nodes, items and bytes are bounded, and what was there stays', async () => {
  await using server = await memoryServer({ features: { pep: { nodes: 2, itemBytes: 300, bytes: 750 } } })
  const juliet = await server.login('juliet')
  assert.equal(await refusal(juliet, publish('a', 'x'.repeat(300), many)), 'not-acceptable payload-too-big')
  assert.equal(await refusal(juliet, publish('a', 'x'.repeat(200), many)), undefined)
  assert.equal(await refusal(juliet, publish('b', 'x'.repeat(200), many)), undefined)
  assert.equal(await refusal(juliet, publish('c', 'x'.repeat(200), many)), 'resource-constraint')
  assert.equal(await refusal(juliet, publish('b', 'y'.repeat(210), many)), undefined, 'a new one for an old one')
  assert.equal(await refusal(juliet, publish('z', 'x'.repeat(200), {}, 'urn:example:second')), 'resource-constraint')
  assert.equal(await refusal(juliet, publish('z', 'x', {}, 'urn:example:second')), undefined)
  for (let i = 0; i < 100; i++)
    assert.equal(await refusal(juliet, publish('z', 'x', {}, `urn:example:${i}`)), 'not-allowed max-nodes-exceeded')
  assert.deepEqual(
    (await items(juliet)).map((item) => item.slice(0, 3)),
    ['a x', 'b y'],
  )
  assert.equal((await server.stores.documents.list('juliet')).filter(({ key }) => key.startsWith('pep:')).length, 5)
})

test('strangers are told the same whether there is a node, an account, or neither [S92]', async () => {
  await using server = await memoryServer()
  const juliet = await server.login('juliet')
  const romeo = await server.login('romeo')
  await server.stores.roster.put('juliet', {
    jid: 'romeo@localhost',
    groups: [],
    subscription: 'both',
    ask: false,
    approved: false,
    listed: true,
  })
  await juliet.ask(publish('a', 'secret', many))
  for (const content of [
    `<items node='${NODE}'/>`,
    "<items node='none'/>",
    `<publish node='${NODE}'><item id='a'>${verse('forged')}</item></publish>`,
    `<subscribe node='${NODE}' jid='romeo@localhost'/>`,
    `<retract node='${NODE}'><item id='a'/></retract>`,
    '',
  ])
    for (const type of ['get', 'set'] as const) {
      const there = await romeo.ask(iq(type, content, 'juliet@localhost'))
      const missing = await romeo.ask(iq(type, content, 'nobody@localhost'))
      assert.equal(conditionOf(there), 'service-unavailable')
      assert.deepEqual(there.child('error'), missing.child('error'))
    }
  const deletion = iq('set', `<delete node='${NODE}'/>`, 'juliet@localhost', `${PUBSUB_NS}#owner`)
  assert.equal(await refusal(romeo, deletion), 'service-unavailable')
  assert.deepEqual(await items(juliet), ['a secret'])
})

test('publications that come at once all count', async () => {
  await using server = await memoryServer({ features: { pep: { nodes: 3, items: 5 } } })
  const clients = await Promise.all(['a', 'b', 'c', 'd'].map((resource) => server.login('juliet', resource)))
  for (let i = 0; i < 5; i++)
    for (const [c, client] of clients.entries()) client.send(publish(`${c}-${i}`, 'x', many, `urn:example:${i}`))
  const answers = (await Promise.all(clients.map((client) => client.all()))).flat()
  const refused = answers.filter((answer) => answer.attr('type') === 'error')
  assert.equal(refused.length, 8, 'two nodes too many, for each of four')
  const kept = (await server.stores.documents.list('juliet')).filter(({ key }) => key.startsWith('pep:'))
  assert.equal(kept.length, 3 + 3 * 4)
})

test('nothing of an account is left for the next one of its name [S52]', async () => {
  await using server = await memoryServer()
  const juliet = await server.login('juliet')
  await juliet.ask(publish('a', '1', many))
  juliet.send(publish('b', '2', many))
  await server.server.accounts('localhost').remove('juliet')
  await juliet.closed()
  const heir = await server.login('juliet')
  assert.equal(await refusal(heir, iq('get', `<items node='${NODE}'/>`)), 'item-not-found')
  assert.deepEqual(
    (await server.stores.documents.list('juliet')).filter(({ key }) => key.startsWith('pep:')),
    [],
  )
})

test('an account says that it has nodes, and the host that private data is safe', async () => {
  await using server = await memoryServer()
  const juliet = await server.login('juliet')
  for (const to of ['juliet@localhost', 'localhost']) {
    const question = `<iq type='get' id='d' to='${to}'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>`
    const told = (await juliet.ask(question)).child('query', 'http://jabber.org/protocol/disco#info')
    const said = told
      ?.childElements()
      .map((child) => child.attr('var') ?? `${child.attr('category')}/${child.attr('type')}`)
    assert.ok(said?.includes('pubsub/pep'))
    assert.ok(said?.includes(`${PUBSUB_NS}#publish-options`))
    assert.ok(!said?.includes(`${PUBSUB_NS}#access-presence`))
  }
})
