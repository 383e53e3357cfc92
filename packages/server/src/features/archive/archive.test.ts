import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Element } from '@rookery/protocol/xml'
import { chat, queryOf, read, stanzaIds } from '../../../test/archive-reader.ts'
import { conditionOf, type MemoryServer, memoryServer, turns } from '../../../test/memory-server.ts'

const archiveSettings = (archive: object) => ({ features: { archive } })

async function lovers(server: MemoryServer) {
  const romeo = await server.login('romeo', 'orchard')
  const juliet = await server.login('juliet', 'balcony')
  juliet.send('<presence/>')
  await juliet.all()
  return { romeo, juliet }
}

test('both sides keep a message, each under an id of its own, which only the recipient is told', async () => {
  await using server = await memoryServer()
  const { romeo, juliet } = await lovers(server)
  romeo.send(chat('Good pilgrim', 'juliet@localhost', "<origin-id xmlns='urn:xmpp:sid:0' id='o1'/>"))
  await romeo.all()
  const [live] = await juliet.messages()
  const [id, ...more] = stanzaIds(live, 'juliet@localhost')
  assert.deepEqual(more, [])
  assert.deepEqual(stanzaIds(live, 'romeo@localhost'), [])
  const hers = await read(juliet)
  const his = await read(romeo)
  assert.deepEqual(hers.ids, [id])
  assert.notDeepEqual(his.ids, hers.ids)
  for (const page of [hers, his]) {
    assert.deepEqual(page.bodies, ['Good pilgrim'])
    assert.deepEqual(page.stamps, ['2026-01-01T00:00:00Z'])
    assert.equal(page.messages[0]?.attr('from'), 'romeo@localhost/orchard')
    assert.equal(page.messages[0]?.attr('to'), 'juliet@localhost')
    assert.equal(page.messages[0]?.child('origin-id', 'urn:xmpp:sid:0')?.attr('id'), 'o1')
    assert.equal(page.messages[0]?.child('stanza-id', 'urn:xmpp:sid:0'), undefined)
  }
  assert.equal(hers.results[0]?.attr('from'), 'juliet@localhost')
  assert.equal(hers.results[0]?.attr('to'), 'juliet@localhost/balcony')
})

test('ids in the name of the recipient are replaced by one true one, in any spelling; those of others stay', async () => {
  await using server = await memoryServer()
  const { romeo, juliet } = await lovers(server)
  const forged = [
    "<stanza-id xmlns='urn:xmpp:sid:0' by='juliet@localhost' id='f1'/>",
    "<s:stanza-id xmlns:s='urn:xmpp:sid:0' by='JULIET@LocalHost' id='f2'/>",
    "<stanza-id xmlns='urn:xmpp:sid:0' by='juliet@localhost/balcony' id='f3'/>",
    "<stanza-id xmlns='urn:xmpp:sid:0' by='localhost' id='f4'/>",
    "<stanza-id xmlns='urn:xmpp:sid:0' by=' juliet@localhost ' id='f5'/>",
    "<stanza-id xmlns='urn:xmpp:sid:0' id='f6'/>",
    "<stanza-id xmlns='urn:xmpp:sid:0' by='romeo@localhost' id='f7'/>",
    "<stanza-id xmlns='urn:xmpp:sid:0' by='room@rooms.example' id='r1'/>",
  ]
  romeo.send(chat('Believe me', 'juliet@localhost', forged.join('')))
  await romeo.all()
  const [live] = await juliet.messages()
  const ids = live!.childElements().filter((child) => child.is('stanza-id', 'urn:xmpp:sid:0'))
  const { ids: kept, messages } = await read(juliet)
  assert.deepEqual(
    ids.map((one) => [one.attr('by'), one.attr('id')]),
    [
      ['room@rooms.example', 'r1'],
      ['juliet@localhost', kept[0]],
    ],
  )
  assert.equal(messages[0]?.childElements().filter((child) => child.name === 'stanza-id').length, 1)
})

