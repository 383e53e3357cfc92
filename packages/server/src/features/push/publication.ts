/** What is sent to a push service. XEP-0357 0.4.1 section 7. Pure. */
import { dataForm } from '@rookery/protocol/forms'
import { type PushSummary, pushPublication, pushSummary } from '@rookery/protocol/xeps/push'
import { urgent } from '@rookery/protocol/xeps/webpush'
import type { Element } from '@rookery/protocol/xml'
import type { Include } from './config.ts'
import type { Unseen } from './outbox.ts'
import { optionsOf, type Registration } from './registration.ts'

/** More of a text nobody reads on a locked screen. */
const mostBodyLength = 500

/**
 * `requests`: subscription requests that wait for the user's answer. `placeholder`: stands for a text that is not told. `marksCalls`: the
 * service understands our own mark.
 */
export function publicationOf(
  registration: Registration,
  unseen: Unseen,
  requests: number,
  { include, placeholder, marksCalls }: { include: Include; placeholder: string; marksCalls: boolean },
): Element {
  const form = optionsOf(registration)
  const options = form === undefined ? undefined : dataForm.parse(form)
  const summary = pushSummary.submit(summaryOf(unseen, requests, include, placeholder))
  return pushPublication.build({
    node: registration.node,
    notification: { payloads: unseen.isUrgent && marksCalls ? [summary, urgent] : [summary] },
    // [XEP-0357 7]
    options: options !== undefined && 'fields' in options ? options : undefined,
  })
}

function summaryOf(unseen: Unseen, requests: number, include: Include, placeholder: string): PushSummary {
  const { messages, sender, body } = unseen
  const text = include.includes('body') && body !== undefined ? shortened(body) : placeholder
  return {
    messageCount: messages,
    pendingSubscriptionCount: requests > 0 ? requests : undefined,
    lastMessageSender: include.includes('sender') ? sender : undefined,
    lastMessageBody: messages > 0 && text !== '' ? text : undefined,
  }
}

/** In one line, as the form wants it; no character cut in half. [XEP-0004 3.3] */
function shortened(body: string): string {
  const line = body.replaceAll(/[\r\n]+/g, ' ')
  if (line.length <= mostBodyLength) return line
  return `${line
    .slice(0, mostBodyLength)
    .toWellFormed()
    .replace(/\uFFFD$/, '')}…`
}
