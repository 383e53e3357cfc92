/** At the very first start: an account for whoever started the server, with a random password that is shown once. */
import { randomInt } from 'node:crypto'
import type { Storage } from '@rookery/storage'
import type { AccountBook } from './control/account-book.ts'

export interface FirstAccount {
  readonly jid: string
  readonly password: string
}

const marker = 'daemon:first-account'

/** Undefined when the server was started before, or has accounts already. */
export async function makeFirstAccount(
  accounts: AccountBook,
  storage: Storage,
  hosts: readonly string[],
): Promise<FirstAccount | undefined> {
  const host = hosts[0]!
  const { documents } = storage.host(host)
  if ((await documents.get('', marker)) !== undefined) return undefined
  const first = { jid: `admin@${host}`, password: randomPassword() }
  let isMade = false
  if (!(await hasAccounts(accounts, hosts))) isMade = await accounts.add(first.jid, first.password)
  await documents.put('', marker, new Date().toISOString())
  return isMade ? first : undefined
}

async function hasAccounts(accounts: AccountBook, hosts: readonly string[]): Promise<boolean> {
  for (const host of hosts) if ((await accounts.list(host, undefined, 1)).length > 0) return true
  return false
}

/** Without characters that look alike. */
const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789'

/** 16 characters of 32: 80 bits, in groups that are easy to type. */
export function randomPassword(): string {
  const group = (): string => Array.from({ length: 4 }, () => alphabet[randomInt(alphabet.length)]).join('')
  return [group(), group(), group(), group()].join('-')
}
