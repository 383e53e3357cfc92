/** The three servers that one suite runs against. `CLIENT_TARGETS=rookery,prosody` takes some of them; without it, all that are installed. */
import { isInstalled, peerNames } from '../../../scripts/peers/peer.ts'
import { startPeerTarget } from './peer-target.ts'
import { startRookery } from './rookery-target.ts'
import type { Target, TargetName, TargetOptions } from './target.ts'

export const targetNames: readonly TargetName[] = ['rookery', ...peerNames]

/** Those that were asked for. One that is not installed is a failure then, or says here why it is left out. */
export function chosenTargets(missing: (name: TargetName, why: string) => void): readonly TargetName[] {
  const wanted = process.env['CLIENT_TARGETS']?.split(',')
  const unknown = wanted?.find((name) => !targetNames.some((known) => known === name))
  if (unknown !== undefined) throw new Error(`CLIENT_TARGETS: ${unknown} is none of ${targetNames.join(', ')}`)
  return targetNames.filter((name) => {
    if (wanted !== undefined) return wanted.includes(name)
    if (name === 'rookery' || isInstalled(name)) return true
    missing(name, `${name} is not installed: run .ci/install`)
    return false
  })
}

export function startTarget(name: TargetName, options: TargetOptions = {}): Promise<Target> {
  return name === 'rookery' ? startRookery(options) : startPeerTarget(name, options)
}
