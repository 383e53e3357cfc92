/** The configuration of a node (XEP-0060 1.30.0) as typed forms, of those fields that a service for personal eventing knows (XEP-0163 1.2.2). */
import { booleanField, type FieldKind, type FormCodec, form, listSingle, textSingle } from '../forms/index.ts'
import { PUBSUB_NODE_CONFIG, PUBSUB_PUBLISH_OPTIONS } from './pubsub-forms.ts'

/** What is known here of the configuration of a node. [XEP-0060 16.4.4] */
export type NodeFields = {
  readonly access: FieldKind<'authorize' | 'open' | 'presence' | 'roster' | 'whitelist', false>
  readonly persist: FieldKind<boolean, false>
  /** A number, or `max`: as many as the service allows. */
  readonly maxItems: FieldKind<string, false>
  readonly sendLast: FieldKind<'never' | 'on_sub' | 'on_sub_and_presence', false>
}

const nodeFields = {
  access: listSingle(['authorize', 'open', 'presence', 'roster', 'whitelist'], { var: 'pubsub#access_model' }),
  persist: booleanField({ var: 'pubsub#persist_items' }),
  maxItems: textSingle({ var: 'pubsub#max_items' }),
  sendLast: listSingle(['never', 'on_sub', 'on_sub_and_presence'], { var: 'pubsub#send_last_published_item' }),
}

/** Preconditions of a publication. [XEP-0060 7.1.5] */
export const publishOptions: FormCodec<NodeFields> = form(PUBSUB_PUBLISH_OPTIONS, nodeFields)

export const nodeConfiguration: FormCodec<NodeFields> = form(PUBSUB_NODE_CONFIG, nodeFields)
