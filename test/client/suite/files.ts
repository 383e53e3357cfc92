/** Files and bytes. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { attachFile, chat, disco, files, filesOf, ibb, jingle, presence, roster, upload } from '@rookery/client/node'
import { el } from '@rookery/protocol/xml'
import { type Behaviour, behaviour } from './behaviour.ts'
import { befriend } from './people.ts'
import { next, within } from './stage.ts'

const store = { service: 'store/file', features: ['urn:xmpp:http:upload:0'] }
const bytes = (length: number): Uint8Array<ArrayBuffer> => new Uint8Array(randomBytes(length))
const contact = [presence, roster] as const

async function read(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer())
}

export const transfers: readonly Behaviour[] = [
  behaviour(
    'upload',
    'a file is put on the server, shared in a message, and fetched',
    { needs: [store] },
    async ({ target, login, jid, service }) => {
      const trusted = getCACertificates()
      setDefaultCACertificates([...trusted, target.ca]) // of fetch
      try {
        const romeo = await login('romeo', [presence, chat, upload])
        const juliet = await login('juliet', [presence, chat])
        const place = await romeo.upload.service()
        assert.equal(`${place?.jid}`, service('store/file'))
        const data = bytes(50_000)
        const progress: number[] = []
        const { url, file } = await romeo.upload.send(new File([data], 'letter.txt', { type: 'text/plain' }), {
          onProgress: (now) => progress.push(now.bytes),
        })
        assert.equal(progress.at(-1), data.length)
        const arrived = next(juliet, 'chat')
        romeo.chat.send(jid('juliet'), { attach: attachFile(url, file) })
        const [shared] = filesOf(await arrived)
        assert.equal(shared?.name, 'letter.txt')
        const answer = await fetch(url)
        assert.deepEqual(new Uint8Array(await answer.arrayBuffer()), data)
      } finally {
        setDefaultCACertificates(trusted)
      }
    },
  ),

  behaviour('ibb', 'bytes go to a contact and come back', {}, async ({ login }) => {
    const romeo = await login('romeo', [...contact, ibb])
    const juliet = await login('juliet', [...contact, ibb])
    await befriend(romeo, juliet)
    const offered = next(juliet, 'ibb:offered')
    const opening = romeo.ibb.open(juliet.jid!, { blockSize: 1024 })
    const hers = (await offered).accept()!
    const his = await opening
    const data = bytes(5_000)
    const sending = (async () => {
      const writer = his.writable.getWriter()
      await writer.write(data)
      await writer.close()
    })()
    assert.deepEqual(await read(hers.readable), data)
    await sending
    await hers.closed
  }),

  behaviour('ibb', 'who takes none says so', {}, async ({ login }) => {
    const romeo = await login('romeo', [...contact, ibb])
    const juliet = await login('juliet', contact)
    await befriend(romeo, juliet)
    await assert.rejects(romeo.ibb.open(juliet.jid!), { kind: 'unsupported' })
  }),

  behaviour('jingle', 'a session is offered, accepted and ended', {}, async ({ login }) => {
    const romeo = await login('romeo', [...contact, jingle])
    const juliet = await login('juliet', [...contact, jingle])
    await befriend(romeo, juliet)
    const ns = 'urn:example:duet'
    const ended = new Promise<unknown>((resolve) =>
      juliet.jingle.take(ns, (session) => {
        queueMicrotask(() => void session.accept(session.contents))
        return { ended: resolve }
      }),
    )
    const content = {
      creator: 'initiator',
      name: 'duet',
      description: el('description', ns),
      transport: el('transport', ns),
    } as const
    let accept: () => void = () => undefined
    const accepted = new Promise<void>((resolve) => (accept = resolve))
    const session = await romeo.jingle.initiate(juliet.jid!, [content], { accepted: () => accept() })
    await within(accepted, 'the session to be accepted')
    assert.equal(session.state, 'active')
    await session.end({ condition: 'success' })
    assert.partialDeepStrictEqual(await within(ended, 'the session to be ended'), {
      condition: 'success',
      isOwn: false,
    })
  }),

  behaviour('files', 'a file goes from client to client, and is what it was', {}, async ({ login }) => {
    const romeo = await login('romeo', [...contact, disco, files])
    const juliet = await login('juliet', [...contact, disco, files])
    await befriend(romeo, juliet)
    const data = bytes(30_000)
    const offered = next(juliet, 'file:offered')
    const sending = romeo.files.send(juliet.jid!, new File([data], 'ring.bin'), { description: 'A token' })
    const offer = await offered
    assert.deepEqual([offer.name, offer.size, offer.description], ['ring.bin', data.length, 'A token'])
    const { stream, done } = offer.accept()
    assert.deepEqual(await read(stream), data)
    assert.deepEqual([(await done).bytes, (await done).isVerified], [data.length, true])
    assert.equal((await sending).bytes, data.length)
  }),

  behaviour('files', 'an offer is declined', {}, async ({ login }) => {
    const romeo = await login('romeo', [...contact, files])
    const juliet = await login('juliet', [...contact, files])
    await befriend(romeo, juliet)
    juliet.on('file:offered', (offer) => offer.decline())
    await assert.rejects(romeo.files.send(juliet.jid!, bytes(100)), { kind: 'transfer', reason: 'declined' })
  }),
]
