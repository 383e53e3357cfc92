import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemoryStorage } from '@rookery/storage/memory'
import { conditionOf, type MemoryServer, memoryServer } from '../../../test/memory-server.ts'

const SPAM = 'urn:xmpp:reporting:spam'
const report = (content = '', reason = SPAM): string =>
  `<report xmlns='urn:xmpp:reporting:1' reason='${reason}'>${content}</report>`
const item = (jid: string, content = ''): string => `<item jid='${jid}'>${content}</item>`
const block = (...items: string[]): string =>
  `<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'>${items.join('')}</block></iq>`
const list = "<iq type='get' id='l'><blocklist xmlns='urn:xmpp:blocking'/></iq>"

/** What is kept, oldest first. */
async function kept(server: MemoryServer): Promise<Record<string, unknown>[]> {
  const found = (await server.stores.documents.list('')).filter(({ key }) => key.startsWith('report:'))
  return Promise.all(found.map(async ({ key }) => JSON.parse((await server.stores.documents.get('', key)) ?? '')))
}

test('a report is kept before the block is answered, and the block holds', async () => {
  await using server = await memoryServer()
  const juliet = await server.login('juliet')
  const id = "<stanza-id xmlns='urn:xmpp:sid:0' id='a-1' by='Juliet@localhost'/>"
  const text = "<text xml:lang='en'>\n  Never such trouble  \n</text>"
  const answer = await juliet.ask(
    block(item('tybalt@x.org', report(`${id}${text}<report-origin/>`)), item('paris@x.org')),
  )
  assert.equal(answer.attr('type'), 'result')
  assert.deepEqual(await kept(server), [
    {
      at: new Date(server.clock.now()).toISOString(),
      reporter: 'juliet@localhost',
      reported: 'tybalt@x.org',
      reason: SPAM,
      stanzaIds: [{ id: 'a-1', by: 'juliet@localhost' }],
      texts: [{ lang: 'en', text: 'Never such trouble' }],
      reportOrigin: true,
    },
  ])
  const listed = (await juliet.ask(list)).child('blocklist', 'urn:xmpp:blocking')?.childElements() ?? []
  assert.deepEqual(
    listed.map((one) => one.attr('jid')),
    ['tybalt@x.org', 'paris@x.org'],
  )
})

test('those who run the server get a message', async () => {
  await using server = await memoryServer({ features: { reporting: { to: ['admin@localhost'] } } })
  const admin = await server.login('admin')
  admin.send('<presence/>')
  const juliet = await server.login('juliet')
  await juliet.ask(block(item('tybalt@x.org', report("<text xml:lang='en'>Help!</text><third-party/>"))))
  const [notice, ...more] = await admin.messages()
  assert.equal(more.length, 0)
  assert.equal(notice?.attr('from'), 'localhost')
  assert.equal(notice?.childText('subject'), 'Report: spam from tybalt@x.org')
  assert.equal(
    notice?.childText('body'),
    'juliet@localhost has blocked tybalt@x.org for spam.\nThey say (en): Help!\nYou may pass the report on to others who deal with such reports.',
  )
  const beside = notice?.child('block', 'urn:xmpp:blocking')?.child('item')
  assert.equal(beside?.attr('jid'), 'tybalt@x.org')
  assert.equal(beside?.child('report', 'urn:xmpp:reporting:1')?.childText('text'), 'Help!')
})

test('the other clients hear of the block, not of the report', async () => {
  await using server = await memoryServer()
  const desk = await server.login('juliet', 'desk')
  const phone = await server.login('juliet', 'phone')
  await phone.ask(list)
  await desk.ask(block(item('tybalt@x.org', report())))
  const [push] = await phone.all()
  assert.deepEqual(push?.child('block', 'urn:xmpp:blocking')?.child('item')?.children, [])
})

test('a broken report is none, and the block holds all the same', async () => {
  await using server = await memoryServer()
  const juliet = await server.login('juliet')
  const broken = [
    "<report xmlns='urn:xmpp:reporting:1'/>",
    "<report xmlns='urn:xmpp:reporting:1' reason=''/>",
    report("<stanza-id xmlns='urn:xmpp:sid:0' id='1'/>"),
    report('', 'x'.repeat(201)),
    "<report xmlns='urn:xmpp:reporting:0'><spam/></report>",
  ]
  const items = broken.map((one, index) => item(`user${index}@x.org`, one))
  assert.equal((await juliet.ask(block(...items))).attr('type'), 'result')
  assert.deepEqual(await kept(server), [])
  const listed = (await juliet.ask(list)).child('blocklist', 'urn:xmpp:blocking')?.childElements() ?? []
  assert.equal(listed.length, broken.length)
})

