/** The command's end of the control socket: the account book of a server that runs in another process. */
import { connect, type Socket } from 'node:net'
import type { Endpoint } from '@rookery/server'
import { Failure } from '../failure.ts'
import type { AccountBook } from './account-book.ts'
import { type Answer, maxLine, type Request, type Result, socketPath } from './protocol.ts'

const answerWithinMs = 30_000

/** Undefined when no server listens there. Throws a Failure when one does and we may not talk to it. */
export async function connectAccounts(data: string): Promise<AccountBook | undefined> {
  const path = socketPath(data)
  if (path === undefined || !(await answers(path))) return undefined
  const ask = async (request: Request): Promise<Result> => {
    const answer = await exchange(path, request)
    if ('problem' in answer) throw new Failure(answer.problem)
    return answer.result
  }
  return {
    add: async (jid, password) => (await ask({ command: 'add', jid, password })) === true,
    setPassword: async (jid, password) => (await ask({ command: 'setPassword', jid, password })) === true,
    remove: async (jid) => (await ask({ command: 'remove', jid })) === true,
    list: async (host, after, limit) => {
      const names = await ask({ command: 'list', host, ...(after === undefined ? {} : { after }), limit })
      return Array.isArray(names) ? (names as string[]) : []
    },
  }
}

/** Where the server of a data folder listens; undefined when none runs, or when it does not tell us. */
export async function runningEndpoints(data: string): Promise<readonly Endpoint[] | undefined> {
  const path = socketPath(data)
  try {
    if (path === undefined || !(await answers(path))) return undefined
    const answer = await exchange(path, { command: 'endpoints' })
    return 'result' in answer && Array.isArray(answer.result) ? answer.result : undefined
  } catch (error) {
    if (error instanceof Failure) return undefined // of another user, or of an earlier version
    throw error
  }
}

async function answers(path: string): Promise<boolean> {
  try {
    const socket = await open(path)
    socket.destroy()
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EACCES' || code === 'EPERM')
      throw new Failure(
        `The data folder belongs to another user. Run this as the user that the server runs as (${path}).`,
      )
    return false
  }
}

function open(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    socket.once('connect', () => resolve(socket)).once('error', reject)
  })
}

async function exchange(path: string, request: Request): Promise<Answer> {
  const socket = await open(path)
  return new Promise((resolve, reject) => {
    const lost = (): void => reject(new Failure('The running server did not answer. Its log may say why.'))
    let text = ''
    socket.setEncoding('utf8')
    socket.setTimeout(answerWithinMs, () => socket.destroy())
    socket.on('data', (chunk: string) => {
      text += chunk
      if (text.length > maxLine) socket.destroy()
    })
    socket.on('error', lost)
    socket.on('close', () => {
      const end = text.indexOf('\n')
      if (end === -1) lost()
      else resolve(JSON.parse(text.slice(0, end)) as Answer)
    })
    socket.write(`${JSON.stringify(request)}\n`)
  })
}
