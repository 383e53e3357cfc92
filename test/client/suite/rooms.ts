/** Rooms, as everybody uses them. Their finer points are in test/client/rooms.test.ts. */
import assert from 'node:assert/strict'
import { archive, type Client, presence, type Room, roomAdmin, rooms } from '@rookery/client/node'
import { type Behaviour, behaviour } from './behaviour.ts'
import { next, reaches, type Stage } from './stage.ts'

const service = 'conference/text'
const needs = [{ service }]
const use = [presence, rooms, roomAdmin] as const

interface Meeting {
  readonly romeo: Client<typeof use>
  readonly juliet: Client<typeof use>
  readonly his: Room
  readonly hers: Room
}

/** Romeo has made the room, Juliet is there too. */
async function meet({ login, jid, service: find }: Stage): Promise<Meeting> {
  const romeo = await login('romeo', use)
  const juliet = await login('juliet', use)
  const address = `${jid('orchard').split('@')[0]}@${find(service)}`
  const his = await romeo.rooms.join(address, { nick: 'romeo' })
  const hers = await juliet.rooms.join(address, { nick: 'juliet' })
  if (!his.occupants.has('juliet')) await next(his, 'occupant', ({ occupant }) => occupant.nick === 'juliet')
  return { romeo, juliet, his, hers }
}

export const meetings: readonly Behaviour[] = [
  behaviour(
    'rooms',
    'a message of one occupant reaches the others, and its sender is told',
    { needs },
    async (stage) => {
      const { his, hers } = await meet(stage)
      assert.deepEqual([his.isNew, his.self?.affiliation, hers.isNew], [true, 'owner', false])
      assert.deepEqual([...hers.occupants.keys()].sort(), ['juliet', 'romeo'])
      const arrived = next(hers, 'message')
      const sent = his.send('But soft! 🌒')
      const message = await arrived
      assert.deepEqual([message.body, message.nick, message.isOwn], ['But soft! 🌒', 'romeo', false])
      await sent.reached('delivered')
      const whispered = next(his, 'whisper')
      hers.whisper('romeo', 'Hush')
      assert.deepEqual([(await whispered).body, (await whispered).nick], ['Hush', 'juliet'])
    },
  ),

  behaviour('rooms', 'who comes later sees what was said, and the subject', { needs }, async (stage) => {
    const { his, hers } = await meet(stage)
    await his.send('one').reached('delivered')
    await hers.send('two').reached('delivered')
    const changed = next(hers, 'subject', ({ text }) => text === 'Balconies')
    his.setSubject('Balconies')
    await changed
    const nurse = await stage.login('nurse', use)
    const room = await nurse.rooms.join(his.address, { nick: 'nurse' })
    const got: string[] = []
    for await (const { body = '', isHistory } of room.messages()) {
      assert.equal(isHistory, true)
      if (got.push(body) === 2) break
    }
    assert.deepEqual(got, ['one', 'two'])
    if (room.subject === undefined) await next(room, 'subject')
    assert.equal(room.subject?.text, 'Balconies')
  }),

  behaviour('rooms', 'somebody takes another nickname, and leaves', { needs }, async (stage) => {
    const { his, hers } = await meet(stage)
    const renamed = next(hers, 'occupant', ({ kind }) => kind === 'renamed')
    await his.setNick('montague')
    assert.equal((await renamed).occupant.nick, 'montague')
    const went = next(hers, 'occupant', ({ kind }) => kind === 'went')
    await his.leave({ reason: 'The nurse calls' })
    assert.equal((await went).occupant.nick, 'montague')
    assert.equal(his.state, 'outside')
  }),

  behaviour('room-admin', 'the owner kicks and bans, and sees the lists', { needs }, async (stage) => {
    const { his, hers, romeo, juliet } = await meet(stage)
    const owned = romeo.roomAdmin.of(his)
    const kicked = next(hers, 'kicked')
    await owned.kick('juliet', { reason: 'Go' })
    assert.deepEqual([(await kicked).cause, (await kicked).reason], ['kicked', 'Go'])
    const bare = juliet.jid!.bare
    await owned.setAffiliation('member', bare)
    assert.deepEqual(
      (await owned.members()).map(({ jid }) => `${jid}`),
      [`${bare}`],
    )
    await owned.ban(bare)
    assert.deepEqual(
      (await owned.banned()).map(({ jid }) => `${jid}`),
      [`${bare}`],
    )
    await assert.rejects(hers.join({ nick: 'juliet' }), { kind: 'request', condition: 'forbidden' })
  }),

  behaviour('rooms', 'somebody is invited', { needs }, async (stage) => {
    const { his } = await meet(stage)
    const nurse = await stage.login('nurse', use)
    const invited = next(nurse, 'room:invitation')
    his.invite(stage.jid('nurse'), { reason: 'Come' })
    const { room, reason } = await invited
    assert.deepEqual([`${room}`, reason], [`${his.address}`, 'Come'])
    assert.equal((await nurse.rooms.join(room, { nick: 'nurse' })).state, 'inside')
  }),

  behaviour('room-admin', 'a room is configured, found, and destroyed', { needs }, async (stage) => {
    const { his, hers, romeo, juliet } = await meet(stage)
    const owned = romeo.roomAdmin.of(his)
    await owned.configure({ roomname: 'Orchard', publicroom: true })
    assert.equal((await juliet.rooms.info(his.address)).name, 'Orchard')
    const destroyed = next(hers, 'destroyed')
    await owned.destroy({ reason: 'Morning' })
    assert.equal((await destroyed).reason, 'Morning')
  }),

  behaviour(
    'rooms',
    'who was cut off is there again, without gaps and without repetitions',
    { needs: [{ service, features: ['urn:xmpp:mam:2'] }] },
    async (stage) => {
      const { his } = await meet(stage)
      const between = await stage.proxy()
      const nurse = await stage.login('nurse', [presence, archive, rooms], {
        jid: `${stage.jid('nurse')}/kitchen`,
        service: `xmpp://127.0.0.1:${between.port}`,
        plaintext: true,
      })
      const room = await nurse.rooms.join(his.address, { nick: 'nurse' })
      const got: string[] = []
      room.on('message', ({ body = '' }) => void got.push(body))
      const come = async (text: string): Promise<void> => {
        if (!got.includes(text)) await next(room, 'message', ({ body }) => body === text)
      }
      await his.send('before').reached('delivered')
      await come('before')
      await between.refuse()
      between.link.break()
      await reaches(nurse, 'waiting')
      for (const text of ['one', 'two']) await his.send(text).reached('delivered')
      const taker = await stage.login('nurse', [], { jid: `${stage.jid('nurse')}/kitchen` })
      await taker.close()
      const joined = next(room, 'joined')
      await between.accept()
      assert.equal((await joined).again, true)
      await his.send('after').reached('delivered')
      await come('after')
      assert.deepEqual(got, ['before', 'one', 'two', 'after'])
    },
  ),
]
