/** The load cases of the comparison, the same for every server. */
import type { LoadOptions } from '../apps/daemon/src/bench/load-options.ts'

export interface Case {
  readonly name: string
  /** Without the number of users. */
  readonly title: string
  readonly load: LoadOptions & { readonly users: number }
  /**
   * Cases of the group `accounts` follow each other on one process; every other case gets a freshly started server on the same data,
   * because what ran before shows in memory, and with some servers in speed too.
   */
  readonly group: string
  /** Both sides of each message are archived (XEP-0313); this server commits to disk before anybody sees the message. */
  readonly archive?: true
}

export const cases: readonly Case[] = [
  ...inGroup('accounts', [
    { name: 'register', title: 'register', load: { mode: 'register', users: 2000 } },
    { name: 'login', title: 'login', load: { mode: 'login', users: 2000 } },
    { name: 'login_tls', title: 'login over TLS', load: { mode: 'login', users: 400, concurrency: 20, tls: true } },
  ]),
  ...inOwnGroups([
    { name: 'idle', title: 'idle', load: { mode: 'idle', users: 2000, seconds: 2 } },
    {
      name: 'idle_tls',
      title: 'idle over TLS',
      load: { mode: 'idle', users: 2000, concurrency: 20, seconds: 2, tls: true },
    },
    { name: 'chat_w1', title: 'chat, 1 in flight', load: { mode: 'chat', users: 200, window: 1 } },
    { name: 'chat_w5', title: 'chat, 5 in flight', load: { mode: 'chat', users: 200, window: 5 } },
    { name: 'chat_tls', title: 'chat over TLS, 5 in flight', load: { mode: 'chat', users: 200, window: 5, tls: true } },
    { name: 'chat_4k', title: 'chat, 4 kB, 2 in flight', load: { mode: 'chat', users: 200, window: 2, size: 4000 } },
    { name: 'chat_1000u', title: 'chat, 1 in flight', load: { mode: 'chat', users: 1000, window: 1 } },
    {
      name: 'chat_archive',
      title: 'chat, archived, 5 in flight',
      load: { mode: 'chat', users: 200, window: 5 },
      archive: true,
    },
    { name: 'ping', title: 'ping, 5 in flight', load: { mode: 'ping', users: 200, window: 5 } },
  ]),
]

/** The cases called `names` (all when empty) in their own order, measured for `seconds`; `quick` takes a fifth of the users. Throws on an unknown name. */
export function chooseCases(names: readonly string[], seconds: number, quick: boolean): Case[] {
  const unknown = names.filter((name) => !cases.some((known) => known.name === name))
  if (unknown.length > 0) {
    throw new Error(`no case called ${unknown.join(', ')}; there are ${cases.map((known) => known.name).join(', ')}`)
  }
  return cases
    .filter((known) => names.length === 0 || names.includes(known.name))
    .map((known) => ({ ...known, load: { seconds, ...known.load, users: scaled(known.load.users, quick) } }))
}

/** How many accounts the cases need. */
export function accountsFor(chosen: readonly Case[]): number {
  return Math.max(0, ...chosen.map((one) => one.load.users))
}

// Quick runs keep 200 users, which the traffic cases have anyway.
function scaled(users: number, quick: boolean): number {
  return quick && users > 200 ? Math.max(200, users / 5) : users
}

function inGroup(group: string, members: readonly Omit<Case, 'group'>[]): Case[] {
  return members.map((one) => ({ ...one, group }))
}

function inOwnGroups(members: readonly Omit<Case, 'group'>[]): Case[] {
  return members.map((one) => ({ ...one, group: one.name }))
}
