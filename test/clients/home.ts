/** A home folder of its own for a client, so that it finds no settings of the person who runs the tests and leaves none. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Home {
  readonly folder: string
  readonly environment: Readonly<Record<string, string>>
  remove(): void
}

export const makeHome = (client: string): Home => {
  const folder = mkdtempSync(join(tmpdir(), `rookery-${client}-`))
  const inside = (name: string): string => {
    const path = join(folder, name)
    mkdirSync(path)
    return path
  }
  return {
    folder,
    environment: {
      HOME: folder,
      XDG_CONFIG_HOME: inside('config'),
      XDG_DATA_HOME: inside('data'),
      XDG_CACHE_HOME: inside('cache'),
      LC_ALL: 'C.UTF-8',
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** A missing client is a failure, never a skipped test. */
export const requireProgram = (program: string, flag = '--version'): void => {
  try {
    execFileSync(program, [flag], { stdio: 'pipe', timeout: 10_000 })
  } catch (cause) {
    throw new Error(`${program} is not installed: run .ci/install`, { cause })
  }
}
