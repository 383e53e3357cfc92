import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parse } from 'yaml'
import { loadConfig } from './config/load.ts'
import { run, TemporaryFolder } from './testing/daemon-process.ts'

describe('the rookery command', () => {
  test('has help with examples for every command', async () => {
    using folder = new TemporaryFolder()
    for (const words of ['start', 'init', 'check', 'user', 'user add', 'send', 'watch', 'config show']) {
      const { code, output } = await run(folder.path, [...words.split(' '), '--help'])
      assert.equal(code, 0, words)
      assert.match(output, /Usage: rookery .*Examples:\n {2}rookery /s, words)
    }
    const bench = await run(folder.path, ['bench', '--help'])
    assert.match(bench.output, /rookery bench MODE/)
  })

  test('tells its version, and what was probably meant', async () => {
    using folder = new TemporaryFolder()
    assert.match((await run(folder.path, ['--version'])).output, /^\d+\.\d+\.\d+\n$/)
    const wrong = await run(folder.path, ['strat'])
    assert.equal(wrong.code, 1)
    assert.match(wrong.errors, /Did you mean start\?/)
    assert.match((await run(folder.path, ['start', '--port', 'x'])).errors, /A port is a number/)
    assert.match((await run(folder.path, ['bench', 'chta'])).errors, /^rookery: Say what to do: one of/)
  })

  test('config show prints a file that can be used, and marks what is yours', async () => {
    using folder = new TemporaryFolder()
    folder.write('rookery.yaml', 'hosts: [example.org]\nlimits: { idleSeconds: 60 }\nfeatures: { ping: false }\n')
    const { output } = await run(folder.path, ['config', 'show'])
    const mine = output.split('\n').filter((line) => line.endsWith('# yours'))
    assert.deepEqual(
      mine.map((line) => line.trim()),
      ['hosts: # yours', 'idleSeconds: 60 # yours', 'ping: false # yours'],
    )
    const again = loadConfig({ config: folder.write('again.yaml', output) }, {}).config
    const { config } = loadConfig({ config: `${folder.path}/rookery.yaml` }, {})
    assert.deepEqual({ ...again, features: undefined }, { ...config, features: undefined })
    const json = await run(folder.path, ['config', 'show', '--json'])
    assert.deepEqual(JSON.parse(json.output), parse(output))
  })
})
