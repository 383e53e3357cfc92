/** S139: a configuration with a mistake in it does not start, and says what is wrong. Secrets: the server has none that could be a default. */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer as listen } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createServer, type ServerOptions, selfSigned } from '@rookery/server'

const local = { address: '127.0.0.1', c2s: 0, tls: 0, http: false, https: false } as const

async function starts(options: ServerOptions): Promise<void> {
  const server = await createServer({ listen: local, ...options })
  try {
    await server.start()
  } finally {
    await server.stop()
  }
}

/** What is wrong, as far as types go. */
const wrong = (options: object): ServerOptions => options as ServerOptions

const mistakes: readonly (readonly [what: string, options: ServerOptions, message: RegExp])[] = [
  ['an unknown key', wrong({ host: ['a.example'] }), /host/],
  ['an unknown key inside', wrong({ limits: { stanzaByte: 1 } }), /stanzaByte/],
  ['an unknown feature', { features: { pingg: false } }, /pingg.*there are:/],
  ['settings of a feature that has none', { features: { ping: { fast: true } } }, /ping/],
  ['a number for text', wrong({ hosts: [5] }), /hosts/],
  ['text for a number', wrong({ limits: { stanzaBytes: '262144' } }), /stanzaBytes/],
  ['no host', { hosts: [] }, /hosts/],
  ['a host that is none', { hosts: ['a example'] }, /a example/],
  ['a host with a resource', { hosts: ['a.example/x'] }, /a\.example\/x/],
  ['a host twice', { hosts: ['a.example', 'A.example'] }, /twice/],
  ['a port that is none', { listen: { c2s: 70_000 } }, /listen\.c2s/],
  ['a limit below what RFC 6120 allows', { limits: { stanzaBytes: 9999 } }, /stanzaBytes/],
  ['a negative limit', { limits: { connections: -1 } }, /connections/],
  ['NaN for a limit', { limits: { connections: Number.NaN } }, /connections/],
  ['too few iterations', { auth: { iterations: 1 } }, /iterations/],
  ['an old version of TLS', wrong({ tls: { minVersion: 'TLSv1' } }), /minVersion/],
  ['__proto__ as a key', wrong(JSON.parse('{"__proto__": {"polluted": true}}')), /__proto__/],
  ['a session that waits for longer than a timer can', { management: { resumeSeconds: 10_000_000 } }, /resumeSeconds/],
  ['fewer unacknowledged stanzas than a page has', { management: { stanzas: 5 } }, /stanzas/],
  ['an origin that is none', { http: { origins: ['a.example'] } }, /origins/],
  ['a path that is none', wrong({ http: { boshPath: 'http-bind' } }), /boshPath/],
  ['a proxy that is none', { http: { trustedProxies: ['10.0.0.0/33'] } }, /trustedProxies/],
  ['a default of the archive that is none', { features: { archive: { default: 'sometimes' } } }, /archive/],
  ['an address of another machine', { listen: { ...local, address: '192.0.2.1' } }, /listen\.address/],
  ['a certificate that is missing', certificate('/nowhere/a.pem', '/nowhere/a.key'), /a\.example.*\/nowhere\/a\.pem/],
]

function certificate(file: string, key: string): ServerOptions {
  return { hosts: ['a.example'], tls: { certificates: { 'a.example': { certificate: file, key } } } }
}

for (const [what, options, message] of mistakes) {
  test(`S139 does not start with ${what}`, () => assert.rejects(starts(options), message))
}

test('S139 does not start with a bad certificate', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'rookery-attack-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const good = await selfSigned('a.example')
  const other = await selfSigned('a.example')
  const locked = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    format: 'pem',
    type: 'pkcs8',
    cipher: 'aes-256-cbc',
    passphrase: 'x',
  })
  const [pem, key] = [write('good.pem', good.certificate), write('good.key', good.key)]
  await starts(certificate(pem, key))
  await assert.rejects(starts(certificate(pem, write('other.key', other.key))), /belongs to another certificate/)
  await assert.rejects(starts(certificate(write('rubbish.pem', 'rubbish'), key)), /not a PEM certificate/)
  await assert.rejects(starts(certificate(pem, write('rubbish.key', 'rubbish'))), /not an unencrypted PEM private key/)
  await assert.rejects(
    starts(certificate(pem, write('locked.key', locked.toString()))),
    /not an unencrypted PEM private key/,
  )
  await assert.rejects(starts(certificate(key, pem)), /not a PEM certificate/)
})

test('S139 does not start on a port that is taken, and leaves nothing open', async () => {
  const taken = listen()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  const { port } = taken.address() as AddressInfo
  await assert.rejects(
    starts({ listen: { ...local, tls: port } }),
    new RegExp(`127\\.0\\.0\\.1:${port}.*another program`),
  )
  taken.close()
})
