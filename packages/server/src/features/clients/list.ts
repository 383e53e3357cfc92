/** The clients of an account as its owner is shown them. XEP-0494 0.1.0 section 3.1; pure. */
import type { Client } from '@rookery/protocol/xeps/clients'

/** A client that is remembered. */
export interface Remembered {
  readonly id: string
  readonly firstSeen: number
  readonly lastSeen: number
  readonly software?: string
  readonly device?: string
  readonly password?: true
  readonly hasToken: boolean
}

/** A session, by the id of its client. */
export interface Present {
  readonly id: string
  readonly since: number
}

/** Those that are remembered, then those that are here and said no id. */
export function listClients(remembered: readonly Remembered[], present: readonly Present[], now: number): Client[] {
  const here = new Map(present.map((session) => [session.id, session]))
  const known = new Set(remembered.map(({ id }) => id))
  const unnamed = present.filter(({ id }) => !known.has(id))
  return [
    ...remembered.map((client) => describe(client, here.has(client.id) ? now : client.lastSeen, here.has(client.id))),
    ...unnamed.map(({ id, since }) =>
      // nothing but a password lets such a client in, or what is as good as one
      describe({ id, firstSeen: since, lastSeen: now, password: true, hasToken: false }, now, true),
    ),
  ]
}

function describe(client: Remembered, lastSeen: number, connected: boolean): Client {
  const { id, firstSeen, software, device, password, hasToken } = client
  const userAgent = { ...(software === undefined ? {} : { software }), ...(device === undefined ? {} : { device }) }
  return {
    id,
    connected,
    type: 'session',
    firstSeen,
    lastSeen,
    auth: { ...(password === true ? { password } : {}), ...(hasToken ? { fast: true } : {}) },
    permission: { status: 'unrestricted' },
    ...(Object.keys(userAgent).length === 0 ? {} : { userAgent }),
  }
}
