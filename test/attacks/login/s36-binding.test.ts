/**
 * S36, S37: channel binding and downgrade protection over real TLS 1.2 and 1.3. ejabberd until 2026-03-13 took the flag `y` while it offered -PLUS;
 * the interception of jabber.ru in 2023 is what -PLUS is for. RFC 5802 6, RFC 5929, RFC 9266, XEP-0440, XEP-0474.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { ConnectionOptions } from 'node:tls'
import { attack } from '../harness/attack.ts'
import { RawClient } from '../harness/client.ts'
import { startVictim, type Victim } from '../harness/server.ts'
import { Certificates } from './certificates.ts'
import { bindingData, offersOf, type ScramAttempt, scram } from './scram.ts'

/** Each host with a certificate of another kind, and the hash that stands for it. [RFC5929 4.1] */
const hosts = [
  { host: 'a.example', kind: 'RSA, SHA-256', hash: 'sha256', wish: { key: 'rsa' } },
  { host: 'b.example', kind: 'EC, SHA-256', hash: 'sha256', wish: { key: 'ec' } },
  { host: 'c.example', kind: 'EC P-384, SHA-384', hash: 'sha384', wish: { key: 'ec-384', signing: ['-sha384'] } },
  { host: 'd.example', kind: 'RSA, SHA-512', hash: 'sha512', wish: { key: 'rsa', signing: ['-sha512'] } },
  { host: 'e.example', kind: 'RSA, SHA-224', hash: 'sha224', wish: { key: 'rsa', signing: ['-sha224'] } },
  {
    host: 'f.example',
    kind: 'RSA-PSS, SHA-512',
    hash: 'sha512',
    wish: { key: 'rsa-pss', signing: ['-sha512', '-sigopt', 'rsa_padding_mode:pss'] },
  },
  { host: 'g.example', kind: 'Ed25519', hash: 'none', wish: { key: 'ed25519' } },
] as const
const versions = ['TLSv1.2', 'TLSv1.3'] as const
const hashes = ['1', '256', '512']

const certificates = new Certificates()
let victim: Victim
/** TLS is possible, not required. */
let relaxed: Victim
before(async () => {
  const files = hosts.map(({ host, wish }) => {
    const made = certificates.selfSigned({ ...wish, subject: `/CN=${host}`, names: [`DNS:${host}`] })
    return [host, { certificate: made.certFile, key: made.keyFile }] as const
  })
  ;[victim, relaxed] = await Promise.all([
    startVictim({
      secure: true,
      config: {
        hosts: hosts.map(({ host }) => host),
        tls: { certificates: Object.fromEntries(files) },
        limits: { authFailuresPerAddress: 0 },
      },
      accounts: hosts.slice(2).map(({ host }) => `mallory@${host}`),
    }),
    startVictim(),
  ])
})
after(async () => {
  await Promise.all([victim.stop(), relaxed.stop()])
  certificates.remove()
})

/** An open stream under TLS with the features it was offered. */
async function stream(host: string, options: ConnectionOptions = {}): Promise<RawClient & { features: string }> {
  const client = await RawClient.connect({ port: victim.tlsPort, tls: { servername: host, ...options } })
  return Object.assign(client, { features: await client.open(host) })
}

const exactly = (version: (typeof versions)[number]): ConnectionOptions => ({
  minVersion: version,
  maxVersion: version,
})

test('S36 refuses the flag y where channel binding was offered', (t) =>
  attack(t, victim, async ({ note }) => {
    for (const version of versions)
      for (const hash of hashes) {
        const client = await stream('a.example', exactly(version))
        assert.ok(offersOf(client.features).mechanisms.includes(`SCRAM-SHA-${hash}-PLUS`))
        const attempt = { mechanism: `SCRAM-SHA-${hash}`, user: 'mallory' }
        assert.equal((await scram(client, { ...attempt, flag: 'y' })).condition, 'not-authorized')
        assert.equal((await scram(client, { ...attempt, flag: 'n', laterFlag: 'y' })).condition, 'not-authorized')
        // a client that cannot bind says so, and may log in
        const { condition, isProved } = await scram(client, attempt)
        assert.deepEqual({ condition, isProved }, { condition: 'success', isProved: true })
        client.close()
      }
    note('TLS 1.2 and 1.3, three hashes: y refused with the right password, n accepted')
  }))

