/**
 * S134: whatever strangers say, the log of the daemon stays one line for each event, without their control characters and
 * without anybody's password. The format itself is tested beside it (apps/daemon/src/log); this is the way from the wire to the line.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env, execPath } from 'node:process'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startCanary } from '../harness/canary.ts'
import { auth, bind, login, open, RawClient, SASL, utf8 } from '../harness/client.ts'

const rookery = fileURLToPath(new URL('../../../apps/daemon/src/main.ts', import.meta.url))

const settings = (format: string): string => `
hosts: [a.example, b.example]
listen: { address: 127.0.0.1, c2s: 0, tls: 0, http: 0, https: 0 }
log: { level: debug, format: ${format} }
tls: { required: false }
auth: { iterations: 4096, plainWithoutTls: true }
limits: { authFailuresPerAddress: 0, registrationsPerHour: 0 }
features: { register: { open: true } }
`

interface Daemon {
  readonly port: number
  readonly output: () => string
  readonly stop: () => Promise<void>
}

async function start(t: TestContext, format: string): Promise<Daemon> {
  const folder = mkdtempSync(join(tmpdir(), 'rookery-attack-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const config = join(folder, 'rookery.yaml')
  writeFileSync(config, settings(format))
  const child: ChildProcess = spawn(execPath, [rookery, 'start', '--config', config], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...env, NO_COLOR: '1' },
  })
  t.after(() => child.kill('SIGKILL'))
  let output = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const listening =
    format === 'json' ? /"kind":"c2s"[^\n]*"port":(\d+)/ : /kind[^\n]*c2s[^\n]*port\D+(\d+)|:(\d{4,5})\b/
  const deadline = Date.now() + 15_000
  while (!listening.test(output) && child.exitCode === null && Date.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 20))
  const found = listening.exec(output)
  assert.ok(found, `the daemon does not listen: ${output}`)
  for (const user of ['mallory@a.example', 'romeo@b.example', 'juliet@b.example']) {
    const password = `secret-${user.slice(0, user.indexOf('@'))}`
    const added = spawnSync(execPath, [rookery, 'user', 'add', user, '--stdin', '--config', config], {
      input: `${password}\n`,
      encoding: 'utf8',
    })
    assert.equal(added.status, 0, added.stderr)
  }
  return {
    port: Number(found[1] ?? found[2]),
    output: () => output,
    stop: async () => {
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

/** Line breaks, a forged line, colours, a lookup, a change of direction. */
const evil = 'x\n2026-01-01T00:00:00Z ERROR forged\r\u001b[31m\u0085\u2028\u202e$' + '{jndi:ldap://a/b}'
const attribute = (text: string): string =>
  Array.from(text, (c) => (c < ' ' && !'\t\n\r'.includes(c) ? '' : `&#x${c.codePointAt(0)!.toString(16)};`)).join('')

