import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setInterval } from 'node:timers/promises'
import { DaemonProcess, portOf, run, startDaemon, TemporaryFolder } from '../testing/daemon-process.ts'
import { RawStream } from '../testing/raw-stream.ts'

describe('rookery start', () => {
  test('starts without a configuration, makes one account once, and keeps the certificate', async () => {
    using folder = new TemporaryFolder()
    const certificate = (): string => readFileSync(join(folder.path, 'data/certificates/localhost.crt'), 'utf8')
    let kept: string
    {
      await using daemon = await startDaemon(folder.path)
      const first = await daemon.event('first-account')
      assert.equal(first['account'], 'admin@localhost')
      assert.match(String(first['password']), /^[a-z2-9]{4}(-[a-z2-9]{4}){3}$/)
      kept = certificate()
      for (const name of ['control.sock', 'certificates/localhost.key', 'rookery.db'])
        assert.equal(statSync(join(folder.path, 'data', name)).mode & 0o777, 0o600, name)
      daemon.signal('SIGTERM')
      assert.equal(await daemon.ended(), 0)
      assert.equal(daemon.errors, '')
    }
    {
      await using daemon = await startDaemon(folder.path)
      assert.ok(!daemon.output.includes('first-account') && !daemon.output.includes('password'))
      assert.equal(certificate(), kept)
    }
  })

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    test(`${signal} ends the streams with system-shutdown and exits with 0`, async () => {
      using folder = new TemporaryFolder()
      await using daemon = await startDaemon(folder.path)
      using client = await RawStream.open(portOf(daemon, 'c2s'))
      daemon.signal(signal)
      assert.match(await client.until('</stream:stream>'), /<system-shutdown/)
      assert.equal(await daemon.ended(), 0)
      assert.equal((await daemon.event('stopped'))['msg'], 'stopped')
    })
  }

  test('a signal while it starts ends it as cleanly', async () => {
    // what there is when the signal comes; signals are heeded from before the database is opened
    for (const step of ['rookery.db', 'certificates', 'certificates/localhost.crt', 'control.sock']) {
      using folder = new TemporaryFolder()
      await using daemon = new DaemonProcess(['start', '--port', '0', '--tls-port', '0'], folder.path)
      for await (const _ of setInterval(1)) if (existsSync(join(folder.path, 'data', step))) break
      daemon.signal('SIGTERM')
      assert.equal(await daemon.ended(), 0, `${step}: ${daemon.output}${daemon.errors}`)
      assert.equal(daemon.errors, '', step)
      assert.equal(daemon.entries.at(-1)?.['event'], 'stopped', step)
    }
  })

  test('one Ctrl-C that arrives twice, as under npm, is one', async () => {
    using folder = new TemporaryFolder()
    await using daemon = await startDaemon(folder.path)
    daemon.signal('SIGINT')
    await daemon.event('stopping')
    daemon.signal('SIGINT')
    assert.equal(await daemon.ended(), 0)
  })

  test('a signal ends it also when nobody reads its output any more', async () => {
    using folder = new TemporaryFolder()
    await using daemon = await startDaemon(folder.path)
    daemon.stopReading()
    daemon.signal('SIGTERM')
    assert.equal(await daemon.ended(), 0)
  })

  test('a log that cannot be written costs lines, not the server', {
    skip: existsSync('/dev/full') ? false : 'there is no /dev/full here',
  }, async () => {
    using folder = new TemporaryFolder()
    const words = ['start', '--port', '0', '--tls-port', '0', '--http-port', '0', '--https-port', '0']
    const full = openSync('/dev/full', 'w')
    const daemon = spawn(process.execPath, [join(import.meta.dirname, '../main.ts'), ...words], {
      cwd: folder.path,
      stdio: ['ignore', full, 'inherit'],
    })
    closeSync(full)
    const ended = once(daemon, 'exit')
    try {
      for await (const _ of setInterval(10)) if (existsSync(join(folder.path, 'data/control.sock'))) break
      assert.equal((await run(folder.path, ['user', 'list'])).output, 'admin@localhost\n')
      daemon.kill('SIGTERM')
      assert.deepEqual(await ended, [0, null])
    } finally {
      daemon.kill('SIGKILL')
    }
  })

  const hasScript = spawnSync('script', ['--version']).status === 0
  test('a terminal that is closed ends it', { skip: hasScript ? false : 'there is no script(1) here' }, async () => {
    using folder = new TemporaryFolder()
    const words = [join(import.meta.dirname, '../main.ts'), 'start', '--port', '0', '--tls-port', '0']
    const command = `echo $$ >pid; exec ${process.execPath} ${words.join(' ')}`
    const terminal = spawn('script', ['-qec', command, '/dev/null'], { cwd: folder.path, stdio: 'ignore' })
    for await (const _ of setInterval(10)) if (existsSync(join(folder.path, 'data/control.sock'))) break
    const pid = Number(readFileSync(join(folder.path, 'pid'), 'utf8'))
    terminal.kill('SIGKILL')
    const isThere = (): boolean => {
      try {
        return !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8')) // nobody need have heard of its end
      } catch {
        return false
      }
    }
    for await (const _ of setInterval(10)) if (!isThere()) break
  })

  test('a second signal ends it at once', async () => {
    using folder = new TemporaryFolder()
    await using daemon = await startDaemon(folder.path)
    // keeps its side open, so the clean end waits for it
    using client = await RawStream.open(portOf(daemon, 'c2s'), false)
    daemon.signal('SIGTERM')
    await client.until('</stream:stream>')
    daemon.signal('SIGINT')
    assert.equal(await daemon.ended(), 1)
    assert.equal((await daemon.event('killed'))['why'], 'SIGINT again')
  })

  test('an account made before the first start takes the place of the first account', async () => {
    using folder = new TemporaryFolder()
    assert.equal((await run(folder.path, ['user', 'add', 'juliet', '--password', 'secret'])).code, 0)
    await using daemon = await startDaemon(folder.path)
    assert.ok(!daemon.output.includes('first-account'))
  })

  test('starts again after kill -9', async () => {
    using folder = new TemporaryFolder()
    {
      await using daemon = await startDaemon(folder.path)
      daemon.signal('SIGKILL')
      await daemon.ended()
    }
    await using _ = await startDaemon(folder.path)
    assert.equal((await run(folder.path, ['user', 'list'])).output, 'admin@localhost\n')
  })
})

