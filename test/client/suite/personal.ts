/** What people say of themselves in nodes of their accounts, and what their own devices share there. */
import assert from 'node:assert/strict'
import {
  activity,
  avatars,
  bookmarks,
  displayed,
  json,
  location,
  mood,
  nick,
  pep,
  presence,
  roster,
  tune,
  vcard4,
} from '@rookery/client/node'
import { type Behaviour, behaviour } from './behaviour.ts'
import { allOf, befriend, couple, sees } from './people.ts'
import { next, when } from './stage.ts'

const nodes = 'http://jabber.org/protocol/pubsub#publish'
const options = 'http://jabber.org/protocol/pubsub#publish-options'
/** Contacts are told. */
const forContacts = [nodes, 'http://jabber.org/protocol/pubsub#access-presence']

const wish = json<{ wish: string }>({
  '~standard': {
    version: 1,
    vendor: 'suite',
    validate: (value) =>
      typeof value === 'object' && value !== null && 'wish' in value && typeof value.wish === 'string'
        ? { value: { wish: value.wish } }
        : { issues: [{ message: 'no wish' }] },
  },
})

const png = new Uint8Array([
  ...[137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82, 0, 0, 0, 1, 0, 0, 0, 1, 8, 6, 0, 0, 0, 31, 21, 196],
  ...[137, 0, 0, 0, 10, 73, 68, 65, 84, 120, 156, 99, 0, 1, 0, 0, 5, 0, 1, 13, 10, 45, 180, 0, 0, 0, 0, 73, 69, 78, 68],
  ...[174, 66, 96, 130],
])

