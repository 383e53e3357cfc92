/** slixmpp bots on this server. */
import { after, before, test } from 'node:test'
import { continuity } from './continuity.ts'
import { everyday } from './everyday.ts'
import { makeSlixmpp } from './slixmpp/client.ts'
import { startTarget, type Target } from './target.ts'

const speaks = ['stream management', 'resumption', 'carbons', 'the archive', 'client state']
let target: Target
before(async () => {
  target = await startTarget()
})
after(() => target?.stop())

test('slixmpp logs in with SCRAM over STARTTLS, adds, sees, chats and catches up', { timeout: 120_000 }, (t) =>
  everyday(t, target, makeSlixmpp, makeSlixmpp),
)

test('slixmpp loses and doubles nothing on two devices, away, cut off, restarted', { timeout: 240_000 }, (t) =>
  continuity(t, target, makeSlixmpp, makeSlixmpp, {
    returns: { loss: 'resumed', restart: 'resumed', kill: 'resumed' },
    speaks,
  }),
)
