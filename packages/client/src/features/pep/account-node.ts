/** A node of the own account (XEP-0163 1.2.2), whose owner we are: what it must be is made so. Private ones are kept private (XEP-0223 1.1.1). */
import { PUBSUB_NS } from '@rookery/protocol/xeps/pubsub'
import { UnsupportedError } from '../../contract/errors.ts'
import type { WaitOptions } from '../../contract/within.ts'
import { disco } from '../disco.ts'
import {
  type ItemCodec,
  type NodeConfig,
  type PublishOptions,
  PubsubNode,
  type PubsubService,
  pubsubConditionOf,
} from '../pubsub/index.ts'

/** What the older servers allow that do not know `max`. */
const many = 255

/** A node for the own devices alone, with one item. */
export const privateNode: NodeConfig = { persist_items: true, access_model: 'whitelist' }
/** A node for the own devices alone, with as many items as there may be. [XEP-0402 3.3, XEP-0490 3.2] */
export const privateList: NodeConfig = {
  persist_items: true,
  access_model: 'whitelist',
  max_items: 'max',
  send_last_published_item: 'never',
}

export class AccountNode<T> extends PubsubNode<T> {
  readonly #config: NodeConfig | undefined

  constructor(at: PubsubService, name: string, codec: ItemCodec<T>, config?: NodeConfig) {
    super(at, name, codec)
    this.#config = config
  }

  /**
   * Publishes; a node that is not as it must be is configured first. Throws an UnsupportedError where the server cannot say that a node is
   * for nobody else.
   */
  override async publish(value: T, options: PublishOptions = {}): Promise<string> {
    const { id = this.at.core.newId(), config = this.#config } = options
    if (config === undefined) return await super.publish(value, options)
    const wanted = await this.#possible(config, options)
    const all = { ...options, id, config: wanted }
    try {
      return await super.publish(value, all)
    } catch (error) {
      if (pubsubConditionOf(error) !== 'precondition-not-met') throw error
      try {
        await this.at.configure(this.name, wanted, options)
      } catch (refusal) {
        throw refusal instanceof UnsupportedError ? error : refusal
      }
      return await super.publish(value, all)
    }
  }

  /** [XEP-0223 5] a server that does not know the options would publish to everybody. */
  async #possible(config: NodeConfig, options: WaitOptions): Promise<NodeConfig> {
    const { account, use } = this.at.core
    const known = use(disco)
    const knows = (what: string): Promise<boolean> => known.supports(account, `${PUBSUB_NS}#${what}`, options)
    if (!(await knows('publish-options'))) await known.require(account.domain, `${PUBSUB_NS}#publish-options`, options)
    return config.max_items === 'max' && !(await knows('config-node-max')) ? { ...config, max_items: many } : config
  }
}