/** XEP-0474 0.5 section 6.1 */
function offersHash(features: string, mechanism: string): string {
  const { mechanisms, bindings } = offersOf(features)
  const list = (names: string[]): string =>
    names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))).join('\x1e')
  const offers = list(mechanisms) + (bindings.length > 0 ? `\x1f${list(bindings)}` : '')
  return createHash(`sha${/SHA-(\d+)/.exec(mechanism)![1]}`)
    .update(offers)
    .digest('base64')
}

test('S36 tells every client by XEP-0474 what it has offered', (t) =>
  attack(t, victim, async ({ note }) => {
    let checked = 0
    for (const version of versions)
      for (const hash of hashes)
        for (const plus of [false, true]) {
          const client = await stream('a.example', exactly(version))
          const mechanism = `SCRAM-SHA-${hash}${plus ? '-PLUS' : ''}`
          const type = 'tls-server-end-point'
          const bound = plus ? { flag: `p=${type}`, binding: bindingData(client.tls!, type) } : {}
          const { condition, challenge, isProved } = await scram(client, { mechanism, user: 'mallory', ...bound })
          assert.equal(/,h=([^,]+)/.exec(challenge)?.[1], offersHash(client.features, mechanism), mechanism)
          assert.equal(/,t=([^,]+)$/.exec(challenge)?.[1], version === 'TLSv1.3' ? '0304' : '0303') // [XEP-0515 5.1]
          assert.ok(condition === 'success' && isProved)
          checked++
          client.close()
        }
    note(`${checked} challenges with the right hash of the offers`)
  }))

test('S36 hashes the offers of the stream at hand: fewer in the clear', (t) =>
  attack(t, relaxed, async () => {
    const client = await RawClient.connect({ port: relaxed.port })
    const features = await client.open()
    assert.deepEqual(offersOf(features).bindings, [])
    const { condition, challenge } = await scram(client, { mechanism: 'SCRAM-SHA-256', user: 'mallory', flag: 'y' })
    assert.equal(condition, 'success', 'nothing to bind to: y is the truth')
    assert.equal(/,h=([^,]+)/.exec(challenge)?.[1], offersHash(features, 'SCRAM-SHA-256'))
    client.close()
  }))

test('S37 logs in with every channel binding it offers, with certificates of every kind', (t) =>
  attack(t, victim, async ({ note }) => {
    for (const { host, kind, hash } of hosts)
      for (const version of versions) {
        const client = await stream(host, exactly(version))
        const { bindings } = offersOf(client.features)
        assert.equal(client.tls!.getProtocol(), version)
        assert.equal(bindings.includes('tls-exporter'), version === 'TLSv1.3', 'the exporter needs TLS 1.3')
        assert.equal(bindings.includes('tls-unique'), version === 'TLSv1.2', 'tls-unique ends with TLS 1.2')
        const named = !kind.startsWith('Ed') && !kind.includes('PSS')
        if (named) assert.ok(bindings.includes('tls-server-end-point'), kind)
        client.close()
        for (const type of bindings) {
          const bound = await stream(host, exactly(version))
          const { condition, isProved } = await scram(bound, {
            mechanism: 'SCRAM-SHA-256-PLUS',
            user: 'mallory',
            flag: `p=${type}`,
            binding: bindingData(bound.tls!, type, hash),
          })
          assert.deepEqual(
            { condition, isProved },
            { condition: 'success', isProved: true },
            `${kind} ${version} ${type}`,
          )
          bound.close()
        }
        note(`${kind}, ${version}: ${bindings.join(', ')}`)
      }
  }))

