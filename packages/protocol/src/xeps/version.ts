/** Software Version (XEP-0092 1.1): question and answer are the same element, the question empty. */
import { type ElementCodec, element, optionalText } from '../codec/index.ts'

export const VERSION_NS = 'jabber:iq:version'

export interface Version {
  /** Required in an answer, as is `version`. [XEP-0092 2] */
  readonly name?: string | undefined
  readonly version?: string | undefined
  /** To be given only where the operator allows it. [XEP-0092 5] */
  readonly os?: string | undefined
}

export const version: ElementCodec<Version> = element(VERSION_NS, 'query', {
  name: optionalText('name'),
  version: optionalText('version'),
  os: optionalText('os'),
})
