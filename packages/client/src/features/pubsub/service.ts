/** Whom questions about nodes go to: a service at some address, or the own account; and what their refusals mean. */
import type { ElementCodec } from '@rookery/protocol/codec'
import { dataForm } from '@rookery/protocol/forms'
import type { Jid } from '@rookery/protocol/jid'
import { PUBSUB_ERRORS_NS, PUBSUB_NS, PUBSUB_OWNER_NS, type PubsubErrorCondition } from '@rookery/protocol/xeps/pubsub'
import { PUBSUB_NODE_CONFIG } from '@rookery/protocol/xeps/pubsub-forms'
import { type Element, el } from '@rookery/protocol/xml'
import { isLacking, readAnswer } from '../../contract/ask.ts'
import { RequestError, UnsupportedError } from '../../contract/errors.ts'
import type { Core } from '../../contract/extension.ts'
import type { WaitOptions } from '../../contract/within.ts'
import type { PubsubEvents } from './eventing.ts'
import { type NodeConfig, submission } from './fields.ts'

/** The condition of pubsub that a refusal has beside its own. */
export function pubsubConditionOf(error: unknown): PubsubErrorCondition | undefined {
  const found = error instanceof RequestError ? error.application : undefined
  return found?.ns === PUBSUB_ERRORS_NS ? (found.name as PubsubErrorCondition) : undefined
}

export class PubsubService {
  readonly core: Core<PubsubEvents>
  readonly #jid: Jid | undefined

  /** Of the own account unless told. */
  constructor(core: Core<PubsubEvents>, jid?: Jid) {
    this.core = core
    this.#jid = jid
  }

  get jid(): Jid {
    return this.#jid ?? this.core.account
  }

  /** Throws an UnsupportedError where the service says that it lacks what this needs, or knows no such requests. */
  async request(type: 'get' | 'set', payload: Element, options: WaitOptions = {}): Promise<Element | undefined> {
    try {
      return await this.core.request(type, payload, { ...options, to: this.#jid })
    } catch (error) {
      const lacks = this.#lacking(error)
      throw lacks === undefined ? error : new UnsupportedError(lacks, `${this.jid} does not support ${lacks}.`)
    }
  }

  /** The same, with an answer that a codec reads. */
  async ask<T>(type: 'get' | 'set', payload: Element, codec: ElementCodec<T>, options?: WaitOptions): Promise<T> {
    return readAnswer(await this.request(type, payload, options), codec)
  }

  /** Changes these fields, and leaves the others. [XEP-0060 8.2] */
  async configure(node: string, config: NodeConfig, options?: WaitOptions): Promise<undefined> {
    const form = dataForm.build(submission(PUBSUB_NODE_CONFIG, config))
    await this.request('set', ownerRequest('configure', node, form), options)
  }

  #lacking(error: unknown): string | undefined {
    // [XEP-0060 10]
    const what = pubsubConditionOf(error) === 'unsupported' && (error as RequestError).application?.attr('feature')
    if (what) return `${PUBSUB_NS}#${what}`
    // accounts of others say so as well where they tell us nothing
    const isFrank = this.#jid === undefined || this.#jid.isDomain
    return isLacking(error) && (isFrank || error.condition !== 'service-unavailable') ? PUBSUB_NS : undefined
  }
}

/** What the owner of a node asks. */
export function ownerRequest(name: string, node: string, content?: Element): Element {
  return el('pubsub', PUBSUB_OWNER_NS, {}, [el(name, PUBSUB_OWNER_NS, { node }, [content])])
}
