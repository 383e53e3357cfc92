/**
 * S53, S54: stanzas and answers in somebody else's name. Pidgin CVE-2013-6483, Mellium CVE-2024-46957. What a client must do about answers it has
 * not asked for comes with the client library; the server's part is that the sender of an answer is true.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { jid } from '@rookery/protocol/jid'
import { el } from '@rookery/protocol/xml'
import { createServer, type Feature, feature, type Powers } from '@rookery/server'
import { expectSilence, expectStreamError } from '../harness/answers.ts'
import { attack } from '../harness/attack.ts'
import { login } from '../harness/client.ts'
import { startVictim, type Victim } from '../harness/server.ts'

let victim: Victim
before(async () => {
  victim = await startVictim({ accounts: ['boss@a.example'] })
})
after(() => victim.stop())

const payload = "<query xmlns='urn:x'/>"

test('S53 lets nobody send in another name', (t) =>
  attack(t, victim, async ({ note }) => {
    const v = await login(victim, 'v@a.example', { presence: true })
    const other = await login(victim, 'mallory@a.example', { resource: 'other', presence: true })
    const forged = [
      'boss@a.example',
      'boss@a.example/r',
      'v@a.example',
      'v@a.example/r',
      'a.example',
      'b.example',
      'mallory@b.example',
      'mallory@a.example/other',
      'mallory@a.example/R',
      'mallory@a.example/r ',
      'mallory@a.example/',
      'mallory@',
      '@a.example',
      '',
      ' ',
      'mallory@a.example@b.example',
      'mallory',
      'a.example/mallory@a.example',
      'mallory@a.example./r/x',
      'm\u00aballory@a.example',
    ]
    const stanzas = [
      (from: string) => `<message from='${from}' to='v@a.example/r' type='chat'><body>forged</body></message>`,
      (from: string) => `<presence from='${from}' to='v@a.example'/>`,
      (from: string) => `<presence from='${from}' to='v@a.example' type='subscribe'/>`,
      (from: string) => `<iq from='${from}' to='v@a.example/r' type='set' id='f'>${payload}</iq>`,
      (from: string) => `<iq from='${from}' to='v@a.example/r' type='result' id='f'/>`,
      (from: string) =>
        `<iq from='${from}' type='set' id='f'><query xmlns='jabber:iq:roster'><item jid='x@e.example'/></query></iq>`,
    ]
    let refused = 0
    for (const [index, from] of forged.entries()) {
      // every address with one kind of stanza, the first few with all
      const kinds = index < 4 ? stanzas : [stanzas[index % stanzas.length]!]
      for (const stanza of kinds) {
        const mallory = await login(victim, 'mallory@a.example')
        mallory.sendText(stanza(from))
        await expectStreamError(mallory, 'invalid-from')
        refused++
      }
    }
    note(`${refused} stanzas with ${forged.length} forged senders ended their streams`)
    await expectSilence(v)
    await expectSilence(other)
    // the own name in any spelling, or none, becomes the full JID
    const mallory = await login(victim, 'mallory@a.example')
    for (const from of [
      'mallory@a.example',
      'mallory@a.example/r',
      'MALLORY@A.EXAMPLE/r',
      'mallory@a.example./r',
      undefined,
    ]) {
      mallory.send(
        `<message ${from === undefined ? '' : `from='${from}' `}to='v@a.example/r'><body>true</body></message>`,
      )
      await mallory.fence()
      const came = await v.fence()
      assert.match(came, /^<message [^>]*from='mallory@a\.example\/r'/)
      assert.equal(came.split('from=').length, 2, 'one sender')
    }
    // addresses that only a parser who guesses would take for one
    mallory.send(
      `<message xmlns:x='urn:x' x:from='boss@a.example' From='boss@a.example' to='v@a.example/r'><body/></message>`,
    )
    await mallory.fence()
    assert.match(await v.fence(), /[^:]from='mallory@a\.example\/r'/)
    for (const client of [v, other, mallory]) client.close()
  }))

test('S54 delivers an answer to a client in the true name of its sender, or not at all', (t) =>
  attack(t, victim, async () => {
    const v = await login(victim, 'v@a.example', { presence: true })
    const boss = await login(victim, 'boss@a.example', { presence: true })
    const mallory = await login(victim, 'mallory@a.example', { presence: true })
    // v asks the boss and is known to mallory by the id
    v.send(`<presence to='boss@a.example/r'/>`)
    boss.send(`<presence to='v@a.example/r'/>`)
    await Promise.all([boss.fence(), v.fence()])
    await boss.fence()
    v.take()
    v.send(`<iq to='boss@a.example/r' type='get' id='guessed'>${payload}</iq>`)
    await v.fence()
    for (const type of ['result', 'error']) {
      mallory.send(`<iq to='v@a.example/r' type='${type}' id='guessed'>${payload}</iq>`)
      mallory.send(`<iq to='v@a.example' type='${type}' id='guessed'>${payload}</iq>`)
      mallory.send(`<iq to='V@A.EXAMPLE/r' type='${type}' id='guessed'>${payload}</iq>`)
    }
    mallory.send(`<iq to='v@a.example/r' type='set' id='guessed'>${payload}</iq>`)
    // a request needs a sender who may know of the resource; nothing else is said to mallory
    assert.match(await mallory.fence(), /^<iq [^>]*type='error'[^>]*>.*<service-unavailable [^>]*\/><\/error><\/iq>$/)
    const came = await v.fence()
    for (const [, from] of came.matchAll(/<iq [^>]*?from='([^']*)'/g)) assert.equal(from, 'mallory@a.example/r')
    assert.doesNotMatch(came, /from='(boss|v|a)[@.']/)
    // the true answer comes all the same
    await boss.waitFor("id='guessed'")
    boss.send(`<iq to='v@a.example/r' type='result' id='guessed'/>`)
    assert.match(await v.waitFor(/<iq [^>]*id='guessed'[^>]*\/>/), /from='boss@a\.example\/r'/)
    for (const client of [v, boss, mallory]) client.close()
  }))

test('S54 drops answers to the server and to accounts that nobody waits for', (t) =>
  attack(t, victim, async () => {
    const mallory = await login(victim, 'mallory@a.example', { presence: true })
    const v = await login(victim, 'v@a.example', { presence: true })
    for (const to of [
      'a.example',
      'a.example/x',
      'v@a.example',
      'nobody@a.example',
      'b.example',
      'mallory@a.example',
      'v@a.example/nowhere',
      'e.example',
    ])
      for (const type of ['result', 'error'])
        for (const inside of [
          '',
          payload,
          "<error type='cancel'><conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>",
        ])
          mallory.send(`<iq to='${to}' type='${type}' id='a'>${inside}</iq>`)
    assert.equal(await mallory.fence(), '', 'nothing is said to an answer')
    await expectSilence(v)
    mallory.close()
    v.close()
  }))

test('S54 takes an answer to its own question from whom it has asked, and from nobody else', async () => {
  let powers: Pick<Powers, 'ask'> | undefined
  const asking: Feature = feature({
    name: 'asking',
    summary: 'Lets the test ask in the name of the server.',
    specifications: [],
    needs: ['ask'],
    start: (given) => {
      powers ??= given
      return {}
    },
  })
  await using server = await createServer({
    hosts: ['a.example', 'b.example'],
    listen: { address: ['127.0.0.1'], c2s: 0, tls: false, http: false, https: false },
    tls: { required: false },
    auth: { iterations: 4096, plainWithoutTls: true },
    plugins: [asking],
  })
  await server.start()
  for (const host of ['a.example', 'b.example'])
    for (const name of ['v', 'mallory']) await server.accounts(host).create(name, `secret-${name}`)
  const place = { port: server.endpoints[0]!.port, isSecure: false }
  const v = await login(place, 'v@a.example')
  const other = await login(place, 'v@a.example', { resource: 'other' })
  const mallory = await login(place, 'mallory@a.example')
  const remote = await login(place, 'v@b.example')
  const ids = new Set<string>()
  for (const type of ['get', 'set'] as const) {
    let settled = ''
    const answer = powers!.ask(jid('v@a.example/r'), type, el('query', 'urn:x')).then(
      (iq) => {
        settled = `result from ${iq.from}`
        return iq
      },
      (error: Error) => {
        settled = `error ${error.message}`
      },
    )
    const request = await v.waitFor(/<iq [^>]*\/>|<iq .*?<\/iq>/s)
    const id = /id='([^']*)'/.exec(request)![1]!
    assert.ok(id.length >= 16 && !ids.has(id), 'an id of at least 64 bits that nobody can guess')
    ids.add(id)
    // the id is known to everybody; only who was asked may answer, from the address that was asked, with an answer
    for (const client of [mallory, other, remote])
      for (const to of ['a.example', 'a.example/x', 'b.example', 'v@a.example', ''])
        for (const kind of ['result', 'error', 'set', 'get'])
          client.send(`<iq ${to === '' ? '' : `to='${to}' `}type='${kind}' id='${id}'><stolen xmlns='urn:x'/></iq>`)
    for (const kind of ['set', 'get'])
      v.send(`<iq to='a.example' type='${kind}' id='${id}'><stolen xmlns='urn:x'/></iq>`)
    v.send(`<iq to='a.example' type='result' id='${id}x'/><iq to='b.example' type='result' id='${id}'/>`)
    await Promise.all([v, other, mallory, remote].map((client) => client.fence()))
    await Promise.all([v, other, mallory, remote].map((client) => client.fence()))
    assert.equal(settled, '')
    v.send(`<iq to='a.example' type='result' id='${id}'><right xmlns='urn:x'/></iq>`)
    const taken = await answer
    assert.equal(settled, 'result from v@a.example/r')
    assert.equal(taken?.payload?.name, 'right')
    // once
    v.send(`<iq to='a.example' type='result' id='${id}'><again xmlns='urn:x'/></iq>`)
    assert.doesNotMatch(await v.fence(), /again/)
  }
  for (const client of [v, other, mallory, remote]) client.close()
})
