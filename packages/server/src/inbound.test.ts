import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NS } from '@rookery/protocol'
import { memoryPair } from '@rookery/testkit'
import { type MemoryServer, memoryServer, turns } from '../test/memory-server.ts'

/** Says these things one after the other, each when the server has nothing to do any more. */
async function speak(server: MemoryServer, ...texts: string[]): Promise<void> {
  const pair = memoryPair()
  server.server.attach(pair.server)
  for (const text of texts) {
    pair.client.send(text)
    await turns()
  }
}

function header(lang?: string): string {
  const attribute = lang === undefined ? '' : ` xml:lang='${lang}'`
  return `<stream:stream xmlns='jabber:client' xmlns:stream='${NS.streams}' to='localhost' version='1.0'${attribute}>`
}

const auth = `<auth xmlns='${NS.sasl}' mechanism='PLAIN'>${btoa('\0romeo\0secret-romeo')}</auth>`
const bind = `<iq type='set' id='b'><bind xmlns='${NS.bind}'><resource>orchard</resource></bind></iq>`

/** The languages of what Juliet receives when Romeo's streams have these, before and after his login. */
async function languages(before: string | undefined, after: string | undefined): Promise<(string | undefined)[]> {
  await using server = await memoryServer()
  await server.login('romeo')
  const juliet = await server.login('juliet')
  await speak(
    server,
    header(before),
    auth,
    header(after),
    bind,
    `<message to='${juliet.jid}' id='m1'><body xml:lang='it'>ciao</body></message>`,
    `<message to='${juliet.jid}' id='m2' xml:lang='fr'><body>salut</body></message>`,
    `<message to='${juliet.jid}' id='m3' xml:lang=''><body>0</body></message>`,
    `<presence to='${juliet.jid}'><status>da</status></presence>`,
  )
  return (await juliet.all()).map((stanza) => stanza.attr('xml:lang'))
}

test('a stanza that names no language has that of its stream [RFC6120 4.7.4]', async () => {
  assert.deepEqual(await languages('en', 'de-CH'), ['de-CH', 'fr', '', 'de-CH'])
})

test('a stream without a language, or with what is none, gives its stanzas none', async () => {
  for (const lang of [undefined, '', 'x y', 'a'.repeat(100)])
    assert.deepEqual(await languages('en', lang), [undefined, 'fr', '', undefined])
})
