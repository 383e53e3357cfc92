/** Every relative link in every Markdown file of the repository leads to a file, and to a heading where it names one. */
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '../..')
const files = globSync('**/*.md', {
  cwd: root,
  exclude: (path) => /(^|\/)(node_modules|\.git|\.peers|dist|data)(\/|$)/.test(path),
})

/** Text without fenced blocks and inline code, where a bracket is no link. */
const prose = (text: string): string => text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '``')

/** The anchor of a heading, as code hosts make it. */
const anchor = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')

const anchorsOf = (file: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(/^#+ (.+)$/gm)]
    .map(([, heading]) => anchor(heading!))
    // of several that are alike, the later ones are counted
    .map((one, at, all) => {
      const before = all.slice(0, at).filter((other) => other === one).length
      return before === 0 ? one : `${one}-${before}`
    })

for (const file of files.sort())
  test(`the links of ${file} lead somewhere`, () => {
    const broken: string[] = []
    for (const [, target] of prose(readFileSync(join(root, file), 'utf8')).matchAll(/\]\(([^()\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target!)) continue
      const [path = '', heading] = target!.split('#')
      const at = path === '' ? join(root, file) : join(root, dirname(file), path)
      if (!existsSync(at)) broken.push(`${target}: there is no ${relative(root, at)}`)
      else if (heading !== undefined && at.endsWith('.md') && !anchorsOf(at).includes(heading))
        broken.push(`${target}: there is no such heading`)
    }
    assert.deepEqual(broken, [])
  })
