/** A store that lives as long as the process or the page: a client that is made anew finds what the one before has left. */
import type { Change, OpenStore, Store } from '../contract/store.ts'
import { adopt, sorted } from './rows.ts'

/** Clients that use the same `memoryStore()` share it, each with a table of its own. */
export function memoryStore(): OpenStore {
  const accounts = new Map<string, Table[]>()
  return (account) => {
    const tables = accounts.get(account) ?? []
    accounts.set(account, tables)
    let own = tables.find((table) => !table.isOpen)
    if (own === undefined) tables.push((own = new Table()))
    own.isOpen = true
    for (const other of tables) {
      if (other.isOpen) continue
      own.write(adopt(own.rows, other.rows))
      other.rows.clear()
    }
    return own
  }
}

class Table implements Store {
  readonly rows: Map<string, string> = new Map<string, string>()
  isOpen = false

  read(): readonly (readonly [key: string, value: string])[] {
    return sorted(this.rows)
  }

  write(changes: readonly Change[]): undefined {
    for (const [key, value] of changes) {
      if (value === undefined) this.rows.delete(key)
      else this.rows.set(key, value)
    }
  }

  close(): undefined {
    this.isOpen = false
  }
}
