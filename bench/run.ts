/** `npm run bench`: the same load against this server and the peers that are installed, one after another, and a table with ratios. See README.md. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { accountsFor, type Case, cases, chooseCases } from './cases.ts'
import { comparisonTable, type Measured } from './comparison.ts'
import { isPinned } from './pinning.ts'
import { runCase } from './run-case.ts'
import { isAvailable, isTargetName, startTarget, type Target, type TargetName, targetNames } from './target.ts'

const usage = `npm run bench -- [--only rookery,ejabberd,prosody] [--cases chat_w5,ping] [--secs 6] [--quick] [--passwords plain|scram] [--json FILE]
cases: ${cases.map((one) => one.name).join(', ')}`

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    cases: { type: 'string', default: '' },
    secs: { type: 'string' },
    quick: { type: 'boolean', default: false },
    passwords: { type: 'string', default: 'plain' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(usage)
  process.exit(0)
}

const passwords = values.passwords === 'scram' ? 'scram' : 'plain'
const chosen = chooseCases(list(values.cases), Number(values.secs ?? (values.quick ? 2 : 6)), values.quick)
const servers = chooseServers(list(values.only))
const folder = mkdtempSync(join(tmpdir(), 'rookery-bench-'))
const versions = new Map<TargetName, string>()
const measured: Measured[] = []
let running: Target | undefined
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))

// Ctrl-C ends the server under load too; children that are left are killed by their own exit hooks.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void (running?.stop() ?? Promise.resolve()).finally(() => process.exit(130)))
}

for (const server of servers) await compare(server)

const title = servers.map((server) => `${server} ${versions.get(server) ?? '?'}`).join(', ')
console.log(`\n${title}; peers store passwords ${passwords === 'plain' ? 'plainly' : 'as SCRAM keys'}`)
console.log(
  isPinned ? 'server on core 0, generator on core 1' : 'NOT pinned to cores: figures of different runs differ',
)
console.log(comparisonTable(chosen, servers, measured))
if (values.json !== undefined) {
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, kernel: release(), node: process.version, isPinned }
  const all = { when: new Date().toISOString(), machine, passwords, versions: Object.fromEntries(versions), measured }
  writeFileSync(values.json, `${JSON.stringify(all, undefined, 2)}\n`)
}
process.exitCode = measured.some((entry) => entry.failure !== undefined) ? 1 : 0

/** All cases against one server; each group of cases on a fresh process with the same accounts. */
async function compare(server: TargetName): Promise<void> {
  // The case "register" makes accounts for all the others.
  let areAccountsMade = chosen[0]?.name === 'register'
  for (const group of new Set(chosen.map((one) => one.group))) {
    const members = chosen.filter((one) => one.group === group)
    try {
      if (!areAccountsMade) {
        await use(server, false, (target) => runCase(target, { mode: 'register', users: accountsFor(chosen) }))
        areAccountsMade = true
      }
      const archive = members.some((one) => one.archive === true)
      await use(server, archive, async (target) => {
        for (const one of members) measured.push(await measure(target, one))
      })
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error)
      console.error(`${server}: ${failure}`)
      const missing = members.filter((one) => !measured.some((m) => m.server === server && m.case === one.name))
      for (const one of missing) measured.push({ server, case: one.name, failure })
    }
  }
}

async function use(server: TargetName, archive: boolean, work: (target: Target) => Promise<unknown>): Promise<void> {
  running = await startTarget(server, folder, { passwords, archive })
  versions.set(server, running.version)
  try {
    await work(running)
  } finally {
    await running.stop()
    running = undefined
  }
}

async function measure(target: Target, one: Case): Promise<Measured> {
  console.error(`${target.name}: ${one.title}, ${one.load.users} users`)
  try {
    return { server: target.name, case: one.name, result: await runCase(target, one.load) }
  } catch (error) {
    return { server: target.name, case: one.name, failure: error instanceof Error ? error.message : String(error) }
  }
}

function chooseServers(names: readonly string[]): TargetName[] {
  const unknown = names.filter((name) => !isTargetName(name))
  if (unknown.length > 0) throw new Error(`no server called ${unknown.join(', ')}; there are ${targetNames.join(', ')}`)
  const wanted = targetNames.filter((name) => names.length === 0 || names.includes(name))
  for (const name of wanted) if (!isAvailable(name)) console.error(`${name} is not installed and is left out`)
  return wanted.filter(isAvailable)
}

function list(text: string): string[] {
  return text.split(',').filter((word) => word !== '')
}
