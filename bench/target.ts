/** A server under comparison, by name: this one, or a peer that is installed on this machine. */
import { join } from 'node:path'
import { isInstalled, startPeer } from '../scripts/peers/peer.ts'
import { isPinned, serverCore } from './pinning.ts'
import { startRookery } from './rookery-target.ts'

export const targetNames = ['rookery', 'ejabberd', 'prosody'] as const
export type TargetName = (typeof targetNames)[number]

export interface Target {
  readonly name: TargetName
  readonly version: string
  readonly port: number
  /** The processes whose CPU time and memory count. */
  readonly pids: readonly number[]
  /** How late its event loop is, in milliseconds at the 99th percentile, between two moments (milliseconds since the epoch). Of this server alone. */
  loopDelay?(from: number, to: number): Promise<number | undefined>
  /** Ends the server; its folder stays, so that the next start finds the accounts. */
  stop(): Promise<void>
}

export interface TargetOptions {
  /** How the peers store passwords; this server always stores SCRAM keys. */
  readonly passwords: 'plain' | 'scram'
  /** Messages are archived. */
  readonly archive: boolean
}

export function isAvailable(name: TargetName): boolean {
  return name === 'rookery' || isInstalled(name)
}

/** Starts it on the data in `folder`/`name`, pinned to the server's core. */
export async function startTarget(name: TargetName, folder: string, options: TargetOptions): Promise<Target> {
  const own = join(folder, name)
  if (name === 'rookery') return startRookery(own, { archive: options.archive })
  const peer = await startPeer(name, {
    folder: own,
    passwords: options.passwords,
    archive: options.archive,
    ...(isPinned ? { cpu: serverCore } : {}),
  })
  return { name, version: peer.version, port: peer.port, pids: [peer.pid], stop: () => peer.stop() }
}

export function isTargetName(word: string): word is TargetName {
  return targetNames.some((name) => name === word)
}
