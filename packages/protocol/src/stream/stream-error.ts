/** Stream errors of RFC 6120 section 4.9.3. They are fatal: the stream is closed after one. Not stanza errors. */
import { describe, described } from '../defined-condition.ts'
import * as NS from '../namespaces.ts'
import { type Element, el } from '../xml/index.ts'

const conditions = [
  /** The entity has sent XML that cannot be processed. */ 'bad-format',
  /** The namespace prefix is unsupported, or there is none where one is required. */ 'bad-namespace-prefix',
  /** A new stream for this entity conflicts with the existing one. */ 'conflict',
  /** One party believes the other has permanently lost the ability to communicate over the stream. */ 'connection-timeout',
  /** The 'to' of the stream header is an FQDN that is no longer serviced. */ 'host-gone',
  /** The 'to' of the stream header is an FQDN that is not serviced. */ 'host-unknown',
  /** A stanza sent between two servers lacks 'to' or 'from'. */ 'improper-addressing',
  /** The server has experienced a misconfiguration or other internal error. */ 'internal-server-error',
  /** The data in a 'from' does not match an authorized JID or validated domain. */ 'invalid-from',
  /** The stream namespace or the content namespace is not supported. */ 'invalid-namespace',
  /** Invalid XML was sent to a server that performs validation. */ 'invalid-xml',
  /** Data was sent before the stream was authenticated, or an action is not authorized. */ 'not-authorized',
  /** The XML violates the well-formedness rules. */ 'not-well-formed',
  /** The entity has violated some local service policy. */ 'policy-violation',
  /** The server cannot connect to a remote entity needed for authentication or authorization. */ 'remote-connection-failed',
  /** The server is closing the stream because it has new features to offer or keys to replace. */ 'reset',
  /** The server lacks the system resources necessary to service the stream. */ 'resource-constraint',
  /** The entity has sent a comment, processing instruction, DTD subset or entity reference. */ 'restricted-xml',
  /** The server redirects to another host. */ 'see-other-host',
  /** The server is being shut down. */ 'system-shutdown',
  /** The error condition is not one of those defined by the other conditions. */ 'undefined-condition',
  /** The stream is encoded in an encoding that is not UTF-8. */ 'unsupported-encoding',
  /** A mandatory-to-negotiate feature is not supported by the other party. */ 'unsupported-feature',
  /** A first-level child of the stream is not supported. */ 'unsupported-stanza-type',
  /** The 'version' of the stream header is not supported. */ 'unsupported-version',
] as const

/** [RFC6120 4.9.3] */
export type StreamErrorCondition = (typeof conditions)[number]

export class StreamError {
  readonly condition: StreamErrorCondition
  /** Plain English, for people: what to do next. */
  readonly text: string | undefined
  /** Application-specific condition. [RFC6120 4.9.4] */
  readonly application: Element | undefined

  constructor(condition: StreamErrorCondition, text?: string, application?: Element) {
    this.condition = condition
    this.text = text
    this.application = application
  }

  toElement(): Element {
    return el('error', NS.streams, {}, describe(NS.streamErrors, this))
  }
}

/** Reads a received `<stream:error/>`. */
export function readStreamError(error: Element): StreamError {
  const { condition, text, application } = described(error, NS.streamErrors, conditions)
  return new StreamError(condition, text, application)
}
