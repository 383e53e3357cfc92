/** The options of a publication and the configuration of a node, XEP-0060 7.1.5 and 16.4.4. Pure decisions. */
import { isBroken } from '@rookery/protocol/codec'
import { type DataForm, dataForm } from '@rookery/protocol/forms'
import type { StanzaError } from '@rookery/protocol/stanza'
import { pubsubError } from '@rookery/protocol/xeps/pubsub'
import { nodeConfiguration, publishOptions } from '@rookery/protocol/xeps/pubsub-configuration'
import { Element, parseElement, writeElement } from '@rookery/protocol/xml'
import type { NodeConfig } from '../../services/pep.ts'

/** What a publication asks of its node; what it does not mention may be as it is. */
export interface Options extends Partial<NodeConfig> {
  readonly access?: string | undefined
}

/** Of nodes whose publisher says nothing: one item, told at login. [XEP-0163 5] But the owner's alone, where the XEP has contacts. */
export const defaults: NodeConfig = { persist: true, maxItems: 1, sendLast: 'on_sub_and_presence' }

/** No options at all where no form was sent. */
export function readOptions(sent: DataForm | undefined): Options | StanzaError {
  if (sent === undefined) return {}
  const read = publishOptions.submission(dataForm.build(sent))
  if (isBroken(read)) return pubsubError('bad-request', 'invalid-options', read.sentence)
  if (read === undefined || read === 'cancel')
    return pubsubError('bad-request', 'invalid-options', 'the options of a publication are a form of their type')
  const [stranger] = read.unknown
  if (stranger !== undefined)
    return pubsubError('conflict', 'precondition-not-met', `${stranger.var ?? 'a nameless option'} is not known here`) // [XEP-0060 7.1.5]
  const { access, persist, sendLast, maxItems: most } = read.values
  const maxItems = most === undefined ? undefined : readMost(most)
  if (most !== undefined && maxItems === undefined)
    return pubsubError('bad-request', 'invalid-options', "pubsub#max_items is a number above 0 or 'max'")
  return {
    ...(access === undefined ? {} : { access }),
    ...(persist === undefined ? {} : { persist }),
    ...(maxItems === undefined ? {} : { maxItems }),
    ...(sendLast === undefined ? {} : { sendLast }),
  }
}

/** A node made for these options, or why there cannot be one. */
export function configFor(options: Options): NodeConfig | StanzaError {
  const { access, ...rest } = options
  if (access !== undefined && access !== 'whitelist') return unsupportedAccess
  return { ...defaults, ...rest }
}

/** Each option is a precondition on a node that is there. `limit`: what `max` means. [XEP-0060 7.1.5] */
export function preconditionFailure(options: Options, config: NodeConfig, limit: number): StanzaError | undefined {
  const { access, persist, maxItems, sendLast } = options
  if (access !== undefined && access !== 'whitelist') return notMet('access_model')
  if (persist !== undefined && persist !== config.persist) return notMet('persist_items')
  if (maxItems !== undefined && mostOf(maxItems, limit) !== mostOf(config.maxItems, limit)) return notMet('max_items')
  if (sendLast !== undefined && sendLast !== config.sendLast) return notMet('send_last_published_item')
  return undefined
}

/** How many items a node really keeps. */
export function mostOf(maxItems: NodeConfig['maxItems'], limit: number): number {
  return maxItems === 'max' ? limit : Math.min(maxItems, limit)
}

/** As it is kept in storage. */
export function writeConfig({ persist, maxItems, sendLast }: NodeConfig): string {
  return writeElement(
    nodeConfiguration.result({ access: 'whitelist', persist, maxItems: String(maxItems), sendLast }),
    '',
  )
}

export function readConfig(kept: string): NodeConfig {
  const form = parseElement(kept)
  const read = form instanceof Element ? nodeConfiguration.read(form) : form
  if (read === undefined || isBroken(read) || !('values' in read)) return defaults
  const { persist, maxItems, sendLast } = read.values
  return {
    persist: persist ?? defaults.persist,
    maxItems: (maxItems === undefined ? undefined : readMost(maxItems)) ?? defaults.maxItems,
    sendLast: sendLast ?? defaults.sendLast,
  }
}

function readMost(text: string): number | 'max' | undefined {
  if (text === 'max') return text
  const number = /^[0-9]{1,9}$/.test(text) ? Number(text) : 0
  return number > 0 ? number : undefined
}

function notMet(field: string): StanzaError {
  return pubsubError('conflict', 'precondition-not-met', `pubsub#${field} of this node is another`)
}

const unsupportedAccess = pubsubError(
  'not-acceptable',
  'unsupported-access-model',
  'nodes here are for their owner alone: pubsub#access_model is whitelist',
) // [XEP-0060 8.1.2]
