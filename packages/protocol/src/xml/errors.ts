/** Why a document was refused, in the words of RFC 6120 4.9.3. A value, not thrown; the stream layer turns it into a stream error. */

export type XmlCondition =
  /** The entity has sent XML that cannot be processed. [RFC6120 4.9.3.1] */
  | 'bad-format'
  /** A framing element is in another namespace than the stream's. [RFC6120 4.9.3.10] */
  | 'invalid-namespace'
  /** The initiating entity has sent XML that violates the well-formedness rules of XML or XML-NAMES. [RFC6120 4.9.3.13] */
  | 'not-well-formed'
  /** The entity has violated some local service policy (here: a limit). [RFC6120 4.9.3.14] */
  | 'policy-violation'
  /** The entity has attempted to send restricted XML features such as a comment, processing instruction or DTD. [RFC6120 4.9.3.18] */
  | 'restricted-xml'
  /** The initiating entity has encoded the stream in an encoding that is not supported. [RFC6120 4.9.3.22] */
  | 'unsupported-encoding'

export class XmlError {
  readonly condition: XmlCondition
  /** One plain English sentence for logs and the stream error's text; never contains the peer's own data. Bundles for browsers have none. */
  readonly text: string | undefined

  constructor(condition: XmlCondition, text?: string) {
    this.condition = condition
    this.text = text
  }
}
