/** Jabber-RPC (XEP-0009 2.2.1), both ways: procedures of others, called with values of JavaScript, and one's own for those who may. */
import { isBroken } from '@rookery/protocol/codec'
import type { Jid } from '@rookery/protocol/jid'
import { type Iq, StanzaError } from '@rookery/protocol/stanza'
import { rpc as codec, RPC_NS, type RpcAnswer, type RpcValue } from '@rookery/protocol/xeps/rpc'
import type { Element } from '@rookery/protocol/xml'
import { readJid } from '../contract/address.ts'
import { ask } from '../contract/ask.ts'
import { RpcFault, UnexpectedAnswerError } from '../contract/errors.ts'
import { type Core, defineExtension, type Extension } from '../contract/extension.ts'
import type { WaitOptions } from '../contract/within.ts'
import { disco } from './disco.ts'

export type { RpcValue } from '@rookery/protocol/xeps/rpc'

/** Gets the parameters as they came: what they are is the caller's choice. Answering nothing is answering null. */
export type Procedure = (params: readonly RpcValue[], from: Jid) => RpcValue | undefined | Promise<RpcValue | undefined>

export interface OfferProcedureOptions {
  /** Who may call it, by full address; the own account unless told. [XEP-0009 6] */
  readonly allowed?: ((jid: Jid) => boolean) | undefined
}

/** What XML-RPC servers answer to a name that they do not know. */
const unknownMethod = -32_601

export class Rpc {
  readonly #core: Core
  readonly #procedures: Map<string, { readonly run: Procedure; readonly allowed: (jid: Jid) => boolean }> = new Map()

  constructor(core: Core) {
    this.#core = core
    core.use(disco).identities.push({ category: 'automation', type: 'rpc' }) // [XEP-0009 5]
    core.respond('set', 'query', RPC_NS, (request) => this.#called(request))
  }

  /** Calls a procedure. Throws RpcFault, RequestError (`forbidden`), UnexpectedAnswerError. */
  call(jid: Jid | string, method: string, ...params: readonly RpcValue[]): Promise<RpcValue> {
    return this.callWith({}, jid, method, ...params)
  }

  /** The same with a signal or a timeout. */
  async callWith(
    { signal, timeout }: WaitOptions,
    jid: Jid | string,
    method: string,
    ...params: readonly RpcValue[]
  ): Promise<RpcValue> {
    const options = { to: readJid(jid), signal, timeout }
    const { answer } = await ask(this.#core, 'set', codec.build({ call: { method, params } }), codec, options)
    if (answer?.fault !== undefined) throw new RpcFault(answer.fault.code, answer.fault.message)
    if (answer?.value === undefined) throw new UnexpectedAnswerError('The answer has no value.')
    return answer.value
  }

  /** Lets others call a procedure of ours, by this name. The answer takes it back. */
  offer(method: string, run: Procedure, { allowed }: OfferProcedureOptions = {}): () => void {
    const procedure = { run, allowed: allowed ?? ((jid: Jid) => jid.bare.equals(this.#core.account)) }
    this.#procedures.set(method, procedure)
    return () => {
      if (this.#procedures.get(method) === procedure) this.#procedures.delete(method)
    }
  }

  async #called(request: Iq): Promise<Element> {
    const asked = codec.parse(request.payload!)
    if (asked === undefined || isBroken(asked) || asked.call === undefined) throw new StanzaError('bad-request')
    const { method, params } = asked.call
    const from = request.from ?? this.#core.account
    const procedure = this.#procedures.get(method)
    // who may call nothing does not learn what there is
    const isKnown = procedure?.allowed(from) ?? [...this.#procedures.values()].some(({ allowed }) => allowed(from))
    if (!isKnown) throw new StanzaError('forbidden') // [XEP-0009 6]
    if (procedure === undefined) return answer({ fault: { code: unknownMethod, message: 'There is no such method.' } })
    try {
      return answer({ value: (await procedure.run(params, from)) ?? null })
    } catch (error) {
      if (error instanceof RpcFault) return answer({ fault: { code: error.code, message: error.message } })
      throw error
    }
  }
}

/** Procedures of others and of ours. */
export const rpc: Extension<'rpc', Rpc> = defineExtension({
  name: 'rpc',
  features: [RPC_NS],
  start: (core) => new Rpc(core),
})

function answer(value: RpcAnswer): Element {
  return codec.build({ answer: value })
}
