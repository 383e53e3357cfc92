import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect } from 'node:tls'
import { selfSigned } from '@rookery/server'
import { type DaemonProcess, portOf, startDaemon, TemporaryFolder } from './testing/daemon-process.ts'
import { RawStream } from './testing/raw-stream.ts'

async function shownCertificate(port: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['xmpp-client'] })
  await once(socket, 'secureConnect')
  const shown = socket.getPeerX509Certificate()?.fingerprint256 ?? ''
  socket.destroy()
  return shown
}

async function hangUp(daemon: DaemonProcess, event: string): Promise<void> {
  const before = daemon.entries.length
  daemon.signal('SIGHUP')
  await daemon.event(event, before)
}

test('SIGHUP reloads limits and log level; sessions go on', async () => {
  using folder = new TemporaryFolder()
  folder.write('rookery.yaml', 'limits: { preAuthBytes: 10000 }\n')
  await using daemon = await startDaemon(folder.path)
  using before = await RawStream.open(portOf(daemon, 'c2s'))
  assert.match(before.text, /<max-bytes>10000</)

  folder.write(
    'rookery.yaml',
    'limits: { preAuthBytes: 20000 }\nlog: { level: debug }\nlisten: { address: 127.0.0.2 }\n',
  )
  await hangUp(daemon, 'reloaded')
  using after = await RawStream.open(portOf(daemon, 'c2s'))
  assert.match(after.text, /<max-bytes>20000</)
  const waiting = await daemon.until((entry) => Array.isArray(entry['settings']))
  assert.deepEqual(waiting['settings'], ['listen.address'])

  folder.write('rookery.yaml', 'limits: { preAuthBytes: few }\n')
  await hangUp(daemon, 'reload-failed')
  const failed = await daemon.event('reload-failed')
  assert.match(String(failed['problem']), /rookery\.yaml:1:25: limits\.preAuthBytes must be/)
  using still = await RawStream.open(portOf(daemon, 'c2s'))
  assert.match(still.text, /<max-bytes>20000</)

  daemon.signal('SIGTERM')
  assert.match(await before.until('</stream:stream>'), /<system-shutdown/)
})

test('SIGHUP reloads certificates: from the same files, and from newly named ones', async () => {
  using folder = new TemporaryFolder()
  const store = async (name: string): Promise<string> => {
    const { certificate, key } = await selfSigned('localhost')
    folder.write(`${name}.crt`, certificate)
    folder.write(`${name}.key`, key)
    return new X509Certificate(certificate).fingerprint256
  }
  const config = (name: string): string =>
    `tls: { certificates: { localhost: { certificate: ${name}.crt, key: ${name}.key } } }\n`
  const [one, two, three] = [await store('one'), await store('two'), await store('three')]
  folder.write('rookery.yaml', config('one'))
  await using daemon = await startDaemon(folder.path)
  const port = portOf(daemon, 'tls')
  assert.equal(await shownCertificate(port), one)

  for (const end of ['crt', 'key']) copyFileSync(join(folder.path, `two.${end}`), join(folder.path, `one.${end}`))
  await hangUp(daemon, 'reloaded')
  assert.equal(await shownCertificate(port), two)

  folder.write('rookery.yaml', config('three'))
  await hangUp(daemon, 'reloaded')
  assert.equal(await shownCertificate(port), three)

  folder.write('three.key', readFileSync(join(folder.path, 'one.key'), 'utf8'))
  folder.write('rookery.yaml', `${config('three')}limits: { preAuthBytes: 20000 }\n`)
  await hangUp(daemon, 'reload-failed')
  assert.equal(await shownCertificate(port), three)
  // all or nothing
  using after = await RawStream.open(portOf(daemon, 'c2s'))
  assert.match(after.text, /<max-bytes>10000</)
})
