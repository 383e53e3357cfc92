/** What the tests of logins by XEP-0388 say: over memory, so without TLS and channel bindings. */
import { createHmac } from 'node:crypto'
import type { Element } from '@rookery/protocol/xml'
import { HOST, type MemoryClient, type MemoryServer } from './memory-server.ts'

export const SASL2 = 'urn:xmpp:sasl:2'
export const BIND2 = 'urn:xmpp:bind:0'
export const FAST = 'urn:xmpp:fast:0'
export const PHONE = '7a3f0c52-88d1-4c5e-9b0a-1f2e3d4c5b6a'
export const LAPTOP = '0d9e8f7a-6b5c-4d3e-8f1a-2b3c4d5e6f70'

export interface Asked {
  readonly mechanism?: string
  readonly initial?: Uint8Array | string
  readonly agent?: string | undefined
  /** XML beside the response. */
  readonly inline?: string
}

/** `<authenticate/>`; PLAIN by the password that `MemoryServer` gives out, unless told. */
export function authenticate(local: string, { mechanism = 'PLAIN', initial, agent, inline = '' }: Asked = {}): string {
  const bytes = Buffer.from(initial ?? `\0${local}\0secret-${local}`)
  const userAgent = agent === undefined ? '' : `<user-agent id='${agent}'><software>Lute</software></user-agent>`
  return (
    `<authenticate xmlns='${SASL2}' mechanism='${mechanism}'>` +
    `<initial-response>${bytes.toString('base64')}</initial-response>${userAgent}${inline}</authenticate>`
  )
}

/** The proof of a token by HT-SHA-256-NONE. */
export function proof(local: string, token: string): Buffer {
  return Buffer.concat([Buffer.from(`${local}\0`), createHmac('sha256', token).update('Initiator').digest()])
}

export function byToken(
  local: string,
  token: string,
  attributes = '',
  { agent = PHONE, inline = '' }: Asked = {},
): string {
  return authenticate(local, {
    mechanism: 'HT-SHA-256-NONE',
    initial: proof(local, token),
    agent,
    inline: `<fast xmlns='${FAST}' ${attributes}/>${inline}`,
  })
}

export const bindWith = (content = ''): string => `<bind xmlns='${BIND2}'>${content}</bind>`
export const wantToken = `<request-token xmlns='${FAST}' mechanism='HT-SHA-256-NONE'/>`

/** A stream on which somebody with an account may log in. */
export async function opened(server: MemoryServer, local: string): Promise<MemoryClient> {
  await server.server.accounts(HOST).create(local, `secret-${local}`)
  const client = server.connect()
  await client.open()
  return client
}

/** Sends it and gives the answer, and what the client is bound to. */
export async function tryLogin(
  server: MemoryServer,
  local: string,
  sent: string,
): Promise<{ client: MemoryClient; answer: Element }> {
  const client = await opened(server, local)
  client.send(sent)
  const answer = await client.next()
  if (answer === undefined) throw new Error(`the stream ended: ${client.streamError}`)
  client.jid = answer.childText('authorization-identifier') ?? ''
  return { client, answer }
}

/** The token in a success. */
export function tokenIn(answer: Element): string {
  const token = answer.child('token', FAST)?.attr('token')
  if (token === undefined) throw new Error('there is no token')
  return token
}

/** The condition of a failure. */
export function failureIn(answer: Element | undefined): string | undefined {
  return answer?.name === 'failure' ? answer.firstElement()?.name : undefined
}