test('S37 refuses wrong channel-binding data and types, though the password is right', (t) =>
  attack(t, victim, async ({ note }) => {
    let refused = 0
    for (const host of ['a.example', 'b.example'])
      for (const version of versions) {
        const other = await stream(host, exactly(version))
        const elsewhere = await stream(host === 'a.example' ? 'b.example' : 'a.example', exactly(version))
        const { bindings } = offersOf(other.features)
        for (const mechanism of ['SCRAM-SHA-1-PLUS', 'SCRAM-SHA-512-PLUS']) {
          const wrong: [Omit<ScramAttempt, 'mechanism' | 'user'>, string][] = [
            [{ flag: 'p=unknown-cb', binding: Buffer.from('x') }, 'not-authorized'],
            [{ flag: 'n' }, 'malformed-request'],
            [{ flag: 'y' }, 'not-authorized'],
            [{ flag: 'p=' }, 'malformed-request'],
            [{ flag: 'p=toString' }, 'not-authorized'],
          ]
          for (const type of ['tls-exporter', 'tls-unique', 'tls-server-end-point']) {
            // the certificate is the same for all connections to a host: there it is the one of somebody in the middle
            const stranger = type === 'tls-server-end-point' ? elsewhere : other
            const flag = `p=${type}`
            const bytes = bindings.includes(type) ? bindingData(stranger.tls!, type) : Buffer.alloc(12)
            wrong.push([{ flag, binding: bytes }, 'not-authorized'], [{ flag }, 'not-authorized'])
            wrong.push([{ flag, binding: Buffer.concat([bytes, Buffer.alloc(1)]) }, 'not-authorized'])
          }
          for (const [attempt, condition] of wrong) {
            const client = await stream(host, exactly(version))
            const outcome = await scram(client, { mechanism, user: 'mallory', ...attempt })
            assert.equal(outcome.condition, condition, `${host} ${version} ${mechanism} ${attempt.flag}`)
            refused++
            client.close()
          }
          // right data, but the second message speaks of another type than the first
          const client = await stream(host, exactly(version))
          const binding = bindingData(client.tls!, 'tls-server-end-point')
          const attempt = { mechanism, user: 'mallory', flag: 'p=tls-server-end-point', binding }
          assert.equal((await scram(client, { ...attempt, laterFlag: 'p=tls-exporter' })).condition, 'not-authorized')
          assert.equal((await scram(client, { ...attempt, laterFlag: 'n' })).condition, 'not-authorized')
          // and a binding where the mechanism has none
          const plain = { ...attempt, mechanism: mechanism.replace('-PLUS', '') }
          assert.equal((await scram(client, plain)).condition, 'malformed-request')
          refused += 3
          client.close()
        }
        other.close()
        elsewhere.close()
      }
    note(`${refused} attempts refused`)
  }))

test('S37 binds to the right Finished message when a session of TLS 1.2 is resumed', (t) =>
  attack(t, victim, async ({ note }) => {
    const before = await stream('a.example', exactly('TLSv1.2'))
    const session = before.tls!.getSession()
    before.close()
    const client = await stream('a.example', { ...exactly('TLSv1.2'), ...(session === undefined ? {} : { session }) })
    const isResumed = client.tls!.isSessionReused()
    const right = bindingData(client.tls!, 'tls-unique')
    const wrong = isResumed ? client.tls!.getFinished() : client.tls!.getPeerFinished()
    const attempt = { mechanism: 'SCRAM-SHA-256-PLUS', user: 'mallory', flag: 'p=tls-unique' }
    assert.equal((await scram(client, { ...attempt, binding: wrong! })).condition, 'not-authorized')
    assert.equal((await scram(client, { ...attempt, binding: right })).condition, 'success')
    note(isResumed ? 'the session was resumed' : 'the server does not resume sessions')
    client.close()
  }))
