/** Settings of the HTTP side: paths, who may ask from where, what discovery says (RFC 7395, XEP-0124, XEP-0156, XEP-0487). */
import { isIP } from 'node:net'
import { z } from 'zod'

const path = z.union([z.string().regex(/^\/[\w./~-]*$/, 'must be a path that begins with /'), z.literal(false)])
const seconds = (least: number, most: number) => z.number().int().min(least).max(most)

export const httpSchema = z
  .strictObject({
    websocketPath: path.default('/xmpp-websocket').describe('Path of WebSocket (RFC 7395); false turns it off.'),
    boshPath: path.default('/http-bind').describe('Path of BOSH (XEP-0124); false turns it off.'),
    hostMeta: z
      .boolean()
      .default(true)
      .describe('Answer /.well-known/host-meta and host-meta.json, by which clients find the two (XEP-0156).'),
    url: z
      .string()
      .refine((text) => isHttpsOrigin(text), 'must be like https://chat.example.org, without a path')
      .optional()
      .describe(
        'Where clients reach these paths from outside, e.g. https://chat.example.org. Default: made out from the request.',
      ),
    origins: z
      .array(z.string().refine((text) => text === '*' || isOrigin(text), "must be like https://example.org, or '*'"))
      .default([])
      .describe(
        "Web sites whose pages may connect, beside those on the hosts themselves; '*' for all. From this machine, those on localhost may, too.",
      ),
    trustedProxies: z
      .array(z.string().refine((text) => parseNetwork(text) !== undefined, 'must be an address or a network'))
      .default(['127.0.0.0/8', '::1'])
      .describe(
        'Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed: addresses, or networks like 10.0.0.0/8.',
      ),
    pingSeconds: seconds(5, 3600)
      .default(30)
      .describe(
        'Seconds of silence after which a WebSocket is asked for a sign of life; without one it is closed after as many.',
      ),
    boshWaitSeconds: seconds(1, 600).default(120).describe('Longest time that a BOSH request is held.'),
    boshInactivitySeconds: seconds(5, 3600)
      .default(60)
      .describe('Seconds without a BOSH request after which the client is taken for gone.'),
    boshPauseSeconds: seconds(0, 3600).default(120).describe('Longest pause that a BOSH client may ask for.'),
    discoveryAddresses: z
      .array(z.string().refine((text) => isIP(text) !== 0, 'must be an IP address'))
      .default([])
      .describe('Public addresses of the server. With them host-meta.json says all that XEP-0487 wants.'),
    discoveryTtl: seconds(60, 604_800)
      .default(3600)
      .describe('Seconds that clients may keep host-meta.json (XEP-0487).'),
    discoveryKeyPins: z
      .array(z.string().regex(/^[A-Za-z0-9+/]{43}=$/, 'must be a SHA-256 in base64'))
      .default([])
      .describe('SHA-256 of public keys that clients may trust beside the certificates (XEP-0487).'),
  })
  .refine(({ websocketPath, boshPath }) => websocketPath === false || websocketPath !== boshPath, {
    path: ['boshPath'],
    error: 'must be another path than that of websocketPath',
  })
  .prefault({})

export type HttpConfig = z.infer<typeof httpSchema>

/** What a page says of itself in `Origin`, so nothing with a wildcard in it. [RFC6454 7] */
function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text && !text.includes('*')
}

function isHttpsOrigin(text: string): boolean {
  return isOrigin(text) && text.startsWith('https:')
}

export interface Network {
  readonly address: string
  readonly prefix: number
  readonly family: 'ipv4' | 'ipv6'
}

/** `10.0.0.0/8`, or one address. */
export function parseNetwork(text: string): Network | undefined {
  const slash = text.indexOf('/')
  const address = slash < 0 ? text : text.slice(0, slash)
  const version = isIP(address)
  if (version === 0) return undefined
  const widest = version === 4 ? 32 : 128
  if (slash >= 0 && !/^\d{1,3}$/.test(text.slice(slash + 1))) return undefined
  const prefix = slash < 0 ? widest : Number(text.slice(slash + 1))
  if (prefix > widest) return undefined
  return { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' }
}
