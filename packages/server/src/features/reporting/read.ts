/** The reports in a `<block/>`, cut to size. XEP-0377 0.4.1 sections 4 to 6. Pure. */
import { isBroken } from '@rookery/protocol/codec'
import { type Jid, parseJid } from '@rookery/protocol/jid'
import { BLOCKING_NS } from '@rookery/protocol/xeps/blocking'
import { report as codec, type Report } from '@rookery/protocol/xeps/reporting'
import type { Element } from '@rookery/protocol/xml'

export interface Bounds {
  /** Characters of what the person says, in each language. */
  readonly textLength: number
  readonly stanzaIds: number
}

export interface Reported {
  readonly jid: Jid
  readonly report: Report
}

/** A reason is a registered name, an id is what an archive makes: longer ones are neither. */
const longestReason = 200
const longestId = 200
const mostLanguages = 5

/** In their order; a broken report is none, as the block does not depend on it. [XEP-0377 6] */
export function reportsIn(block: Element, bounds: Bounds): readonly Reported[] {
  const found: Reported[] = []
  for (const item of block.children) {
    if (typeof item === 'string' || !item.is('item', BLOCKING_NS)) continue
    const jid = parseJid(item.attr('jid') ?? '')
    const report = codec.find(item)
    if (jid === undefined || report === undefined || isBroken(report) || report.reason.length > longestReason) continue
    found.push({ jid, report: cut(report, bounds) })
  }
  return found
}

function cut(report: Report, { textLength, stanzaIds }: Bounds): Report {
  return {
    ...report,
    stanzaIds: report.stanzaIds.filter(({ id }) => id.length <= longestId).slice(0, stanzaIds),
    texts: report.texts
      .slice(0, mostLanguages)
      .map(({ lang, text }) => ({ lang: lang?.slice(0, 35), text: beginning(text.trim(), textLength) }))
      .filter(({ text }) => text !== ''),
  }
}

/** At most so many UTF-16 units, and no half of a character. */
function beginning(text: string, length: number): string {
  if (text.length <= length) return text
  const last = text.charCodeAt(length - 1)
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? length - 1 : length)
}
