/**
 * The control socket: how a command talks to the server that holds the data folder. A Unix socket in that folder, for its owner only;
 * one JSON line there, one JSON line back. Not an interface for other programs: it changes with the version.
 */
import { join } from 'node:path'
import type { Endpoint } from '@rookery/server'

export type Request =
  | { readonly command: 'add' | 'setPassword'; readonly jid: string; readonly password: string }
  | { readonly command: 'remove'; readonly jid: string }
  | { readonly command: 'list'; readonly host: string; readonly after?: string; readonly limit: number }
  | { readonly command: 'endpoints' }

export type Result = boolean | readonly string[] | readonly Endpoint[]
export type Answer = { readonly result: Result } | { readonly problem: string }

/** Longest line either side takes. */
export const maxLine = 1_000_000

/** Longest path of a Unix socket that every system takes. */
const maxPath = 103

/** Undefined where there can be none: the path is too long, or the system has no Unix sockets. */
export function socketPath(data: string): string | undefined {
  const path = join(data, 'control.sock')
  return process.platform === 'win32' || Buffer.byteLength(path) > maxPath ? undefined : path
}
