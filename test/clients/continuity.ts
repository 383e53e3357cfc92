/**
 * A conversation that goes on whatever happens: a second device, absence, lost connections, a killed server. Each message is seen once, by everybody who should.
 * Carbons XEP-0280, archive XEP-0313, stream management XEP-0198, as each client has them.
 */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { befriend } from './everyday.ts'
import { spokenIn } from './spoken.ts'
import type { ContinuingClient, ContinuingClientMaker, Return } from './stock-client.ts'
import type { Target } from './target.ts'
import { Wire } from './wire.ts'

/** One contact at his only device, another with two; the first of the two is on a wire that can break. */
interface Cast {
  readonly contact: ContinuingClient
  readonly first: ContinuingClient
  readonly second: ContinuingClient
  readonly wire: Wire
  /** Everything said so far. */
  readonly said: string[]
}

export interface ContinuityOptions {
  /** How the client comes back after its connection was lost, after the server was restarted, and after the server was killed while it was cut off. */
  readonly returns: { readonly loss: Return; readonly restart?: Return; readonly kill?: Return }
  /** What it has to have used in the end, by its streams. */
  readonly speaks: readonly string[]
}

/** A last word each way: whatever was to arrive before it has arrived. Then each message stands once in every chat that is open. */
const assertEachOnce = async (
  { contact, first, second, said }: Cast,
  when: string,
  devices = [first, second],
): Promise<void> => {
  const [device = first] = devices
  const words = [`${contact.jid} has said all, ${when}`, `${device.jid} has said all, ${when}`] as const
  await contact.say(device.jid, words[0])
  for (const one of devices) await one.hears(contact.jid, words[0])
  await device.say(contact.jid, words[1])
  await contact.hears(device.jid, words[1])
  for (const one of devices.slice(1)) await one.seesOwn(contact.jid, words[1])
  said.push(...words)
  for (const body of said) {
    for (const [index, one] of devices.entries()) {
      assert.equal(await one.timesShown(contact.jid, body), 1, `${when}: "${body}" at device ${index} of ${one.jid}`)
    }
    assert.equal(await contact.timesShown(first.jid, body), 1, `${when}: "${body}" at ${contact.jid}`)
  }
}

/** Both devices see what is said to the account and what one of them says [XEP-0280 6, 7], also when nobody looks at one of them. */
const copies = async ({ contact, first, second, said }: Cast): Promise<void> => {
  await second.rest?.()
  await contact.say(first.jid, 'a word to all of your devices')
  await first.hears(contact.jid, 'a word to all of your devices')
  await first.say(contact.jid, 'from my first device')
  await contact.hears(first.jid, 'from my first device')
  await second.wake?.()
  await second.hears(contact.jid, 'a word to all of your devices')
  await second.seesOwn(contact.jid, 'from my first device')
  await second.say(contact.jid, 'and from my second')
  await contact.hears(first.jid, 'and from my second')
  await first.seesOwn(contact.jid, 'and from my second')
  said.push('a word to all of your devices', 'from my first device', 'and from my second')
}

/** One device is away while the other goes on; later it has all of it from the archive [XEP-0313 4]. */
const catchUp = async ({ contact, first, second, said }: Cast): Promise<void> => {
  await second.logout()
  for (const number of [1, 2, 3, 4]) {
    await contact.say(first.jid, `missed by the second device, ${number}`)
    await first.hears(contact.jid, `missed by the second device, ${number}`)
    await first.say(contact.jid, `answered without the second device, ${number}`)
    await contact.hears(first.jid, `answered without the second device, ${number}`)
    said.push(`missed by the second device, ${number}`, `answered without the second device, ${number}`)
  }
  await second.login()
  await second.catchUp(contact.jid)
  for (const number of [1, 2, 3, 4]) {
    await second.hears(contact.jid, `missed by the second device, ${number}`)
    await second.seesOwn(contact.jid, `answered without the second device, ${number}`)
  }
}

/** Nobody is at home: the server keeps messages for whoever comes first, and in the archive; both ways lead to one message [XEP-0359]. */
const bothAway = async ({ contact, first, second, said }: Cast): Promise<void> => {
  const gone = await contact.watch(first.jid, 'unavailable')
  await second.logout()
  await first.logout()
  await gone()
  for (const number of [1, 2]) {
    await contact.say(first.jid, `missed by both devices, ${number}`)
    said.push(`missed by both devices, ${number}`)
  }
  for (const device of [first, second]) {
    await device.login()
    await device.catchUp(contact.jid)
    for (const number of [1, 2]) await device.hears(contact.jid, `missed by both devices, ${number}`)
  }
}

