/**
 * Push Notifications (XEP-0357 0.4.1): how a client turns them on and off, and what its server publishes to a push service. The rest
 * of publish-subscribe (XEP-0060) is not here.
 */
import {
  address,
  anyChildren,
  attribute,
  CodecError,
  child,
  children,
  type ElementCodec,
  element,
  mapped,
  optionalAttribute,
  optionalChild,
  string,
} from '../codec/index.ts'
import {
  type DataForm,
  dataForm,
  type FieldKind,
  FORM_NS,
  type FormCodec,
  form,
  formTypeOf,
  integerField,
  jidSingle,
  type PartialValues,
  textSingle,
} from '../forms/index.ts'
import type { Jid } from '../jid/index.ts'
import type { Element } from '../xml/index.ts'

export const PUSH_NS = 'urn:xmpp:push:0'
const PUBSUB_NS = 'http://jabber.org/protocol/pubsub'
export const PUBLISH_OPTIONS: string = `${PUBSUB_NS}#publish-options`

export interface EnablePush {
  /** The push service. */
  readonly jid: Jid
  readonly node?: string | undefined
  /** Every form that came along; see `publishOptionsOf`. */
  readonly forms: readonly DataForm[]
}

/** A client wants notifications published to this node. [XEP-0357 5] */
export const enablePush: ElementCodec<EnablePush> = element(PUSH_NS, 'enable', {
  jid: attribute('jid', address),
  node: optionalAttribute('node', string),
  forms: children(dataForm),
})

/** What the service wants to be given with each notification, e.g. a secret. [XEP-0357 5] */
export function publishOptionsOf({ forms }: EnablePush): DataForm | undefined {
  return forms.find((one) => one.type === 'submit' && formTypeOf(one) === PUBLISH_OPTIONS)
}

export interface DisablePush {
  readonly jid: Jid
  /** Only this node; without it all nodes of the service. [XEP-0357 6] */
  readonly node?: string | undefined
}

export const disablePush: ElementCodec<DisablePush> = element(PUSH_NS, 'disable', {
  jid: attribute('jid', address),
  node: optionalAttribute('node', string),
})

interface SummaryFields {
  readonly [key: string]: FieldKind<unknown>
  readonly messageCount: FieldKind<number, false>
  readonly pendingSubscriptionCount: FieldKind<number, false>
  readonly lastMessageSender: FieldKind<Jid, false>
  readonly lastMessageBody: FieldKind<string, false>
}

export type PushSummary = PartialValues<SummaryFields>

/** What a notification may say in a form. [XEP-0357 11.3] */
export const pushSummary: FormCodec<SummaryFields> = form('urn:xmpp:push:summary', {
  messageCount: integerField({ var: 'message-count', min: 0 }),
  pendingSubscriptionCount: integerField({ var: 'pending-subscription-count', min: 0 }),
  lastMessageSender: jidSingle({ var: 'last-message-sender' }),
  lastMessageBody: textSingle({ var: 'last-message-body' }),
})

export interface PushNotification {
  /** The summary as a form, and whatever else is relevant. */
  readonly payloads: readonly Element[]
}

export const pushNotification: ElementCodec<PushNotification> = element(PUSH_NS, 'notification', {
  payloads: anyChildren(),
})

/** The summary in a notification; also of a form without a type, which is how the specification shows it. [XEP-0357 7] */
export function summaryOf({ payloads }: PushNotification): PushSummary | CodecError | undefined {
  for (const payload of payloads) {
    if (!payload.is('x', FORM_NS)) continue
    const typed = payload.attr('type') === undefined ? payload.with({ type: 'submit' }) : payload
    const read = pushSummary.submission(typed) ?? pushSummary.read(typed)
    if (read instanceof CodecError) return read
    if (read !== undefined && read !== 'cancel') return read.values
  }
  return undefined
}

export interface PushPublication {
  readonly node?: string | undefined
  readonly notification: PushNotification
  readonly options?: DataForm | undefined
}

interface Publish {
  readonly node?: string | undefined
  readonly item: { readonly notification: PushNotification }
}

const publish: ElementCodec<Publish> = element(PUBSUB_NS, 'publish', {
  node: optionalAttribute('node', string),
  item: child(element(PUBSUB_NS, 'item', { notification: child(pushNotification) })),
})

const published: ElementCodec<{ readonly publish: Publish; readonly options?: DataForm | undefined }> = element(
  PUBSUB_NS,
  'pubsub',
  {
    publish: child(publish),
    options: mapped(
      optionalChild(element(PUBSUB_NS, 'publish-options', { form: child(dataForm) })),
      ({ form }) => form,
      (form) => ({ form }),
    ),
  },
)

/** What a server sends to a push service. [XEP-0357 7] */
export const pushPublication: ElementCodec<PushPublication> = flattened()

function flattened(): ElementCodec<PushPublication> {
  const flat = (value: ReturnType<typeof published.parse>): PushPublication | CodecError | undefined => {
    if (value === undefined || value instanceof CodecError) return value
    const { node, item } = value.publish
    return {
      ...(node === undefined ? {} : { node }),
      notification: item.notification,
      ...(value.options === undefined ? {} : { options: value.options }),
    }
  }
  return {
    name: published.name,
    ns: published.ns,
    matches: published.matches,
    parse: (found) => flat(published.parse(found)),
    find: (parent) => flat(published.find(parent)),
    build: ({ node, notification, options }) => published.build({ publish: { node, item: { notification } }, options }),
  }
}

export interface AffiliationNotice {
  readonly node: string
  readonly affiliation: { readonly jid: Jid; readonly affiliation: string }
}

/** A service tells whose affiliation with a node changed; `none` stops the notifications. [XEP-0357 8] */
export const affiliationNotice: ElementCodec<AffiliationNotice> = element(PUBSUB_NS, 'pubsub', {
  node: attribute('node', string),
  affiliation: child(
    element(PUBSUB_NS, 'affiliation', {
      jid: attribute('jid', address),
      affiliation: attribute('affiliation', string),
    }),
  ),
})