test('what one sends to oneself is kept once, and the copy that is delivered bears its id', async () => {
  await using server = await memoryServer()
  const romeo = await server.login('romeo', 'orchard')
  romeo.send('<presence/>')
  await romeo.all()
  romeo.send(chat('Remember the rope', 'romeo@localhost'))
  romeo.send("<message type='chat'><body>And the ladder</body></message>")
  romeo.send(chat('And the horse', 'romeo@localhost/orchard'))
  const live = await romeo.messages()
  const { ids, bodies } = await read(romeo)
  assert.deepEqual(bodies, ['Remember the rope', 'And the ladder', 'And the horse'])
  assert.deepEqual(
    live.flatMap((message) => stanzaIds(message, 'romeo@localhost')),
    ids,
  )
  assert.deepEqual((await read(romeo, queryOf({ with: 'romeo@localhost' }))).bodies, bodies)
})

test('a message that is sent again under the same origin-id is kept once, and delivered once', async () => {
  await using server = await memoryServer()
  const { romeo, juliet } = await lovers(server)
  const paris = await server.login('paris')
  const again = chat('Hark', 'juliet@localhost', "<origin-id xmlns='urn:xmpp:sid:0' id='o1'/>")
  romeo.send(again)
  await romeo.all()
  await romeo.end()
  const later = await server.login('romeo', 'elsewhere')
  later.send(again)
  assert.deepEqual(await later.messages(), [])
  paris.send(again)
  await paris.all()
  assert.deepEqual(
    (await juliet.messages()).map((one) => one.attr('from')),
    ['romeo@localhost/orchard', 'paris@localhost/one'],
  )
  assert.deepEqual((await read(later)).bodies, ['Hark'])
  assert.deepEqual((await read(juliet)).bodies, ['Hark', 'Hark'])
})

test('what one sends to oneself again under the same origin-id is kept once, and delivered once', async () => {
  await using server = await memoryServer()
  const romeo = await server.login('romeo')
  romeo.send('<presence/>')
  await romeo.all()
  const note = chat('Rope', 'romeo@localhost', "<origin-id xmlns='urn:xmpp:sid:0' id='o1'/>")
  romeo.send(note)
  romeo.send(note)
  assert.equal((await romeo.messages()).length, 1)
  assert.deepEqual((await read(romeo)).bodies, ['Rope'])
})

test('copies for the own other clients bear the id of the own archive', async () => {
  await using server = await memoryServer()
  const { romeo, juliet } = await lovers(server)
  const phones = [await server.login('romeo', 'phone'), await server.login('juliet', 'phone')]
  for (const phone of phones) await phone.ask("<iq type='set' id='c'><enable xmlns='urn:xmpp:carbons:2'/></iq>")
  romeo.send(chat('Good pilgrim', 'juliet@localhost/balcony'))
  await romeo.all()
  await juliet.all()
  for (const [index, account] of ['romeo@localhost', 'juliet@localhost'].entries()) {
    const [copy] = await phones[index]!.messages()
    const inner = copy?.firstElement()?.firstElement()?.child('message', 'jabber:client')
    const { ids } = await read(phones[index]!)
    assert.deepEqual(stanzaIds(inner, account), ids)
    assert.deepEqual((await read(index === 0 ? romeo : juliet)).ids, ids)
  }
})

test('a message is kept though nobody is there, or its recipient is not', async () => {
  await using server = await memoryServer()
  const romeo = await server.login('romeo')
  await server.server.accounts('localhost').create('juliet', 'secret-juliet')
  romeo.send(chat('Art thou there?'))
  romeo.send(chat('And who art thou?', 'nobody@localhost'))
  assert.deepEqual((await romeo.messages()).map(conditionOf), ['service-unavailable'])
  assert.deepEqual((await read(romeo)).bodies, ['Art thou there?', 'And who art thou?'])
  assert.deepEqual((await read(await server.login('juliet'))).bodies, ['Art thou there?'])
})

test('what comes back to its sender, because its resource is gone, is not kept for the account', async () => {
  await using server = await memoryServer()
  const { romeo, juliet } = await lovers(server)
  romeo.send("<message to='juliet@localhost/garden'><body>Psst</body></message>")
  romeo.send("<message to='juliet@localhost/garden' type='chat'><body>Hist</body></message>")
  assert.deepEqual((await romeo.messages()).map(conditionOf), ['service-unavailable'])
  await juliet.all()
  assert.deepEqual((await read(juliet)).bodies, ['Hist'])
  assert.deepEqual((await read(romeo)).bodies, ['Psst', 'Hist'])
})

