/** Conversations, and the copies of them on other devices. */
import assert from 'node:assert/strict'
import { carbons, chat, isBySameAuthor, presence, RequestError } from '@rookery/client/node'
import { type Behaviour, behaviour } from './behaviour.ts'
import { heard } from './people.ts'
import { next, type Stage } from './stage.ts'

const use = [presence, chat] as const
const carbon = 'urn:xmpp:carbons:2'

const couple = async ({ login }: Stage) => ({ romeo: await login('romeo', use), juliet: await login('juliet', use) })

export const conversations: readonly Behaviour[] = [
  behaviour('chat', 'a text arrives, is confirmed, and is marked as seen', {}, async (stage) => {
    const { romeo, juliet } = await couple(stage)
    const arrived = next(juliet, 'chat')
    const text = 'Art thou there? 🌒 <&> "\''
    const sent = romeo.chat.send(stage.jid('juliet'), { body: text, subject: 'Night', thread: 't1' })
    const message = await arrived
    assert.deepEqual(
      [message.body, message.subject, message.thread, message.id, message.isOwn],
      [text, 'Night', 't1', sent.id, false],
    )
    assert.equal(`${message.from}`, `${romeo.jid}`)
    await sent.reached('delivered')
    juliet.chat.markDisplayed(message)
    await sent.reached('displayed')
  }),

  behaviour('chat', 'many come in their order, each once', {}, async (stage) => {
    const { romeo, juliet } = await couple(stage)
    const texts = Array.from({ length: 50 }, (_, index) => `${index}`)
    const sent = texts.map((text) => romeo.chat.send(stage.jid('juliet'), text))
    const got: string[] = []
    for await (const { body = '' } of juliet.chat.messages()) if (got.push(body) === texts.length) break
    assert.deepEqual(got, texts)
    for (const message of sent) await message.reached('acked')
  }),

  behaviour('chat', 'a state is told', {}, async (stage) => {
    const { romeo, juliet } = await couple(stage)
    const told = next(juliet, 'chat:state', ({ state }) => state === 'composing')
    assert.equal(romeo.chat.setState(stage.jid('juliet'), 'composing'), true)
    assert.equal(`${(await told).peer}`, stage.jid('romeo'))
  }),

  behaviour('chat', 'corrections, answers, reactions and retractions name their message', {}, async (stage) => {
    const { romeo, juliet } = await couple(stage)
    const arrived = next(juliet, 'chat')
    const sent = romeo.chat.send(stage.jid('juliet'), 'through yonder airlock')
    const original = await arrived
    const corrected = next(juliet, 'chat:corrected')
    romeo.chat.send(stage.jid('juliet'), { body: 'through yonder window', correct: sent })
    const correction = await corrected
    assert.deepEqual([correction.id, correction.message.body], [original.id, 'through yonder window'])
    assert.equal(isBySameAuthor(original, correction), true)

    const answered = next(romeo, 'chat')
    juliet.chat.send(stage.jid('romeo'), { body: 'Indeed', replyTo: original })
    const answer = await answered
    assert.deepEqual([answer.replyTo?.id, answer.body], [sent.id, 'Indeed'])

    const reacted = next(romeo, 'chat:reactions')
    juliet.chat.react(original, ['🌹'])
    assert.deepEqual([(await reacted).id, (await reacted).reactions], [sent.id, ['🌹']])

    const retracted = next(juliet, 'chat:retracted')
    romeo.chat.retract(sent)
    assert.equal((await retracted).id, original.id)
  }),

  behaviour('chat', 'a message to nobody fails, with the reason', {}, async ({ login, target }) => {
    const romeo = await login('romeo', use)
    const sent = romeo.chat.send(`nobody-at-all@${target.domain}`, 'Hello?')
    await assert.rejects(sent.reached('delivered'), RequestError)
    assert.equal(sent.fate, 'failed')
  }),

  behaviour(
    'carbons',
    'what one device receives the other one sees, once',
    { needs: [carbon] },
    async ({ login, jid }) => {
      const both = [presence, carbons, chat] as const
      const desk = await login('romeo', both)
      const phone = await login('romeo', both)
      assert.equal(phone.carbons.isOn, true)
      const juliet = await login('juliet', use)
      const [atDesk, inPocket] = [heard(desk), heard(phone)]
      await juliet.chat.send(desk.jid!, 'To your desk').reached('delivered')
      await juliet.chat.send(phone.jid!, 'To your pocket').reached('delivered')
      await juliet.chat.send(jid('romeo'), 'To you').reached('delivered')
      await Promise.all([atDesk.until('To you'), inPocket.until('To you')])
      const all = ['To your desk', 'To your pocket', 'To you']
      assert.deepEqual([atDesk.all, inPocket.all], [all, all])
      assert.deepEqual(
        inPocket.messages.slice(0, 2).map(({ received }) => received.way.carbon),
        ['received', undefined],
      )
    },
  ),

  behaviour(
    'carbons',
    'what one device sends the other one sees, as its own',
    { needs: [carbon] },
    async ({ login, jid }) => {
      const desk = await login('romeo', [presence, carbons, chat])
      const phone = await login('romeo', [presence, carbons, chat])
      const juliet = await login('juliet', use)
      const copied = next(phone, 'chat')
      const arrived = next(juliet, 'chat')
      const sent = desk.chat.send(jid('juliet'), 'From my desk')
      const copy = await copied
      assert.deepEqual([copy.isOwn, copy.body, copy.id], [true, 'From my desk', sent.id])
      assert.equal(`${copy.peer}`, jid('juliet'))
      const seen = next(desk, 'chat:displayed')
      juliet.chat.markDisplayed(await arrived)
      assert.equal((await seen).id, sent.id)
    },
  ),

  behaviour('carbons', 'come no more when they are turned off', { needs: [carbon] }, async ({ login, jid }) => {
    const desk = await login('romeo', [presence, carbons, chat])
    const phone = await login('romeo', [presence, carbons, chat])
    const juliet = await login('juliet', use)
    const inPocket = heard(phone)
    await phone.carbons.disable()
    await juliet.chat.send(desk.jid!, 'private').reached('delivered')
    await phone.carbons.enable()
    await juliet.chat.send(desk.jid!, 'copied').reached('delivered')
    await inPocket.until('copied')
    assert.deepEqual(inPocket.all, ['copied'])
    assert.ok(jid('romeo'))
  }),
]
