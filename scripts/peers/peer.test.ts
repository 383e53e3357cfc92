/** The peers start as promised: open registration, PLAIN without TLS, STARTTLS, two hosts. Needs prosody and ejabberd (.ci/install). */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { test } from 'node:test'
import { peerNames, startPeer } from './peer.ts'
import { readStreamFeatures } from './stream-ready.ts'

/** Sends lines one after another, each after the answer to the one before was seen. */
const converse = (port: number, steps: readonly (readonly [send: string, until: string])[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' })
    let received = ''
    let all = ''
    let step = 0
    socket.setEncoding('utf8').setTimeout(10_000, () => socket.destroy(new Error(`silence after: ${all}`)))
    const next = (): void => {
      received = ''
      const line = steps[step]
      if (line !== undefined) socket.write(line[0])
      else resolve(all)
      if (line === undefined) socket.destroy()
    }
    socket.once('connect', next).once('error', reject)
    socket.on('data', (text: string) => {
      received += text
      all += text
      const expected = steps[step]?.[1]
      if (expected === undefined || !received.includes(expected)) return
      step += 1
      next()
    })
  })

const opening = (host: string): string =>
  `<?xml version='1.0'?><stream:stream to='${host}' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`
const registration =
  "<iq type='set' id='r1'><query xmlns='jabber:iq:register'><username>romeo</username><password>secret</password></query></iq>"
const plain = `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${btoa('\0romeo\0secret')}</auth>`

for (const name of peerNames) {
  test(`${name} offers STARTTLS and SCRAM, lets anybody register and log in on both hosts, and leaves nothing behind`, async () => {
    const peer = await startPeer(name, { archive: name === 'prosody' })
    try {
      for (const host of peer.hosts) {
        const features = await readStreamFeatures(peer.port, host, 5000)
        assert.match(features ?? '', /<starttls/)
        assert.match(features ?? '', /SCRAM-SHA-1</)
        const answers = await converse(peer.port, [
          [opening(host), '</stream:features>'],
          [registration, 'r1'],
          [plain, '<success'],
        ])
        assert.match(answers, /type=['"]result['"]/)
      }
    } finally {
      await peer.stop()
    }
    assert.equal(existsSync(peer.folder), false)
    assert.throws(() => process.kill(peer.pid, 0))
  })
}
