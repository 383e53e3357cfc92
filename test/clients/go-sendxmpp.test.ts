/** go-sendxmpp on this server: the stock client that logs in with SASL2 (XEP-0388), Bind 2 (XEP-0386) and FAST (XEP-0484). */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { everyday } from './everyday.ts'
import { makeGoSendxmpp } from './go-sendxmpp/client.ts'
import { spokenIn } from './spoken.ts'
import { startTarget, type Target } from './target.ts'

let target: Target
before(async () => {
  target = await startTarget()
})
after(() => target?.stop())

test('go-sendxmpp logs in with SCRAM over STARTTLS, adds, sees, chats and catches up', { timeout: 120_000 }, (t) =>
  everyday(t, target, makeGoSendxmpp, makeGoSendxmpp),
)

test('go-sendxmpp binds while it logs in, and the second time a token is enough', { timeout: 60_000 }, async (t) => {
  const client = makeGoSendxmpp(await target.takeAccount(), target)
  t.after(() => client.close())
  const first = await client.login()
  const offers = (what: RegExp): boolean => what.test(client.streams())
  if (!offers(/<authentication\b[^>]*urn:xmpp:sasl:2/)) return t.skip(`${target.name} offers no SASL2`)
  assert.match(first.mechanism, /^SCRAM-SHA-/)
  t.diagnostic(`spoken: ${spokenIn(client.streams()).join(', ')}`)
  for (const name of ['SASL2', 'Bind 2']) assert.ok(spokenIn(client.streams()).includes(name), name)
  if (!offers(/<fast\b[^>]*urn:xmpp:fast:0/)) return t.skip(`${target.name} offers no FAST`)
  assert.ok(spokenIn(client.streams()).includes('a token'))
  await client.logout()
  const before = client.streams().length
  const second = await client.login()
  assert.match(second.mechanism, /^HT-SHA-256-/)
  const since = client.streams().slice(before)
  // After TLS one message goes out and one comes back: <authenticate/>, then <success/> with the resource bound.
  const afterTls = since.slice(since.indexOf('SEND: <authenticate')).replaceAll('\nRECV: ', '') // in whatever pieces
  assert.match(afterTls, /^SEND: <authenticate[^\n]*<success[^\n]*<bound [^\n]*\nSEND: <presence/)
})
