/**
 * Runs tests: `npm test` all that need nothing but npm; `npm run test:clients`, `test:client`, `test:browser`, `test:attacks`, `test:peers`, `test:nolost` those under
 * test/<name>, which need what .ci/install installs; `quick` is npm test without those that start processes or take
 * long (for `npm run check`). More words are patterns that file names must contain.
 * Where `CI` is set, one or two files that fail are run once more, alone: what passes then is named as unsteady, here and in the file `UNSTEADY`.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process, { allowedNodeEnvironmentFlags, argv, env, execPath, exit, stdout } from 'node:process'

interface Suite {
  files: string[]
  concurrency: number
  /** For a file that needs more than others have. */
  fileSeconds?: number
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
    'test/package/*.test.ts',
    'test/nolost/{checker,journal,client/*,targets/*}.test.ts',
    'scripts/*.test.ts',
  ],
  concurrency: 2,
}
const slow = [
  'apps/daemon/src/cli',
  'apps/daemon/src/reload',
  'apps/daemon/src/running',
  'apps/daemon/src/commands',
  'apps/daemon/src/bench',
  'apps/daemon/src/talk',
  'apps/daemon/bin',
  'packages/server/src/listen/http/slow-headers',
  'packages/storage/src/sqlite',
  'test/scenarios/tcp',
  'test/scenarios/websocket',
  'test/scenarios/bosh',
  'test/docs/client-examples',
  'test/docs/examples',
  'test/package/',
  'examples/',
  'scripts/ending',
  'scripts/test',
]

const suites = new Map<string, Suite>([
  ['quick', { ...all, except: slow }],
  ['clients', { files: ['test/clients/**/*.test.ts'], concurrency: 1 }],
  ['client', { files: ['test/client/**/*.test.ts'], concurrency: 1 }],
  ['browser', { files: ['test/browser/**/*.test.ts'], concurrency: 1 }],
  ['attacks', { files: ['test/attacks/**/*.test.ts'], concurrency: 1 }],
  ['nolost', { files: ['test/nolost/**/*.test.ts'], concurrency: 1, fileSeconds: 580 }],
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
// each test, and each hook; the few that need longer say so. scripts/ending.ts ends the files that do not end by themselves
const testTimeout = 120_000
const ending = new URL('ending.ts', import.meta.url).href
const failedFiles = new URL('failed-files.ts', import.meta.url).href
let runs = 0
const options = ['--test', `--test-timeout=${testTimeout}`, '--disable-proto=throw', '--import', ending]
// hundreds of processes load the same modules: compiled once, they start in two thirds of the time
const compiled = mkdtempSync(join(tmpdir(), 'rookery-compiled-'))
const environment = {
  NODE_COMPILE_CACHE: compiled,
  ...(suite.fileSeconds === undefined ? {} : { TEST_FILE_SECONDS: String(suite.fileSeconds) }),
  ...env,
  ...(stdout.isTTY ? { FORCE_COLOR: '1' } : {}),
}
// what touches neither files nor the process needs no process of its own, most of which is its start (an older Node.js cannot do without)
const isTogether = (file: string): boolean =>
  /^packages.(protocol|server.src.(?!listen))/.test(file) && allowedNodeEnvironmentFlags.has('--test-isolation')
const together = files.filter(isTogether)
const apart = files.filter((file) => !isTogether(file))
// both at once; what the one says is shown behind the other
const one = run(together, apart.length > 0 ? 'pipe' : 'inherit', '--test-isolation=none')
const other = run(apart, 'inherit', `--test-concurrency=${suite.concurrency}`)
const ended = [await other, await one]
for (const { said } of ended) stdout.write(said)
const failed = ended.flatMap((it) => it.failed)
let status = Math.max(...ended.map(({ code }) => code))
// a race that only a machine of CI loses must not hold up what others have made; it is told, and a defect all the same
if (env['CI'] && status !== 0 && failed.length > 0 && failed.length <= 2) {
  console.log(`\n=== once more, since it failed: ${failed.join(', ')}`)
  status = (await run(failed, 'inherit', '--test-concurrency=1')).code
  const said = failed.map((file) => `unsteady: ${file} failed, and passed when it was run again\n`).join('')
  if (status === 0) stdout.write(said)
  if (status === 0 && env['UNSTEADY']) appendFileSync(env['UNSTEADY'], said)
}
rmSync(compiled, { recursive: true, force: true })
process.exitCode = status

/** Resolves with the exit code, the files in which something failed, and what was piped. */
async function run(
  chosen: readonly string[],
  output: 'pipe' | 'inherit',
  ...more: string[]
): Promise<{ code: number; failed: string[]; said: Buffer }> {
  const said: Buffer[] = []
  if (chosen.length === 0) return { code: 0, failed: [], said: Buffer.alloc(0) }
  const list = join(compiled, `failed-${++runs}`)
  const reporters = ['spec', 'stdout', failedFiles, list].map((value, index) =>
    index % 2 === 0 ? `--test-reporter=${value}` : `--test-reporter-destination=${value}`,
  )
  const child = spawn(execPath, [...options, ...reporters, ...more, ...chosen], {
    stdio: ['inherit', output, output],
    env: environment,
  })
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (bytes: Buffer) => said.push(bytes))
  const [code] = (await once(child, 'close')) as [number | null]
  const failed = readFileSync(list, 'utf8').split('\n').filter(Boolean)
  return { code: code ?? 1, failed, said: Buffer.concat(said) }
}
