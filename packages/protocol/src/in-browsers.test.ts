/**
 * Tests of this package again with what bundles for browsers get instead (`imports` in package.json): the same must come out of them, but for
 * what is known to differ, which is left out by name.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { env, execPath } from 'node:process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const files = [
  'jid/parse-jid',
  'sasl/conversation',
  'stanza/stanza',
  'stream/stream',
  'stream/websocket-framing',
  'xeps/vectors',
]
const different = [
  // Wire strings hold characters, and escapes are numbers.
  'the wire form is escaped UTF-8, one char a byte',
  'that is not UTF-8',
  // Nothing is remembered; A-labels are not decoded, nor are labels encoded to be measured.
  'all spellings of an address lead to one object',
  'a label has at most 63 octets, in ASCII or as an A-label, and a name 253',
  // Content is written anew, and so is each stanza.
  'keeps the bytes of its content, to be passed on as they came',
  'is encoded once, however many it goes to',
]

function run(...more: string[]): { status: number | null; stdout: string } {
  const { NODE_TEST_CONTEXT: _, ...others } = env
  return spawnSync(execPath, ['--conditions=browser', ...more], { encoding: 'utf8', env: others, timeout: 60_000 })
}

test('addresses, stanzas, streams and all vectors of extensions', () => {
  const skipped = different.map((name) => `--test-skip-pattern=${name}`)
  const paths = files.map((file) => fileURLToPath(new URL(`${file}.test.ts`, import.meta.url)))
  const { status, stdout } = run('--test', '--test-isolation=none', '--test-reporter=tap', ...skipped, ...paths)
  assert.equal(status, 0, stdout)
  assert.match(stdout, /# pass [1-9]\d\d/)
})

test('the small parts are what browsers get', () => {
  const code = `
    const { parseJid } = await import(${JSON.stringify(new URL('jid/index.ts', import.meta.url).href)})
    const { parseElement } = await import(${JSON.stringify(new URL('xml/index.ts', import.meta.url).href)})
    console.log(parseJid('xn--bcher-kva.example').domain, parseElement('<a>b</a>').inner)`
  assert.equal(run('--input-type=module', '--eval', code).stdout.trim(), 'xn--bcher-kva.example undefined')
})
