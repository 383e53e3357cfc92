/** Subscriptions that wait for an owner (XEP-0060 8.6, 8.7): the service asks in a message, and is answered in one. */
import { intact } from '@rookery/protocol/codec'
import { dataForm, fieldOf, fillForm, fillWhole, firstValueOf, formTypeOf } from '@rookery/protocol/forms'
import { type Jid, parseJid } from '@rookery/protocol/jid'
import { PUBSUB_NS } from '@rookery/protocol/xeps/pubsub'
import {
  PUBSUB_SUBSCRIBE_AUTHORIZATION,
  type PubsubSubscribeAuthorizationField,
} from '@rookery/protocol/xeps/pubsub-forms'
import { lacking } from '../../contract/ask.ts'
import type { Core } from '../../contract/extension.ts'
import type { WaitOptions } from '../../contract/within.ts'
import { messages, type ReceivedMessage } from '../../messages/index.ts'
import { CommandSession } from '../commands/index.ts'
import { missing } from './owner.ts'
import type { PubsubService } from './service.ts'

/** Somebody wants to subscribe to a node of ours. Answered by one of the owners; until then it waits at the service. */
export interface NodeSubscriptionRequest {
  /** Who wants the answer: a service, or an account for its own nodes. Believe it of those where you have nodes. */
  readonly service: Jid
  readonly node: string
  readonly jid: Jid
  readonly subId: string | undefined
  allow(): void
  deny(): void
}

/** Undefined when it is something else, or lacks what one has to know. */
export function readRequest(core: Core, message: ReceivedMessage): NodeSubscriptionRequest | undefined {
  const { from, type, id, element, way } = message
  // services and accounts speak from their bare addresses, which no client can do
  if (type === 'groupchat' || type === 'error' || !from.isBare || way.carbon !== undefined || message.isOwn)
    return undefined
  const form = intact(dataForm.find(element))
  if (form?.type !== 'form' || formTypeOf(form) !== PUBSUB_SUBSCRIBE_AUTHORIZATION) return undefined
  const node = firstValueOf(form, 'pubsub#node')
  const jid = parseJid(firstValueOf(form, 'pubsub#subscriber_jid') ?? '')
  if (node === undefined || jid === undefined) return undefined
  const decide = (allow: boolean) => (): void => {
    const answer = dataForm.build(fillWhole<PubsubSubscribeAuthorizationField>(form, { 'pubsub#allow': allow }))
    core.use(messages).post(from, [answer], { type: 'normal', id })
  }
  const subId = firstValueOf(form, 'pubsub#subid')
  return { service: from, node, jid, subId, allow: decide(true), deny: decide(false) }
}

/** The nodes of ours where requests wait, or may; with `node`, those of it are sent again. [XEP-0060 8.7] */
export async function pendingNodes(
  at: PubsubService,
  options: WaitOptions & { readonly node?: string | undefined },
): Promise<readonly string[]> {
  const { node } = options
  const command = `${PUBSUB_NS}#get-pending`
  const session = new CommandSession(at.core, at.jid, command)
  await session.step({ action: 'execute' }, options).catch(lacking(command))
  const { form } = session
  if (form === undefined) return missing('x')
  if (node === undefined) await session.cancel(options)
  else await session.step({ action: 'execute', form: fillForm(form, { 'pubsub#node': node }) }, options)
  return fieldOf(form, 'pubsub#node')?.options.map(({ value }) => value) ?? []
}