/** Says evil things wherever something may be logged. */
async function provoke(port: number): Promise<number> {
  const firsts = [
    open(attribute(evil)),
    open('a'.repeat(9000)),
    `${open('a.example')}<${'e'.repeat(200)}/>`,
    `${open('a.example')}<é\u001b/>`,
    `${open('a.example')}<auth xmlns='${SASL}' mechanism='${attribute(evil)}'>=</auth>`,
    open('a.example') + auth(evil, 'hunter2'),
    open('a.example') + auth('mallory', 'hunter2'),
    open('a.example') + auth('mallory', `hunter2${evil}`),
    open('a.example') + auth('hunter2hunter2'.repeat(100), 'hunter2'),
    `${open('a.example')}<auth xmlns='${SASL}' mechanism='SCRAM-SHA-1'>${Buffer.from(`n,,n=${evil},r=hunter2`).toString('base64')}</auth>`,
    `${open('a.example')}<iq type='set' id='r'><query xmlns='jabber:iq:register'><username>${attribute(evil)}</username><password>hunter2</password></query></iq>`,
    `${open('a.example')}<iq type='set' id='r'><query xmlns='jabber:iq:register'><username>newcomer</username><password>hunter2</password></query></iq>`,
    `${open('a.example')}<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`,
  ]
  for (const wire of firsts) {
    const client = await RawClient.connect({ port })
    client.send(utf8(wire))
    await client.waitForEnd(150)
    client.send(evil)
    await client.waitForEnd(100)
    client.close()
  }
  const bound = [
    `<message to='b.example' id='${attribute(evil)}'><body>${attribute(evil)}</body></message>`,
    `<message to='nobody@a.example/${attribute(evil)}'><body>hunter2</body></message>`,
    `<iq type='get' id='f' to='a.example'><${'q'.repeat(900)} xmlns='${attribute(evil)}'/></iq>`,
    `<iq type='set' id='p'><query xmlns='jabber:iq:register'><username>mallory</username><password>hunter2</password></query></iq>`,
    `<${'z'.repeat(900)} xmlns='${attribute(evil)}'/>`,
    `<message from='${attribute(evil)}'/>`,
    `<enable xmlns='urn:xmpp:sm:3' resume='${attribute(evil)}'/><a xmlns='urn:xmpp:sm:3' h='${attribute(evil)}'/>`,
    `<iq type='set' id='m'><query xmlns='urn:xmpp:mam:2' queryid='${attribute(evil)}'><set xmlns='http://jabber.org/protocol/rsm'><after>${attribute(evil)}</after></set></query></iq>`,
    `<resume xmlns='urn:xmpp:sm:3' previd='${attribute(evil)}' h='0'/><${'s'.repeat(900)} xmlns='urn:xmpp:sm:3'/>`,
    `<message>${'x'.repeat(300_000)}`,
  ]
  for (const [index, wire] of bound.entries()) {
    // the fourth changes the password
    const password = index > 3 ? 'hunter2' : 'secret-mallory'
    const client = await login({ port, isSecure: false }, 'mallory@a.example', { password })
    client.send(utf8(wire))
    await client.waitForEnd(index === bound.length - 1 ? 4000 : 150)
    client.close()
  }
  const client = await RawClient.connect({ port })
  await client.open()
  await client.authenticate('mallory', 'a.example', 'hunter2')
  client.send(bind(attribute(evil)))
  client.send(bind(utf8('r\u202e')))
  await client.waitForEnd(150)
  client.close()
  return firsts.length + bound.length + 2
}

for (const format of ['json', 'pretty']) {
  test(`S134 keeps the log of the daemon in order, as ${format}`, async (t) => {
    const daemon = await start(t, format)
    const canary = await startCanary({
      port: daemon.port,
      secure: false,
      jids: ['romeo@b.example', 'juliet@b.example'],
    })
    t.after(() => canary.stop())
    canary.begin()
    const count = await provoke(daemon.port)
    const report = await canary.end()
    assert.deepEqual([report.lost, report.outOfOrder, report.failure], [0, 0, undefined])
    await canary.stop()
    await daemon.stop()
    const lines = daemon.output().split('\n').slice(0, -1)
    t.diagnostic(
      `${count} provocations at level debug: ${lines.length} lines, the longest of ${Math.max(...lines.map((line) => line.length))} characters`,
    )
    assert.ok(lines.length > count, daemon.output())
    for (const line of lines) {
      if (format === 'json') assert.doesNotThrow(() => JSON.parse(line), line)
      assert.doesNotMatch(line, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/)
      assert.doesNotMatch(line, /^\W*2026-01-01/, 'forged')
      assert.ok(line.length < 5000, line)
    }
    // the one password that the daemon shows is that of the first account it made
    assert.ok(
      !daemon.output().includes('hunter2'),
      lines.find((line) => line.includes('hunter2')),
    )
    assert.ok(
      !daemon.output().includes('secret-'),
      lines.find((line) => line.includes('secret-')),
    )
  })
}
