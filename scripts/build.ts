/**
 * `npm run build`: makes packages/{protocol,client}/dist, folders that can be packed or published as they are: JavaScript, declarations
 * and a package.json whose entries lead to them. The repository itself does without and runs the sources.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { argv, exit } from 'node:process'
import { dropFields } from './fields.ts'
import { markPure } from './pure.ts'

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
function built(entry: Entry): Entry {
  if (entry === null) return null
  if (typeof entry === 'object')
    return Object.fromEntries(Object.entries(entry).map(([name, target]) => [name, built(target)]))
  const path = /^\.\/src\/(.+)\.ts$/.exec(entry)?.[1]
  if (path === undefined) throw new Error(`${entry} in a package.json is no source: expected ./src/….ts`)
  return { types: `./${path}.d.ts`, default: `./${path}.js` }
}

/** package.json as it is published. */
function publishedManifest(manifest: Manifest): Manifest {
  const each = (entries: Record<string, Entry>): Record<string, Entry> =>
    Object.fromEntries(Object.entries(entries).map(([name, entry]) => [name, built(entry)]))
  const imports = manifest.imports === undefined ? {} : { imports: each(manifest.imports) }
  return { ...manifest, exports: each(manifest.exports), ...imports }
}

/** Where the declarations of an entry lie, for those who know no conditions. */
function declarations(entry: Entry): string {
  if (typeof entry === 'string') return entry.replace(/^\.\/src\/(.+)\.ts$/, '$1.d.ts')
  const other = entry?.['default']
  if (other === undefined) throw new Error('an entry in a package.json has no default')
  return declarations(other)
}

const manifestOf = (name: string): Manifest =>
  JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')) as Manifest

/** What the compiler is told beside the package's own tsconfig.json. */
function settings(folder: string, dist: string, place: (name: string) => string): object {
  const paths = Object.entries(manifestOf('protocol').exports).map(([name, entry]) => [
    `@rookery/protocol${name.slice(1)}`,
    [join(place('protocol'), declarations(entry))],
  ])
  return {
    extends: join(folder, 'tsconfig.json'),
    compilerOptions: {
      noEmit: false,
      rootDir: join(folder, 'src'),
      outDir: dist,
      typeRoots: [join(root, 'node_modules/@types')],
      types: ['node'], // for the entry of Node alone: npm run check compiles the others without
      paths: Object.fromEntries(paths),
    },
    include: [join(folder, 'src')],
    exclude: [join(folder, 'src/**/*.test.ts')],
  }
}

/**
 * Builds all that is published: into packages/NAME/dist, or FOLDER/NAME. Returns the folders.
 * Throws when something does not compile, after the compiler has printed why.
 */
export function build(to?: string): string[] {
  const place = (name: string): string => (to === undefined ? join(root, 'packages', name, 'dist') : join(to, name))
  for (const name of published) {
    const folder = join(root, 'packages', name)
    const dist = place(name)
    rmSync(dist, { recursive: true, force: true })
    mkdirSync(dist, { recursive: true })
    const config = join(dist, 'tsconfig.json')
    writeFileSync(config, JSON.stringify(settings(folder, dist, place)))
    const { status } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', config], { stdio: 'inherit' })
    if (status !== 0) throw new Error(`packages/${name} does not compile`)
    rmSync(config)
    rewriteDeclarations(dist)
    for (const file of globSync('**/*.js', { cwd: dist })) {
      const path = join(dist, file)
      writeFileSync(path, markPure(dropFields(readFileSync(path, 'utf8'))))
    }
    writeFileSync(join(dist, 'package.json'), `${JSON.stringify(publishedManifest(manifestOf(name)), null, 2)}\n`)
    copyFileSync(join(root, 'LICENSE'), join(dist, 'LICENSE'))
    const readme = join(folder, 'README.md')
    if (existsSync(readme)) copyFileSync(readme, join(dist, 'README.md'))
  }
  return published.map(place)
}

/** The compiler leaves imports between declarations as they are written: with the names of sources. */
function rewriteDeclarations(dist: string): void {
  for (const file of globSync('**/*.d.ts', { cwd: dist })) {
    const text = readFileSync(join(dist, file), 'utf8')
    writeFileSync(join(dist, file), text.replace(/(\bfrom |\bimport\()(['"]\.{1,2}\/[^'"]+)\.ts(?=['"])/g, '$1$2.js'))
  }
}

if (import.meta.main) {
  if (argv.length > 3) {
    console.error('node scripts/build.ts [FOLDER]')
    exit(2)
  }
  for (const folder of build(argv[2])) console.log(folder)
}
