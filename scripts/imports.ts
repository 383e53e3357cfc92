/**
 * Checks the directions of imports that ARCHITECTURE.md promises: packages only downwards, features never into the
 * spine or the insides of each other, the walk of the server never back to an earlier step, what browsers run never to Node.
 */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { exit } from 'node:process'

/** Which packages of ours a package may import. */
const below = new Map([
  ['protocol', []],
  ['client', ['protocol']],
  ['storage', ['protocol']],
  ['server', ['protocol', 'storage']],
  ['testkit', ['protocol', 'client', 'storage', 'server']],
  ['daemon', ['protocol', 'client', 'storage', 'server', 'testkit']],
])

/** These have no dependency but packages of ours. They run everywhere, but for this folder, where Node may be imported. */
const universal = new Map([
  ['protocol', undefined],
  ['client', 'packages/client/src/node/'],
])

/** The walk: a file may import those after it. Types may go anywhere. */
const walk = ['server', 'connection', 'inbound', 'host', 'journey', 'handover', 'iq', 'router', 'deliver', 'outbound']

/** What a feature of the server may import of it beside its own folder. */
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

/** What a feature of the client may import of it: the contract, its own files, and the entries of other features, for `use`. */
const clientContract = /^contract\/|^messages\/index\.ts$|^features\/[^/]+(?:\.ts|\/index\.ts)$/

/** Folders of the client, each of which knows only those before it; what ties them together lies beside them. */
const clientOrder = ['contract', 'platform', 'negotiate', 'session', 'messages', 'features']

const server = 'packages/server/src/'
const client = 'packages/client/src/'

const problems: string[] = []
for (const file of globSync('{packages,apps}/*/src/**/*.ts').sort()) {
  const text = readFileSync(file, 'utf8')
  const isTest = file.endsWith('.test.ts')
  for (const [statement, , named, alone] of text.matchAll(
    /^(?:import|export)\s([^'"]*?)from\s+['"]([^'"]+)['"]|\bimport\s*\(?\s*['"]([^'"]+)['"]/gm,
  )) {
    const target = (named ?? alone)!
    const isTypeOnly = /^(?:import|export)\s+type\s/.test(statement)
    if (!isTest) checkPackage(file, target)
    if (isTest || !target.startsWith('.')) continue
    const path = normalize(join(dirname(file), target))
    if (file.startsWith(server)) checkServer(file, path, isTypeOnly)
    if (file.startsWith(client)) checkClient(file, path, isTypeOnly)
  }
}
for (const problem of problems) console.error(problem)
if (problems.length > 0) exit(1)

function checkPackage(file: string, target: string): void {
  const own = file.split('/')[1]!
  const other = /^@rookery\/([a-z]+)/.exec(target)?.[1]
  if (other !== undefined && !below.get(own)?.includes(other))
    problems.push(`${file}: a package imports only those below it, not ${target}`)
  if (!universal.has(own) || other !== undefined || /^[.#]/.test(target)) return
  const forNode = universal.get(own)
  if (!target.startsWith('node:')) problems.push(`${file}: ${own} has no dependencies, not even ${target}`)
  else if (forNode === undefined || !file.startsWith(forNode))
    problems.push(`${file}: this runs in browsers too and cannot import ${target}`)
}

function checkClient(file: string, target: string, isTypeOnly: boolean): void {
  const from = file.slice(client.length)
  const to = target.slice(client.length)
  if (to.startsWith('node/') && !from.startsWith('node/'))
    problems.push(`${file}: what is for Node is imported by nothing outside of it, not ${to}`)
  const [here, there] = [from, to].map((path) => clientOrder.indexOf(path.split('/')[0]!))
  if (here !== -1 && there! > here!)
    problems.push(`${file}: ${clientOrder[here!]}/ knows nothing of ${clientOrder[there!]}/, so not ${to}`)
  const feature = /^features\/([^/]+?)(?:\.ts|\/)/.exec(from)?.[1]
  if (feature === undefined || isTypeOnly || to.startsWith(`features/${feature}/`) || clientContract.test(to)) return
  problems.push(`${file}: a feature imports the contract, entries of other features and its own folder, not ${to}`)
}

function checkServer(file: string, target: string, isTypeOnly: boolean): void {
  const from = file.slice(server.length)
  const to = target.slice(server.length)
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