test('a headline is kept where its sender asks for that, and its recipient gets it', async () => {
  await using server = await memoryServer()
  const { romeo, juliet } = await lovers(server)
  const headline = (to: string, body: string, hint = ''): string =>
    `<message to='${to}' type='headline'><body>${body}</body>${hint}</message>`
  const store = "<store xmlns='urn:xmpp:hints'/>"
  romeo.send(headline('juliet@localhost', 'weather'))
  romeo.send(headline('juliet@localhost', 'storm', store))
  romeo.send(headline('juliet@localhost/garden', 'lost', store))
  assert.deepEqual((await romeo.messages()).map(conditionOf), ['service-unavailable'])
  const given = await juliet.messages()
  assert.deepEqual(
    given.map((one) => one.childText('body')),
    ['weather', 'storm'],
  )
  const { bodies, ids } = await read(juliet)
  assert.deepEqual(bodies, ['storm'])
  assert.equal(given[1]?.child('stanza-id', 'urn:xmpp:sid:0')?.attr('id'), ids[0])
})

test('what was refused on its way is not in the archive of who refused it', async () => {
  await using server = await memoryServer()
  const { romeo, juliet } = await lovers(server)
  await juliet.ask("<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'><item jid='romeo@localhost'/></block></iq>")
  romeo.send(chat('Hear me'))
  await romeo.all()
  await juliet.all()
  assert.deepEqual((await read(juliet)).bodies, [])
  assert.deepEqual((await read(romeo)).bodies, ['Hear me'])
})

test('preferences say whose messages are kept, and last', async () => {
  await using server = await memoryServer()
  const { romeo, juliet } = await lovers(server)
  const get = "<iq type='get' id='p'><prefs xmlns='urn:xmpp:mam:2'/></iq>"
  const usual = (await juliet.ask(get)).child('prefs', 'urn:xmpp:mam:2')
  assert.equal(usual?.attr('default'), 'always')
  assert.deepEqual(
    usual?.childElements().map((list) => [list.name, list.children.length]),
    [
      ['always', 0],
      ['never', 0],
    ],
  )
  const set = (byDefault: string, always: string, never: string): string =>
    `<iq type='set' id='s'><prefs xmlns='urn:xmpp:mam:2' default='${byDefault}'><always>${always}</always><never>${never}</never></prefs></iq>`
  const jid = (text: string): string => `<jid>${text}</jid>`
  const say = async (body: string): Promise<void> => {
    romeo.send(chat(body))
    await romeo.all()
    await juliet.all()
  }
  await juliet.ask(set('always', '', jid('romeo@localhost')))
  await say('not this')
  await juliet.ask(set('never', jid('romeo@localhost/orchard'), ''))
  await say('this')
  await juliet.ask(set('never', jid('romeo@localhost'), jid('romeo@localhost/orchard')))
  await say('nor this')
  const applied = await juliet.ask(set('roster', '', ''))
  assert.equal(applied.child('prefs', 'urn:xmpp:mam:2')?.attr('default'), 'roster')
  await say('a stranger')
  await juliet.ask("<iq type='set' id='r'><query xmlns='jabber:iq:roster'><item jid='romeo@localhost'/></query></iq>")
  await say('a contact')
  juliet.send(chat('a note', 'juliet@localhost'))
  await juliet.all()
  assert.deepEqual((await read(juliet)).bodies, ['this', 'a contact', 'a note'])
  assert.equal((await juliet.ask(get)).child('prefs', 'urn:xmpp:mam:2')?.attr('default'), 'roster')
})

test('preferences are bounded, and wrong ones change nothing', async () => {
  await using server = await memoryServer(archiveSettings({ preferences: 2 }))
  const juliet = await server.login('juliet')
  const set = (attributes: string, inner: string): string =>
    `<iq type='set' id='s'><prefs xmlns='urn:xmpp:mam:2'${attributes}>${inner}</prefs></iq>`
  const three = '<never><jid>a@b</jid><jid>c@d</jid></never><always><jid>e@f</jid></always>'
  assert.equal(conditionOf(await juliet.ask(set(" default='never'", three))), 'policy-violation')
  assert.equal(conditionOf(await juliet.ask(set('', ''))), 'bad-request')
  assert.equal(conditionOf(await juliet.ask(set(" default='often'", ''))), 'bad-request')
  assert.equal(conditionOf(await juliet.ask(set(" default='never'", '<never><jid>@</jid></never>'))), 'bad-request')
  const prefs = (await juliet.ask("<iq type='get' id='p'><prefs xmlns='urn:xmpp:mam:2'/></iq>")).firstElement()
  assert.equal(prefs?.attr('default'), 'always')
  assert.deepEqual(await server.stores.documents.list('juliet'), [])
})

