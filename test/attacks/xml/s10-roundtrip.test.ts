/** S10, S11: what B reads is what A wrote, whoever reads it; or it was refused. strophe.js #205; the general form of S06. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { expectStanzaError } from '../harness/answers.ts'
import { attack, MB, volume } from '../harness/attack.ts'
import { login, type RawClient, utf8 } from '../harness/client.ts'
import { startVictim, type Victim } from '../harness/server.ts'
import { Dice, fuzzedStanza } from './fuzz.ts'
import { Expat, type Info, readWithOwn, readWithSaxes } from './infoset.ts'
import { message } from './refused.ts'

let victim: Victim
before(async () => {
  // thousands of stanzas, and as many logins of a client that was refused
  // what is delivered is compared: the archive would add its id
  victim = await startVictim({
    config: { limits: { bytesPerSecond: 0 }, features: { archive: false } },
    accounts: ['u@a.example'],
  })
})
after(() => victim.stop())

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll("'", '&apos;').replaceAll('\r', '&#xD;')

test('S10 hands on exactly what was said', (t) =>
  attack(t, victim, async ({ note }) => {
    const v = await login(victim, 'v@a.example')
    const mallory = await login(victim, 'mallory@a.example')
    const nasty = [
      '\'"<>&',
      ']]&gt;',
      '\t\n\r',
      '\r\n',
      '\u2028\u2029\u0085',
      '</body>',
      '&lt;',
      '&amp;lt;',
      '<![CDATA[',
      '\u{1f600}',
      '\ufdd0',
      '\u200b',
    ]
    let count = 0
    for (const text of nasty)
      for (const inside of [
        `<body>${escaped(text)}</body>`,
        `<body><![CDATA[${text.replaceAll('\r', '')}]]></body>`,
        `<x xmlns='urn:x' a='${escaped(text).replaceAll('\t', '&#x9;').replaceAll('\n', '&#xA;')}' b="${escaped(text).replaceAll('"', '&quot;')}"/>`,
        `<x xmlns='urn:x'>\r\n${escaped(text)}\r</x>`,
      ]) {
        const attributes = ` id='${escaped(text).replaceAll('\t', '&#9;').replaceAll('\n', '&#10;')}'`
        const sent = utf8(message(inside, attributes))
        mallory.send(sent)
        await mallory.fence()
        const came = readWithSaxes(await v.fence())
        assert.deepEqual(withoutFrom(came), readWithSaxes(sent))
        count++
      }
    note(`${count} messages`)
    mallory.close()
    v.close()
  }))

/** False when its stream has ended. */
function isThere(client: RawClient): Promise<boolean> {
  return client.fence().then(
    () => true,
    () => false,
  )
}

function withoutFrom(stanzas: readonly Info[] | undefined): Info[] | undefined {
  return stanzas?.map(([name, attributes, children]) => [name, attributes.filter(([key]) => key !== 'from'), children])
}

test('S10 takes no quotes out of an address', (t) =>
  attack(t, victim, async () => {
    const v = await login(victim, 'v@a.example')
    const resource = `q"'<>&`
    const odd = await login(victim, 'u@a.example', { resource: escaped(resource) })
    odd.send(message('<body/>'))
    await odd.fence()
    const [stanza] = readWithSaxes(await v.fence()) ?? []
    assert.equal(new Map(stanza?.[1]).get('from'), `u@a.example/${resource}`)
    v.send(`<message to='u@a.example/${escaped(resource)}' type='chat'><body/></message>`)
    await v.fence()
    const [answer] = readWithSaxes(await odd.fence()) ?? []
    assert.equal(new Map(answer?.[1]).get('to'), `u@a.example/${resource}`)
    odd.send(`<message id='m' to="a&quot; from=&quot;b@x"><body/></message>`)
    await expectStanzaError(odd, 'm', 'modify', 'jid-malformed')
    odd.close()
    v.close()
  }))

test('S11 relays fuzzed stanzas so that saxes, expat and our parser read the same, or refuses them', async (t) => {
  const expat = Expat.start()
  t.after(() => expat?.stop())
  const total = volume(2000, 100_000)
  const seed = Number(process.env['ROOKERY_ATTACK_SEED'] ?? 20_26_07)
  const dice = new Dice(seed)
  await attack(
    t,
    victim,
    async ({ note }) => {
      const v = await login(victim, 'v@a.example', { presence: true })
      let mallory = await login(victim, 'mallory@a.example', { presence: true })
      const counts = { relayed: 0, refused: 0, elsewhere: 0 }
      for (let i = 0; i < total; i++) {
        const { wire: sent, isDamaged } = fuzzedStanza(dice, 'v@a.example/r')
        mallory.send(sent)
        // a damaged one may not have ended: whatever is still open cannot end like this
        if (isDamaged) mallory.send('</stream:stream>')
        const survived = isDamaged ? await mallory.waitForEnd(500).then(() => false) : await isThere(mallory)
        const isRefused = mallory.take().includes('<stream:error>')
        if (!survived) {
          mallory.close()
          mallory = await login(victim, 'mallory@a.example', { presence: true })
        }
        const came = await v.fence()
        const what = `seed ${seed}, stanza ${i}: ${JSON.stringify(sent)} came as ${JSON.stringify(came)}`
        const read = readWithSaxes(came)
        assert.ok(read !== undefined, `not XML: ${what}`)
        assert.deepEqual(readWithOwn(came), read, what)
        if (expat !== undefined) assert.deepEqual(await expat.read(came), read, what)
        checkStanzas(read, what)
        counts[came !== '' ? 'relayed' : isRefused ? 'refused' : 'elsewhere']++
        compare(
          sent,
          read.filter((stanza) => !isFarewell(stanza)),
          what,
        )
      }
      note(
        `${total} stanzas (seed ${seed}): ${counts.relayed} relayed, ${counts.refused} refused, ${counts.elsewhere} answered by the server or addressed elsewhere`,
      )
      note(
        expat === undefined
          ? 'python3 is not installed: saxes and our parser alone'
          : 'read by saxes, expat and our parser',
      )
      assert.ok(counts.relayed > total / 4 && counts.refused > total / 50, 'both ways out were taken')
      mallory.close()
      v.close()
    },
    { heap: 6 * MB, rss: 16 * MB },
  )
})

/** Whoever got presence from a session hears from the server when it ends. [RFC6121 4.6.3] */
function isFarewell([name, attributes, children]: Info): boolean {
  return (
    name === '{jabber:client}presence' && new Map(attributes).get('type') === 'unavailable' && children.length === 0
  )
}

/** What reaches a client is nothing but stanzas, from the one who sent them. */
function checkStanzas(stanzas: readonly Info[], what: string): void {
  for (const [name, attributes] of stanzas) {
    assert.match(name, /^\{jabber:client\}(message|iq|presence)$/, what)
    assert.equal(new Map(attributes).get('from'), 'mallory@a.example/r', what)
  }
}

/** Every strict reader that could read what was sent reads the same content in what came. */
function compare(sent: string, came: readonly Info[], what: string): void {
  if (came.length === 0) return
  const original = readWithSaxes(sent)
  assert.ok(original !== undefined, `relayed what is not XML: ${what}`)
  const contents = (stanzas: readonly Info[]): unknown => stanzas.map((stanza) => [stanza[0], stanza[2]])
  const arrived = new Set(came.map((stanza) => JSON.stringify(stanza[2])))
  const said = new Set(original.map((stanza) => JSON.stringify(stanza[2])))
  for (const content of arrived) assert.ok(said.has(content), `${JSON.stringify(contents(original))}: ${what}`)
}
