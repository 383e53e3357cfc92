import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, test } from 'node:test'
import { selfSigned } from '@rookery/server'
import { checkCertificates } from '../check/check-certificates.ts'
import { checkClock } from '../check/check-clock.ts'
import { checkConfig } from '../check/check-config.ts'
import { checkDns } from '../check/check-dns.ts'
import { checkFeatures } from '../check/check-features.ts'
import { checkPorts } from '../check/check-ports.ts'
import type { Finding } from '../check/finding.ts'
import { type LoadedConfig, loadConfig } from '../config/load.ts'
import type { Lookup } from '../dns-records.ts'
import { portOf, run, startDaemon, TemporaryFolder } from '../testing/daemon-process.ts'

function load(folder: TemporaryFolder, text: string): LoadedConfig {
  return loadConfig({ config: folder.write('r.yaml', text) }, {})
}

const bad = (findings: readonly Finding[]): string[] =>
  findings.filter(({ level }) => level !== 'ok').map(({ level, text }) => `${level}: ${text}`)

const day = 86_400_000

describe('rookery check', () => {
  test('finds nothing wrong on a new machine, and says it in JSON too', async () => {
    using folder = new TemporaryFolder()
    folder.write('rookery.yaml', 'listen: { c2s: 0, tls: 0, http: 0, https: 0 }\n')
    const { code, output } = await run(folder.path, ['check', '--json', '--no-dns'])
    assert.equal(code, 0)
    const { ok, findings } = JSON.parse(output) as { ok: boolean; findings: Finding[] }
    assert.equal(ok, true)
    assert.deepEqual(bad(findings), [])
    assert.deepEqual(new Set(findings.map(({ area }) => area)), new Set(['config', 'data', 'certificate', 'clock']))
  })

  test('names the program that uses a port', async () => {
    using folder = new TemporaryFolder()
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as { port: number }
    try {
      folder.write('rookery.yaml', `listen: { c2s: ${port}, tls: false, http: false, https: false }\n`)
      const { code, output } = await run(folder.path, ['check', '--no-dns'])
      assert.equal(code, 1)
      assert.match(
        output,
        new RegExp(`ERROR +Port ${port} \\(listen\\.c2s\\) is in use by .+\\n +-> Stop that program`),
      )
      if (process.platform === 'linux') assert.ok(output.includes(`(process ${process.pid})`), output)
    } finally {
      other.close()
    }
  })

  test('does not mind the ports of the running server', async () => {
    using folder = new TemporaryFolder()
    await using daemon = await startDaemon(folder.path)
    const ports = (['c2s', 'tls', 'http', 'https'] as const).map((kind) => `${kind}: ${portOf(daemon, kind)}`)
    folder.write('rookery.yaml', `listen: { ${ports.join(', ')} }\n`)
    const { code, output } = await run(folder.path, ['check', '--no-dns'])
    assert.equal(code, 0, output)
    assert.match(output, /A server is running on this folder/)
  })

  test('reports the mistakes of the file', async () => {
    using folder = new TemporaryFolder()
    folder.write('rookery.yaml', 'lgo: 1\n')
    const { code, output } = await run(folder.path, ['check'])
    assert.equal(code, 1)
    assert.match(output, /ERROR .*rookery\.yaml:1:1: .*Did you mean log\?/)
  })

  test('finds what would keep the features from starting', async () => {
    using folder = new TemporaryFolder()
    const find = async (text: string): Promise<string> =>
      (await checkFeatures(load(folder, text).config)).map((one) => one.text).join()
    assert.match(await find('features: { disco: false }'), /feature caps needs disco/)
    assert.match(await find('features: { core: false }'), /feature core cannot be turned off/)
    assert.equal(await find(''), '')
    folder.write('rookery.yaml', 'features: { disco: false }\nlisten: { c2s: 0, tls: 0, http: 0, https: 0 }\n')
    const { code, output } = await run(folder.path, ['check', '--no-dns'])
    assert.equal(code, 1)
    assert.ok(!output.includes('no mistakes'), output)
  })

  test('looks at each address that is named', async () => {
    using folder = new TemporaryFolder()
    const off = 'tls: false, http: false, https: false'
    const { config } = load(folder, `listen: { address: [127.0.0.1, 192.0.2.1, '::1'], c2s: 61999, ${off} }\n`)
    assert.deepEqual(bad(await checkPorts(config, false)), [
      'error: 192.0.2.1 port 61999 (listen.c2s) cannot be listened on (EADDRNOTAVAIL).',
    ])
    const browsers = load(folder, `listen: { c2s: false, tls: false, https: false, httpAddress: 192.0.2.1 }\n`).config
    assert.match(bad(await checkPorts(browsers, false)).join(), /^error: 192\.0\.2\.1 port 5280/)
  })

  test('warns of passwords without TLS; on the network it is an error [S139]', () => {
    using folder = new TemporaryFolder()
    const text = 'auth: { plainWithoutTls: true }\ntls: { required: false }\n'
    assert.deepEqual(bad(checkConfig(load(folder, text))), [
      'warning: auth.plainWithoutTls lets clients send passwords unencrypted.',
    ])
    assert.deepEqual(bad(checkConfig(load(folder, `${text}hosts: [example.org]\n`))), [
      'error: auth.plainWithoutTls lets clients send passwords unencrypted, and the server listens on the network.',
      'warning: tls.required is false: clients may log in without encryption.',
    ])
  })

  test('looks at certificates: missing, for another host, expired, with another key', async () => {
    using folder = new TemporaryFolder()
    for (const [name, host] of [
      ['one', 'example.org'],
      ['two', 'other.example'],
    ] as const) {
      const { certificate, key } = await selfSigned(host)
      folder.write(`${name}.crt`, certificate)
      folder.write(`${name}.key`, key)
    }
    const find = (certificate: string, key: string, now?: number): string => {
      const pair = `{ certificate: ${certificate}, key: ${key} }`
      const { config } = load(folder, `hosts: [example.org]\ntls: { certificates: { example.org: ${pair} } }\n`)
      return bad(checkCertificates(config, now)).join('\n')
    }
    assert.match(find('none.crt', 'one.key'), /^error: .*none\.crt cannot be read/)
    assert.match(find('one.key', 'one.key'), /^error: .*not a PEM certificate/)
    assert.match(find('one.crt', 'one.crt'), /^error: .*not an unencrypted PEM private key/)
    assert.match(find('one.crt', 'two.key'), /^error: .*belongs to another certificate/)
    folder.write('none.pem', '')
    for (const name of ['nowhere.pem', 'none.pem', 'one.key']) {
      const { config } = load(folder, `tls: { clientCertificates: true, clientAuthorities: [${name}] }\n`)
      assert.match(bad(checkCertificates(config)).join(), new RegExp(`^error: tls\\.clientAuthorities: .*${name}`))
    }
    assert.match(find('two.crt', 'two.key'), /^error: .*is for DNS:other\.example.*, not for example\.org/)
    assert.match(find('one.crt', 'one.key', Date.now() + 4000 * day), /^error: .*expired on/)
    assert.match(find('one.crt', 'one.key', Date.now() + 3640 * day), /^warning: .*expires on/)
    assert.match(find('one.crt', 'one.key', Date.now() - 10 * day), /^error: .*valid only from/)
    assert.match(find('one.crt', 'one.key'), /^warning: .*self-signed/)
  })

  test('says which DNS records to add', async () => {
    using folder = new TemporaryFolder()
    const { config } = load(folder, 'hosts: [example.org]\nlisten: { c2s: 5999 }\n')
    const dns = (records: Record<string, { name: string; port: number }[]>, addresses: string[]): Lookup => ({
      srv: async (name) => records[name] ?? [],
      addresses: async () => addresses,
    })
    const nothing = await checkDns(config, dns({}, []))
    assert.deepEqual(
      nothing.map(({ level }) => level),
      ['error', 'warning', 'error'],
    )
    assert.equal(nothing[0]?.fix, 'Add: _xmpp-client._tcp.example.org.  3600  IN  SRV  5 0 5999 example.org.')
    const client = '_xmpp-client._tcp.example.org'
    const wrongPort = await checkDns(config, dns({ [client]: [{ name: 'example.org', port: 5222 }] }, []))
    assert.match(wrongPort[0]?.text ?? '', /leads to port 5222, the server listens on 5999/)
    const unreachable: Lookup = { srv: async () => 'unreachable', addresses: async () => 'unreachable' }
    assert.match((await checkDns(config, unreachable))[0]?.text ?? '', /no name server answered/)
    assert.deepEqual(bad(await checkDns(load(folder, '').config, unreachable)), [])
  })

  test('doubts a clock that cannot be right', () => {
    assert.equal(checkClock('/nowhere', Date.UTC(1970, 0, 1)).level, 'error')
    assert.equal(checkClock('/nowhere', Date.UTC(2030, 0, 1)).level, 'ok')
  })
})