test('the operator says what is usual', async () => {
  await using server = await memoryServer(archiveSettings({ default: 'never' }))
  const { romeo, juliet } = await lovers(server)
  romeo.send(chat('Speak low'))
  await romeo.all()
  assert.deepEqual(stanzaIds((await juliet.messages())[0], 'juliet@localhost'), [])
  assert.deepEqual((await read(juliet)).bodies, [])
})

test('nobody else can ask an archive, whether there is an account or not', async () => {
  await using server = await memoryServer()
  const { romeo } = await lovers(server)
  for (const to of ['juliet@localhost', 'nobody@localhost']) {
    const { error, bodies } = await read(romeo, '', '', ` to='${to}'`)
    assert.equal(error, 'forbidden')
    assert.deepEqual(bodies, [])
    for (const payload of ['query', 'metadata', 'prefs']) {
      const answer = await romeo.ask(`<iq type='get' id='g' to='${to}'><${payload} xmlns='urn:xmpp:mam:2'/></iq>`)
      assert.equal(conditionOf(answer), 'forbidden')
    }
    const prefs = `<iq type='set' id='s' to='${to}'><prefs xmlns='urn:xmpp:mam:2' default='never'/></iq>`
    assert.equal(conditionOf(await romeo.ask(prefs)), 'forbidden')
  }
})

test('an account that is made anew has nothing of the old one', async () => {
  await using server = await memoryServer()
  const { romeo, juliet } = await lovers(server)
  romeo.send(chat('Good pilgrim'))
  await romeo.all()
  await juliet.ask("<iq type='set' id='s'><prefs xmlns='urn:xmpp:mam:2' default='never'/></iq>")
  await server.server.accounts('localhost').remove('juliet')
  await juliet.closed()
  const again = await server.login('juliet')
  assert.deepEqual((await read(again)).bodies, [])
  const metadata = await again.ask("<iq type='get' id='m'><metadata xmlns='urn:xmpp:mam:2'/></iq>")
  assert.deepEqual(metadata.firstElement()?.children, [])
  const prefs = await again.ask("<iq type='get' id='p'><prefs xmlns='urn:xmpp:mam:2'/></iq>")
  assert.equal(prefs.firstElement()?.attr('default'), 'always')
})

test('metadata tell the oldest and the newest message', async () => {
  await using server = await memoryServer()
  const { romeo, juliet } = await lovers(server)
  for (const body of ['one', 'two', 'three']) {
    romeo.send(chat(body))
    await romeo.all()
    server.clock.advance(60_000)
  }
  await juliet.all()
  const { ids } = await read(juliet)
  const metadata = (await juliet.ask("<iq type='get' id='m'><metadata xmlns='urn:xmpp:mam:2'/></iq>")).firstElement()
  assert.deepEqual(
    metadata?.childElements().map((edge) => [edge.name, edge.attr('id'), edge.attr('timestamp')]),
    [
      ['start', ids[0], '2026-01-01T00:00:00Z'],
      ['end', ids[2], '2026-01-01T00:02:00Z'],
    ],
  )
})

