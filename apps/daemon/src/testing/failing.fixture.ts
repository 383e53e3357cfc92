/** For tests: a process in which something breaks that nobody catches. */
import { createLog } from '../log/log.ts'
import { Running } from '../running.ts'

const log = createLog({ level: 'info', format: 'json' })
const running = new Running(log)
running.atEnd(async () => log.info({}, 'the step at the end'))
const [how] = process.argv.slice(2)
if (how === 'exception') {
  setTimeout(() => {
    throw new TypeError('an exception')
  }, 1)
} else void Promise.reject(new TypeError('an rejection'))
process.exitCode = await running.ended
