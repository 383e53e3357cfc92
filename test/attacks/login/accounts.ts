/** What users do to their own accounts by in-band registration (XEP-0077), as bytes. */
import { login, RawClient } from '../harness/client.ts'
import type { Victim } from '../harness/server.ts'

export const REGISTER = 'jabber:iq:register'

export const registration = (username: string, password: string): string =>
  `<iq type='set' id='reg'><query xmlns='${REGISTER}'><username>${username}</username><password>${password}</password></query></iq>`

/** Sends an IQ with the id `reg` and gives the answer: `result`, or the condition of the error. */
export async function ask(client: RawClient, wire: string, patience = 20_000): Promise<string> {
  client.send(wire)
  const answer = await client.waitFor(
    /<iq [^>]*\bid='reg'[^>]*\/>|<iq [^>]*\bid='reg'.*?<\/iq>|<\/stream:error>/s,
    patience,
  )
  return /<error [^>]*><([a-z-]+)/.exec(answer)?.[1] ?? /<stream:error><([a-z-]+)/.exec(answer)?.[1] ?? 'result'
}

/** Asks a stranger's stream for a new account. */
export async function register(victim: Victim, jid: string, password: string, from?: string): Promise<string> {
  const at = jid.lastIndexOf('@')
  const client = await RawClient.connect({ port: victim.port, ...(from === undefined ? {} : { from }) })
  await client.open(jid.slice(at + 1))
  const outcome = await ask(client, registration(jid.slice(0, at), password))
  client.close()
  return outcome
}

export async function changePassword(client: RawClient, username: string, password: string): Promise<string> {
  return ask(client, registration(username, password))
}

export async function removeAccount(victim: Victim, jid: string, password?: string): Promise<void> {
  const client = await login(victim, jid, { resource: 'remover', ...(password === undefined ? {} : { password }) })
  const outcome = await ask(client, `<iq type='set' id='reg'><query xmlns='${REGISTER}'><remove/></query></iq>`)
  if (outcome !== 'result') throw new Error(`${jid} was not removed: ${outcome}`)
  await client.waitForEnd(5000)
  client.close()
}
