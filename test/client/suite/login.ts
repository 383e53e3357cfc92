/** Logins: each transport, both profiles of SASL, tokens, and what is told when it cannot be. */
import assert from 'node:assert/strict'
import { archiveWith, LoginError, memoryStore, type Platform, ping, type Trace } from '@rookery/client/node'
import { NS } from '@rookery/protocol'
import { impatient } from '../support/impatient.ts'
import { type Behaviour, behaviour } from './behaviour.ts'

const fast = 'urn:xmpp:fast:0'
const sasl2 = 'urn:xmpp:sasl:2'
const bind2 = 'urn:xmpp:bind:0'

const ways = [
  ['xmpp', 'over TCP, with STARTTLS'],
  ['xmpps', 'over TLS'],
  ['ws', 'over WebSocket'],
  ['wss', 'over WebSocket with TLS'],
] as const

/** As if the server knew the profile of RFC 6120 alone; over WebSocket, where a frame is an element. */
const withoutSasl2: Platform = {
  ...impatient,
  open: (url, options) =>
    impatient.open(url, {
      ...options,
      received: (wire) => options.received(wire.replace(/<authentication\b.*<\/authentication>/s, '')),
    }),
}

export const login: readonly Behaviour[] = [
  ...ways.map(([way, what]) =>
    behaviour('login', what, {}, async ({ target, login, jid }) => {
      const romeo = await login('romeo', [ping], { service: target.service[way], plaintext: way === 'ws' })
      assert.equal(romeo.jid?.bare.toString(), jid('romeo'))
      assert.ok((await romeo.ping()) >= 0)
    }),
  ),

  behaviour('login', 'with the resource that was asked for', {}, async ({ login, jid }) => {
    const romeo = await login('romeo', [], { jid: `${jid('romeo')}/orchard` })
    assert.equal(`${romeo.jid}`, `${jid('romeo')}/orchard`)
  }),

  behaviour(
    'login',
    'in one breath, with SASL2 and Bind 2',
    { needs: [{ login: sasl2 }, { login: bind2 }] },
    async ({ login }) => {
      let sent = 0
      let binds = 0
      const trace: Trace = (direction, element) => {
        if (direction === 'in') return
        sent++
        if (typeof element !== 'string' && element.child('bind', NS.bind) !== undefined) binds++
      }
      await login('romeo', [archiveWith({ catchUp: 'all' })], { trace })
      assert.notEqual(sent, 0)
      assert.equal(binds, 0, 'the resource is bound by the login')
    },
  ),

  behaviour('login', 'step by step, with SASL of RFC 6120', {}, async ({ target, login, jid }) => {
    const romeo = await login('romeo', [ping], { service: target.service.ws, plaintext: true, platform: withoutSasl2 })
    assert.equal(romeo.jid?.bare.toString(), jid('romeo'))
    await romeo.ping()
  }),

  behaviour(
    'login',
    'with a token the second time',
    { needs: [{ login: sasl2 }, { login: fast }] },
    async ({ login }) => {
      const store = memoryStore()
      const first = await login('romeo', [], { store })
      await first.close()
      let asked = 0
      const password = (): undefined => void asked++
      const second = await login('romeo', [], { store, password })
      assert.equal(second.state.name, 'online')
      assert.equal(asked, 0)
    },
  ),

  behaviour('login', 'a wrong password is told, and not tried again', {}, async ({ device }) => {
    const romeo = await device('romeo', [], { password: 'wrong' })
    await assert.rejects(romeo.connect(), (error) => error instanceof LoginError && error.reason === 'refused')
    assert.equal(romeo.state.name, 'failed')
  }),

  behaviour(
    'login',
    'a certificate of nobody we trust is told, and nothing is said to the server',
    {},
    async ({ target, device }) => {
      for (const service of [target.service.xmpp, target.service.xmpps, target.service.wss]) {
        const romeo = await device('romeo', [], { service, tls: {} })
        await assert.rejects(romeo.connect(), { kind: 'connect', reason: 'bad-certificate' })
      }
    },
  ),
]
