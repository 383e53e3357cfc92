/** The requests of an owner to the own account, XEP-0060 sections 6.5, 7.1, 7.2, 8.4: read, judged, done, and told to the resources. */
import { isBroken } from '@rookery/protocol/codec'
import { StanzaError } from '@rookery/protocol/stanza'
import { type PubsubItem, type PubsubRequest, pubsub, pubsubOwner } from '@rookery/protocol/xeps/pubsub'
import type { Element } from '@rookery/protocol/xml'
import type { IqRequest } from '../../iq-request.ts'
import type { RandomPower } from '../../powers.ts'
import type { NodeConfig } from '../../services/pep.ts'
import type { Bounds, Nodes } from './nodes.ts'
import type { Notifications } from './notifications.ts'
import { configFor, preconditionFailure, readOptions } from './options.ts'
import { badPayload, badRequest, isTooLong, lacking, noItem, noNode, noPayload, tooLong } from './refusals.ts'

type Answer = Element | StanzaError | undefined

export class Requests {
  readonly #nodes: Nodes
  readonly #notifications: Notifications
  readonly #random: RandomPower
  readonly #bounds: Bounds

  constructor(nodes: Nodes, notifications: Notifications, random: RandomPower, bounds: Bounds) {
    this.#nodes = nodes
    this.#notifications = notifications
    this.#random = random
    this.#bounds = bounds
  }

  get({ payload, to }: IqRequest): Answer | Promise<Answer> {
    const asked = pubsub.parse(payload)
    if (asked === undefined || isBroken(asked)) return badRequest(asked?.sentence)
    return asked.items === undefined ? lacking(payload) : this.#items(to.local, asked.items)
  }

  set(request: IqRequest): Answer | Promise<Answer> {
    const asked = pubsub.parse(request.payload)
    if (asked === undefined || isBroken(asked)) return badRequest(asked?.sentence)
    if (asked.publish !== undefined) return this.#publish(request, asked.publish, asked.options)
    if (asked.retract !== undefined) return this.#retract(request, asked.retract)
    return lacking(request.payload)
  }

  setAsOwner(request: IqRequest): Answer | Promise<Answer> {
    const asked = pubsubOwner.parse(request.payload)
    if (asked === undefined || isBroken(asked)) return badRequest(asked?.sentence)
    return asked.delete === undefined ? lacking(request.payload) : this.#delete(request, asked.delete.node)
  }

  getAsOwner({ payload }: IqRequest): Answer {
    return lacking(payload)
  }

  async #items(local: string, { node, max, items }: NonNullable<PubsubRequest['items']>): Promise<Answer> {
    if (node === undefined || node === '') return noNode
    const ids = new Set(items.flatMap(({ id }) => id ?? []))
    if (ids.size === 0 && items.length > 0) return noItem
    const found = await this.#nodes.items(local, node, ids, max ?? Number.POSITIVE_INFINITY)
    if (found instanceof StanzaError) return found
    const sent = found.map(({ id, payload }): PubsubItem => ({ id, payloads: [payload] }))
    return pubsub.build({ items: { node, items: sent } })
  }

  async #publish(
    { to }: IqRequest,
    { node, items }: NonNullable<PubsubRequest['publish']>,
    sent: PubsubRequest['options'],
  ): Promise<Answer> {
    if (node === undefined || node === '') return noNode // [S93]
    const [item] = items
    if (item === undefined) return noItem // [XEP-0060 7.1.3.7]
    if (items.length > 1) return badRequest('one item is published at a time') // [XEP-0060 7.1.1]
    const [payload] = item.payloads
    if (payload === undefined) return noPayload
    if (item.payloads.length > 1) return badPayload // [XEP-0060 7.1.3.6]
    const given = item.id === '' ? undefined : item.id
    const id = given ?? this.#random.id() // [XEP-0060 7.1.1]
    if (isTooLong(node) || isTooLong(id)) return tooLong
    const options = readOptions(sent)
    if (options instanceof StanzaError) return options
    const configure = (present: NodeConfig | undefined): NodeConfig | StanzaError =>
      present === undefined
        ? configFor(options)
        : (preconditionFailure(options, present, this.#bounds.items) ?? present)
    const done = await this.#nodes.publish(to.local, node, { id, payload }, configure)
    if (done instanceof StanzaError) return done
    this.#notifications.published(to, node, { id, payload }, done)
    // an id that we made is told [XEP-0060 7.1.2]
    return pubsub.build({ publish: { node, items: given === undefined ? [{ id, payloads: [] }] : [] } })
  }

  async #retract(
    { to }: IqRequest,
    { node, notify, items }: NonNullable<PubsubRequest['retract']>,
  ): Promise<StanzaError | undefined> {
    if (node === undefined || node === '') return noNode // [XEP-0060 7.2.3.3]
    const id = items[0]?.id
    if (id === undefined) return noItem // [XEP-0060 7.2.3.4]
    if (items.length > 1) return badRequest('one item is retracted at a time') // [XEP-0060 7.2.1]
    const refused = await this.#nodes.retract(to.local, node, id)
    if (refused === undefined && notify === true) this.#notifications.retracted(to, node, [id]) // [XEP-0060 7.2.2.1]
    return refused
  }

  async #delete({ to }: IqRequest, node: string | undefined): Promise<StanzaError | undefined> {
    if (node === undefined || node === '') return noNode
    const refused = await this.#nodes.remove(to.local, node)
    if (refused === undefined) this.#notifications.deleted(to, node) // [XEP-0060 8.4.2]
    return refused
  }
}
