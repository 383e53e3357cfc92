/** S131, S132: keys from the wire that mean something to JavaScript, and strings that mean too much to a pattern. fast-xml-parser, xml2js #721, CVE-2023-34104. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { attack, bounds } from '../harness/attack.ts'
import { bind, login, open, PING, RawClient, SASL, STREAMS } from '../harness/client.ts'
import { startVictim, type Victim } from '../harness/server.ts'

const names = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'valueOf',
  '__defineGetter__',
  'then',
]
/** An account cannot have this one: capitals fold. */
const accounts = ['__proto__', 'constructor', 'prototype', 'valueof'].map((local) => `${local}@a.example`)

let victim: Victim
before(async () => {
  victim = await startVictim({ accounts, config: { limits: { authFailuresPerAddress: 0, bytesPerSecond: 0 } } })
})
after(() => victim.stop())

test('S131 takes names of JavaScript for names like any other', (t) =>
  attack(t, victim, async ({ note }) => {
    const v = await login(victim, 'v@a.example', { presence: true })
    for (const name of names) {
      const host = await RawClient.connect({ port: victim.port })
      host.send(open(name))
      await host.waitFor('<host-unknown')
      host.close()
      const early = await RawClient.connect({ port: victim.port })
      early.send(`${open('a.example')}<auth xmlns='${SASL}' mechanism='${name}'>=</auth>`)
      await early.waitFor('<invalid-mechanism')
      early.send(`<${name} xmlns='${SASL}'/>`)
      await early.waitFor('</stream:stream>')
      early.close()
    }
    for (const jid of accounts) {
      const client = await login(victim, jid, { resource: '__proto__', presence: true })
      client.send(`<message to='v@a.example/r' id='__proto__' type='chat'><body>${jid}</body></message>`)
      await client.fence()
      assert.match(await v.fence(), new RegExp(`from='${jid}/__proto__'`))
      v.send(`<message to='${jid}/__proto__' type='chat'><body>back</body></message>`)
      await v.fence()
      assert.match(await client.fence(), /<body>back<\/body>/)
      client.close()
    }
    const mallory = await login(victim, 'mallory@a.example', { resource: 'constructor', presence: true })
    let id = 0
    for (const name of names) {
      const stanzas = [
        `<message to='v@a.example/r' ${name}='x'><${name} xmlns='urn:x' ${name}='x'><polluted>1</polluted></${name}></message>`,
        `<message to='v@a.example/r' type='${name}'><body/></message>`,
        `<message to='${name}@a.example/${name}'><body/></message>`,
        `<message to='${name}'><body/></message>`,
        `<presence to='v@a.example/${name}'/>`,
        `<iq type='get' id='${name}' to='a.example'><${name} xmlns='urn:x'/></iq>`,
        `<iq type='get' id='${name}'><${name} xmlns='${name}'/></iq>`,
        `<iq type='${name}' id='t'><x xmlns='urn:x'/></iq>`,
        `<iq type='get' id='d' to='a.example'><query xmlns='http://jabber.org/protocol/disco#info' node='${name}'/></iq>`,
        `<iq type='set' id='g'><query xmlns='jabber:iq:roster'><item jid='${name}@b.example' name='${name}'><group>${name}</group></item></query></iq>`,
        `<iq type='get' id='r'><query xmlns='jabber:iq:roster' ver='${name}'/></iq>`,
        `<iq type='set' id='p'><query xmlns='jabber:iq:private'><${name} xmlns='urn:${name}'><a/></${name}></query></iq>`,
        `<iq type='get' id='q'><query xmlns='jabber:iq:private'><${name} xmlns='urn:${name}'/></query></iq>`,
        `<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'><item jid='${name}@b.example/${name}'/></block></iq>`,
        `<iq type='set' id='v'><vCard xmlns='vcard-temp'><${name}>x</${name}></vCard></iq>`,
        `<presence><c xmlns='http://jabber.org/protocol/caps' hash='${name}' node='${name}' ver='${name}'/></presence>`,
        `<iq type='set' id='f' to='a.example'><query xmlns='jabber:iq:register'><x xmlns='jabber:x:data' type='submit'><field var='${name}'><value>1</value></field></x></query></iq>`,
      ]
      for (const stanza of stanzas) {
        mallory.send(stanza)
        id++
      }
      const answers = await mallory.fence()
      assert.ok(!answers.includes('internal-server-error'), answers)
      assert.match(answers, /<group>/)
    }
    mallory.send(`<iq type='get' id='last' to='a.example'><ping xmlns='${PING}'/></iq>`)
    await mallory.fence()
    assert.equal(await victim.isPolluted(), false)
    mallory.send("<iq type='get' id='mine'><query xmlns='jabber:iq:roster'/></iq>")
    const roster = await mallory.fence()
    for (const name of names) assert.ok(roster.includes(`<group>${name}</group>`), `${name} is missing in ${roster}`)
    mallory.close()
    v.close()
    note(`${names.length} names in ${id} stanzas, ${accounts.length} accounts, host names and mechanisms`)
  }))

