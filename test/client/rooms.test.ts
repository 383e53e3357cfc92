/** Rooms of the client library, in the rooms of Prosody and ejabberd. Ours has none yet. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  archive,
  type Client,
  connect,
  type ExitCause,
  RequestError,
  type Room,
  type RoomSettings,
  roomAdmin,
  roomSettings,
  rooms,
  UnsupportedError,
} from '@rookery/client/node'
import { presence } from '@rookery/protocol/stanza'
import { next } from '../../packages/client/test/waiting.ts'
import { CuttingProxy } from './harness/cutting-proxy.ts'
import type { Target } from './harness/target.ts'
import { chosenTargets, startTarget } from './harness/targets.ts'

type Use = readonly [typeof rooms, typeof roomAdmin]

for (const name of chosenTargets((missing, why) => test(missing, (context) => context.skip(why)))) {
  if (name === 'rookery') continue
  describe(`rooms of ${name}`, { concurrency: false }, () => {
    let target: Target
    let romeo: Client<Use>
    let juliet: Client<Use>
    const errors: unknown[] = []
    let made = 0
    /** A room that nobody has been in. */
    const fresh = (): string => `r${made++}@conference.localhost`

    const login = async (local: string, port = target.ports.tcp, more: object = {}): Promise<Client<Use>> => {
      const service = `xmpp://127.0.0.1:${port}`
      const client = await connect({
        jid: `${local}@localhost`,
        password: `secret-${local}`,
        service,
        tls: { ca: target.ca },
        use: [rooms, roomAdmin],
        ...more,
      })
      client.on('error', (error) => errors.push(error))
      client.send(presence(undefined, undefined, 'available')) // for invitations
      return client
    }

    /** Romeo has made it, Juliet is there too. */
    const both = async (settings: RoomSettings = {}): Promise<[Room, Room]> => {
      const address = fresh()
      const mine = await romeo.rooms.join(address, { nick: 'romeo', settings: roomSettings(settings) })
      const hers = await juliet.rooms.join(address, { nick: 'juliet' })
      if (!mine.occupants.has('juliet')) await next(mine, 'occupant', ({ occupant }) => occupant.nick === 'juliet')
      return [mine, hers]
    }

    before(async () => {
      target = await startTarget(name)
      for (const local of ['romeo', 'juliet', 'nurse']) await target.createAccount(local)
      romeo = await login('romeo')
      juliet = await login('juliet')
    })

    after(async () => {
      await romeo?.close()
      await juliet?.close()
      await target?.stop()
      assert.deepEqual(errors, [])
    })

    test('shows who is there, then what was said, then the subject', async () => {
      const address = fresh()
      const mine = await romeo.rooms.join(address, { nick: 'romeo' })
      assert.equal(mine.isNew, true)
      assert.equal(mine.state, 'inside')
      assert.equal(mine.self?.affiliation, 'owner')
      await mine.send('What light?').reached('delivered')
      await mine.setSubject('A window').reached('delivered')

      const hers = await juliet.rooms.join(address, { nick: 'juliet' })
      assert.equal(hers.isNew, false)
      assert.deepEqual([...hers.occupants.keys()].sort(), ['juliet', 'romeo'])
      const order: string[] = []
      hers.on('joined', ({ again }) => order.push(`joined ${again}`))
      hers.on('message', ({ nick, body, isHistory }) => order.push(`${nick}: ${body} ${isHistory}`))
      await next(hers, 'subject')
      assert.deepEqual(order, ['joined false', 'romeo: What light? true'])
      assert.equal(hers.subject?.text, 'A window')
      assert.deepEqual([...(await romeo.roomAdmin.of(mine).moderators()).map(({ nick }) => nick)], ['romeo'])
    })

    test('tells everybody, once, and the sender that it was told', async () => {
      const [mine, hers] = await both()
      const heard = next(hers, 'message')
      const sent = mine.send({ body: 'But soft!' })
      await sent.reached('delivered')
      const message = await heard
      assert.equal(message.body, 'But soft!')
      assert.equal(message.nick, 'romeo')
      assert.equal(message.isOwn, false)
      assert.equal(message.isHistory, false)
      assert.equal(message.occupant?.nick, 'romeo')
      assert.notEqual(message.stanzaId, undefined)
      assert.equal(sent.stanzaId, message.stanzaId)

      const reactions = next(mine, 'reactions')
      hers.react(message, ['💕'])
      const reaction = await reactions
      assert.deepEqual([reaction.id, reaction.reactions], [sent.stanzaId, ['💕']])

      const corrected = next(hers, 'corrected')
      mine.send({ body: 'But soft, what light!', correct: sent })
      const correction = await corrected
      assert.equal(correction.id, sent.id)
      assert.equal(correction.author, message.author)
      assert.notEqual(reaction.author, message.author)
    })

    test('loops over messages, those of before it began as well', async () => {
      const address = fresh()
      const mine = await romeo.rooms.join(address, { nick: 'romeo' })
      await mine.send('one').reached('delivered')
      const hers = await juliet.rooms.join(address, { nick: 'juliet' })
      mine.send('two')
      const heard: (string | undefined)[] = []
      for await (const { body } of hers.messages()) {
        heard.push(body)
        if (heard.length === 2) break
      }
      assert.deepEqual(heard, ['one', 'two'])
    })

    test('whispers', async () => {
      const [mine, hers] = await both()
      const heard = next(hers, 'whisper')
      mine.whisper('juliet', 'psst')
      const { body, nick, isRoom, occupant } = await heard
      assert.deepEqual([body, nick, isRoom, occupant?.nick], ['psst', 'romeo', false, 'romeo'])
      const failing = mine.whisper('tybalt', 'psst')
      await assert.rejects(failing.reached('delivered'), RequestError)
      assert.equal(failing.fate, 'failed')
    })

    test('changes nicknames, but not to one that is taken', async () => {
      const [mine, hers] = await both()
      const told = next(hers, 'occupant', ({ kind }) => kind === 'renamed')
      const stay = hers.occupants.get('romeo')?.stay
      await mine.setNick('montague')
      assert.equal(mine.nick, 'montague')
      assert.equal(mine.self?.nick, 'montague')
      const { occupant } = await told
      assert.equal(occupant.nick, 'montague')
      assert.equal(occupant.stay, stay)
      assert.deepEqual([...hers.occupants.keys()].sort(), ['juliet', 'montague'])
      await assert.rejects(mine.setNick('juliet'), { kind: 'request', condition: 'conflict' })
      assert.equal(mine.nick, 'montague')
    })

    test('says why one does not get in', async () => {
      const settings = { passwordprotectedroom: true, roomsecret: 'sesame' }
      const address = fresh()
      const mine = await romeo.rooms.join(address, { nick: 'romeo', settings: roomSettings(settings) })
      const refused = (condition: string, options: object) =>
        assert.rejects(juliet.rooms.join(address, options), { kind: 'request', condition })
      await refused('not-authorized', { nick: 'juliet' })
      await refused('not-authorized', { nick: 'juliet', password: 'wrong' })
      await refused('conflict', { nick: 'romeo', password: 'sesame' })
      assert.deepEqual(
        juliet.rooms.joined.filter((room) => room.address.toString() === address),
        [],
      )
      await romeo.roomAdmin.of(mine).configure({ membersonly: true })
      await refused('registration-required', { nick: 'juliet', password: 'sesame' })
      await romeo.roomAdmin.of(mine).configure({ membersonly: false })
      await romeo.roomAdmin.of(mine).ban('juliet@localhost', { reason: 'plague' })
      await refused('forbidden', { nick: 'juliet', password: 'sesame' })
      const missing = fresh()
      await assert.rejects(juliet.rooms.join(missing, { create: false }), { condition: 'item-not-found' })
      await assert.rejects(juliet.rooms.info(fresh()), { condition: 'item-not-found' })
      const stop = AbortSignal.abort(new Error('enough'))
      await assert.rejects(juliet.rooms.join(fresh(), { signal: stop }), /enough/)
    })

    test('kicks, bans, gives and takes voice', async () => {
      const [mine, hers] = await both()
      const muted = next(hers, 'occupant', ({ occupant }) => occupant === hers.self)
      await romeo.roomAdmin.of(mine).revokeVoice('juliet')
      assert.equal((await muted).occupant.role, 'visitor')
      const nicks = async (): Promise<(string | undefined)[]> =>
        (await romeo.roomAdmin.of(mine).participants()).map(({ nick }) => nick)
      assert.ok(!(await nicks()).includes('juliet'))
      const heard = next(hers, 'occupant', ({ occupant }) => occupant === hers.self)
      await romeo.roomAdmin.of(mine).grantVoice('juliet')
      assert.equal((await heard).occupant.role, 'participant')
      assert.ok((await nicks()).includes('juliet'))
      const kicked = next(hers, 'kicked')
      const went = next(mine, 'occupant', ({ kind }) => kind === 'went')
      await romeo.roomAdmin.of(mine).kick('juliet', { reason: 'go' })
      const exit = await kicked
      assert.deepEqual([exit.cause, exit.reason], ['kicked', 'go'] satisfies [ExitCause, string])
      assert.equal(hers.state, 'outside')
      const gone = await went
      assert.equal(gone.kind === 'went' && gone.exit.cause, 'kicked')
      assert.throws(() => hers.send('still here?'), { kind: 'usage' })

      await hers.join({ nick: 'juliet' })
      if (!mine.occupants.has('juliet')) await next(mine, 'occupant', ({ occupant }) => occupant.nick === 'juliet')
      const banned = next(hers, 'banned')
      await romeo.roomAdmin.of(mine).ban(mine.occupants.get('juliet')!)
      assert.equal((await banned).cause, 'banned')
      assert.deepEqual(
        (await romeo.roomAdmin.of(mine).banned()).map(({ jid }) => jid?.toString()),
        ['juliet@localhost'],
      )
      const many = Array.from({ length: 120 }, (_, i) => `p${i}@localhost`)
      await romeo.roomAdmin.of(mine).setAffiliation('member', many)
      assert.equal((await romeo.roomAdmin.of(mine).members()).length, 120)
      assert.deepEqual(
        (await romeo.roomAdmin.of(mine).owners()).map(({ jid }) => jid?.toString()),
        ['romeo@localhost'],
      )
      assert.deepEqual(await romeo.roomAdmin.of(mine).admins(), [])
    })

    test('configures, and says so', async () => {
      const [mine, hers] = await both({ roomname: 'Verona' })
      const configured = next(hers, 'configured')
      await romeo.roomAdmin.of(mine).configure({ roomdesc: 'Fair', persistentroom: true, moderatedroom: true })
      assert.ok((await configured).statuses.includes(104))
      const form = await romeo.roomAdmin.of(mine).configuration()
      assert.deepEqual(form.values('roomname'), ['Verona'])
      assert.equal(form.is('moderatedroom'), true)
      await form.cancel()
      await assert.rejects(romeo.roomAdmin.of(mine).configure<'no-such'>({ 'no-such': true }), {
        kind: 'unsupported',
        feature: 'no-such',
      })
      await assert.rejects(juliet.roomAdmin.of(hers).configuration(), { kind: 'request', condition: 'forbidden' })
      const info = await juliet.rooms.info(mine.address)
      assert.equal(info.name, 'Verona')
      assert.equal(info.description, 'Fair')
      assert.equal(info.isModerated, true)
      assert.equal(info.isPersistent, true)
      assert.equal(info.occupants, 2)
    })

    test('a visitor asks to speak, and may when a moderator says so [XEP-0045 7.13, 8.6]', async () => {
      const [mine, hers] = await both({ moderatedroom: true })
      if (hers.self?.role !== 'visitor') {
        const silenced = next(hers, 'occupant', ({ occupant }) => occupant.role === 'visitor')
        await romeo.roomAdmin.of(mine).revokeVoice('juliet')
        await silenced
      }
      const asked = next(romeo, 'room:voice')
      const mayspeak = next(hers, 'occupant', ({ occupant }) => occupant.role === 'participant')
      juliet.roomAdmin.of(hers).requestVoice()
      const request = await asked
      assert.equal(request.nick, 'juliet')
      request.grant()
      await mayspeak
    })

    test('a moderator takes back what somebody said, in whichever version the room has [XEP-0425]', async (context) => {
      const [mine, hers] = await both()
      const said = next(mine, 'message', ({ body }) => body === 'spam')
      hers.send('spam')
      const { stanzaId } = await said
      const moderated = next(hers, 'moderated')
      try {
        await romeo.roomAdmin.of(mine).moderate(await said, { reason: 'not here' })
      } catch (error) {
        if (!(error instanceof UnsupportedError)) throw error
        return context.skip(`${name} has none`)
      }
      const told = await moderated
      assert.deepEqual([told.stanzaId, told.by, told.reason], [stanzaId, 'romeo', 'not here'])
      await assert.rejects(juliet.roomAdmin.of(hers).moderate(stanzaId!), { kind: 'request' })
    })

    test('is destroyed, and says where to go', async () => {
      const [mine, hers] = await both()
      const destroyed = next(hers, 'destroyed')
      await romeo.roomAdmin.of(mine).destroy({ alternative: 'mantua@conference.localhost', reason: 'exile' })
      const { cause, reason, alternative } = await destroyed
      assert.deepEqual([cause, reason, alternative?.toString()], ['destroyed', 'exile', 'mantua@conference.localhost'])
      assert.equal(hers.state, 'outside')
    })

    test('invites through the room and past it, and hears of who does not come', async () => {
      const address = fresh()
      const mine = await romeo.rooms.join(address, { nick: 'romeo', settings: roomSettings({ membersonly: true }) })
      const first = next(juliet, 'room:invitation')
      mine.invite('juliet@localhost', { reason: 'come' })
      const invitation = await first
      assert.equal(invitation.isDirect, false)
      assert.equal(invitation.room.toString(), address)
      assert.ok(['romeo@localhost', address].includes(`${invitation.from?.bare}`)) // Prosody names the occupant
      assert.equal(invitation.reason, 'come')
      const declined = next(mine, 'declined')
      juliet.rooms.decline(invitation, { reason: 'the nurse calls' })
      const { from, reason } = await declined
      assert.deepEqual([from?.bare.toString(), reason], ['juliet@localhost', 'the nurse calls'])

      const second = next(juliet, 'room:invitation')
      mine.inviteDirectly('juliet@localhost')
      const again = await second
      assert.deepEqual([again.isDirect, again.room.toString()], [true, address])
      assert.equal(again.from?.bare.toString(), 'romeo@localhost')
      const hers = await juliet.rooms.join(again.room, { nick: 'juliet' }) // the first has made her a member
      assert.equal(hers.self?.affiliation, 'member')
    })

    test('registers a nickname, which is reserved', async () => {
      const [mine, hers] = await both()
      await romeo.roomAdmin.of(mine).setAffiliation('member', 'juliet@localhost')
      assert.equal(await juliet.roomAdmin.of(hers).reservedNick(), undefined)
      await juliet.roomAdmin.of(hers).register('giulietta')
      assert.equal(await juliet.roomAdmin.of(hers).reservedNick(), name === 'ejabberd' ? undefined : 'giulietta') // ejabberd does not tell
      await juliet.roomAdmin.of(hers).unregister()
      assert.equal(await juliet.roomAdmin.of(hers).reservedNick(), undefined)
    })

    test('finds rooms', async () => {
      const [mine] = await both({ publicroom: true })
      assert.equal((await juliet.rooms.service())?.toString(), 'conference.localhost')
      const found: string[] = []
      for await (const { jid } of juliet.rooms.list()) found.push(jid.toString())
      assert.ok(found.includes(mine.address.toString()))
    })

    test('leaves with a word', async () => {
      const [mine, hers] = await both()
      const went = next(mine, 'occupant', ({ kind }) => kind === 'went')
      const left = next(hers, 'left')
      await hers.leave({ reason: 'good night' })
      assert.equal((await left).cause, 'left')
      assert.equal(hers.state, 'outside')
      const gone = await went
      assert.deepEqual(gone.kind === 'went' && [gone.exit.cause, gone.exit.reason], ['left', 'good night'])
    })

    test('comes back in a new session, without gaps and without repetitions', async () => {
      const address = fresh()
      const mine = await romeo.rooms.join(address, { nick: 'romeo' })
      const nurse = await login('nurse')
      const room = await nurse.rooms.join(address, { nick: 'nurse' })
      const heard: (string | undefined)[] = []
      room.on('message', ({ body }) => heard.push(body))
      await mine.send('one').reached('delivered')
      const joined = next(room, 'joined', ({ again }) => again)
      await nurse.disconnect()
      await mine.send('two').reached('delivered')
      const sent = room.send('three')
      await nurse.connect()
      assert.equal((await joined).room, room)
      await sent.reached('delivered')
      await mine.send('four').reached('delivered')
      if (!heard.includes('four')) await next(room, 'message', ({ body }) => body === 'four')
      assert.deepEqual(heard, ['one', 'two', 'three', 'four'])
      await nurse.close()
    })

    test('what was said while one was away comes in order and once, also when it is more than the room sends', async () => {
      const away = await connect({
        jid: 'nurse@localhost',
        password: 'secret-nurse',
        service: target.service.xmpp,
        tls: { ca: target.ca },
        use: [rooms, archive],
      })
      const address = fresh()
      const hosts = await juliet.rooms.join(address, { nick: 'juliet' })
      const joined = await away.rooms.join(address, { nick: 'nurse' })
      const heard: string[] = []
      joined.on('message', ({ body }) => void (body !== undefined && heard.push(body)))
      await hosts.send('here').reached('delivered')
      await away.disconnect()
      const said = Array.from({ length: 90 }, (_, i) => String(i))
      for (const text of said) await hosts.send(text).reached('delivered')
      const mended = next(away, 'archive:repaired', ({ of }) => of.equals(joined.address))
      await away.connect()
      await mended
      const back = next(joined, 'message', ({ body }) => body === 'back')
      hosts.send('back')
      await back
      assert.deepEqual(heard, ['here', ...said, 'back'])
      await away.close()
    })

    test('stays in it when the session goes on', async () => {
      const address = fresh()
      const mine = await romeo.rooms.join(address, { nick: 'romeo' })
      await using proxy = await CuttingProxy.to(target.ports.tcp)
      await using nurse = await login('nurse', proxy.port)
      const room = await nurse.rooms.join(address, { nick: 'nurse' })
      room.on('left', ({ cause }) => assert.fail(cause))
      room.on('joined', ({ again }) => assert.equal(again, false))
      const back = next(nurse, 'state', ({ name }) => name === 'online')
      const heard = next(room, 'message')
      const link = await proxy.linked(1)
      link.break()
      mine.send('are you there?')
      assert.partialDeepStrictEqual(await back, { resumed: true })
      assert.equal((await heard).body, 'are you there?')
      await room.check()
      assert.equal(room.state, 'inside')
    })
  })
}