/** What is under way in both directions when the connection is lost arrives after all, once [XEP-0198 5]. */
const loseConnection = async ({ contact, first, wire, said }: Cast, returns: Return): Promise<void> => {
  const returned = first.watchReturn()
  wire.freeze()
  await first.say(contact.jid, 'said into a dead connection')
  await contact.say(first.jid, 'sent to a dead connection')
  await wire.swallowed()
  wire.cut()
  await contact.say(first.jid, 'said while you were cut off')
  await wire.mend()
  assert.equal(await returned(), returns, `how ${first.jid} comes back to the server`)
  if (returns === 'anew') await first.catchUp(contact.jid)
  await first.hears(contact.jid, 'sent to a dead connection')
  await first.hears(contact.jid, 'said while you were cut off')
  await contact.hears(first.jid, 'said into a dead connection')
  said.push('said into a dead connection', 'sent to a dead connection', 'said while you were cut off')
}

/** The server goes down as it should, and comes again on the same data. */
const restartServer = async (cast: Cast, target: Target, returns: Return): Promise<void> => {
  const { contact, first, second, said } = cast
  const clients = [contact, first, second]
  const returned = clients.map((client) => client.watchReturn())
  await target.restart?.('SIGTERM')
  for (const [index, { jid }] of clients.entries()) {
    assert.equal(await returned[index]?.(), returns, `how ${jid} comes back after a restart`)
  }
  await contact.say(first.jid, 'the server is back')
  for (const device of [first, second]) await device.hears(contact.jid, 'the server is back')
  said.push('the server is back')
}

/**
 * The server is killed. The session of the device that was cut off before is in storage, with what waits for it, and is resumed; the others, who
 * were connected, are told exactly what had been handled, and start anew [XEP-0198 5].
 */
const killServer = async (
  { contact, first, second, wire, said }: Cast,
  target: Target,
  returns: Return,
): Promise<void> => {
  const returned = [contact, first, second].map((client) => client.watchReturn())
  wire.cut()
  await contact.say(first.jid, 'said before the server died')
  await second.hears(contact.jid, 'said before the server died')
  await target.restart?.('SIGKILL')
  await wire.mend()
  const [ofContact, ofFirst, ofSecond] = await Promise.all(returned.map((back) => back()))
  assert.equal(ofFirst, returns, `how ${first.jid} comes back after being cut off from a server that died`)
  assert.deepEqual([ofContact, ofSecond], ['anew', 'anew'])
  if (returns === 'anew') await first.catchUp(contact.jid)
  await first.hears(contact.jid, 'said before the server died')
  said.push('said before the server died')
}

/** For a look at a failure: what each client logged, in the folder that ROOKERY_CLIENT_LOGS names. */
const keepStreams = (t: TestContext, clients: Readonly<Record<string, ContinuingClient>>): void => {
  const folder = process.env['ROOKERY_CLIENT_LOGS']
  if (folder === undefined) return
  t.after(() => {
    for (const [name, client] of Object.entries(clients)) writeFileSync(join(folder, `${name}.log`), client.streams())
  })
}

/** Two fresh accounts, three clients, and everything that can happen to them. */
export const continuity = async (
  t: TestContext,
  target: Target,
  makeOne: ContinuingClientMaker,
  makeOther: ContinuingClientMaker,
  { returns, speaks }: ContinuityOptions,
): Promise<void> => {
  const wire = await Wire.to(target.port)
  t.after(() => wire.close())
  const account = await target.takeAccount()
  const contact = makeOther(await target.takeAccount(), target)
  const first = makeOne(account, { ...target, port: wire.port })
  const second = makeOne(account, target)
  keepStreams(t, { contact, first, second })
  for (const client of [contact, first, second]) t.after(() => client.close())
  const cast: Cast = { contact, first, second, wire, said: [] }

  for (const client of [contact, first]) await client.login()
  await befriend(contact, first)
  await befriend(first, contact)
  await second.login()

  await copies(cast)
  await assertEachOnce(cast, 'on two devices')
  await catchUp(cast)
  await assertEachOnce(cast, 'after the second device was away')
  await bothAway(cast)
  await assertEachOnce(cast, 'after both devices were away')
  await loseConnection(cast, returns.loss)
  await assertEachOnce(cast, 'after a lost connection')
  const spoken = [...new Set([first, second].flatMap((client) => spokenIn(client.streams())))]
  t.diagnostic(`spoken with ${target.name}: ${spoken.join(', ')}`)
  for (const name of speaks) assert.ok(spoken.includes(name), `${first.jid} speaks ${name}`)

  if (target.restart === undefined || returns.restart === undefined) return
  await restartServer(cast, target, returns.restart)
  await assertEachOnce(cast, 'after the server was restarted')
  if (returns.kill === undefined) return
  await killServer(cast, target, returns.kill)
  await assertEachOnce(cast, 'after the server was killed')
}
