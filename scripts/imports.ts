/**
 * Checks the directions of imports that ARCHITECTURE.md promises: packages only downwards, features never into each
 * other or the spine, the walk of the server never back to an earlier step.
 */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { exit } from 'node:process'

/** A package may import those to its left. */
const packages = ['protocol', 'storage', 'server', 'testkit', 'daemon']

/** The walk: a file may import those after it. Types may go anywhere. */
const walk = ['server', 'connection', 'inbound', 'host', 'journey', 'handover', 'iq', 'router', 'deliver', 'outbound']

/** What a feature may import of the server beside its own folder. */
const contract = new Set([
  'feature.ts',
  'delivery.ts',
  'stored-stanza.ts',
  'service.ts',
  'slot.ts',
  'account-documents.ts',
  'meter.ts',
  'rate.ts',
  'errors.ts',
  'maybe-all.ts',
])

const problems: string[] = []
for (const file of globSync('{packages,apps}/*/src/**/*.ts').sort()) {
  const text = readFileSync(file, 'utf8')
  const isTest = file.endsWith('.test.ts')
  for (const [statement, , target] of text.matchAll(/^(?:import|export)\s([^'"]*?)from\s+['"]([^'"]+)['"]/gm)) {
    const isTypeOnly = /^(?:import|export)\s+type\s/.test(statement)
    checkPackage(file, target!, isTest)
    if (!isTest && target!.startsWith('.')) checkInside(file, normalize(join(dirname(file), target!)), isTypeOnly)
  }
}
for (const problem of problems) console.error(problem)
if (problems.length > 0) exit(1)

function checkPackage(file: string, target: string, isTest: boolean): void {
  const own = packages.indexOf(file.split('/')[1]!)
  const other = /^@rookery\/([a-z]+)/.exec(target)?.[1]
  if (other === undefined || isTest) return
  const at = packages.indexOf(other)
  if (at > own || at === -1) problems.push(`${file}: a package imports only those below it, not ${target}`)
}

function checkInside(file: string, target: string, isTypeOnly: boolean): void {
  if (!file.startsWith('packages/server/src/')) return
  const from = file.slice('packages/server/src/'.length)
  const to = target.slice('packages/server/src/'.length)
  const room = /^features\/([^/]+)\//.exec(from)?.[1]
  if (room !== undefined) {
    const isAllowed = to.startsWith(`features/${room}/`) || to.startsWith('services/') || contract.has(to) || isTypeOnly
    if (!isAllowed) problems.push(`${file}: a feature imports the contract, services and its own folder, not ${to}`)
    if (/^features\/([^/]+)\//.exec(to)?.[1] !== room && to.startsWith('features/'))
      problems.push(`${file}: features meet only through services, not ${to}`)
    return
  }
  const step = walk.indexOf(from.replace(/\.ts$/, ''))
  const next = walk.indexOf(to.replace(/\.ts$/, ''))
  if (step >= 0 && next >= 0 && next < step && !isTypeOnly)
    problems.push(`${file}: the walk goes one way, not back to ${to}`)
}
