/** People with profanity on this server. */
import { after, before, test } from 'node:test'
import { continuity } from './continuity.ts'
import { everyday } from './everyday.ts'
import { makeProfanity } from './profanity/client.ts'
import { startTarget, type Target } from './target.ts'

const speaks = ['stream management', 'resumption', 'carbons', 'the archive']
let target: Target
before(async () => {
  target = await startTarget()
})
after(() => target?.stop())

test('profanity logs in with SCRAM over STARTTLS, adds, sees, chats and catches up', { timeout: 120_000 }, (t) =>
  everyday(t, target, makeProfanity, makeProfanity),
)

test('profanity loses and doubles nothing on two devices, away, cut off', { timeout: 240_000 }, (t) => {
  if (!target.hostListsArchive)
    return t.skip('profanity 0.15 looks for an archive at the host, where this server lists none')
  // No restarted or killed server: it forgets its session when its first try to connect again fails, and then sends what was not acknowledged in
  // the old one again, without an origin-id by which a server could know it [XEP-0198 9, XEP-0359 3]. Whether it does depends on the moment.
  return continuity(t, target, makeProfanity, makeProfanity, {
    returns: { loss: 'resumed' },
    speaks,
  })
})
