/** The settings of the archive. */

import type { ArchiveDefault } from '@rookery/protocol/xeps/mam'
import { type ZodType, z } from 'zod'

export interface ArchiveSettings {
  readonly default: ArchiveDefault
  readonly days: number
  readonly bytesPerAccount: number
  readonly pageSize: number
  readonly maxPageSize: number
  readonly preferences: number
}

const count = z.number().int()

export const config: ZodType<ArchiveSettings> = z
  .strictObject({
    default: z
      .enum(['always', 'roster', 'never'])
      .default('always')
      .describe(
        'Whose messages are kept for an account that has not said otherwise: those with everybody, with contacts alone, with nobody.',
      ),
    days: count.min(0).default(0).describe('Messages are removed after so many days; 0 keeps them.'),
    bytesPerAccount: count
      .min(0)
      .default(1_073_741_824)
      .describe('An account that has more than this loses its oldest messages; 0 for no bound.'),
    pageSize: count.min(1).max(1000).default(50).describe('Messages in a page where the client does not say how many.'),
    maxPageSize: count.min(1).max(1000).default(100).describe('Most messages in a page, whatever the client says.'),
    preferences: count
      .min(0)
      .default(1000)
      .describe('Most addresses that an account can list to be kept always or never.'),
  })
  .prefault({})