export const personal: readonly Behaviour[] = [
  behaviour(
    'pep',
    'a node of the account is written, read, heard by the other device, and taken back',
    { needs: [nodes] },
    async ({ login, follower }) => {
      const desk = await login('romeo', [pep, presence])
      const phone = await follower('romeo', [pep, presence], ({ pep }) => pep.follow('urn:example:wish'))
      assert.equal(await desk.pep.isSupported(), true)
      await sees(desk, phone)
      const node = desk.pep.node('urn:example:wish', wish)
      const told = next(phone, 'pubsub:item', (item) => item.node === 'urn:example:wish')
      const id = await node.publish({ wish: 'A rope ladder' })
      assert.equal((await told).id, id)
      assert.deepEqual((await phone.pep.node('urn:example:wish', wish).item(id))?.value, { wish: 'A rope ladder' })
      await node.retract(id)
      assert.equal(await node.item(id), undefined)
      await node.delete()
    },
  ),

  behaviour('mood', 'is told to contacts, and taken back', { needs: forContacts }, async (stage) => {
    const { jid } = stage
    const { romeo, juliet } = await couple(stage, [presence, mood])
    const told = next(juliet, 'mood', ({ value }) => value !== undefined)
    await romeo.mood.publish({ mood: 'in_love', text: 'with a Capulet' })
    assert.equal(`${(await told).jid}`, jid('romeo'))
    assert.deepEqual(juliet.mood.known(jid('romeo')), { mood: 'in_love', text: 'with a Capulet' })
    assert.equal((await juliet.mood.of(jid('romeo')))?.mood, 'in_love')
    const gone = next(juliet, 'mood', ({ value }) => value === undefined)
    await romeo.mood.clear()
    await gone
    assert.equal(juliet.mood.known(jid('romeo')), undefined)
  }),

  behaviour('activity', 'is known of contacts who come later', { needs: forContacts }, async ({ login, jid }) => {
    const romeo = await login('romeo', [presence, roster, activity])
    const before = await login('juliet', [presence, roster, activity])
    await befriend(romeo, before)
    await before.close()
    await romeo.activity.publish({ activity: { general: 'relaxing', specific: 'partying' } })
    const juliet = await login('juliet', [presence, roster, activity])
    await when(juliet, 'activity', () => juliet.activity.known(jid('romeo'))?.activity?.specific === 'partying')
  }),

  behaviour('tune', 'of the own other device', { needs: [nodes] }, async ({ login, follower }) => {
    const desk = await login('romeo', [presence, tune])
    const phone = await follower('romeo', [presence, tune])
    await sees(desk, phone)
    const told = next(phone, 'tune')
    await desk.tune.publish({ artist: 'Prokofiev', title: 'Dance of the Knights', length: 330 })
    assert.deepEqual((await told).value, { artist: 'Prokofiev', title: 'Dance of the Knights', length: 330 })
  }),

  behaviour('location', 'of the own other device', { needs: [nodes] }, async ({ login, follower }) => {
    const desk = await follower('romeo', [presence, location])
    const phone = await login('romeo', [presence, location])
    await sees(phone, desk)
    const told = next(desk, 'location')
    await phone.location.publish({ lat: 45.44, lon: 10.99, locality: 'Verona' })
    assert.deepEqual((await told).value, { lat: 45.44, lon: 10.99, locality: 'Verona' })
  }),

  behaviour('nick', 'is told to contacts', { needs: forContacts }, async (stage) => {
    const { jid } = stage
    const { romeo, juliet } = await couple(stage, [presence, nick])
    const told = next(juliet, 'nick')
    await romeo.nick.publish('Montague')
    assert.equal((await told).value, 'Montague')
    assert.equal(juliet.nick.known(jid('romeo')), 'Montague')
  }),

  behaviour(
    'vcard4',
    'one writes a card, and reads it on another device',
    { needs: [nodes] },
    async ({ login, jid }) => {
      const desk = await login('romeo', [vcard4])
      const phone = await login('romeo', [vcard4])
      assert.equal(await phone.vcard4.of(jid('romeo')), undefined)
      await desk.vcard4.publish({ fullName: 'Romeo Montague', urls: ['https://verona.example/'] })
      const card = await phone.vcard4.of(jid('romeo'))
      assert.deepEqual([card?.fullName, card?.urls], ['Romeo Montague', ['https://verona.example/']])
    },
  ),

  behaviour(
    'avatars',
    'a picture is told, fetched and removed, on another device',
    { needs: [nodes] },
    async ({ login, follower, jid }) => {
      const desk = await login('romeo', [presence, avatars])
      const phone = await follower('romeo', [presence, avatars])
      await sees(desk, phone)
      const told = next(phone, 'avatar', ({ id }) => id !== undefined)
      await desk.avatars.publish({ data: png, width: 1, height: 1 })
      const { id } = await told
      const avatar = await phone.avatars.of(jid('romeo'))
      assert.deepEqual([avatar?.id, avatar?.type, avatar?.data], [id, 'image/png', png])
      const gone = next(phone, 'avatar', (change) => change.id === undefined)
      await desk.avatars.remove()
      await gone
      assert.equal(await phone.avatars.of(jid('romeo')), undefined)
    },
  ),

  behaviour('avatars', 'a contact sees it', { needs: forContacts }, async (stage) => {
    const { jid } = stage
    const { romeo, juliet } = await couple(stage, [presence, avatars])
    const told = next(juliet, 'avatar', (change) => change.id !== undefined && `${change.jid}` === jid('romeo'))
    await romeo.avatars.publish({ data: png })
    await told
    assert.deepEqual((await juliet.avatars.of(jid('romeo')))?.data, png)
  }),

  behaviour(
    'bookmarks',
    'rooms are remembered for all devices, and for nobody else',
    { needs: [nodes, options] },
    async ({ login, follower, jid }) => {
      const desk = await login('romeo', [presence, bookmarks])
      const phone = await follower('romeo', [presence, bookmarks])
      await sees(desk, phone)
      const added = next(phone, 'bookmark')
      await desk.bookmarks.add('orchard@rooms.example', { name: 'Orchard', autojoin: true, nick: 'romeo' })
      assert.equal(`${(await added).room}`, 'orchard@rooms.example')
      assert.equal(phone.bookmarks.get('orchard@rooms.example')?.name, 'Orchard')
      assert.equal(phone.bookmarks.autojoin.length, 1)
      const later = await login('romeo', [bookmarks])
      assert.equal(later.bookmarks.get('orchard@rooms.example')?.nick, 'romeo')
      const paris = await login('paris', [pep])
      await assert.rejects(allOf(paris.pep.nodeOf(jid('romeo'), 'urn:xmpp:bookmarks:1').items()), {
        kind: 'request',
      })
      const removed = next(phone, 'bookmark', ({ bookmark }) => bookmark === undefined)
      await desk.bookmarks.remove('orchard@rooms.example')
      await removed
      assert.deepEqual(phone.bookmarks.all, [])
    },
  ),

  behaviour(
    'displayed',
    'what was read on one device is read on the other',
    { needs: [nodes, options] },
    async ({ login, follower, jid }) => {
      const desk = await login('romeo', [presence, displayed])
      const phone = await follower('romeo', [presence, displayed])
      await sees(desk, phone)
      const told = next(phone, 'displayed')
      await desk.displayed.mark(jid('juliet'), 'message-1')
      assert.deepEqual([`${(await told).chat}`, (await told).id], [jid('juliet'), 'message-1'])
      const further = next(phone, 'displayed', ({ id }) => id === 'message-2')
      await desk.displayed.mark(jid('juliet'), 'message-2')
      await further
      const later = await login('romeo', [displayed])
      assert.equal(later.displayed.of(jid('juliet'))?.id, 'message-2')
    },
  ),
]
