/** The server's end of the control socket. Opened after the data folder is locked, so a socket that lies there is a dead one's. */
import { rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import type { Endpoint, Log } from '@rookery/server'
import { z } from 'zod'
import { explain } from '../failure.ts'
import type { AccountBook } from './account-book.ts'
import { type Answer, maxLine, type Request, type Result, socketPath } from './protocol.ts'

const idleMs = 30_000

const requestSchema: z.ZodType<Request> = z.union([
  z.strictObject({ command: z.enum(['add', 'setPassword']), jid: z.string(), password: z.string() }),
  z.strictObject({ command: z.literal('remove'), jid: z.string() }),
  z.strictObject({
    command: z.literal('list'),
    host: z.string(),
    after: z.string().optional(),
    limit: z.number().int().min(1).max(1000),
  }),
  z.strictObject({ command: z.literal('endpoints') }),
]) as z.ZodType<Request>

export class ControlServer {
  readonly #path: string | undefined
  readonly #accounts: AccountBook
  readonly #endpoints: () => readonly Endpoint[]
  readonly #log: Log
  readonly #sockets = new Set<Socket>()
  #server: Server | undefined

  constructor(data: string, accounts: AccountBook, endpoints: () => readonly Endpoint[], log: Log) {
    this.#path = socketPath(data)
    this.#accounts = accounts
    this.#endpoints = endpoints
    this.#log = log
  }

  async open(): Promise<void> {
    const path = this.#path
    if (path === undefined)
      return this.#log.debug({}, 'no control socket here: stop the server before changing accounts with rookery user')
    rmSync(path, { force: true })
    const server = createServer((socket) => this.#take(socket))
    this.#server = server
    const opened = new Promise<void>((resolve, reject) => {
      server.once('listening', resolve).once('error', reject)
    })
    // the socket must never be anybody else's, not even for a moment; it is bound inside listen()
    const mask = process.umask(0o177)
    try {
      server.listen(path)
    } finally {
      process.umask(mask)
    }
    await opened
  }

  async close(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #take(socket: Socket): void {
    this.#sockets.add(socket)
    let text = ''
    socket.setEncoding('utf8')
    socket.setTimeout(idleMs, () => socket.destroy())
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk: string) => {
      text += chunk
      const end = text.indexOf('\n')
      if (end === -1) {
        if (text.length > maxLine) socket.destroy()
        return
      }
      socket.pause()
      void this.#answer(text.slice(0, end)).then((answer) => socket.end(`${JSON.stringify(answer)}\n`))
    })
  }

  async #answer(line: string): Promise<Answer> {
    try {
      const request = requestSchema.safeParse(JSON.parse(line))
      if (!request.success)
        return { problem: 'The running server does not know this command; it may be another version.' }
      return { result: await this.#run(request.data) }
    } catch (error) {
      const problem = explain(error)
      if (problem !== undefined) return { problem }
      this.#log.error({ error }, 'a command on the control socket failed')
      return { problem: 'The running server failed; its log says why.' }
    }
  }

  async #run(request: Request): Promise<Result> {
    switch (request.command) {
      case 'endpoints':
        return this.#endpoints()
      case 'list':
        return this.#accounts.list(request.host, request.after, request.limit)
      case 'add':
        return this.#changed(request, await this.#accounts.add(request.jid, request.password))
      case 'setPassword':
        return this.#changed(request, await this.#accounts.setPassword(request.jid, request.password))
      case 'remove':
        return this.#changed(request, await this.#accounts.remove(request.jid))
    }
  }

  #changed({ command, jid }: Extract<Request, { jid: string }>, done: boolean): boolean {
    if (done) this.#log.info({ event: 'account', command, account: jid }, 'account changed by command')
    return done
  }
}