test('S131 binds resources with such names', (t) =>
  attack(t, victim, async () => {
    const clients = []
    for (const name of names) {
      const client = await RawClient.connect({ port: victim.port })
      await client.open()
      await client.authenticate('mallory')
      client.send(bind(name))
      await client.waitFor(`<jid>mallory@a.example/${name}</jid>`)
      clients.push(client)
    }
    for (const client of clients) client.close()
  }))

const long = 200_000

test('S132 spends no time on strings that are made to be slow', (t) =>
  attack(t, victim, async ({ note }) => {
    const adversarial: readonly (readonly [what: string, text: string])[] = [
      ['a letter', 'a'.repeat(long)],
      ['a space', ' '.repeat(long)],
      ['dots', '.'.repeat(long)],
      ['dots and letters', 'a.'.repeat(long / 2)],
      ['@', '@'.repeat(long)],
      ['/', '/'.repeat(long)],
      ['hyphens', `${'-'.repeat(long)}!`],
      ['digits', '0'.repeat(long)],
      ['colons and digits', '1:'.repeat(long / 2)],
      ['combining marks', `a${'\u0301'.repeat(long / 2)}`],
      ['Hangul jamo', '\u1100\u1161'.repeat(long / 6)],
      ['right to left', '\u05d0'.repeat(long / 2)],
      ['joiners', 'a\u200d'.repeat(long / 4)],
      ['ß', 'ß'.repeat(long / 2)],
      ['xn--', 'xn--'.repeat(long / 4)],
      ['ampersands', '&amp;'.repeat(long / 5)],
      ['quotes', '&quot;'.repeat(long / 6)],
      ['base64 without an end', 'A'.repeat(long - 1)],
    ]
    let slowest = 0
    let slowestWhat = ''
    await victim.watch()
    for (const [what, text] of adversarial) {
      const mallory = await login(victim, 'mallory@a.example')
      const stanzas = [
        `<message to='${text}'/>`,
        `<message to='${text}@a.example'/>`,
        `<message to='v@${text}'/>`,
        `<message to='v@a.example/${text}'/>`,
        `<presence><priority>${text}</priority></presence>`,
        `<message to='v@a.example/r'><delay xmlns='urn:xmpp:delay' stamp='${text}'/></message>`,
        `<iq type='get' id='r'><query xmlns='jabber:iq:roster' ver='${text}'/></iq>`,
        `<iq type='set' id='s'><query xmlns='jabber:iq:roster'><item jid='${text}'/></query></iq>`,
        `<iq type='get' id='d' to='a.example'><query xmlns='http://jabber.org/protocol/disco#info' node='${text}'/></iq>`,
      ]
      for (const stanza of stanzas) {
        mallory.sendText(stanza)
        await mallory.fence()
        const { delayMax } = await victim.watch()
        if (delayMax > slowest) [slowest, slowestWhat] = [delayMax, `${what} in ${stanza.slice(0, 30)}`]
      }
      mallory.close()
      const header = await RawClient.connect({ port: victim.port })
      header.sendText(
        `<stream:stream xmlns='jabber:client' xmlns:stream='${STREAMS}' version='1.0' to='${text.slice(0, 9000)}'>`,
      )
      await header.waitFor('</stream:stream>')
      header.close()
    }
    note(
      `${adversarial.length} strings of 200 kB in 9 places each; the event loop was late by ${slowest.toFixed(0)} ms at most (${slowestWhat})`,
    )
    // with the canary and this test on the same machine 5 ms cannot be told from a neighbour's turn; a pattern that
    // backtracks takes minutes
    assert.ok(slowest < bounds.delay, `${slowest} ms: ${slowestWhat}`)
  }))
