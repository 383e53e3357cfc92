/** What a user gets: protocol and client built, packed and installed from the tarballs, without a registry, into a folder of its own. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env } from 'node:process'
import { build } from '../../scripts/build.ts'

export const root: string = join(import.meta.dirname, '../..')

export interface Installed extends Disposable {
  /** The folder of the application. */
  readonly folder: string
  /** Where a package of ours lies in it. */
  where(name: string): string
  /** Its package.json, as it is published. */
  manifest(name: string): Record<string, unknown>
}

/** Runs a program and gives what it printed. Throws with all of it when it fails. */
export function run(program: string, args: readonly string[], cwd: string): string {
  // npm must not take the settings of an npm that runs us
  const clean = Object.fromEntries(Object.entries(env).filter(([name]) => !/^npm_/i.test(name)))
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, env: clean, encoding: 'utf8' })
  if (status === 0) return stdout
  throw new Error(`${[program, ...args].join(' ')} failed\n${error?.message ?? ''}\n${stdout}\n${stderr}`)
}

export function install(): Installed {
  const base = mkdtempSync(join(tmpdir(), 'rookery-package-'))
  const remove = (): void => rmSync(base, { recursive: true, force: true })
  try {
    const folder = join(base, 'app')
    installInto(folder, base)
    const where = (name: string): string => join(folder, 'node_modules/@rookery', name)
    return {
      folder,
      where,
      manifest: (name) => JSON.parse(readFileSync(join(where(name), 'package.json'), 'utf8')),
      [Symbol.dispose]: remove,
    }
  } catch (error) {
    remove()
    throw error
  }
}

function installInto(folder: string, base: string): void {
  mkdirSync(folder)
  const built = build(join(base, 'built'))
  run('npm', ['pack', '--silent', '--pack-destination', base, ...built], root)
  const tarballs = readdirSync(base)
    .filter((name) => name.endsWith('.tgz'))
    .map((name) => join(base, name))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'app', private: true, type: 'module' }))
  run('npm', ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', ...tarballs], folder)
  mkdirSync(join(folder, 'node_modules/@types'))
  symlinkSync(join(root, 'node_modules/@types/node'), join(folder, 'node_modules/@types/node'))
}
