/** Which core the server and the generator run on. Without taskset or a second core nothing is pinned, and the table says so. */
import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

export const serverCore = 0
export const generatorCore = 1

export const isPinned: boolean = availableParallelism() > 1 && hasTaskset()

/** The command, kept on that core where that is possible. */
export function pinned(core: number, command: readonly string[]): string[] {
  return isPinned ? ['taskset', '-c', String(core), ...command] : [...command]
}

function hasTaskset(): boolean {
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
