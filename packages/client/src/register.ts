/**
 * Making an account (XEP-0077 2.4), which comes before any login: on a connection of its own, encrypted like every other. With the token of an
 * invitation where the server asks for one (XEP-0445 0.2.0).
 */
import type { Maybe } from '@rookery/protocol'
import { isBroken } from '@rookery/protocol/codec'
import { type DataForm, type FormAnswers, fillForm } from '@rookery/protocol/forms'
import * as NS from '@rookery/protocol/namespaces'
import { readStanzaError } from '@rookery/protocol/stanza'
import { inviteFeature, preauth as preauthCodec } from '@rookery/protocol/xeps/invites'
import { register as codec, type Register, registerFeature } from '@rookery/protocol/xeps/register'
import { type Element, el } from '@rookery/protocol/xml'
import { onAbort } from './contract/abort.ts'
import { readJid } from './contract/address.ts'
import {
  type ClientError,
  ConnectError,
  DisconnectedError,
  RegistrationError,
  RequestError,
  UsageError,
} from './contract/errors.ts'
import type { Platform, TlsOptions } from './contract/platform.ts'
import type { Connection } from './negotiate/connection.ts'
import { openStream } from './negotiate/open-stream.ts'
import { attempt } from './session/attempt.ts'

export interface RegisterOptions {
  /** The account to be. */
  readonly jid: string
  readonly password: string
  /** As of `connect`. */
  readonly service?: string | undefined
  readonly plaintext?: boolean | undefined
  readonly tls?: TlsOptions | undefined
  readonly platform?: Platform | undefined
  /** The token of an invitation: see `parseInvite`. */
  readonly preauth?: string | undefined
  /** What else the server wants to know, beside username and password: by name, or by a function that looks at the question. */
  readonly answers?: FormAnswers | ((asked: RegistrationQuestion) => Maybe<FormAnswers>) | undefined
  readonly signal?: AbortSignal | undefined
  /** Milliseconds for all of it; 60,000 unless told. */
  readonly timeout?: number | undefined
}

/** What a server wants to know. */
export interface RegistrationQuestion {
  /** For a person to read. */
  readonly instructions: string | undefined
  /** The names of what is asked for. */
  readonly fields: readonly string[]
  /** With labels and kinds, where the server tells them. */
  readonly form: DataForm | undefined
  /** A page where a person can do the same: also where the form asks whether they are one (XEP-0158). */
  readonly url: string | undefined
}

/** Makes an account; then `connect`. Throws RegistrationError, ConnectError, UsageError; the reason of the signal. */
export async function registerAt(usual: Platform, options: RegisterOptions): Promise<undefined> {
  const { local, domain } = readJid(options?.jid)
  if (local === '') throw new UsageError(`${domain} is a domain: an account looks like name@domain.`)
  const { platform = usual, timeout = 60_000, signal } = options
  signal?.throwIfAborted()
  const controller = new AbortController()
  const stop = platform.clock.after(timeout, () =>
    controller.abort(new ConnectError('timeout', `${domain} did not make the account in time.`)),
  )
  const stopListening = onAbort(signal, (reason) => controller.abort(reason))
  try {
    // an address has less time than all of it: who is asked something may take the rest
    const { connection, offers } = await attempt({
      platform,
      domain,
      location: undefined,
      options,
      signal: controller.signal,
      time: timeout,
      run: async (connection) => ({ connection, offers: await openStream(connection, platform, options) }),
    })
    const forget = onAbort(controller.signal, (reason) => connection.destroy(reason as ClientError))
    try {
      await register(connection, offers, { ...options, local, domain })
    } finally {
      forget()
      connection.end()
    }
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  } finally {
    stop()
    stopListening()
  }
}

async function register(
  connection: Connection,
  offers: Element,
  { local, domain, password, preauth, answers }: RegisterOptions & { readonly local: string; readonly domain: string },
): Promise<undefined> {
  const lost = connection.closed.then((reason) => {
    throw reason ?? new DisconnectedError()
  })
  lost.catch(() => undefined) // nobody waits for it where nobody is asked
  const ask = (type: 'get' | 'set', payload: Element): Promise<Element | undefined> =>
    request(connection, domain, type, payload)
  if (preauth !== undefined) {
    if (!has(offers, inviteFeature)) throw new RegistrationError('closed', `${domain} takes no invitations.`)
    await ask('set', preauthCodec.build({ token: preauth })).catch((error: unknown) => {
      if (!(error instanceof RequestError)) throw error
      throw new RegistrationError('bad-token', `${domain} does not take the invitation: ${error.condition}.`)
    })
  } else if (!has(offers, registerFeature)) throw new RegistrationError('closed', `${domain} takes no strangers.`)
  let url: string | undefined
  try {
    const question = await ask('get', codec.build({}))
    const blank = question && codec.parse(question)
    if (blank === undefined || isBroken(blank)) throw new ConnectError('bad-answer', 'The server asks nothing.')
    url = blank.oobUrl
    // whoever is asked need not answer any more when the connection is gone
    const filled = codec.build(await Promise.race([fill(blank, { local, password, answers, domain }), lost]))
    await ask('set', filled).catch((error: unknown) => {
      if (error instanceof RequestError) throw error
      throw new RegistrationError('unsure', `${domain} did not say whether it made the account.`)
    })
  } catch (error) {
    if (!(error instanceof RequestError)) throw error
    const { condition, text } = error
    const reason =
      condition === 'conflict'
        ? 'taken'
        : condition === 'service-unavailable' || condition === 'not-allowed' || condition === 'forbidden'
          ? 'closed'
          : 'refused'
    throw new RegistrationError(
      reason,
      `${domain} made no account: ${condition}${text === undefined ? '' : ` (${text})`}.`,
      url,
    )
  }
}

async function fill(
  blank: Register,
  {
    local,
    password,
    answers = {},
    domain,
  }: Pick<RegisterOptions, 'password' | 'answers'> & { readonly local: string; readonly domain: string },
): Promise<Register> {
  const { instructions, form, oobUrl, registered, remove, key, ...plain } = blank
  const fields = form === undefined ? Object.keys(plain) : form.fields.flatMap((field) => field.var ?? [])
  if (oobUrl !== undefined && fields.length === 0)
    throw new RegistrationError('elsewhere', `${domain} makes accounts at ${oobUrl}.`, oobUrl) // [XEP-0077 5]
  const given = typeof answers === 'function' ? await answers({ instructions, fields, form, url: oobUrl }) : answers
  const all = { ...given, username: local, password }
  if (form !== undefined) return { form: fillForm(form, all) }
  const wanted = Object.entries(all).flatMap(([name, value]) =>
    fields.includes(name) && value !== undefined ? [[name, String(value)]] : [],
  )
  return { ...Object.fromEntries(wanted), ...(key !== undefined && { key }) } // [XEP-0077 3.1.1]
}

async function request(
  connection: Connection,
  to: string,
  type: 'get' | 'set',
  payload: Element,
): Promise<Element | undefined> {
  const id = `${type} ${payload.name}` // one after the other, and none twice
  connection.send(el('iq', NS.client, { type, id, to }, [payload]))
  for (;;) {
    const answer = await connection.nextElement('iq', NS.client)
    if (answer.attr('id') !== id) continue
    if (answer.attr('type') === 'error') throw new RequestError(readStanzaError(answer), to)
    return answer.firstElement()
  }
}

function has(offers: Element, { name, ns }: Element): boolean {
  return offers.child(name, ns) !== undefined
}
