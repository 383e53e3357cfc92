/**
 * How many messages the client library receives and dispatches on one core: `node bench/client.ts [--messages 400000]`. A thread of its own
 * plays the server (one prepared chunk, again and again, with a request to acknowledge every 200); the figure is the CPU time of the
 * client's thread, which parses, counts, reads and hands each message to a listener and to a loop.
 */
import { once } from 'node:events'
import { createServer } from 'node:net'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { connect, messages } from '@rookery/client/node'

const perChunk = 200

const { messages: count } = parseArgs({ options: { messages: { type: 'string', default: '400000' } } }).values

if (isMainThread) await receive(Number(count))
else serve(workerData as number)

async function receive(count: number): Promise<void> {
  for (const way of ['listener', 'loop'] as const) {
    const worker = new Worker(new URL(import.meta.url), { workerData: count })
    const [port] = (await once(worker, 'message')) as [number]
    const client = await connect({
      jid: 'romeo@localhost',
      password: 'secret',
      service: `xmpp://127.0.0.1:${port}`,
      plaintext: true,
      use: [messages],
    })
    let bytes = 0
    let seen = 0
    const done = new Promise<void>((resolve) => {
      const count1 = (body: string | undefined): void => {
        bytes += body?.length ?? 0
        if (++seen === count) resolve()
      }
      if (way === 'listener') client.on('message', ({ body }) => count1(body))
      else
        void (async () => {
          for await (const { body } of client.messages.read()) count1(body)
        })()
    })
    const start = performance.now()
    const before = process.threadCpuUsage()
    worker.postMessage('go')
    await done
    const { user, system } = process.threadCpuUsage(before)
    const seconds = (performance.now() - start) / 1000
    const cpu = (user + system) / 1e6
    console.log(
      `${way.padEnd(8)} ${count} messages, ${bytes} characters: ${Math.round(count / cpu)} a second of CPU, ` +
        `${Math.round(count / seconds)} a second, ${((cpu / count) * 1e6).toFixed(1)} µs each`,
    )
    client.disconnect()
    await worker.terminate()
  }
}

/** Says what a server says, without listening much. */
function serve(count: number): void {
  const server = createServer((socket) => {
    socket.setEncoding('latin1')
    let opened = 0
    const header = `<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='x' version='1.0'>`
    socket.on('data', (data) => {
      const text = String(data)
      if (text.includes('<stream:stream'))
        socket.write(
          `${header}<stream:features>${
            opened++ === 0
              ? `<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms>`
              : `<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><sm xmlns='urn:xmpp:sm:3'/>`
          }</stream:features>`,
        )
      if (text.includes('<auth')) socket.write(`<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>`)
      if (text.includes('<bind'))
        socket.write(
          `<iq type='result' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>romeo@localhost/a</jid></bind></iq>`,
        )
      if (text.includes('<enable')) socket.write(`<enabled xmlns='urn:xmpp:sm:3' id='s' resume='true'/>`)
      if (text.includes('</stream:stream>')) socket.end('</stream:stream>')
    })
    socket.on('error', () => undefined)
    parentPort!.on('message', () => void flood(count, socket))
  })
  server.listen(0, '127.0.0.1', () => parentPort!.postMessage((server.address() as { port: number }).port))
}

async function flood(count: number, socket: import('node:net').Socket): Promise<void> {
  let chunk = ''
  for (let i = 0; i < perChunk; i++)
    chunk += `<message type='chat' id='m${i}' from='juliet@localhost/balcony' to='romeo@localhost/a'><body>O Romeo, Romeo! wherefore art thou Romeo? (${i})</body></message>`
  chunk += `<r xmlns='urn:xmpp:sm:3'/>`
  const bytes = Buffer.from(chunk)
  for (let sent = 0; sent < count; sent += perChunk) if (!socket.write(bytes)) await once(socket, 'drain')
}
