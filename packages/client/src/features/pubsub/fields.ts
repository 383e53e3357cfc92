/** The forms of Publish-Subscribe (XEP-0060 16.4) by the short names of their fields: `access_model` is `pubsub#access_model` on the wire. */
import { type DataForm, type FormAnswers, fieldOf, submitForm } from '@rookery/protocol/forms'
import type {
  PubsubMetaDataField,
  PubsubNodeConfigField,
  PubsubSubscribeOption,
} from '@rookery/protocol/xeps/pubsub-forms'

type Short<Name> = Name extends `pubsub#${infer Rest}` ? Rest : never
export type NodeSetting = Short<PubsubNodeConfigField>
export type SubscriptionSetting = Short<PubsubSubscribeOption>
export type NodeFact = Short<PubsubMetaDataField>

/** Of the configuration of a node: `{ access_model: 'open', max_items: 10 }`. An empty list unsets a field. [XEP-0060 16.4.4] */
export type NodeConfig = FormAnswers<NodeSetting>
/** Of a subscription. [XEP-0060 16.4.3] */
export type SubscriptionOptions = FormAnswers<SubscriptionSetting>

/** A form that somebody sent. `Name` lists the fields that the compiler knows; a service may have others. */
export class PubsubFields<Name extends string = string> {
  /** With labels and choices for people. */
  readonly form: DataForm

  constructor(form: DataForm) {
    this.form = form
  }

  /** The values of a field; undefined when there is no such field. */
  values(name: Name | (string & {})): readonly string[] | undefined {
    return (fieldOf(this.form, nameOf(name)) ?? fieldOf(this.form, name))?.values
  }

  /** The first value of a field. */
  value(name: Name | (string & {})): string | undefined {
    return this.values(name)?.[0]
  }

  /** Whether a field is on. */
  is(name: Name | (string & {})): boolean {
    const value = this.value(name)
    return value === '1' || value === 'true'
  }
}

export function submission(formType: string, answers: FormAnswers): DataForm {
  return submitForm(formType, Object.fromEntries(Object.entries(answers).map(([name, value]) => [nameOf(name), value])))
}

/** Fields that a service has beside the registered ones have full names. [XEP-0068 3.4] */
const nameOf = (name: string): string => (name.includes('#') || name.startsWith('{') ? name : `pubsub#${name}`)
