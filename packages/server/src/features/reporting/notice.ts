/** A report as a message to those who run the server: for people to read, with the report itself beside it. Pure. */
import { NS } from '@rookery/protocol'
import type { Jid } from '@rookery/protocol/jid'
import { type Message, message } from '@rookery/protocol/stanza'
import { BLOCKING_NS } from '@rookery/protocol/xeps/blocking'
import { ABUSE, report as codec, type Report, SPAM } from '@rookery/protocol/xeps/reporting'
import { el } from '@rookery/protocol/xml'
import type { Reported } from './read.ts'

export function noticeOf(host: Jid, to: Jid, id: string, reporter: Jid, { jid, report }: Reported): Message {
  const what = wordOf(report.reason)
  return message(host, to, { id, type: 'normal' }, [
    el('subject', NS.client, {}, `Report: ${what} from ${jid}`),
    el('body', NS.client, {}, [`${reporter} has blocked ${jid} for ${what}.`, ...details(report)].join('\n')),
    el('block', BLOCKING_NS, {}, [el('item', BLOCKING_NS, { jid: jid.toString() }, [codec.build(report)])]),
  ])
}

export function wordOf(reason: string): string {
  return reason === SPAM ? 'spam' : reason === ABUSE ? 'abuse' : reason
}

function details({ texts, stanzaIds, reportOrigin, thirdParty }: Report): string[] {
  const lines = texts.map(({ lang, text }) =>
    lang === undefined ? `They say: ${text}` : `They say (${lang}): ${text}`,
  )
  for (const { id, by } of stanzaIds) lines.push(`Message: ${id} by ${by}`)
  if (reportOrigin) lines.push('You may tell the server that the messages came from.')
  if (thirdParty) lines.push('You may pass the report on to others who deal with such reports.')
  return lines
}
