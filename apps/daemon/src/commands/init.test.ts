import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { loadConfig } from '../config/load.ts'
import { run, TemporaryFolder } from '../testing/daemon-process.ts'
import { configText } from './init.ts'

describe('rookery init', () => {
  test('writes a short file that loads, says which DNS records to add, and never overwrites', async () => {
    using folder = new TemporaryFolder()
    const words = ['init', '--host', 'example.org', '--data', 'here', '--certificate', 'c.pem', '--key', 'k.pem']
    const { code, output } = await run(folder.path, words)
    assert.equal(code, 0)
    const file = join(folder.path, 'rookery.yaml')
    const text = readFileSync(file, 'utf8')
    assert.ok(text.split('\n').length <= 11, text)
    const { config } = loadConfig({ config: file }, {})
    assert.deepEqual(config.hosts, ['example.org'])
    assert.equal(config.data, join(folder.path, 'here'))
    assert.deepEqual(config.tls.certificates['example.org'], {
      certificate: join(folder.path, 'c.pem'),
      key: join(folder.path, 'k.pem'),
    })
    assert.match(output, /_xmpp-client\._tcp\.example\.org\. +3600 +IN +SRV +5 0 5222 example\.org\./)
    assert.match(output, /_xmpps-client\._tcp\.example\.org\. +3600 +IN +SRV +5 0 5223 example\.org\./)
    assert.match(output, /^ +example\.org\. +3600 +IN +A/m)

    const again = await run(folder.path, ['init', '--yes'])
    assert.equal(again.code, 1)
    assert.match(again.errors, /exists already and is left as it is/)
    assert.equal(readFileSync(file, 'utf8'), text)
  })

  test('refuses what is not a domain, and half a certificate', async () => {
    using folder = new TemporaryFolder()
    assert.match((await run(folder.path, ['init', '--host', 'a@b'])).errors, /"a@b" cannot be a host/)
    assert.match((await run(folder.path, ['init', '--key', 'k'])).errors, /give both --certificate and --key/)
  })

  test('quotes what YAML would take for something else', () => {
    using folder = new TemporaryFolder()
    const hosts = ['127.0.0.1', 'no', '[::1]', 'münchen.example']
    const text = configText({ hosts, data: './a folder: with #', certificate: './c, d.pem', key: 'true' })
    const { config } = loadConfig({ config: folder.write('r.yaml', text) }, {})
    assert.deepEqual(config.hosts, hosts)
    assert.equal(config.data, join(folder.path, 'a folder: with #'))
    assert.equal(config.tls.certificates['127.0.0.1']?.key, join(folder.path, 'true'))
  })
})
