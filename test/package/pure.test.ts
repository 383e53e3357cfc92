/** What bundlers are told about the constants of our modules. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { build } from 'esbuild'
import { markPure } from '../../scripts/pure.ts'

test('calls in constants are marked, those in functions and strings are not', () => {
  const code = `const a = f(g(1), 'h(2)', /i(j)/);\nexport const b = { c: new D(), e: () => k(l()) };\nf(3);\nfunction m() { return n() }\n`
  assert.equal(
    markPure(code),
    `const a = /* @__PURE__ */ f(/* @__PURE__ */ g(1), 'h(2)', /i(j)/);\nexport const b = { c: /* @__PURE__ */ new D(), e: () => k(l()) };\nf(3);\nfunction m() { return n() }\n`,
  )
})

test('a declared element that nobody uses is not in the bundle', async () => {
  const module = `import { element, part } from 'codec'
export const used = element('used', { a: part('a') })
export const unused = element('unused', { b: part('b') })`
  const { outputFiles } = await build({
    stdin: { contents: `export { used } from 'word'` },
    bundle: true,
    write: false,
    format: 'esm',
    plugins: [
      {
        name: 'modules',
        setup(plugin) {
          plugin.onResolve({ filter: /^(word|codec)$/ }, ({ path }) => ({ path, namespace: 'm', sideEffects: false }))
          plugin.onLoad({ filter: /^word$/, namespace: 'm' }, () => ({ contents: markPure(module) }))
          plugin.onLoad({ filter: /^codec$/, namespace: 'm' }, () => ({
            contents: `export const element = (name, parts) => ({ name, parts }), part = (name) => name`,
          }))
        },
      },
    ],
  })
  assert.match(outputFiles[0]!.text, /"used"/)
  assert.doesNotMatch(outputFiles[0]!.text, /"unused"|"b"/)
})
