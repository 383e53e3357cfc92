/** `rookery check`: what would keep the server from starting, or clients from finding and trusting it; each with its fix. */
import { checkCertificates } from '../check/check-certificates.ts'
import { checkClock } from '../check/check-clock.ts'
import { checkConfig } from '../check/check-config.ts'
import { checkData } from '../check/check-data.ts'
import { checkDns } from '../check/check-dns.ts'
import { checkFeatures } from '../check/check-features.ts'
import { checkPorts } from '../check/check-ports.ts'
import type { Finding } from '../check/finding.ts'
import { type ConfigOptions, ConfigProblems, loadConfig } from '../config/load.ts'
import { connectAccounts } from '../control/control-client.ts'

/** Exit code 1 when there is an error; warnings alone are 0. */
export async function check(options: ConfigOptions & { json?: boolean; dns?: boolean }): Promise<number> {
  const { json, dns, ...rest } = options
  const findings = await find(rest, dns !== false)
  const isBad = findings.some(({ level }) => level === 'error')
  process.stdout.write(json === true ? `${JSON.stringify({ ok: !isBad, findings }, undefined, 2)}\n` : asText(findings))
  return isBad ? 1 : 0
}

async function find(options: ConfigOptions, withDns: boolean): Promise<Finding[]> {
  let loaded: ReturnType<typeof loadConfig>
  try {
    loaded = loadConfig(options)
  } catch (error) {
    if (!(error instanceof ConfigProblems)) throw error
    return error.problems.map((text) => ({ area: 'config', level: 'error', text, fix: 'Correct it in the file.' }))
  }
  const { config } = loaded
  const wrong = await checkFeatures(config)
  const isRunning = (await connectAccounts(config.data).catch(() => undefined)) !== undefined
  return [
    ...checkConfig(loaded).filter(({ level }) => level !== 'ok' || wrong.length === 0),
    ...wrong,
    ...(await checkData(config.data)),
    ...checkCertificates(config),
    ...(await checkPorts(config, isRunning)),
    ...(withDns ? await checkDns(config) : []),
    checkClock(config.data),
  ]
}

const words = { ok: 'ok     ', warning: 'warning', error: 'ERROR  ' } as const

function asText(findings: readonly Finding[]): string {
  const lines = findings.flatMap(({ level, text, fix }) => [
    `${words[level]}  ${text}`,
    ...(fix === undefined || level === 'ok' ? [] : [`         -> ${fix}`]),
  ])
  const count = (level: Finding['level']): number => findings.filter((finding) => finding.level === level).length
  const errors = count('error')
  const warnings = count('warning')
  const summary =
    errors + warnings === 0
      ? 'All is well.'
      : `${errors} ${errors === 1 ? 'error' : 'errors'}, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}.`
  return `${[...lines, '', summary].join('\n')}\n`
}
