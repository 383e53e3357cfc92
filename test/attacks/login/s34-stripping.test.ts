/**
 * S34, and S33 towards a client: a hostile server takes STARTTLS away, or glues an answer to <proceed/>. The one client
 * of this project that there is, the load generator, must send no credential. The client library has its own tests.
 */
import assert from 'node:assert/strict'
import { createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { runLoad } from '../../../apps/daemon/src/bench/run-load.ts'
import { SASL, STREAMS, TLS } from '../harness/client.ts'

const header = `<?xml version='1.0'?><stream:stream id='1' from='localhost' version='1.0' xmlns='jabber:client' xmlns:stream='${STREAMS}'>`
const mechanisms = `<mechanisms xmlns='${SASL}'><mechanism>PLAIN</mechanism></mechanisms>`
const offer = (inner: string): string => `<stream:features>${inner}</stream:features>`

/** Calls back when all of a text has come, in however many pieces. */
function onceSaid(socket: Socket, text: string, then: () => void): void {
  let said = ''
  socket.on('data', function read(chunk) {
    said += chunk.toString('latin1')
    if (!said.includes(text)) return
    socket.off('data', read)
    then()
  })
}

/** What a client that wants TLS sends to a server that answers its header in this way, and why it gave up. */
async function sentTo(answer: (socket: Socket) => void): Promise<{ bytes: string; reason: string }> {
  let bytes = ''
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      bytes += chunk.toString('latin1')
    })
    onceSaid(socket, " xmlns:stream='", () => answer(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  try {
    const result = await runLoad({ mode: 'login', host: '127.0.0.1', port, users: 1, tls: true, password: 'hunter2' })
    assert.equal(result.ready, 0)
    return { bytes, reason: JSON.stringify(result.reasons) }
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
}

function assertNoCredential(bytes: string): void {
  assert.doesNotMatch(bytes, /<auth|hunter2|PLAIN/)
  assert.ok(!bytes.includes(Buffer.from('hunter2').toString('base64').slice(0, 8)))
}

test('S34 the client sends no credential when STARTTLS was taken out of the features', async () => {
  const whole = await sentTo((socket) => void socket.write(header + offer(mechanisms)))
  assertNoCredential(whole.bytes)
  assert.match(whole.reason, /STARTTLS/)
  const inTwo = await sentTo((socket) => {
    socket.write(`${header}<stream:features>${mechanisms}`)
    setTimeout(() => socket.write('</stream:features>'), 50)
  })
  assertNoCredential(inTwo.bytes)
  assert.match(inTwo.reason, /STARTTLS/)
})

test('S33 the client forgets what was glued to <proceed/>', async () => {
  const glued = await sentTo((socket) => {
    socket.write(header + offer(`<starttls xmlns='${TLS}'/>`))
    onceSaid(socket, '<starttls', () => {
      socket.write(`<proceed xmlns='${TLS}'/>${header}${offer(mechanisms)}<success xmlns='${SASL}'/>`)
      setTimeout(() => socket.destroy(), 300)
    })
  })
  assertNoCredential(glued.bytes)
  const afterRequest = glued.bytes.slice(glued.bytes.indexOf('<starttls'))
  assert.match(afterRequest, /\/>\x16\x03/) // then a TLS handshake, and nothing in the clear
})
