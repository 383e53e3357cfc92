/** The settings of push notifications. What a notification tells is the operator's to decide, never the client's. [XEP-0357 9] */
import { z } from 'zod'

const include = (initial: ('sender' | 'body')[], text: string) =>
  z
    .array(z.enum(['sender', 'body']))
    .default(initial)
    .describe(text)

/** A URI of somebody who can be asked. [RFC8292 2.1] */
function isContact(text: string): boolean {
  return URL.canParse(text) && ['mailto:', 'https:'].includes(new URL(text).protocol)
}

/** Just an origin: scheme, host and port. */
function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text
}

const webPush = z.strictObject({
  subject: z
    .string()
    .refine(isContact, 'a subject is a mailto: or https: address')
    .describe('Whom the operators of push services may ask: a mailto: or https: address (RFC 8292).'),
  include: include(
    ['sender'],
    'What a notification tells beside the number of messages; only the browser can read it (RFC 8291).',
  ),
  ttlSeconds: z
    .number()
    .int()
    .min(0)
    .max(2_419_200)
    .default(604_800)
    .describe('How long a push service keeps a notification for a browser that cannot be reached.'),
  timeoutSeconds: z.number().int().min(1).max(25).default(10).describe('Time a push service has to answer.'),
  allowEndpoints: z
    .array(z.string().refine(isOrigin, 'an origin is scheme, host and port, e.g. http://127.0.0.1:8080'))
    .default([])
    .describe('Origins that need neither https nor a public address, for tests.'),
})

export const pushConfig = z
  .strictObject({
    registrations: z
      .number()
      .int()
      .min(1)
      .max(100)
      .default(20)
      .describe('Push registrations of one account; a further one takes the place of the one used longest ago.'),
    include: include([], 'What a push service is told beside the number of messages.'),
    placeholder: z
      .string()
      .max(200)
      .default('New message')
      .describe('Stands for the text of a message that a push service is not told: some show nothing without one.'),
    whileInactive: z
      .boolean()
      .default(false)
      .describe('Push also while all clients are connected but say that nobody looks at them (XEP-0352).'),
    whileActiveElsewhere: z
      .boolean()
      .default(false)
      .describe('Push to a device that is away also while another client of the account is there.'),
    intervalSeconds: z
      .number()
      .min(1)
      .max(3600)
      .default(1)
      .describe('Least time between two notifications of one registration; what comes meanwhile is counted.'),
    parallel: z.number().int().min(1).max(1000).default(128).describe('Notifications on their way at the same time.'),
    parallelPerService: z
      .number()
      .int()
      .min(1)
      .max(1000)
      .default(16)
      .describe('Notifications on their way to one push service at the same time.'),
    webPush: z
      .union([webPush, z.literal(false)])
      .default(false)
      .describe('Settings of the built-in push service for browsers (Web Push), see docs/guide/push.md; false: none.'),
  })
  .prefault({})

export type PushConfig = z.infer<typeof pushConfig>
export type WebPushConfig = z.infer<typeof webPush>
export type Include = readonly ('sender' | 'body')[]
