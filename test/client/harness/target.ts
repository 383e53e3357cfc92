/** A real server that the suite of the client library runs against: the same shape for ours, Prosody and ejabberd. One domain, `localhost`. */
import type { ServerOptions } from '@rookery/server'
import type { Service } from './hostile-server.ts'
import type { Trust } from './trust.ts'

export type TargetName = 'rookery' | 'prosody' | 'ejabberd'

export interface TargetOptions {
  /** Who signs its certificate; one of its own unless told. */
  readonly trust?: Trust
  /** How long a session can be resumed, in seconds. 60 unless told. */
  readonly resumeSeconds?: number
  /** Of our server alone. */
  readonly server?: ServerOptions
}

export interface Account {
  /** Bare JID. */
  readonly jid: string
  readonly local: string
  readonly domain: string
  readonly password: string
}

export interface Target extends AsyncDisposable {
  readonly name: TargetName
  /** For the table of what ran where. */
  readonly version: string
  readonly domain: 'localhost'
  /** On 127.0.0.1, the same after a restart. `tcp` offers STARTTLS and does not ask for it. */
  readonly ports: { readonly tcp: number; readonly tls: number; readonly ws: number; readonly wss: number }
  readonly service: Service
  /** PEM of the authority that signed its certificate. */
  readonly ca: string
  createAccount(local: string, password?: string): Promise<Account>
  /** Stops it in order and starts it again on the same data. */
  restart(): Promise<void>
  /** It dies without a word. Its data stay. */
  kill(): Promise<void>
  /** After `kill`. Resolves when it answers. */
  start(): Promise<void>
  /** For good. */
  stop(): Promise<void>
}