/** One plain sentence, exit code 1, no stack. */
async function refused(folder: TemporaryFolder, words: readonly string[], expected: RegExp): Promise<void> {
  const { code, errors, output } = await run(folder.path, ['start', ...words])
  assert.equal(code, 1, output)
  assert.match(errors, expected)
  assert.ok(!/^\s+at /m.test(errors), errors)
}

describe('rookery start says in a sentence why it cannot', () => {
  test('another process uses the data folder', async () => {
    using folder = new TemporaryFolder()
    await using _ = await startDaemon(folder.path)
    await refused(folder, ['--port', '0', '--tls-port', '0'], /data is in use by another process.*another data folder/s)
  })

  test('a port is in use', async () => {
    using folder = new TemporaryFolder()
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as { port: number }
    try {
      await refused(
        folder,
        ['--port', String(port)],
        new RegExp(`127\\.0\\.0\\.1:${port}: another program uses this port`),
      )
    } finally {
      other.close()
    }
  })

  test('the database is damaged', async () => {
    using folder = new TemporaryFolder()
    await run(folder.path, ['user', 'list'])
    writeFileSync(join(folder.path, 'data/rookery.db'), 'not a database, but long enough to be looked at'.repeat(200))
    await refused(folder, [], /is damaged, or not a database.*restore a backup/s)
  })

  test('the data folder is a file', async () => {
    using folder = new TemporaryFolder()
    folder.write('data', '')
    await refused(folder, [], /data or the database in it cannot be read and written/)
  })

  test('the configuration has mistakes', async () => {
    using folder = new TemporaryFolder()
    folder.write('rookery.yaml', 'hosts: [localhost]\nlisten:\n  c2s: many\nlgo: 1\n')
    await refused(
      folder,
      [],
      /2 problems:\n {2}\.\/rookery\.yaml:3:8: listen\.c2s must be .*\n.*4:1: .*Did you mean log\?/,
    )
  })

  test("a certificate is missing, damaged, or another key's [S139]", async () => {
    using folder = new TemporaryFolder()
    await using daemon = await startDaemon(folder.path)
    daemon.signal('SIGTERM')
    await daemon.ended()
    const at = (certificate: string, key: string): string =>
      `tls: { certificates: { localhost: { certificate: ${certificate}, key: ${key} } } }\nlisten: { c2s: 0, tls: 0, http: 0, https: 0 }\n`
    const own = 'data/certificates/localhost'
    folder.write('rookery.yaml', at('nowhere.pem', `${own}.key`))
    await refused(folder, [], /cannot read .*nowhere\.pem: correct its path or permissions/)
    folder.write('empty.pem', '')
    folder.write('rookery.yaml', at('empty.pem', `${own}.key`))
    await refused(folder, [], /not a PEM certificate/)
    folder.write('rookery.yaml', at(`${own}.crt`, 'empty.pem'))
    await refused(folder, [], /not an unencrypted PEM private key/)
    folder.write('rookery.yaml', 'tls: { clientCertificates: true, clientAuthorities: [nowhere.pem] }')
    await refused(folder, [], /tls\.clientAuthorities: cannot read .*nowhere\.pem: correct its path/)
    folder.write('rookery.yaml', 'tls: { clientCertificates: true, clientAuthorities: [empty.pem] }')
    await refused(folder, [], /tls\.clientAuthorities: .*empty\.pem is not a PEM certificate/)
  })

  test('the Node is too old', async () => {
    using folder = new TemporaryFolder()
    const old =
      'data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"20.19.0"}})'
    for (const program of ['../main.ts', '../../bin/rookery.js']) {
      await using daemon = new DaemonProcess(['start'], folder.path, [
        '--import',
        old,
        join(import.meta.dirname, program),
      ])
      assert.equal(await daemon.ended(), 1)
      assert.match(daemon.errors, /^Rookery needs Node 24, this is Node 20\.19\.0; start it through npm/)
    }
  })
})
