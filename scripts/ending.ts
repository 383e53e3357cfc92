/**
 * Loaded before each test file by scripts/test.ts, so that none keeps the others from running: a file that is not at its end after `TEST_FILE_SECONDS` is
 * ended, and so is one that lives on although its tests are over, because something is still open. Either fails, and says what it was at.
 */
import { writeSync } from 'node:fs'
import { relative } from 'node:path'
import process, { argv, env, execArgv } from 'node:process'
import { afterEach, after as atTheEnd, beforeEach } from 'node:test'
import { isMainThread } from 'node:worker_threads'

const isTogether = execArgv.includes('--test-isolation=none')
// not in the process that starts the others, nor in threads of a test
if (isMainThread && (isTogether || env['NODE_TEST_CONTEXT'] !== undefined)) watch()

function watch(): void {
  const running = new Set<string>()
  beforeEach((context) => void running.add(nameOf(context)))
  afterEach((context) => void running.delete(nameOf(context)))

  // a timer that holds nothing open is only reached where something else does
  const endAfter = (seconds: number, why: string): void => {
    setTimeout(() => {
      const who = isTogether ? 'the files that share a process' : relative(process.cwd(), argv[1] ?? '')
      const tests = running.size === 0 ? '' : `\n  running: ${[...running].join(', ')}`
      const open = process.getActiveResourcesInfo().join(', ')
      writeSync(2, `${who}: ${why}${tests}\n  open: ${open}\n`)
      process.exit(1)
    }, seconds * 1000).unref()
  }
  const fileSeconds = Number(env['TEST_FILE_SECONDS'] ?? 480)
  if (!isTogether) endAfter(fileSeconds, `not at its end after ${fileSeconds} s`)
  const lingerSeconds = Number(env['TEST_LINGER_SECONDS'] ?? 15)
  atTheEnd(() => endAfter(lingerSeconds, `${lingerSeconds} s after its last test something is still open`))
}

function nameOf(context: unknown): string {
  return (context as { fullName: string }).fullName
}
