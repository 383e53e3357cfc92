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

test('profanity loses and doubles nothing on two devices, away, cut off, restarted', { timeout: 240_000 }, (t) => {
  if (!target.hostListsArchive)
    return t.skip('profanity 0.15 looks for an archive at the host, where this server lists none')
  // No killed server: it forgets its session when its first try to connect again fails, and whether it does depends on how long the server takes.
  return continuity(t, target, makeProfanity, makeProfanity, {
    returns: { loss: 'resumed', restart: 'anew' },
    speaks,
  })
})