test('a message that is taken back leaves a tombstone in both archives, in its place', async () => {
  await using server = await memoryServer()
  const { romeo, juliet } = await lovers(server)
  romeo.send("<message to='juliet@localhost' type='chat' id='slip'><body>Rosaline</body><thread>t</thread></message>")
  romeo.send(chat('Juliet'))
  await romeo.all()
  server.clock.advance(5000)
  await juliet.all()
  const before = await read(juliet)
  const retract = "<retract xmlns='urn:xmpp:message-retract:1' id='slip'/>"
  romeo.send(`<message to='juliet@localhost' type='chat' id='back'>${retract}<store xmlns='urn:xmpp:hints'/></message>`)
  await romeo.all()
  assert.equal((await juliet.messages()).length, 1)
  for (const client of [romeo, juliet]) {
    const { messages, bodies, stamps } = await read(client)
    assert.deepEqual(bodies, ['retracted', 'Juliet', 'retract'])
    const retracted = messages[0]?.child('retracted', 'urn:xmpp:message-retract:1')
    assert.equal(retracted?.attr('id'), 'back')
    assert.equal(retracted?.attr('stamp'), '2026-01-01T00:00:05Z')
    assert.equal(messages[0]?.childElements().length, 1)
    assert.equal(messages[0]?.attr('id'), 'slip')
    assert.equal(messages[0]?.attr('from'), 'romeo@localhost/orchard')
    assert.equal(stamps[0], '2026-01-01T00:00:00Z')
  }
  assert.deepEqual((await read(juliet)).ids.slice(0, 2), before.ids)
})

test('what its sender calls by two names is taken back by the id of the message, as by its origin-id', async () => {
  await using server = await memoryServer()
  const { romeo, juliet } = await lovers(server)
  for (const name of ['m1', 'slip']) {
    const origin = `<origin-id xmlns='urn:xmpp:sid:0' id='slip-${name}'/>`
    romeo.send(`<message to='juliet@localhost' type='chat' id='${name}'><body>Rosaline</body>${origin}</message>`)
    const retract = `<retract xmlns='urn:xmpp:message-retract:1' id='${name === 'm1' ? 'm1' : 'slip-slip'}'/>`
    romeo.send(`<message to='juliet@localhost' type='chat' id='back-${name}'>${retract}</message>`)
  }
  await romeo.all()
  await juliet.all()
  for (const client of [romeo, juliet])
    assert.deepEqual((await read(client)).bodies, ['retracted', 'retract', 'retracted', 'retract'])
})

test('the older form of a retraction does the same, by the origin-id', async () => {
  await using server = await memoryServer()
  const { romeo, juliet } = await lovers(server)
  const origin = "<origin-id xmlns='urn:xmpp:sid:0' id='slip'/>"
  romeo.send(`<message to='juliet@localhost' type='chat' id='m1'><body>Rosaline</body>${origin}</message>`)
  const old = "<apply-to xmlns='urn:xmpp:fasten:0' id='slip'><retract xmlns='urn:xmpp:message-retract:0'/></apply-to>"
  romeo.send(`<message to='juliet@localhost' type='chat' id='back'>${old}</message>`)
  await romeo.all()
  await juliet.all()
  const { messages, bodies } = await read(juliet)
  assert.deepEqual(bodies, ['retracted', 'apply-to'])
  assert.equal(messages[0]?.child('origin-id', 'urn:xmpp:sid:0')?.attr('id'), 'slip')
})

test('nobody takes back what others wrote, nor a retraction, nor what is not there', async () => {
  await using server = await memoryServer()
  const { romeo, juliet } = await lovers(server)
  const paris = await server.login('paris')
  const retract = (id: string): string => `<retract xmlns='urn:xmpp:message-retract:1' id='${id}'/>`
  const take = (id: string, own: string, to = 'juliet@localhost'): string =>
    `<message to='${to}' type='chat' id='${own}'>${retract(id)}</message>`
  romeo.send("<message to='juliet@localhost' type='chat' id='vow'><body>I swear</body></message>")
  await romeo.all()
  paris.send(take('vow', 'p1'))
  await paris.all()
  juliet.send(take('vow', 'j1', 'romeo@localhost'))
  await juliet.all()
  romeo.send(take('missing', 'r1'))
  romeo.send(take('r1', 'r2'))
  romeo.send(`<message to='juliet@localhost' type='chat' id=''>${retract('vow')}</message>`)
  romeo.send(take('r5', 'r5'))
  await romeo.all()
  await juliet.all()
  const { bodies } = await read(juliet)
  assert.deepEqual(bodies, ['I swear', 'retract', 'retract', 'retract', 'retract', 'retract', 'retract'])
})

