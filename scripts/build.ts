/**
 * `npm run build`: makes packages/{protocol,client}/dist, folders that can be packed or published as they are: JavaScript, declarations
 * and a package.json whose entries lead to them. The repository itself does without and runs the sources.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { argv, exit } from 'node:process'

/** In the order in which they need each other: the client is compiled against the declarations of the protocol, as its users will. */
export const published: readonly string[] = ['protocol', 'client']

const root = join(import.meta.dirname, '..')

type Entry = string | null | { [condition: string]: Entry }

interface Manifest {
  exports: Record<string, Entry>
  imports?: Record<string, Entry>
  [field: string]: unknown
}

/** An entry of `exports` or `imports` that leads to a source, as one that leads to what is made of it. */
export function built(entry: Entry): Entry {
  if (entry === null) return null
  if (typeof entry === 'object')
    return Object.fromEntries(Object.entries(entry).map(([name, target]) => [name, built(target)]))
  const path = /^\.\/src\/(.+)\.ts$/.exec(entry)?.[1]
  if (path === undefined) throw new Error(`${entry} in a package.json is no source: expected ./src/….ts`)
  return { types: `./${path}.d.ts`, default: `./${path}.js` }
}

/** package.json as it is published. */
export function publishedManifest(manifest: Manifest): Manifest {
  const each = (entries: Record<string, Entry>): Record<string, Entry> =>
    Object.fromEntries(Object.entries(entries).map(([name, entry]) => [name, built(entry)]))
  const imports = manifest.imports === undefined ? {} : { imports: each(manifest.imports) }
  return { ...manifest, exports: each(manifest.exports), ...imports }
}

/** Compiles a package into its dist. Throws if it has errors, after the compiler has printed them. */
function build(name: string): void {
  const folder = join(root, 'packages', name)
  const dist = join(folder, 'dist')
  rmSync(dist, { recursive: true, force: true })
  const { status } = spawnSync('tsc', ['-p', join(folder, 'tsconfig.build.json')], { stdio: 'inherit' })
  if (status !== 0) throw new Error(`${name} does not compile`)
  // the compiler leaves imports between declarations as they are written
  for (const file of globSync('**/*.d.ts', { cwd: dist })) {
    const text = readFileSync(join(dist, file), 'utf8')
    writeFileSync(join(dist, file), text.replace(/(\bfrom |\bimport\()(['"]\.{1,2}\/[^'"]+)\.ts(?=['"])/g, '$1$2.js'))
  }
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
  writeFileSync(join(dist, 'package.json'), `${JSON.stringify(publishedManifest(manifest), null, 2)}\n`)
  copyFileSync(join(root, 'LICENSE'), join(dist, 'LICENSE'))
  const readme = join(folder, 'README.md')
  if (existsSync(readme)) copyFileSync(readme, join(dist, 'README.md'))
}

if (import.meta.main) {
  if (argv.length > 2) {
    console.error('node scripts/build.ts takes no arguments: it builds all that is published')
    exit(2)
  }
  for (const name of published) {
    build(name)
    console.log(`packages/${name}/dist`)
  }
}