test('a block that is refused reports nobody', async () => {
  await using server = await memoryServer({ limits: { blockedContacts: 1 } })
  const juliet = await server.login('juliet')
  assert.equal(
    conditionOf(await juliet.ask(block(item('a@x.org', report()), item('b@x.org', report())))),
    'resource-constraint',
  )
  assert.deepEqual(await kept(server), [])
})

test('what is too long is cut', async () => {
  await using server = await memoryServer({ features: { reporting: { textLength: 4, stanzaIds: 2 } } })
  const juliet = await server.login('juliet')
  const ids = ['1', 'x'.repeat(201), '2', '3'].map((id) => `<stanza-id xmlns='urn:xmpp:sid:0' id='${id}' by='a@x'/>`)
  await juliet.ask(block(item('tybalt@x.org', report(`${ids.join('')}<text>abc😀</text><text>  </text>`))))
  const [one] = await kept(server)
  assert.deepEqual(one?.['texts'], [{ text: 'abc' }])
  assert.deepEqual(one?.['stanzaIds'], [
    { id: '1', by: 'a@x' },
    { id: '2', by: 'a@x' },
  ])
})

test('one account cannot flood those who run the server', async () => {
  await using server = await memoryServer({ features: { reporting: { perHour: 2, to: ['admin@localhost'] } } })
  const admin = await server.login('admin')
  admin.send('<presence/>')
  const juliet = await server.login('juliet')
  const nurse = await server.login('nurse')
  const three = block(...['a', 'b', 'c'].map((local) => item(`${local}@x.org`, report())))
  assert.equal((await juliet.ask(three)).attr('type'), 'result')
  await nurse.ask(block(item('d@x.org', report())))
  await juliet.ask(block(item('e@x.org', report())))
  const reported = async (): Promise<unknown[]> => (await kept(server)).map((one) => one['reported'])
  assert.deepEqual(await reported(), ['a@x.org', 'b@x.org', 'd@x.org'])
  assert.equal((await admin.messages()).length, 3)
  server.clock.advance(3_600_001)
  await juliet.ask(block(item('f@x.org', report())))
  assert.equal((await reported()).at(-1), 'f@x.org')
})

test('the oldest make way, also after a restart', async () => {
  const storage = createMemoryStorage()
  const features = { reporting: { kept: 2 } }
  const reported = async (server: MemoryServer): Promise<unknown[]> =>
    (await kept(server)).map((one) => one['reported'])
  {
    await using server = await memoryServer({ storage, features })
    const juliet = await server.login('juliet')
    for (const local of ['a', 'b', 'c']) await juliet.ask(block(item(`${local}@x.org`, report())))
    assert.deepEqual(await reported(server), ['b@x.org', 'c@x.org'])
  }
  {
    await using server = await memoryServer({ storage, features })
    const juliet = await server.login('juliet')
    await juliet.ask(block(item('d@x.org', report())))
    assert.deepEqual(await reported(server), ['c@x.org', 'd@x.org'])
  }
  await using server = await memoryServer({ storage, features: { reporting: { kept: 1 } } })
  assert.deepEqual(await reported(server), ['d@x.org'])
})

test('a report that cannot be kept does not undo the block', async () => {
  const storage = createMemoryStorage()
  await using server = await memoryServer({ storage })
  const juliet = await server.login('juliet')
  const { documents } = server.stores
  const put = documents.put.bind(documents)
  documents.put = (owner, key, value) =>
    key.startsWith('report:') ? Promise.reject(new Error('disk full')) : put(owner, key, value)
  assert.equal((await juliet.ask(block(item('tybalt@x.org', report())))).attr('type'), 'result')
  assert.deepEqual(await kept(server), [])
})

test('the server says that it takes reports, where it does', async () => {
  const info = "<iq type='get' id='d' to='localhost'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>"
  for (const [reporting, announced] of [
    [true, true],
    [false, false],
  ] as const) {
    await using server = await memoryServer(reporting ? {} : { features: { reporting: false } })
    const juliet = await server.login('juliet')
    const query = (await juliet.ask(info)).child('query', 'http://jabber.org/protocol/disco#info')
    const vars = query?.childElements().map((one) => one.attr('var')) ?? []
    assert.equal(vars.includes('urn:xmpp:reporting:1'), announced)
    assert.equal((await juliet.ask(block(item('tybalt@x.org', report())))).attr('type'), 'result')
  }
})

test('an address that is none stops the start', async () => {
  await assert.rejects(memoryServer({ features: { reporting: { to: ['a@b@c'] } } }), /reporting/)
})
