/** The answers that the catalogue asks for, as assertions on bytes. */
import assert from 'node:assert/strict'
import type { RawClient } from './client.ts'

const errorPattern =
  /<stream:error><([a-z-]+) xmlns='urn:ietf:params:xml:ns:xmpp-streams'\/>(?:<text xmlns='urn:ietf:params:xml:ns:xmpp-streams'[^>]*>[^<]*<\/text>)?<\/stream:error><\/stream:stream>$/

/** SERR(c): the stream error, nothing after it but the end of the stream, and FIN within 5 seconds. Gives what came before it. */
export async function expectStreamError(client: RawClient, ...conditions: readonly string[]): Promise<string> {
  const came = await client.waitFor('</stream:stream>')
  const match = errorPattern.exec(came)
  assert.ok(match, `a stream error ends the stream, not ${JSON.stringify(came.slice(-400))}`)
  assert.ok(conditions.includes(match[1]!), `${conditions.join(' or ')}, not ${match[1]}`)
  await expectEnd(client)
  assert.equal(client.received, '', 'nothing follows the end of the stream')
  return came.slice(0, match.index)
}

/** FIN (or RST) within 5 seconds. */
export async function expectEnd(client: RawClient, patience = 5000): Promise<void> {
  assert.ok(await client.waitForEnd(patience), `the connection ends within ${patience} ms`)
}

/** IERR(t,c) to the stanza with this id. */
export async function expectStanzaError(client: RawClient, id: string, type: string, condition: string): Promise<void> {
  const answer = await client.waitFor(new RegExp(`<(iq|message|presence) [^>]*id='${id}'.*?</\\1>`, 's'))
  const stanza = answer.slice(answer.lastIndexOf(`id='${id}'`))
  assert.match(answer, /<(iq|message|presence) [^>]*type='error'[^>]*>/)
  assert.match(
    stanza,
    new RegExp(`<error [^>]*type='${type}'[^>]*><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>`),
  )
}

/** SILENT: a bound victim has received nothing. */
export async function expectSilence(victim: RawClient): Promise<void> {
  assert.equal(await victim.fence(), '', 'nothing reaches the victim')
}

/** What has reached a victim until now; it must be of one piece with nothing around. */
export async function delivered(victim: RawClient): Promise<string> {
  return victim.fence()
}
