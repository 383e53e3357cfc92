/** `rookery send`: messages to somebody, each followed until it has come as far as was asked. */
import { createInterface } from 'node:readline'
import {
  type Attachment,
  type ClientError,
  chatWith,
  type MessageContent,
  messages,
  rooms,
  type SentMessage,
  upload,
} from '@rookery/client/node'
import { Failure } from '../failure.ts'
import { type Account, type AccountOptions, addressOf, findAccount } from './account.ts'
import { explained, isClientError, sentenceFor } from './advice.ts'
import { createTalk } from './client.ts'
import { enter } from './enter.ts'
import { checkFiles, uploadFiles } from './files.ts'
import { Following, fateEntry, lateCode, type WaitFor } from './following.ts'
import { Output, stopSignal } from './output.ts'

export interface SendOptions extends AccountOptions, WaitFor {
  subject?: string
  file?: readonly string[]
  /** The address is that of a room, to be entered first. */
  room?: boolean
  nick?: string
  json?: boolean
}

export async function send(to: string, words: readonly string[], options: SendOptions): Promise<number> {
  checkFiles(options.file ?? [])
  const account = await findAccount(options, process.env)
  const stop = stopSignal()
  const output = new Output(options.json === true, () => stop.abort())
  try {
    return await sendAs(account, to, words, { options, output, signal: stop.signal })
  } catch (error) {
    if (stop.signal.aborted) return lateCode
    throw explained(error, account)
  }
}

/** Of what was said before in a room. */
const history = { maxStanzas: 0 }

interface Run {
  readonly options: SendOptions
  readonly output: Output
  readonly signal: AbortSignal
}

async function sendAs(account: Account, to: string, words: readonly string[], run: Run): Promise<number> {
  const { options, output, signal } = run
  const { room: isRoom, nick, timeout, store, subject, file: files = [] } = options
  const { client, connect } = await createTalk(account, store, [messages, chatWith({ presence: false }), rooms, upload])
  try {
    client.on('error', (error) => output.warn(sentenceFor(error, account)))
    const following = new Following(options, output, signal)
    const earlier = client.messages.unacknowledged // of earlier runs: they go as soon as it is online
    let offline: string | undefined
    await connect(signal).catch((error: unknown) => {
      if (store === undefined || isRoom === true || files.length > 0 || !isPassing(error)) throw error
      offline = sentenceFor(error, account)
    })
    const room =
      isRoom === true ? await enter(client, to, { nick, history, timeout: timeout * 1000, signal }) : undefined
    const address = addressOf(to, account)
    const say = (content: MessageContent): SentMessage => room?.send(content) ?? client.chat.send(address, content)
    const attachments = await uploadFiles(client, files, { account, signal })
    const contents = contentsOf(words, attachments, { subject, signal })
    // the store has what is sent at once: that needs no connection
    if (offline !== undefined)
      return await keep(contents, say, output, `${offline} It is kept in ${store}, and goes with the next run.`)
    for (const message of earlier) await following.add(message)
    for await (const content of contents) await following.add(say(content))
    if (following.count === 0) throw nothing()
    return await following.ended()
  } finally {
    await client.close()
  }
}

async function keep(
  contents: AsyncIterable<MessageContent>,
  say: (content: MessageContent) => SentMessage,
  output: Output,
  words: string,
): Promise<number> {
  let count = 0
  for await (const content of contents) {
    const message = say(content)
    if (message.fate === 'failed') throw message.error
    output.entry(fateEntry(message))
    count++
  }
  if (count === 0) throw nothing()
  output.warn(words)
  return lateCode
}

function nothing(): Failure {
  return new Failure('There is nothing to send: no words, and nothing on standard input.')
}

/** Whether another run may do better, as it is. */
function isPassing(error: unknown): error is ClientError {
  return isClientError(error) && (error.kind === 'connect' || error.kind === 'disconnected')
}

/** The words, or each line of standard input that is not empty; then the files, each in a message of its own, as most clients show them. */
async function* contentsOf(
  words: readonly string[],
  attachments: readonly Attachment[],
  { subject, signal }: { readonly subject: string | undefined; readonly signal: AbortSignal },
): AsyncGenerator<MessageContent, undefined> {
  if (words.length > 0) yield { body: words.join(' '), subject }
  else if (attachments.length === 0)
    for await (const body of createInterface({ input: process.stdin, signal })) if (body !== '') yield { body, subject }
  for (const attach of attachments) yield { attach }
  return undefined
}
