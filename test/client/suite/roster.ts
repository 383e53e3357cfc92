/** Contacts, who may see whom, and the presence that they see. */
import assert from 'node:assert/strict'
import { chat, memoryStore, presence, roster } from '@rookery/client/node'
import { type Behaviour, behaviour } from './behaviour.ts'
import { befriend } from './people.ts'
import { next, when } from './stage.ts'

export const contacts: readonly Behaviour[] = [
  behaviour(
    'roster',
    'a contact is added, changed and removed, and the other device follows',
    {},
    async ({ login, jid }) => {
      const desk = await login('romeo', [roster])
      const phone = await login('romeo', [roster])
      const added = next(phone, 'roster')
      await desk.roster.set(jid('juliet'), { name: 'Juliet ❤', groups: ['Verona', 'Capulets'] })
      const { changed } = await added
      assert.deepEqual(
        changed.map((contact) => [`${contact.jid}`, contact.name, [...contact.groups].sort(), contact.subscription]),
        [[jid('juliet'), 'Juliet ❤', ['Capulets', 'Verona'], 'none']],
      )
      const renamed = next(phone, 'roster')
      await desk.roster.set(jid('juliet'), { groups: [] })
      assert.deepEqual((await renamed).changed[0]?.groups, [])
      assert.equal(phone.roster.get(jid('juliet'))?.name, 'Juliet ❤')
      const removed = next(phone, 'roster')
      await desk.roster.remove(jid('juliet'))
      assert.equal(`${(await removed).removed[0]?.jid}`, jid('juliet'))
      assert.deepEqual(phone.roster.contacts, [])
    },
  ),

  behaviour('roster', 'the list is there when the client is online', {}, async ({ login, jid }) => {
    const before = await login('romeo', [roster])
    for (const who of ['juliet', 'nurse']) await before.roster.set(jid(who), { groups: ['Verona'] })
    await before.close()
    const romeo = await login('romeo', [roster])
    assert.deepEqual(romeo.roster.contacts.map((contact) => `${contact.jid}`).sort(), [jid('juliet'), jid('nurse')])
    assert.deepEqual(romeo.roster.groups, ['Verona'])
  }),

  behaviour(
    'roster',
    'what was kept is not sent again, and what has changed meanwhile is known',
    { needs: [{ stream: 'urn:xmpp:features:rosterver' }] },
    async ({ login, jid }) => {
      const store = memoryStore()
      const first = await login('romeo', [roster], { store })
      await first.roster.set(jid('juliet'))
      await first.close()
      const other = await login('romeo', [roster])
      await other.roster.set(jid('nurse'))
      await other.close()
      const again = await login('romeo', [roster], { store })
      await when(again, 'roster', () => again.roster.get(jid('nurse')) !== undefined)
      assert.deepEqual(again.roster.contacts.map((contact) => `${contact.jid}`).sort(), [jid('juliet'), jid('nurse')])
    },
  ),

  behaviour('roster', 'a request to see somebody is asked, and granted', {}, async ({ login, jid }) => {
    const romeo = await login('romeo', [presence, roster])
    const juliet = await login('juliet', [presence, roster])
    const asked = next(juliet, 'subscription:request')
    romeo.roster.subscribe(jid('juliet'), { status: 'It is I' })
    const request = await asked
    assert.equal(`${request.jid}`, jid('romeo'))
    assert.equal(juliet.roster.requests.length, 1)
    const approved = next(romeo, 'subscription:approved')
    const seen = next(romeo, 'presence:changed')
    juliet.roster.approve(jid('romeo'))
    assert.equal(`${(await approved).jid}`, jid('juliet'))
    assert.ok((await seen).jid.equals(juliet.jid!))
    assert.equal(juliet.roster.requests.length, 0)
    await when(romeo, 'roster', () => romeo.roster.get(jid('juliet'))?.subscription === 'to')
    await when(juliet, 'roster', () => juliet.roster.seesUs(jid('romeo')))
  }),

  behaviour(
    'roster',
    'a request that came while nobody was there waits, and is refused',
    {},
    async ({ account, login, jid }) => {
      await account('juliet')
      const romeo = await login('romeo', [presence, roster])
      romeo.roster.subscribe(jid('juliet'))
      await when(romeo, 'roster', () => romeo.roster.get(jid('juliet'))?.isAsked === true)
      const juliet = await login('juliet', [presence, roster])
      await when(juliet, 'subscription:request', () => juliet.roster.requests.length > 0)
      const denied = next(romeo, 'subscription:denied')
      juliet.roster.deny(jid('romeo'))
      assert.equal(`${(await denied).jid}`, jid('juliet'))
      await when(romeo, 'roster', () => romeo.roster.get(jid('juliet'))?.isAsked === false)
    },
  ),

  behaviour(
    'roster',
    'who is approved in advance needs no question',
    { needs: [{ stream: 'urn:xmpp:features:pre-approval' }] },
    async ({ login, jid }) => {
      const romeo = await login('romeo', [presence, roster])
      const juliet = await login('juliet', [presence, roster])
      let questions = 0
      juliet.on('subscription:request', () => void questions++)
      const told = next(juliet, 'roster')
      juliet.roster.preApprove(jid('romeo'))
      assert.equal(`${(await told).changed[0]?.jid}`, jid('romeo'))
      const seen = next(romeo, 'presence:changed')
      romeo.roster.subscribe(jid('juliet'))
      assert.ok((await seen).jid.equals(juliet.jid!))
      assert.equal(questions, 0)
    },
  ),

  behaviour('roster', 'ending it is told', {}, async ({ login, jid }) => {
    const romeo = await login('romeo', [presence, roster])
    const juliet = await login('juliet', [presence, roster])
    await befriend(romeo, juliet)
    const gone = next(juliet, 'presence:changed', ({ isAvailable }) => !isAvailable)
    const denied = next(juliet, 'subscription:denied')
    await romeo.roster.remove(jid('juliet'))
    await Promise.all([gone, denied])
    await when(juliet, 'roster', () => juliet.roster.get(jid('romeo'))?.subscription === 'none')
    assert.equal(romeo.roster.get(jid('juliet')), undefined)
  }),

  behaviour('presence', 'a contact comes, changes and leaves', {}, async ({ login, jid }) => {
    const romeo = await login('romeo', [presence, roster])
    const juliet = await login('juliet', [presence, roster])
    await befriend(romeo, juliet)
    const changed = next(romeo, 'presence:changed', ({ show }) => show === 'away')
    const idleSince = Math.floor(Date.now() / 1000) * 1000 - 60_000
    juliet.presence.set({ show: 'away', status: { en: 'In the orchard', de: 'Im Garten' }, priority: 5, idleSince })
    const away = await changed
    assert.equal(away.statusIn('de'), 'Im Garten')
    assert.equal(away.priority, 5)
    assert.equal(away.idleSince, idleSince)
    assert.ok(romeo.presence.best(jid('juliet'))?.jid.equals(juliet.jid!))
    const left = next(romeo, 'presence:changed', ({ isAvailable }) => !isAvailable)
    juliet.presence.hide('Good night')
    assert.equal((await left).status, 'Good night')
    assert.deepEqual(romeo.presence.of(jid('juliet')), [])
    const back = next(romeo, 'presence:changed', ({ isAvailable }) => isAvailable)
    juliet.presence.set({})
    await back
    const closed = next(romeo, 'presence:changed', ({ isAvailable }) => !isAvailable)
    await juliet.close()
    await closed
  }),

  behaviour('presence', 'who comes online learns who is there', {}, async ({ login, jid }) => {
    const before = await login('romeo', [presence, roster])
    const juliet = await login('juliet', [presence, roster])
    await befriend(before, juliet)
    await before.close()
    juliet.presence.set({ show: 'dnd', status: 'Busy' })
    const romeo = await login('romeo', [presence, roster])
    await when(romeo, 'presence:changed', () => romeo.presence.best(jid('juliet'))?.show === 'dnd')
  }),

  behaviour('presence', 'is shown to one who does not see it otherwise', {}, async ({ login, jid }) => {
    const romeo = await login('romeo', [presence])
    const juliet = await login('juliet', [presence])
    const shown = next(romeo, 'presence:changed')
    assert.equal(juliet.presence.showTo(romeo.jid!, { show: 'chat' }), true)
    assert.equal((await shown).show, 'chat')
    const hidden = next(romeo, 'presence:changed')
    juliet.presence.hideFrom(romeo.jid!)
    assert.equal((await hidden).isAvailable, false)
    assert.deepEqual(romeo.presence.of(jid('juliet')), [])
  }),

  behaviour('presence', 'a device below zero gets nothing that is for any of them', {}, async ({ login, jid }) => {
    const desk = await login('romeo', [presence, chat])
    const silent = await login('romeo', [presence, chat])
    const own = next(desk, 'presence:changed', (one) => one.jid.equals(silent.jid!) && one.priority === -1)
    silent.presence.set({ priority: -1 })
    await own
    const got: string[] = []
    silent.on('chat', ({ body = '' }) => void got.push(body))
    const juliet = await login('juliet', [presence, chat])
    const heard = next(desk, 'chat')
    juliet.chat.send(jid('romeo'), 'To any of you')
    await heard
    await juliet.chat.send(silent.jid!, 'To this one').reached('delivered')
    assert.deepEqual(got, ['To this one'])
  }),
]
