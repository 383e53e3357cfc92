/** The accounts of one host in memory. */
import type { Account, AccountStore, Credential } from '../contracts.ts'
import { compareText } from '../text.ts'
import type { Run } from './storage.ts'

/** A store that can let go of everything an account owns in it. */
export interface Owned {
  forget(local: string): void
}

export class MemoryAccounts implements AccountStore {
  readonly #accounts = new Map<string, Account>()
  readonly #run: Run
  readonly #owned: readonly Owned[]

  constructor(run: Run, owned: readonly Owned[]) {
    this.#run = run
    this.#owned = owned
  }

  get(local: string): Promise<Account | undefined> {
    return this.#run('accounts.get', () => {
      const account = this.#accounts.get(local)
      return account === undefined ? undefined : copyAccount(account)
    })
  }

  create(account: Account): Promise<boolean> {
    return this.#run('accounts.create', () => {
      if (this.#accounts.has(account.local)) return false
      this.#forget(account.local)
      this.#accounts.set(account.local, copyAccount(account))
      return true
    })
  }

  setCredentials(
    local: string,
    credentials: readonly Credential[],
    expected?: readonly Credential[],
  ): Promise<boolean> {
    return this.#run('accounts.setCredentials', () => {
      const account = this.#accounts.get(local)
      if (account === undefined) return false
      if (expected !== undefined && !sameCredentials(account.credentials, expected)) return false
      this.#accounts.set(local, copyAccount({ ...account, credentials }))
      return true
    })
  }

  remove(local: string): Promise<boolean> {
    return this.#run('accounts.remove', () => {
      this.#forget(local)
      return this.#accounts.delete(local)
    })
  }

  list(options: { readonly after?: string | undefined; readonly limit: number }): Promise<string[]> {
    return this.#run('accounts.list', () => {
      const { after, limit } = options
      const locals = [...this.#accounts.keys()].sort(compareText)
      const rest = after === undefined ? locals : locals.filter((local) => compareText(local, after) > 0)
      return rest.slice(0, Math.max(0, limit))
    })
  }

  count(): Promise<number> {
    return this.#run('accounts.count', () => this.#accounts.size)
  }

  #forget(local: string): void {
    if (local === '') return // '' owns the host's documents and is nobody's account
    for (const store of this.#owned) store.forget(local)
  }
}

function copyAccount(account: Account): Account {
  return { local: account.local, created: account.created, credentials: account.credentials.map(copyCredential) }
}

function copyCredential(credential: Credential): Credential {
  const { mechanism, iterations } = credential
  const [salt, storedKey, serverKey] = [credential.salt, credential.storedKey, credential.serverKey].map(
    (bytes) => new Uint8Array(bytes),
  )
  return { mechanism, salt: salt!, iterations, storedKey: storedKey!, serverKey: serverKey! }
}

function sameCredentials(a: readonly Credential[], b: readonly Credential[]): boolean {
  return a.length === b.length && a.every((credential, i) => sameCredential(credential, b[i]!))
}

function sameCredential(a: Credential, b: Credential): boolean {
  return (
    a.mechanism === b.mechanism &&
    a.iterations === b.iterations &&
    Buffer.compare(a.salt, b.salt) === 0 &&
    Buffer.compare(a.storedKey, b.storedKey) === 0 &&
    Buffer.compare(a.serverKey, b.serverKey) === 0
  )
}
