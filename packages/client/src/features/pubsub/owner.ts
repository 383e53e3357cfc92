/** Making nodes, and the forms of nodes: what the service and the node have in common. */
import { PUBSUB_NODE_CONFIG } from '@rookery/protocol/xeps/pubsub-forms'
import { type PubsubForm, pubsubNode } from '@rookery/protocol/xeps/pubsub-nodes'
import { readAnswer } from '../../contract/ask.ts'
import { UnexpectedAnswerError } from '../../contract/errors.ts'
import type { WaitOptions } from '../../contract/within.ts'
import { type NodeConfig, PubsubFields, submission } from './fields.ts'
import type { PubsubService } from './service.ts'

/** Resolves with its name. The answer may be empty where the name was given. [XEP-0060 8.1.2, 8.1.3] */
export async function createNode(
  at: PubsubService,
  name: string | undefined,
  config: NodeConfig | undefined,
  options?: WaitOptions,
): Promise<string> {
  const configure = config === undefined ? undefined : submission(PUBSUB_NODE_CONFIG, config)
  const answer = await at.request('set', pubsubNode.build({ create: { node: name }, configure }), options)
  return name ?? readAnswer(answer, pubsubNode).create?.node ?? missing('create')
}

export function fieldsOf<Name extends string>(found: PubsubForm | undefined): PubsubFields<Name> {
  return new PubsubFields(found?.form ?? missing('x'))
}

export function missing(name: string): never {
  throw new UnexpectedAnswerError(`The answer has no <${name}/>.`)
}
