import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { TemporaryFolder } from '../testing/daemon-process.ts'
import { ConfigProblems, loadConfig } from './load.ts'

function problemsIn(text: string): string[] {
  using folder = new TemporaryFolder()
  const config = folder.write('r.yaml', text)
  try {
    loadConfig({ config }, {})
  } catch (error) {
    if (error instanceof ConfigProblems) return error.problems.map((problem) => problem.replace(`${folder.path}/`, ''))
    throw error
  }
  return []
}

const wrong: [text: string, problem: string][] = [
  ['hosts: [localhost]\nlimit: {}', 'r.yaml:2:1: there is no setting "limit". Did you mean limits?'],
  ['port: 5222', 'r.yaml:1:1: there is no setting "port". Did you mean listen.c2s?'],
  ['stanzaBytes: 1', 'r.yaml:1:1: there is no setting "stanzaBytes". Did you mean limits.stanzaBytes?'],
  [
    'limits:\n  stanzaBytes: 12',
    'r.yaml:2:16: limits.stanzaBytes must be a whole number from 10000 to 16777216, not 12.',
  ],
  [
    'limits:\n  offlineMessages: -1',
    'r.yaml:2:20: limits.offlineMessages must be a whole number of at least 0, not -1.',
  ],
  [
    'limits:\n  offlineMessages: 1.5',
    'r.yaml:2:20: limits.offlineMessages must be a whole number of at least 0, not 1.5.',
  ],
  [
    'listen: { c2s: off }',
    'r.yaml:1:16: listen.c2s must be a whole number from 0 to 65535, or false, not "off". Write false.',
  ],
  ['listen: { c2s: "5222" }', 'r.yaml:1:16: listen.c2s must be a whole number from 0 to 65535, or false, not "5222".'],
  [
    'log: { level: inf }',
    'r.yaml:1:15: log.level must be one of debug, info, warn, error, not "inf". Did you mean info?',
  ],
  [
    'tls: { minVersion: TLSv1.1 }',
    'r.yaml:1:20: tls.minVersion must be one of TLSv1.2, TLSv1.3, not "TLSv1.1". Did you mean TLSv1.2?',
  ],
  ['hosts: localhost', 'r.yaml:1:8: hosts must be a list of texts, not "localhost". Write it as [localhost].'],
  ['http: { websocketPath: ws }', 'r.yaml:1:24: http.websocketPath: must be a path that begins with /'],
  [
    'http: { websocketPath: /chat, boshPath: /chat }',
    'r.yaml:1:41: http.boshPath: must be another path than that of websocketPath',
  ],
  ['http: { discoveryKeyPins: [abc] }', 'r.yaml:1:28: http.discoveryKeyPins.0: must be a SHA-256 in base64'],
  ['listen: { httpAddress: "" }', 'r.yaml:1:24: listen.httpAddress is empty; it must be text, or a list of texts.'],
  [
    'features: { archive: { days: .inf } }',
    'r.yaml:1:30: features.archive.days must be a whole number of at least 0, not Infinity.',
  ],
  [
    `features: { push: { placeholder: ${'x'.repeat(201)} } }`,
    `r.yaml:1:34: features.push.placeholder must be text of at most 200 characters, not "${'x'.repeat(56)}…".`,
  ],
  ['features: { mam: true }', 'r.yaml:1:13: there is no setting "mam" in features. Did you mean features.archive?'],
  ['smacks: {}', 'r.yaml:1:1: there is no setting "smacks". Did you mean management?'],
  ['hosts: []', 'r.yaml:1:8: hosts is an empty list; name at least one.'],
  ['hosts:', 'r.yaml:1:7: hosts must be a list of texts, not nothing.'],
  ['hosts: ["a b"]', 'r.yaml:1:9: hosts: "a b" is not a domain.'],
  ['hosts: [a.example, A.example]', 'r.yaml:1:20: hosts: a.example is named twice.'],
  ['features: { pong: false }', 'r.yaml:1:13: there is no setting "pong" in features. Did you mean ping?'],
  [
    'features: { register: { opn: true } }',
    'r.yaml:1:25: there is no setting "opn" in features.register. Did you mean open?',
  ],
  [
    'features: { register: { open: maybe } }',
    'r.yaml:1:31: features.register.open must be true or false, not "maybe".',
  ],
  [
    'tls: { certificates: { localhost: { certificate: a.pem } } }',
    'r.yaml:1:24: tls.certificates.localhost.key is missing; it must be text.',
  ],
  [
    'tls: { certificates: { localhst: { certificate: a, key: b } } }',
    'r.yaml:1:24: tls.certificates: "localhst" is not one of the hosts. Did you mean localhost?',
  ],
  [
    'auth: { anonymous: [guest.example] }',
    'r.yaml:1:21: auth.anonymous.0: "guest.example" is not one of the hosts. Add it to hosts, or remove it here.',
  ],
  ['listen: { c2s: 5000, tls: 5000 }', 'r.yaml:1:27: listen: c2s and tls are both 5000; each needs a port of its own.'],
  [
    'listen: { c2s: false, tls: false, http: false, https: false }',
    'r.yaml:1:9: listen: all ports are off, so nobody could connect.',
  ],
  ['listen: { https: 5222 }', 'r.yaml:1:18: listen: c2s and https are both 5222; each needs a port of its own.'],
  ['- a', 'r.yaml:1:1: the configuration must be a block of settings, not a list.'],
  ['data: a\ndata: b', 'r.yaml:2:1: Map keys must be unique'],
  ['a:\n\tb: 1', 'r.yaml:2:1: Tabs are not allowed as indentation'],
  [
    '__proto__: { polluted: true }',
    'r.yaml:1:1: there is no setting "__proto__". Known here: hosts, data, log, listen, tls, auth, management, http, limits, features.',
  ],
]

