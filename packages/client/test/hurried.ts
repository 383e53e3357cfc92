/** For tests that connect again and again: pauses are a hundredth of what they are, and what depends on others has its usual time and more. */
import type { ClientOptions } from '../src/index.ts'
import { nodePlatform } from '../src/node/index.ts'

const times = 100

export const hurried = {
  platform: {
    ...nodePlatform,
    clock: {
      now: nodePlatform.clock.now,
      after: (milliseconds, run) => nodePlatform.clock.after(milliseconds / times, run),
    },
  },
  attemptTimeout: 15_000 * times,
  patience: 30_000 * times,
  keepAlive: 60_000 * times,
  answerWithin: 15_000 * times,
} satisfies Partial<ClientOptions>