test('an account tells that it has an archive', async () => {
  await using server = await memoryServer()
  const juliet = await server.login('juliet')
  const info = await juliet.ask(
    "<iq type='get' id='d' to='juliet@localhost'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>",
  )
  const features = info
    .firstElement()
    ?.childElements()
    .flatMap((child) => child.attr('var') ?? [])
  for (const one of ['urn:xmpp:mam:2', 'urn:xmpp:mam:2#extended', 'urn:xmpp:sid:0', 'urn:xmpp:fulltext:0'])
    assert.ok(features?.includes(one), one)
  assert.ok(features?.includes('urn:xmpp:message-retract:1#tombstone'))
})

test('the form of a query says what can be asked for', async () => {
  await using server = await memoryServer()
  const juliet = await server.login('juliet')
  const answer = await juliet.ask("<iq type='get' id='f'><query xmlns='urn:xmpp:mam:2'/></iq>")
  const fields = answer
    .firstElement()
    ?.child('x', 'jabber:x:data')
    ?.childElements()
    .map((field) => field.attr('var'))
  assert.deepEqual(fields?.slice(1, 7), ['with', 'start', 'end', 'before-id', 'after-id', 'ids'])
  assert.ok(fields?.includes('{urn:xmpp:fulltext:0}fulltext'))
})

test('what is too old goes, a little at a time, and is asked for in vain', async () => {
  await using server = await memoryServer(archiveSettings({ days: 1 }))
  const { romeo, juliet } = await lovers(server)
  romeo.send(chat('old'))
  await romeo.all()
  await juliet.all()
  const { last } = await read(juliet)
  server.clock.advance(86_000_000)
  romeo.send(chat('young'))
  await romeo.all()
  await juliet.all()
  assert.deepEqual((await read(juliet)).bodies, ['old', 'young'])
  server.clock.advance(1_000_000)
  await turns()
  assert.deepEqual((await read(juliet)).bodies, ['young'])
  assert.equal((await read(juliet, queryOf({}, `<after>${last}</after>`))).error, 'item-not-found')
})

test('an account that has too much loses its oldest messages', async () => {
  await using server = await memoryServer(archiveSettings({ bytesPerAccount: 5000 }))
  const { romeo, juliet } = await lovers(server)
  for (let i = 0; i < 10; i++) romeo.send(chat(`${i} ${'x'.repeat(1000)}`))
  await romeo.all()
  await juliet.all()
  server.clock.advance(600_000)
  await turns()
  const { bodies } = await read(juliet)
  assert.deepEqual(
    bodies.map((body) => body[0]),
    ['6', '7', '8', '9'],
  )
})

test('ids grow though the clock goes back and the server starts anew', async () => {
  const first = await memoryServer()
  const { storage } = first
  const { romeo } = await lovers(first)
  first.clock.advance(3_600_000)
  romeo.send(chat('one'))
  await romeo.all()
  await first.server.stop()
  await using second = await memoryServer({ storage })
  const again = await lovers(second)
  again.romeo.send(chat('two'))
  await again.romeo.all()
  await again.juliet.all()
  const { bodies, stamps } = await read(again.romeo)
  assert.deepEqual(bodies, ['one', 'two'])
  assert.deepEqual(stamps, ['2026-01-01T01:00:00Z', '2026-01-01T01:00:00Z'])
})

test('a message is given back as it was, with languages, prefixes and what needs escaping', async () => {
  await using server = await memoryServer()
  const { romeo, juliet } = await lovers(server)
  const rich =
    "<body xml:lang='it'>Addio &amp; arrivederci 🌹 &lt;3</body><l xmlns='urn:example:l' xmlns:e='urn:example:e' e:a='ä'><e:b/></l>"
  romeo.send(`<message to='juliet@localhost' type='chat' id='&apos;&amp;' xml:lang='en'>${rich}</message>`)
  await romeo.all()
  const [live] = await juliet.messages()
  const { messages } = await read(juliet)
  const plain = (one: Element | undefined): unknown =>
    one
      ?.childElements()
      .filter((child) => child.name !== 'stanza-id')
      .map((child) => JSON.stringify({ ...child, inner: undefined }))
  assert.ok(messages[0] instanceof Element)
  assert.deepEqual(plain(messages[0]), plain(live))
  assert.equal(messages[0]?.attr('id'), "'&")
  assert.equal(messages[0]?.attr('xml:lang'), 'en')
})
