/** Blocking command reports, XEP-0377 0.4.1: who blocks somebody may say why, and those who run the server hear of it. */
import { parseJid } from '@rookery/protocol/jid'
import { REPORTING_NS } from '@rookery/protocol/xeps/reporting'
import { z } from 'zod'
import { type Feature, feature } from '../../feature.ts'
import { Rate } from '../../rate.ts'
import { provide } from '../../service.ts'
import { reportingService } from '../../services/reporting.ts'
import { noticeOf } from './notice.ts'
import { reportsIn } from './read.ts'
import { Reports } from './reports.ts'

const count = (initial: number, text: string) => z.number().int().min(1).default(initial).describe(text)

const config = z
  .strictObject({
    to: z
      .array(z.string().refine((text) => parseJid(text) !== undefined, 'an XMPP address, e.g. admin@example.org'))
      .default([])
      .describe('XMPP addresses that get a message with each report.'),
    perHour: z
      .number()
      .int()
      .min(0)
      .default(20)
      .describe('Reports of one account in an hour; more are dropped. 0: any number.'),
    kept: count(1000, 'Reports kept in storage; the oldest make way.'),
    textLength: count(1000, 'Characters kept of what the person says.'),
    stanzaIds: count(20, 'Messages kept that one report points at.'),
  })
  .prefault({})

export const reporting: Feature = feature({
  name: 'reporting',
  summary: 'Tells those who run the server why somebody was blocked.',
  specifications: [
    { number: 'XEP-0377', version: '0.4.1', status: 'complete', note: 'reports are not passed on to other servers' },
  ],
  config,
  needs: ['host', 'clock', 'random', 'log', 'route', 'documents'],
  disco: { host: [REPORTING_NS] },
  start({ host, clock, random, log, route, documents }, settings) {
    const operators = settings.to.flatMap((text) => parseJid(text) ?? [])
    const rate = new Rate(
      () => settings.perHour,
      () => clock.monotonic(),
    )
    const reports = new Reports(documents, settings.kept)
    return {
      ready: () => reports.load(),
      provides: [
        provide(reportingService, {
          async blocked(reporter, block) {
            for (const reported of reportsIn(block, settings)) {
              const fields = {
                reporter: reporter.toString(),
                reported: reported.jid.toString(),
                reason: reported.report.reason,
              }
              if (!rate.take(reporter.local)) {
                log.debug(fields, 'a report was one too many')
                return undefined
              }
              log.info({ ...fields, messages: reported.report.stanzaIds.length }, 'somebody was reported')
              try {
                await reports.add(clock.now(), reporter, reported)
                for (const to of operators) await route(noticeOf(host.jid, to, random.id(), reporter, reported))
              } catch (error) {
                log.error({ ...fields, error }, 'a report could not be kept')
              }
            }
            return undefined
          },
        }),
      ],
    }
  },
})
