/** The archive: what was said, and what was missed. */
import assert from 'node:assert/strict'
import { archive, archiveAdmin, archiveWith, type Client, chat, memoryStore, presence } from '@rookery/client/node'
import { type Behaviour, behaviour } from './behaviour.ts'
import { heard } from './people.ts'
import { next, reaches, type Stage } from './stage.ts'

const mam = 'urn:xmpp:mam:2'
const needs = [mam, 'urn:xmpp:sid:0']
const use = [presence, chat] as const
const numbered = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `${from + index}`)

async function say(from: Client<readonly [typeof chat]>, to: string, texts: readonly string[]): Promise<void> {
  // without receipts, of which some archives are full
  const sent = texts.map((body) => from.chat.send(to, { body, receipt: false }))
  for (const message of sent) await message.reached('acked')
}

async function listen({ login, account }: Stage): Promise<Client<readonly [typeof presence, typeof chat]>> {
  await account('romeo')
  return await login('juliet', use)
}

export const history: readonly Behaviour[] = [
  behaviour('archive', 'is read page by page, in both directions', { needs }, async (stage) => {
    const { login, jid } = stage
    const juliet = await listen(stage)
    const romeo = await login('romeo', [presence, archive, chat])
    await say(juliet, jid('romeo'), numbered(1, 25))
    const read = async (flipped: boolean): Promise<string[]> => {
      const found: string[] = []
      for await (const { body = '' } of romeo.archive.query({ pageSize: 10, flipped })) found.push(body)
      return found
    }
    assert.deepEqual(await read(false), numbered(1, 25))
    assert.deepEqual(await read(true), numbered(1, 25).reverse())
    const last = await romeo.archive.page({ max: 5 })
    assert.deepEqual(
      last.messages.map(({ body }) => body),
      numbered(21, 25),
    )
    assert.equal(last.isComplete, false)
    const before = await romeo.archive.page({ max: 5, before: last.first })
    assert.deepEqual(
      before.messages.map(({ body }) => body),
      numbered(16, 20),
    )
    const after = await romeo.archive.page({ max: 50, after: before.last })
    assert.deepEqual(
      after.messages.map(({ body }) => body),
      numbered(21, 25),
    )
    assert.equal(after.isComplete, true)
  }),

  behaviour('archive', 'is asked by person and time', { needs }, async (stage) => {
    const { login, jid } = stage
    const juliet = await listen(stage)
    const romeo = await login('romeo', [presence, archive, chat])
    await say(juliet, jid('romeo'), ['from Juliet'])
    const nurse = await login('nurse', use)
    await say(nurse, jid('romeo'), ['from the nurse'])
    const found = await romeo.archive.latest(10, { with: jid('nurse') })
    assert.deepEqual(
      found.map(({ body }) => body),
      ['from the nurse'],
    )
    assert.deepEqual(await romeo.archive.latest(10, { start: Date.now() + 3_600_000 }), [])
    assert.equal((await romeo.archive.latest(10, { start: Date.now() - 3_600_000 })).length, 2)
  }),

  behaviour(
    'archive-admin',
    'says what is in it, and gives single messages',
    { needs: [...needs, `${mam}#extended`] },
    async (stage) => {
      const { login, jid } = stage
      const juliet = await listen(stage)
      const romeo = await login('romeo', [presence, archive, archiveAdmin, chat])
      await say(juliet, jid('romeo'), ['first', 'second', 'third'])
      const { first, last } = await romeo.archiveAdmin.metadata()
      const [newest] = await romeo.archive.latest(1)
      assert.equal(newest?.archiveId, last?.id)
      const found: (string | undefined)[] = []
      for await (const { body } of romeo.archive.query({ ids: [first!.id, last!.id] })) found.push(body)
      assert.deepEqual(found.sort(), ['first', 'third'])
    },
  ),

  behaviour('archive', 'a message that came live is known there by the same id', { needs }, async (stage) => {
    const { login, jid } = stage
    const juliet = await listen(stage)
    const romeo = await login('romeo', [presence, archive, chat])
    const arrived = next(romeo, 'chat')
    juliet.chat.send(jid('romeo'), { body: 'Remember this', receipt: false })
    const { stanzaId } = await arrived
    const [kept] = await romeo.archive.latest(1)
    assert.equal(kept?.archiveId, stanzaId)
    assert.notEqual(stanzaId, undefined)
  }),

  behaviour('archive', 'is searched for words', { needs: [mam, 'urn:xmpp:fulltext:0'] }, async (stage) => {
    const { login, jid } = stage
    const juliet = await listen(stage)
    const romeo = await login('romeo', [presence, archive, chat])
    await say(juliet, jid('romeo'), ['a rose by any other name', 'a nightingale'])
    const found = await romeo.archive.latest(10, { text: 'nightingale' })
    assert.deepEqual(
      found.map(({ body }) => body),
      ['a nightingale'],
    )
  }),

  behaviour('archive-admin', 'keeps what its owner wants kept', { needs: [mam] }, async ({ login, jid }) => {
    const romeo = await login('romeo', [archiveAdmin])
    const set = await romeo.archiveAdmin.setPreferences({
      default: 'roster',
      always: [jid('juliet')],
      never: [jid('paris')],
    })
    assert.deepEqual(
      [set.default, set.always.map(String), set.never.map(String)],
      ['roster', [jid('juliet')], [jid('paris')]],
    )
    assert.deepEqual(await romeo.archiveAdmin.preferences(), set)
  }),

  behaviour(
    'archive',
    'what was missed while away comes once, in order, before what is new',
    { needs },
    async (stage) => {
      const { login, jid } = stage
      const juliet = await listen(stage)
      const store = memoryStore()
      const all = [presence, archiveWith({ pageSize: 20 }), chat] as const
      const first = await login('romeo', all, { store })
      const early = heard(first)
      await first.archive.caughtUp()
      await say(juliet, jid('romeo'), ['before'])
      await early.until('before')
      await first.close()
      await say(juliet, jid('romeo'), numbered(1, 70))

      const second = await login('romeo', all, { store })
      const { all: got, until: come } = heard(second)
      await say(juliet, jid('romeo'), ['live'])
      await come('live')
      await second.archive.caughtUp()
      assert.deepEqual(got, [...numbered(1, 70), 'live'])
    },
  ),

  behaviour('archive', 'the gap of a session that could not go on is filled', { needs }, async (stage) => {
    const { login, jid, proxy } = stage
    const juliet = await listen(stage)
    const between = await proxy()
    const romeo = await login('romeo', [presence, archive, chat], {
      jid: `${jid('romeo')}/orchard`,
      service: `xmpp://127.0.0.1:${between.port}`,
      plaintext: true,
    })
    const { all: got, until: come } = heard(romeo)
    await romeo.archive.caughtUp()
    await say(juliet, jid('romeo'), ['before'])
    await come('before')
    await between.refuse()
    between.link.break()
    await reaches(romeo, 'waiting')
    await say(juliet, jid('romeo'), numbered(1, 30))
    // another takes the place: the session of before is gone
    const taker = await login('romeo', [], { jid: `${jid('romeo')}/orchard` })
    await taker.close()
    await between.accept()
    const { resumed } = await reaches(romeo, 'online')
    assert.equal(resumed, false)
    await say(juliet, jid('romeo'), ['after'])
    await come('after')
    assert.deepEqual(got, ['before', ...numbered(1, 30), 'after'])
  }),

  behaviour('archive', 'has what another device of the account has written', { needs }, async (stage) => {
    const { login, jid } = stage
    await listen(stage)
    const store = memoryStore()
    const all = [presence, archive, chat] as const
    const first = await login('romeo', all, { store })
    await first.archive.caughtUp()
    await first.close()
    const phone = await login('romeo', use)
    await say(phone, jid('juliet'), ['from the phone'])
    const second = await login('romeo', all, { store })
    const { messages, until: come } = heard(second)
    await come('from the phone')
    assert.equal(messages[0]?.isOwn, true)
    assert.equal(`${messages[0]?.peer}`, jid('juliet'))
  }),
]
