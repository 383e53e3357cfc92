/** `npm run check`: format, lint, types, import directions, sizes and the tests that start no processes (npm test has all). Stops at the first that fails. */
import { spawnSync } from 'node:child_process'
import { execPath, exit } from 'node:process'

const steps: [string, string, string[]][] = [
  ['format and lint', 'biome', ['check', '--error-on-warnings', '.']],
  ['types', 'tsc', ['-p', 'tsconfig.json']],
  ['types of the universal package', 'tsc', ['-p', 'packages/protocol/tsconfig.json']],
  ['types of the client in browsers', 'tsc', ['-p', 'packages/client/tsconfig.json']],
  ['types of the client in Node', 'tsc', ['-p', 'packages/client/src/node/tsconfig.json']],
  ['types of the page for browsers', 'tsc', ['-p', 'test/browser/page/tsconfig.json']],
  ['import directions', execPath, ['scripts/imports.ts']],
  ['size of the client', execPath, ['scripts/sizes.ts']],
  ['tests', execPath, ['scripts/test.ts', 'quick']],
]
for (const [what, command, options] of steps) {
  const start = performance.now()
  const run = spawnSync(command, options, { stdio: 'inherit' })
  console.log(`${run.status === 0 ? 'ok' : 'FAILED'}  ${what}  ${((performance.now() - start) / 1000).toFixed(1)} s`)
  if (run.status !== 0) exit(run.status ?? 1)
}