describe('what is wrong in a configuration is told with its place and its fix [S139]', () => {
  for (const [text, problem] of wrong) {
    test(JSON.stringify(text), () => {
      assert.deepEqual(problemsIn(text), [problem])
    })
  }

  test('all problems at once, from top to bottom', () => {
    const problems = problemsIn('lgo: 1\nlisten:\n  tls: x\nlimits:\n  foo: 1\n  idleSeconds: y\n')
    assert.deepEqual(
      problems.map((problem) => problem.split(' ')[0]),
      ['r.yaml:1:1:', 'r.yaml:3:8:', 'r.yaml:5:3:', 'r.yaml:6:16:'],
    )
  })

  test('an alias bomb is refused', () => {
    const lines = ['a0: &a0 [x]']
    for (let i = 1; i < 12; i++)
      lines.push(
        `a${i}: &a${i} [${Array(9)
          .fill(`*a${i - 1}`)
          .join(', ')}]`,
      )
    assert.match(problemsIn(lines.join('\n')).join(), /alias/i)
  })
})

describe('a configuration', () => {
  test('is all defaults without a file', () => {
    const { config, file } = loadConfig({}, {})
    assert.equal(file, undefined)
    assert.deepEqual(config.hosts, ['localhost'])
    assert.equal(config.data, join(process.cwd(), 'data'))
  })

  test('has paths relative to its file, hosts in canonical form, and needs no content', () => {
    using folder = new TemporaryFolder()
    const config = folder.write(
      'r.yaml',
      'hosts: [EXAMPLE.org]\ntls: { certificates: { Example.ORG: { certificate: c.pem, key: /k.pem } } }\n',
    )
    const loaded = loadConfig({ config }, {}).config
    assert.deepEqual(loaded.hosts, ['example.org'])
    assert.equal(loaded.data, join(folder.path, 'data'))
    assert.deepEqual(loaded.tls.certificates, {
      'example.org': { certificate: join(folder.path, 'c.pem'), key: '/k.pem' },
    })
    assert.deepEqual(loadConfig({ config: folder.write('empty.yaml', '# nothing\n') }, {}).config.hosts, ['localhost'])
  })

  test('is overridden by the environment, and that by the command line', () => {
    using folder = new TemporaryFolder()
    const config = folder.write('r.yaml', 'data: one\nlisten: { tls: 1 }\n')
    const environment = { ROOKERY_CONFIG: config, ROOKERY_DATA: '/two' }
    assert.equal(loadConfig({}, environment).config.data, '/two')
    const loaded = loadConfig({ data: '/three', port: 9, host: ['a.example'] }, environment).config
    assert.equal(loaded.data, '/three')
    assert.deepEqual([loaded.listen.c2s, loaded.listen.tls], [9, 1])
    assert.deepEqual(loaded.hosts, ['a.example'])
  })

  test('that is missing is named', () => {
    assert.throws(() => loadConfig({ config: '/nowhere/r.yaml' }, {}), /There is no file \/nowhere\/r\.yaml/)
  })
})
