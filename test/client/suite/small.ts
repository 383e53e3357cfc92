/** Small features: a question and its answer, a word to the server, a list, a card. */
import assert from 'node:assert/strict'
import { blocking, chat, csi, last, ping, presence, roster, time, vcard, version } from '@rookery/client/node'
import { type Behaviour, behaviour } from './behaviour.ts'
import { befriend, heard } from './people.ts'
import { next } from './stage.ts'

export const small: readonly Behaviour[] = [
  behaviour('ping', 'the server and another device answer', { needs: ['urn:xmpp:ping'] }, async ({ login, target }) => {
    const romeo = await login('romeo', [ping])
    const phone = await login('romeo', [ping])
    assert.ok((await romeo.ping()) >= 0)
    assert.ok((await romeo.ping(target.domain)) >= 0)
    assert.ok((await romeo.ping(phone.jid!)) >= 0)
  }),

  behaviour('ping', 'who is not there is told by an error', { needs: ['urn:xmpp:ping'] }, async ({ login, jid }) => {
    const romeo = await login('romeo', [ping])
    await assert.rejects(romeo.ping(`${jid('romeo')}/nowhere`), { kind: 'request', condition: 'service-unavailable' })
  }),

  behaviour('time', 'the server tells its clock', { needs: ['urn:xmpp:time'] }, async ({ login, target }) => {
    const romeo = await login('romeo', [time])
    const { at, offset } = await romeo.time(target.domain)
    assert.ok(Math.abs(at - Date.now()) < 5_000)
    assert.equal(typeof offset, 'number')
  }),

  behaviour('time', 'a contact tells theirs, and strangers are told nothing', {}, async ({ login }) => {
    const romeo = await login('romeo', [presence, roster, time])
    const juliet = await login('juliet', [presence, roster, time])
    await assert.rejects(romeo.time(juliet.jid!), { kind: 'request' })
    await befriend(romeo, juliet)
    assert.ok(Math.abs((await romeo.time(juliet.jid!)).at - Date.now()) < 5_000)
  }),

  behaviour(
    'version',
    'of the server, and of a device',
    { needs: ['jabber:iq:version'] },
    async ({ login, target }) => {
      const romeo = await login('romeo', [version])
      const server = await romeo.version(target.domain)
      assert.match(server.name ?? '', new RegExp(target.name, 'i'))
      const phone = await login('romeo', [version], { software: 'Balcony', version: '1.2' })
      const its = await romeo.version(phone.jid!)
      assert.deepEqual([its.name, its.version], ['Balcony', '1.2'])
    },
  ),

  behaviour(
    'last',
    'how long the server is up, and a contact is away',
    { needs: ['jabber:iq:last'] },
    async ({ login, target, jid }) => {
      const romeo = await login('romeo', [presence, roster, last])
      assert.ok((await romeo.last(target.domain)).seconds >= 0)
      const juliet = await login('juliet', [presence, roster, last])
      await befriend(romeo, juliet)
      const left = next(romeo, 'presence:changed', ({ isAvailable }) => !isAvailable)
      juliet.presence.hide('To bed')
      await juliet.close()
      await left
      const { seconds, status } = await romeo.last(jid('juliet'))
      assert.ok(seconds >= 0 && seconds < 60, `${seconds} s`)
      assert.equal(status ?? 'To bed', 'To bed')
    },
  ),

  behaviour(
    'csi',
    'who does not look is told later, and gets it all',
    { needs: [{ stream: 'urn:xmpp:csi:0' }] },
    async ({ login, jid }) => {
      const romeo = await login('romeo', [presence, csi, chat])
      assert.equal(romeo.csi.isOffered, true)
      const juliet = await login('juliet', [presence, chat])
      const { all } = heard(romeo)
      romeo.csi.set(false)
      juliet.chat.setState(jid('romeo'), 'composing')
      await juliet.chat.send(jid('romeo'), 'Wake up').reached('acked')
      romeo.csi.set(true) // at the latest now
      await juliet.chat.send(jid('romeo'), 'Good morning').reached('delivered')
      assert.deepEqual(all, ['Wake up', 'Good morning'])
    },
  ),

  behaviour(
    'blocking',
    'who is blocked cannot write, until that is taken back',
    { needs: ['urn:xmpp:blocking'] },
    async ({ login, jid }) => {
      const romeo = await login('romeo', [presence, blocking, chat])
      const paris = await login('paris', [presence, chat])
      const { all } = heard(romeo)
      await paris.chat.send(jid('romeo'), 'before').reached('delivered')
      const told = next(romeo, 'blocking')
      await romeo.blocking.block(jid('paris'))
      assert.deepEqual((await told).blocked.map(String), [jid('paris')])
      assert.equal(romeo.blocking.isBlocked(paris.jid!), true)
      assert.deepEqual((await romeo.blocking.list()).map(String), [jid('paris')])
      const blocked = paris.chat.send(jid('romeo'), 'blocked') // some servers say so, some say nothing
      await blocked.reached('acked').catch(() => undefined)
      await romeo.blocking.unblock(jid('paris'))
      await paris.chat.send(jid('romeo'), 'after').reached('delivered')
      assert.deepEqual(all, ['before', 'after'])
    },
  ),

  behaviour('blocking', 'the other device follows', { needs: ['urn:xmpp:blocking'] }, async ({ login, jid }) => {
    const desk = await login('romeo', [blocking])
    const phone = await login('romeo', [blocking])
    const blocked = next(phone, 'blocking')
    await desk.blocking.block([jid('paris'), 'evil.example'])
    assert.deepEqual((await blocked).blocked.map(String).sort(), [jid('paris'), 'evil.example'].sort())
    const unblocked = next(phone, 'blocking', (change) => change.unblocked.length === 2)
    await desk.blocking.unblockAll()
    await unblocked
    assert.deepEqual(phone.blocking.jids, [])
    const again = await login('romeo', [blocking])
    assert.deepEqual(await again.blocking.list(), [])
  }),

  behaviour(
    'blocking',
    'with a report',
    { needs: ['urn:xmpp:blocking', 'urn:xmpp:reporting:1'] },
    async ({ login, jid }) => {
      const romeo = await login('romeo', [blocking])
      await romeo.blocking.block(jid('paris'), { report: 'spam', text: 'Not a suitor of mine' })
      assert.equal(romeo.blocking.isBlocked(jid('paris')), true)
    },
  ),

  behaviour('vcard', 'one writes a card, and another reads it', { needs: ['vcard-temp'] }, async ({ login, jid }) => {
    const romeo = await login('romeo', [vcard])
    const juliet = await login('juliet', [vcard])
    assert.deepEqual(await romeo.vcard.get(jid('juliet')), {})
    const photo = { type: 'image/png', data: new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) }
    await juliet.vcard.set({ fullName: 'Juliet Capulet', nicknames: ['Jule'], birthday: '1583-07-31', photo })
    await juliet.vcard.change({ note: 'Wherefore? 🌹' })
    const card = await romeo.vcard.get(jid('juliet'))
    assert.deepEqual(
      [card.fullName, card.nicknames, card.birthday, card.note],
      ['Juliet Capulet', ['Jule'], '1583-07-31', 'Wherefore? 🌹'],
    )
    assert.deepEqual(card.photo?.data, photo.data)
  }),
]
