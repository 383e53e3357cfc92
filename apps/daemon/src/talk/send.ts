/** `rookery send`: messages to somebody, each followed until it has come as far as was asked. */
import { createInterface } from 'node:readline'
import { type ClientError, chat, messages, rooms, type SentMessage } from '@rookery/client/node'
import { Failure } from '../failure.ts'
import { type Account, type AccountOptions, addressOf, findAccount } from './account.ts'
import { explained, isClientError, sentenceFor } from './advice.ts'
import { createTalk } from './client.ts'
import { enter } from './enter.ts'
import { Following, fateEntry, lateCode, type WaitFor } from './following.ts'
import { Output, stopSignal } from './output.ts'

export interface SendOptions extends AccountOptions, WaitFor {
  subject?: string
  /** The address is that of a room, to be entered first. */
  room?: boolean
  nick?: string
  json?: boolean
}

export async function send(to: string, words: readonly string[], options: SendOptions): Promise<number> {
  const account = await findAccount(options, process.env)
  const stop = stopSignal()
  const output = new Output(options.json === true, () => stop.abort())
  try {
    return await sendAs(account, to, textsOf(words, stop.signal), { options, output, signal: stop.signal })
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

async function sendAs(account: Account, to: string, texts: AsyncIterable<string>, run: Run): Promise<number> {
  const { options, output, signal } = run
  const { room: isRoom, nick, timeout, store, subject } = options
  const { client, connect } = await createTalk(account, store, [messages, chat, rooms])
  try {
    client.on('error', (error) => output.warn(sentenceFor(error, account)))
    const following = new Following(options, output, signal)
    const earlier = client.messages.unacknowledged // of earlier runs: they go as soon as it is online
    let offline: string | undefined
    await connect(signal).catch((error: unknown) => {
      if (store === undefined || isRoom === true || !isPassing(error)) throw error
      offline = sentenceFor(error, account)
    })
    const room =
      isRoom === true ? await enter(client, to, { nick, history, timeout: timeout * 1000, signal }) : undefined
    const address = addressOf(to, account)
    const say = (body: string): SentMessage =>
      room?.send({ body, subject }) ?? client.chat.send(address, { body, subject })
    // the store has what is sent at once: that needs no connection
    if (offline !== undefined)
      return await keep(texts, say, output, `${offline} It is kept in ${store}, and goes with the next run.`)
    for (const message of earlier) await following.add(message)
    for await (const text of texts) await following.add(say(text))
    if (following.count === 0) throw nothing()
    return await following.ended()
  } finally {
    await client.close()
  }
}

async function keep(
  texts: AsyncIterable<string>,
  say: (text: string) => SentMessage,
  output: Output,
  words: string,
): Promise<number> {
  let count = 0
  for await (const text of texts) {
    const message = say(text)
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

/** The words, or each line of standard input that is not empty. */
async function* textsOf(words: readonly string[], signal: AbortSignal): AsyncGenerator<string, undefined> {
  if (words.length > 0) {
    yield words.join(' ')
    return undefined
  }
  for await (const line of createInterface({ input: process.stdin, signal })) if (line !== '') yield line
  return undefined
}
