/** An everyday conversation of two people with any two clients: login, roster, presence, chat, and messages for the one who was away. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { Login, StockClient, StockClientMaker } from './stock-client.ts'
import type { Target } from './target.ts'

const assertSecure = (jid: string, { mechanism, tls }: Login): void => {
  assert.match(mechanism, /^(?:SCRAM|HT)-SHA-/, `${jid} authenticates without showing its password`)
  assert.equal(tls, true, `${jid} uses TLS`)
}

/** Both get each other's presence [RFC6121 3.1]. */
export const befriend = async (asking: StockClient, asked: StockClient): Promise<void> => {
  await asking.request(asked.jid)
  await asked.hasRequest(asking.jid)
  await asked.allow(asking.jid)
}

/** Watches before it acts: nothing seen earlier counts. */
const changePresence = async (one: StockClient, other: StockClient): Promise<void> => {
  for (const show of ['away', 'dnd'] as const) {
    const seen = await other.watch(one.jid, show)
    await one.show(show)
    await seen()
  }
}

const chat = async (one: StockClient, other: StockClient, topic: string): Promise<void> => {
  const question = `${topic}? Grüße & <b>1 < 2</b>`
  await one.say(other.jid, question)
  await other.hears(one.jid, question)
  await other.say(one.jid, `${topic}, "indeed"`)
  await one.hears(other.jid, `${topic}, "indeed"`)
}

/** Messages for nobody at home are kept [RFC6121 8.5.2.2.1, XEP-0160, XEP-0313]. */
const missAndCatchUp = async (present: StockClient, absent: StockClient): Promise<void> => {
  const gone = await present.watch(absent.jid, 'unavailable')
  await absent.logout()
  await gone()
  const missed = ['first', 'second'].map((word) => `the ${word} that ${absent.jid} missed`)
  for (const body of missed) await present.say(absent.jid, body)
  assertSecure(absent.jid, await absent.login())
  await absent.fetchMissed?.(present.jid)
  for (const body of missed) await absent.hears(present.jid, body)
}

/** Two fresh accounts, a client for each, and the whole conversation. */
export const everyday = async (
  t: TestContext,
  target: Target,
  makeOne: StockClientMaker,
  makeOther: StockClientMaker,
): Promise<void> => {
  const one = makeOne(await target.takeAccount(), target)
  t.after(() => one.close())
  const other = makeOther(await target.takeAccount(), target)
  t.after(() => other.close())

  for (const client of [one, other]) assertSecure(client.jid, await client.login())
  for (const { jid } of [one, other]) for (const login of await target.loginsOf(jid)) assertSecure(jid, login)

  await befriend(one, other)
  await befriend(other, one)
  await one.hasMutual(other.jid)
  await other.hasMutual(one.jid)

  await changePresence(one, other)
  await changePresence(other, one)

  await chat(one, other, 'Is it the lark')
  await chat(other, one, 'Is it the nightingale')

  await missAndCatchUp(one, other)
  await missAndCatchUp(other, one)
}
