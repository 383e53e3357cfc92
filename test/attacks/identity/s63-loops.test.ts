/** S63: an error is never answered with an error, nor an answer with an answer, so that nothing goes round for ever. RFC 6120 8.3.1. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { expectSilence } from '../harness/answers.ts'
import { attack } from '../harness/attack.ts'
import { login } from '../harness/client.ts'
import { startVictim, type Victim } from '../harness/server.ts'

let victim: Victim
before(async () => {
  victim = await startVictim({ accounts: ['away@a.example'] })
})
after(() => victim.stop())

const error = "<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"

/** Where nobody is. */
const nowhere = [
  'nobody@a.example',
  'nobody@a.example/r',
  'away@a.example',
  'away@a.example/r',
  'v@a.example/nowhere',
  'mallory@a.example/nowhere',
  'nobody@b.example',
  'a.example',
  'a.example/r',
  'b.example',
  'x@e.example',
  'e.example',
  'a@b@c',
  '',
  ' ',
]

test('S63 says nothing to an error or an answer, wherever it was sent', (t) =>
  attack(t, victim, async ({ note }) => {
    const mallory = await login(victim, 'mallory@a.example', { presence: true })
    const v = await login(victim, 'v@a.example', { presence: true })
    let sent = 0
    for (const to of nowhere)
      for (const inside of ['', error, `<body>x</body>${error}`, error + error, '<error/>', "<query xmlns='urn:x'/>"])
        for (const stanza of [
          `<message type='error' to='${to}' id='e'>${inside}</message>`,
          `<presence type='error' to='${to}' id='e'>${inside}</presence>`,
          `<iq type='error' to='${to}' id='e'>${inside}</iq>`,
          `<iq type='result' to='${to}' id='e'>${inside}</iq>`,
          `<iq type='error' to='${to}'>${inside}</iq>`,
          `<iq type='result' to='${to}'>${inside}</iq>`,
        ]) {
          mallory.send(stanza)
          sent++
        }
    // without an address they are for the own account
    for (const name of ['message', 'presence', 'iq']) mallory.send(`<${name} type='error' id='e'>${error}</${name}>`)
    mallory.send("<iq type='result' id='e'/>")
    assert.equal(await mallory.fence(), '', 'nothing comes back')
    await expectSilence(v)
    assert.equal(await victim.stored('away@a.example'), 0, 'errors are not kept')
    note(`${sent} errors and answers`)
    mallory.close()
    v.close()
  }))

test('S63 ends after one error between two who answer everything', (t) =>
  attack(t, victim, async ({ note }) => {
    const mallory = await login(victim, 'mallory@a.example', { presence: true })
    // something with error payload that is not of type error is a stanza like any other, and answered once
    for (const stanza of [
      `<message to='nobody@a.example' type='chat' id='once'>${error}<body>x</body></message>`,
      `<message to='nobody@a.example' id='once'>${error}</message>`,
      `<iq to='nobody@a.example' type='get' id='once'>${error}</iq>`,
    ]) {
      mallory.send(stanza)
      const came = await mallory.fence()
      assert.equal(came.split("id='once'").length - 1, 1, came)
      assert.match(came, /type='error'/)
    }
    // an error that comes back, bounced by a client that knows no better, goes nowhere
    const v = await login(victim, 'v@a.example', { presence: true })
    let bounces = 0
    for (const [client, name] of [
      [v, 'mallory@a.example/r'],
      [mallory, 'v@a.example/gone'],
    ] as const)
      client.socket.on('data', (bytes: Buffer) => {
        for (const _ of bytes.toString('latin1').matchAll(/<message [^>]*type='error'/g)) {
          bounces++
          client.send(`<message to='${name}' type='error' id='loop'>${error}</message>`)
        }
      })
    mallory.send("<message to='v@a.example/gone' type='normal' id='loop'><body>x</body></message>")
    for (let i = 0; i < 5; i++) await Promise.all([mallory.fence(), v.fence()])
    assert.ok(bounces <= 2, `${bounces} errors`)
    note(`${bounces} errors bounced`)
    mallory.close()
    v.close()
  }))
