/**
 * Runs tests: `npm test` all that need nothing but npm; `npm run test:clients`, `test:browser`, `test:attacks`, `test:peers`, `test:nolost` those under
 * test/<name>, which need what .ci/install installs; `quick` is npm test without those that start processes or take
 * long (for `npm run check`). More words are patterns that file names must contain.
 */
import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { allowedNodeEnvironmentFlags, argv, env, execPath, exit } from 'node:process'

interface Suite {
  files: string[]
  concurrency: number
  /** Beginnings of file names to leave out. */
  except?: string[]
}

const all: Suite = {
  files: [
    'packages/**/*.test.ts',
    'apps/**/*.test.ts',
    'examples/**/*.test.ts',
    'bench/**/*.test.ts',
    'test/scenarios/{bosh,files,memory,tcp,websocket}.test.ts',
    'test/docs/**/*.test.ts',
    'test/nolost/{checker,journal,client/*,targets/*}.test.ts',
  ],
  concurrency: 2,
}
const slow = [
  'apps/daemon/src/cli',
  'apps/daemon/src/reload',
  'apps/daemon/src/running',
  'apps/daemon/src/commands',
  'apps/daemon/src/bench',
  'apps/daemon/bin',
  'packages/server/src/listen/http/slow-headers',
  'packages/storage/src/sqlite',
  'test/scenarios/tcp',
  'test/scenarios/websocket',
  'test/scenarios/bosh',
  'test/docs/examples',
  'examples/',
]

const suites = new Map<string, Suite>([
  ['quick', { ...all, except: slow }],
  ['clients', { files: ['test/clients/**/*.test.ts'], concurrency: 1 }],
  ['browser', { files: ['test/browser/**/*.test.ts'], concurrency: 1 }],
  ['attacks', { files: ['test/attacks/**/*.test.ts'], concurrency: 1 }],
  ['nolost', { files: ['test/nolost/**/*.test.ts'], concurrency: 1 }],
  ['peers', { files: ['scripts/peers/*.test.ts', 'test/scenarios/peers.test.ts'], concurrency: 1 }],
])
const [name = '', ...patterns] = argv.slice(2)
const suite = suites.get(name) ?? all
const wanted = suite === all && name !== '' ? [name, ...patterns] : patterns
const files = globSync(suite.files, { exclude: (path) => path.includes('node_modules') })
  .filter((file) => wanted.every((pattern) => file.includes(pattern)))
  .filter((file) => !suite.except?.some((beginning) => file.startsWith(beginning)))
  .sort()
if (files.length === 0) {
  console.error(`no test file matches ${[name, ...patterns].join(' ')}`)
  exit(1)
}
const options = ['--test', `--test-concurrency=${suite.concurrency}`, '--test-timeout=600000', '--disable-proto=throw']
// hundreds of processes load the same modules: compiled once, they start in two thirds of the time
const compiled = mkdtempSync(join(tmpdir(), 'rookery-compiled-'))
const run = (chosen: readonly string[], ...more: string[]): number => {
  if (chosen.length === 0) return 0
  const variables = { NODE_COMPILE_CACHE: compiled, ...env }
  return spawnSync(execPath, [...options, ...more, ...chosen], { stdio: 'inherit', env: variables }).status ?? 1
}
// what has no state and does no I/O needs no processes of its own (an older Node.js cannot do without)
const isPure = (file: string): boolean =>
  file.startsWith('packages/protocol/') && allowedNodeEnvironmentFlags.has('--test-isolation')
const pure = run(files.filter(isPure), '--test-isolation=none')
const others = run(files.filter((file) => !isPure(file)))
rmSync(compiled, { recursive: true, force: true })
exit(pure || others)
