/** Staying connected: sessions that go on, servers that come back, what waited meanwhile. */
import assert from 'node:assert/strict'
import { chat, memoryStore, presence, roster } from '@rookery/client/node'
import { type Behaviour, behaviour } from './behaviour.ts'
import { befriend, heard } from './people.ts'
import { reaches, when } from './stage.ts'

/** Milliseconds that a server may take to go, or to come back. */
const slow = 60_000

const management = { stream: 'urn:xmpp:sm:3' }

export const connection: readonly Behaviour[] = [
  behaviour(
    'connection',
    'a session goes on after a cut, with what was said meanwhile on both sides',
    { needs: [management] },
    async ({ proxy, login, jid }) => {
      const between = await proxy()
      const use = [presence, chat] as const
      const romeo = await login('romeo', use, { service: `xmpp://127.0.0.1:${between.port}`, plaintext: true })
      const juliet = await login('juliet', use)
      const [his, hers] = [heard(romeo), heard(juliet)]
      const before = romeo.jid
      await romeo.chat.send(jid('juliet'), 'before').reached('delivered')
      await between.refuse()
      between.link.break()
      await reaches(romeo, 'waiting')
      const queued = romeo.chat.send(jid('juliet'), 'from the dark')
      await juliet.chat.send(jid('romeo'), 'into the dark').reached('acked')
      await between.accept()
      const { resumed, jid: after } = await reaches(romeo, 'online')
      assert.equal(resumed, true)
      assert.equal(`${after}`, `${before}`)
      await queued.reached('delivered')
      await his.until('into the dark')
      assert.deepEqual(his.all, ['into the dark'])
      assert.deepEqual(hers.all, ['before', 'from the dark'])
    },
  ),

  behaviour(
    'connection',
    'a program that is started anew goes on with the session of before',
    { needs: [management] },
    async ({ proxy, device, login, jid }) => {
      const between = await proxy()
      const use = [presence, chat] as const
      const juliet = await login('juliet', use)
      const hers = heard(juliet)
      const store = memoryStore()
      const options = { service: `xmpp://127.0.0.1:${between.port}`, plaintext: true, store }
      const first = await device('romeo', use, { ...options, reconnect: false })
      await first.connect()
      const before = first.jid
      between.link.freeze()
      first.chat.send(jid('juliet'), 'what nobody acknowledged')
      between.link.break()
      await reaches(first, 'failed')
      await first.close()

      const second = await login('romeo', use, options)
      assert.equal(`${second.jid}`, `${before}`)
      await hers.until('what nobody acknowledged')
      assert.equal(hers.all.length, 1)
    },
  ),

  behaviour(
    'connection',
    'what came while nobody was there comes at the next login, with the time it was said',
    { needs: ['msgoffline'] },
    async ({ account, login, jid }) => {
      const { jid: juliets } = await account('juliet')
      const romeo = await login('romeo', [presence, chat])
      const start = Date.now()
      for (const text of ['one', 'two', 'three']) await romeo.chat.send(juliets, text).reached('acked')
      const sent = Date.now()
      const juliet = await login('juliet', [presence, chat])
      const got: string[] = []
      for await (const { body, from, at } of juliet.chat.messages()) {
        got.push(body ?? '')
        assert.equal(`${from.bare}`, jid('romeo'))
        // servers write whole seconds
        assert.ok(at >= start - 1_000 && at <= sent, `${start} ${at} ${sent}`)
        if (got.length === 3) break
      }
      assert.deepEqual(got, ['one', 'two', 'three'])
    },
  ),

  behaviour(
    'connection',
    'comes back when the server is restarted, and tells contacts again',
    { restarts: true },
    async ({ target, login, jid }) => {
      const use = [presence, roster, chat] as const
      const romeo = await login('romeo', use)
      const juliet = await login('juliet', use)
      const hers = heard(juliet)
      await befriend(romeo, juliet)
      await romeo.chat.send(jid('juliet'), 'before').reached('delivered')
      const gone = [romeo, juliet].map((client) => reaches(client, 'waiting', slow))
      const restarted = target.restart()
      await Promise.all(gone)
      const meanwhile = romeo.chat.send(jid('juliet'), 'meanwhile')
      await restarted
      await Promise.all([reaches(romeo, 'online', slow), reaches(juliet, 'online', slow)])
      await when(juliet, 'presence:changed', () =>
        juliet.presence.of(jid('romeo')).some(({ jid: device }) => device.equals(romeo.jid!)),
      )
      await meanwhile.reached('acked')
      await romeo.chat.send(jid('juliet'), 'after').reached('delivered')
      await hers.until('after')
      assert.deepEqual(hers.all, ['before', 'meanwhile', 'after'])
    },
  ),

  behaviour(
    'connection',
    'comes back when the server has died, and sends what it had not acknowledged',
    { restarts: true },
    async ({ target, account, login, jid }) => {
      // ejabberd writes young accounts to disk when it is stopped
      for (const who of ['romeo', 'juliet']) await account(who)
      await target.restart()
      const use = [presence, chat] as const
      const romeo = await login('romeo', use)
      const juliet = await login('juliet', use)
      const hers = heard(juliet)
      const gone = [romeo, juliet].map((client) => reaches(client, 'waiting', slow))
      await target.kill()
      await Promise.all(gone)
      const meanwhile = romeo.chat.send(jid('juliet'), 'meanwhile')
      await target.start()
      await Promise.all([reaches(romeo, 'online', slow), reaches(juliet, 'online', slow)])
      await meanwhile.reached('acked')
      await hers.until('meanwhile')
      assert.deepEqual(hers.all, ['meanwhile'])
    },
  ),
]
