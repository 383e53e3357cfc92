/** A reporter of node:test: the files in which a test failed, a line each. */
import { relative } from 'node:path'
import process from 'node:process'
import type { TestEvent } from 'node:test/reporters'

// biome-ignore lint/style/noDefaultExport: node:test takes a reporter so
export default async function* failedFiles(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const told = new Set<string>()
  for await (const { type, data } of source) {
    if (type !== 'test:fail') continue
    // what ends a whole file (it does not parse, its process dies) has the file's name
    const file = relative(process.cwd(), data.file ?? data.name)
    if (!told.has(file)) yield `${file}\n`
    told.add(file)
  }
}
