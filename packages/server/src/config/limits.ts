/** Limits and rates, each with its default (security catalogue, RFC 6120 13.12); 0 turns a limit off. */
import { z } from 'zod'

const count = (initial: number, text: string) => z.number().int().min(0).default(initial).describe(text)

export const limitsSchema = z
  .strictObject({
    stanzaBytes: z
      .number()
      .int()
      .min(10000)
      .max(16_777_216)
      .default(262_144)
      .describe('Largest stanza after login, in bytes; RFC 6120 13.12 forbids less than 10000.'),
    stanzaElements: z.number().int().min(64).default(4096).describe('Most elements in one stanza.'),
    stanzaDepth: z.number().int().min(8).max(1024).default(256).describe('Deepest nesting in one stanza.'),
    stanzaAttributes: z.number().int().min(16).default(256).describe('Most attributes of one element.'),
    preAuthBytes: z.number().int().min(4096).default(10_000).describe('Largest element before login, in bytes.'),
    preAuthElements: z.number().int().min(32).default(64).describe('Most elements in one stanza before login.'),
    negotiationSeconds: count(30, 'Time to log in, in seconds, from connecting to a bound resource.'),
    streamRestarts: z.number().int().min(3).default(5).describe('Most stream headers on one connection.'),
    authFailuresPerStream: count(5, 'Failed logins on one connection before it is closed.'),
    authFailuresPerAddress: count(
      20,
      'Failed logins from one address in ten minutes before further ones are refused for a while; up to ten times as many where people are logged in.',
    ),
    bytesPerSecond: count(
      20_000,
      'Received bytes a second and connection; above it the connection is read more slowly.',
    ),
    burstBytes: count(200_000, 'Bytes that may come at once before the rate holds.'),
    connectionsPerAddress: count(1000, 'Connections from one address (IPv6: one /64) at a time.'),
    connections: count(0, 'Connections in all.'),
    preAuthConnectionsPerAddress: count(200, 'Connections from one address that are not logged in yet.'),
    sessionsPerAccount: z.number().int().min(1).default(20).describe('Resources of one account at a time.'),
    outboundBytes: z
      .number()
      .int()
      .min(65_536)
      .default(1_048_576)
      .describe(
        'Bytes that may wait for a client that does not read; beyond them it is disconnected. Answers to its own requests come on top.',
      ),
    writeTimeoutSeconds: count(30, 'Seconds a client may leave written bytes unread before it is disconnected.'),
    inFlightBytes: z
      .number()
      .int()
      .min(65_536)
      .default(1_048_576)
      .describe('Bytes of one stream that may wait for storage before it is read no further.'),
    stanzaSeconds: count(60, 'Seconds that a stanza may take to arrive once it has begun.'),
    idleSeconds: count(
      600,
      'Seconds without a byte after which a silent client is asked for a sign of life; without one it is disconnected.',
    ),
    offlineMessages: count(1000, 'Messages kept for an account whose clients are away.'),
    offlineBytes: count(10_485_760, 'Bytes of messages kept for an account whose clients are away.'),
    rosterItems: count(5000, 'Contacts of one account.'),
    rosterGroups: count(50, 'Groups of one contact.'),
    rosterNameBytes: count(1023, 'Bytes of the name of a contact, or of a group.'),
    rosterRequests: count(200, 'Subscription requests of strangers that wait for the answer of one account.'),
    rosterRequestBytes: count(
      2048,
      'Bytes of a subscription request that is kept; a longer one is kept without its payload.',
    ),
    privateBytes: count(65_536, 'Bytes of one private XML document (XEP-0049).'),
    privateDocuments: count(100, 'Private XML documents of one account.'),
    vcardBytes: count(131_072, 'Bytes of a vCard (XEP-0054).'),
    blockedContacts: count(1000, 'Entries of a block list (XEP-0191).'),
    directedPresence: count(500, 'Addresses that one session may direct presence to.'),
    registrationsPerHour: count(5, 'New accounts from one address in an hour, where registration is on.'),
  })
  .prefault({})

export type Limits = z.infer<typeof limitsSchema>
