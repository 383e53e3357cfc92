/** `rookery user`: the accounts of the data folder, while the server runs and while it does not. */
import { confirm, isCancel } from '@clack/prompts'
import { type ConfigOptions, loadConfig } from '../config/load.ts'
import { withAccounts } from '../control/open-accounts.ts'
import { Failure } from '../failure.ts'
import { visible } from '../log/clean.ts'
import { type PasswordOptions, readPassword } from '../password.ts'

export async function addUser(name: string, options: ConfigOptions & PasswordOptions): Promise<number> {
  const { config } = loadConfig(options)
  const jid = address(name, config.hosts)
  const password = await readPassword(jid, options)
  if (!(await withAccounts(config, (accounts) => accounts.add(jid, password))))
    throw new Failure(`${jid} exists already. Another password: rookery user passwd ${jid}`)
  say(`Added ${jid}.`)
  return 0
}

export async function changePassword(name: string, options: ConfigOptions & PasswordOptions): Promise<number> {
  const { config } = loadConfig(options)
  const jid = address(name, config.hosts)
  const password = await readPassword(jid, options)
  if (!(await withAccounts(config, (accounts) => accounts.setPassword(jid, password)))) throw noSuch(jid)
  say(`Changed the password of ${jid}.`)
  return 0
}

export async function listUsers(options: ConfigOptions & { host?: string; json?: boolean }): Promise<number> {
  const { host, ...rest } = options
  const { config } = loadConfig(rest)
  const found = await withAccounts(config, async (accounts) => {
    const jids: string[] = []
    for (const one of host === undefined ? config.hosts : [host]) {
      for (let after: string | undefined; ; ) {
        const names = await accounts.list(one, after, 1000)
        for (const name of names) jids.push(`${name}@${one}`)
        if (names.length < 1000) break
        after = names.at(-1)
      }
    }
    return jids
  })
  if (options.json === true) say(JSON.stringify(found))
  else if (found.length > 0) say(found.map(visible).join('\n'))
  return 0
}

export async function removeUser(name: string, options: ConfigOptions & { yes?: boolean }): Promise<number> {
  const { config } = loadConfig(options)
  const jid = address(name, config.hosts)
  if (options.yes !== true) await confirmRemoval(jid)
  if (!(await withAccounts(config, (accounts) => accounts.remove(jid)))) throw noSuch(jid)
  say(`Removed ${jid} and all it had.`)
  return 0
}

async function confirmRemoval(jid: string): Promise<void> {
  if (process.stdin.isTTY !== true)
    throw new Failure(`This removes ${jid} with its contacts and messages. Add --yes to do it.`)
  const answer = await confirm({ message: `Remove ${jid} with its contacts and messages?`, initialValue: false })
  if (isCancel(answer) || !answer) throw new Failure('Nothing was removed.')
}

/** A name alone is one on the first host. */
function address(name: string, hosts: readonly string[]): string {
  return name.includes('@') ? name : `${name}@${hosts[0]}`
}

function noSuch(jid: string): Failure {
  return new Failure(`There is no account ${jid}. Those there are: rookery user list`)
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
