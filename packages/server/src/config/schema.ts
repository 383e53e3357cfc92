/** The configuration of a server, with every default; the daemon's file adds its own keys to the same schema. */
import { z } from 'zod'
import { httpSchema } from './http.ts'
import { limitsSchema } from './limits.ts'

/** An empty one would mean all addresses. */
const address = z.string().min(1)
const port = z.union([z.number().int().min(0).max(65_535), z.literal(false)])

export const serverShape = {
  hosts: z.array(z.string().min(1)).min(1).default(['localhost']).describe('Domains that accounts live on.'),
  listen: z
    .strictObject({
      address: z
        .union([address, z.array(address).min(1)])
        .optional()
        .describe(
          "Addresses to listen on. Default: this machine alone ('127.0.0.1' and '::1') while the only host is localhost, else all ('::').",
        ),
      c2s: port.default(5222).describe('Port for clients, STARTTLS; 0 takes a free one, false turns it off.'),
      tls: port.default(5223).describe('Port for clients, TLS from the first byte (XEP-0368).'),
      http: port
        .optional()
        .describe(
          'Port for WebSocket, BOSH and discovery without TLS, for this machine and behind a proxy. Default: 5280 or, when another program uses that, none; 0 takes a free one, false turns it off.',
        ),
      httpAddress: z
        .union([address, z.array(address).min(1)])
        .default(['127.0.0.1', '::1'])
        .describe('Addresses of the port without TLS. Keep them inside: the network between here and the proxy.'),
      https: port
        .optional()
        .describe(
          'Port for WebSocket, BOSH and discovery with TLS. Default: 5443 or, when another program uses that, none.',
        ),
    })
    .prefault({}),
  tls: z
    .strictObject({
      certificates: z
        .record(z.string(), z.strictObject({ certificate: z.string(), key: z.string() }))
        .default({})
        .describe(
          'PEM files by host: certificate chain and private key. A host without an entry gets a self-signed certificate.',
        ),
      required: z.boolean().default(true).describe('Clients must use TLS before they log in.'),
      minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2').describe('Oldest TLS version accepted.'),
      clientCertificates: z
        .boolean()
        .default(false)
        .describe('Ask clients for a certificate and allow SASL EXTERNAL with it.'),
      clientAuthorities: z
        .array(z.string())
        .default([])
        .describe('PEM files of the authorities that may sign client certificates.'),
    })
    .prefault({}),
  auth: z
    .strictObject({
      hashes: z
        .array(z.enum(['SHA-1', 'SHA-256', 'SHA-512']))
        .min(1)
        .default(['SHA-1', 'SHA-256', 'SHA-512'])
        .describe('SCRAM keys kept of a password; each is a mechanism that clients can use.'),
      iterations: z
        .number()
        .int()
        .min(4096)
        .max(1_000_000)
        .default(10_000)
        .describe('PBKDF2 rounds of new keys (RFC 7677, XEP-0438).'),
      plain: z.boolean().default(true).describe('Offer SASL PLAIN under TLS, for clients that know nothing better.'),
      plainWithoutTls: z
        .boolean()
        .default(false)
        .describe(
          'Offer SASL PLAIN without TLS. For benchmarks and tests on this machine only: passwords are readable on the network.',
        ),
      rememberPlain: z
        .boolean()
        .default(true)
        .describe(
          'Remember in memory, under a key of this process, which password was right, so that PLAIN logins after the first are cheap.',
        ),
      anonymous: z
        .array(z.string())
        .default([])
        .describe('Hosts on which anybody may log in without an account (SASL ANONYMOUS).'),
      tokenDays: z
        .number()
        .min(0)
        .max(365)
        .default(21)
        .describe('Days after which a login token expires (XEP-0484); 0: clients get none.'),
      tokenRotateDays: z
        .number()
        .min(0)
        .default(1)
        .describe(
          'Age in days from which a token that a client logs in with is replaced by a new one; half of its time if that is less.',
        ),
      clients: z
        .number()
        .int()
        .min(1)
        .max(1000)
        .default(50)
        .describe(
          'Clients of one account that are remembered, with their tokens; beyond them the one not seen for longest is forgotten.',
        ),
      clientDays: z.number().min(1).default(90).describe('Days after which a client that was not seen is forgotten.'),
      clientNames: z
        .boolean()
        .default(true)
        .describe(
          'Remember what clients say of their software and device, so that the owner of the account knows them again.',
        ),
      parallelHashing: z
        .number()
        .int()
        .min(1)
        .max(64)
        .default(2)
        .describe('Password hashes computed at the same time.'),
      queuedHashing: z
        .number()
        .int()
        .min(1)
        .default(1000)
        .describe('Logins that may wait for a password hash; more are told to try again.'),
    })
    .prefault({}),
  management: z
    .strictObject({
      resumeSeconds: z
        .number()
        .int()
        .min(0)
        .max(2_000_000)
        .default(600)
        .describe(
          'How long a session waits for a client whose connection broke (XEP-0198), in seconds, also over a restart; 0: sessions cannot be resumed.',
        ),
      stanzas: z.number().int().min(64).default(2000).describe('Stanzas that a client may leave unacknowledged.'),
      bytes: z
        .number()
        .int()
        .min(65_536)
        .default(1_048_576)
        .describe(
          'Bytes that a client may leave unacknowledged, or that wait for one that is away. Beyond them the session ends, and its messages are kept like those for somebody who is offline. Answers to its own requests come on top while it is connected. Never less than one largest stanza and 131072 bytes.',
        ),
      ackSeconds: z
        .number()
        .int()
        .min(0)
        .default(60)
        .describe('Seconds a client may take to acknowledge before its connection counts as broken; 0 turns it off.'),
      waitingSessions: z
        .number()
        .int()
        .min(1)
        .default(10)
        .describe('Sessions of one account that may wait for their clients; beyond them the oldest ends.'),
    })
    .prefault({}),
  http: httpSchema,
  limits: limitsSchema,
  features: z
    .record(z.string(), z.unknown())
    .default({})
    .describe('Settings of features by name; false turns one off.'),
} as const

export const serverSchema = z.strictObject(serverShape)

export type ServerConfig = z.infer<typeof serverSchema>
/** What may be given: everything is optional. */
export type ServerConfigInput = z.input<typeof serverSchema>
