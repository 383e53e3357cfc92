/** Uploads of the client library, to the services of Prosody and ejabberd, over TLS. Ours has none yet. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { type Client, connect, type Extension, type Upload, UploadError, upload } from '@rookery/client/node'
import type { Target } from './harness/target.ts'
import { chosenTargets, startTarget } from './harness/targets.ts'

type Sender = Client<readonly [Extension<'upload', Upload>]>

const bytes = (length: number): Uint8Array<ArrayBuffer> => Uint8Array.from({ length }, (_, index) => (index * 31) % 251)

for (const name of chosenTargets((missing, why) => test(missing, (context) => context.skip(why)))) {
  if (name === 'rookery') continue
  describe(`uploads to ${name}`, { concurrency: false }, () => {
    let target: Target
    let romeo: Sender
    /** What came of an upload before the authority was known. */
    let untrusted: unknown
    const trusted = getCACertificates()

    before(async () => {
      target = await startTarget(name)
      const { jid, password } = await target.createAccount('romeo')
      romeo = await connect({ jid, password, service: target.service.xmpp, tls: { ca: target.ca }, use: [upload] })
      untrusted = await romeo.upload.send(bytes(10)).catch((error: unknown) => error)
      setDefaultCACertificates([...trusted, target.ca]) // of fetch
    })
    after(async () => {
      setDefaultCACertificates(trusted)
      await romeo?.close()
      await target?.stop()
    })

    const fetched = async (url: string): Promise<Uint8Array> => {
      const answer = await fetch(url)
      assert.equal(answer.status, 200)
      return new Uint8Array(await answer.arrayBuffer())
    }

    test('what was uploaded can be fetched', async () => {
      const data = bytes(123_456)
      const { url, file } = await romeo.upload.send(new File([data], 'très cool.txt', { type: 'text/plain' }))
      assert.match(url, /^https:/)
      assert.equal(file.name, 'très cool.txt')
      assert.deepEqual(await fetched(url), data)
      const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', data))
      assert.deepEqual(file.hashes[0]?.value, hash)
    })

    test('a stream is uploaded with its length, and progress is told', async () => {
      const data = bytes(200_000)
      const seen: number[] = []
      const { url } = await romeo.upload.send(new Blob([data]).stream(), {
        name: 'stream.bin',
        size: data.length,
        onProgress: (progress) => seen.push(progress.bytes),
      })
      assert.equal(seen.at(-1), data.length)
      assert.deepEqual(await fetched(url), data)
    })

    test('a file that is too large is not begun', async () => {
      const maxBytes = (await romeo.upload.service())?.maxBytes
      assert.ok(maxBytes !== undefined && maxBytes > 0)
      const begun = new ReadableStream<Uint8Array>({ pull: () => assert.fail('it was read') }, { highWaterMark: 0 })
      await assert.rejects(romeo.upload.send(begun, { size: maxBytes + 1 }), (error) => {
        assert.ok(error instanceof UploadError)
        assert.deepEqual([error.reason, error.maxBytes], ['too-large', maxBytes])
        return true
      })
    })

    test('the certificate of the server of files is looked at', () => {
      assert.ok(untrusted instanceof UploadError)
      assert.equal(untrusted.reason, 'failed')
    })
  })
}
