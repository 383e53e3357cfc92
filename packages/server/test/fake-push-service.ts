/**
 * A push service of a browser's maker, on this machine, and the browser behind it: checks who posts (RFC 8292) and reads what was
 * encrypted (RFC 8291, RFC 8188) with nothing but node:crypto, so that it does not agree with the server by accident.
 */
import { createDecipheriv, createECDH, createPublicKey, type ECDH, hkdfSync, randomBytes, verify } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a browser keeps of a subscription. */
export class FakeBrowser {
  readonly endpoint: string
  readonly #ecdh: ECDH = createECDH('prime256v1')
  readonly #auth: Buffer = randomBytes(16)
  readonly p256dh: string

  constructor(endpoint: string) {
    this.endpoint = endpoint
    this.p256dh = this.#ecdh.generateKeys('base64url')
  }

  get auth(): string {
    return this.#auth.toString('base64url')
  }

  /** [RFC8291 3.4, RFC8188 2] One record. */
  decrypt(body: Buffer): string {
    const salt = body.subarray(0, 16)
    const size = body[20]!
    const sender = body.subarray(21, 21 + size)
    const record = body.subarray(21 + size)
    const info = Buffer.concat([Buffer.from('WebPush: info\0'), this.#ecdh.getPublicKey(), sender])
    const secret = Buffer.from(hkdfSync('sha256', this.#ecdh.computeSecret(sender), this.#auth, info, 32))
    const derive = (label: string, length: number): Buffer =>
      Buffer.from(hkdfSync('sha256', secret, salt, Buffer.from(`Content-Encoding: ${label}\0`), length))
    const decipher = createDecipheriv('aes-128-gcm', derive('aes128gcm', 16), derive('nonce', 12))
    decipher.setAuthTag(record.subarray(-16))
    const plain = Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()])
    const end = plain.lastIndexOf(2) // the delimiter of the last record
    if (end < 0) throw new Error('the record has no delimiter')
    return plain.subarray(0, end).toString('utf8')
  }
}

export interface Posted {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

export class FakePushService {
  readonly #server: Server
  readonly posted: Posted[] = []
  #wake: (() => void) | undefined
  /** How it answers. */
  answer: (response: ServerResponse) => void = (response) => response.writeHead(201).end()

  constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        this.posted.push({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks) })
        this.answer(response)
        this.#wake?.()
      })
    })
  }

  static async start(): Promise<FakePushService> {
    const service = new FakePushService()
    await new Promise<void>((resolve) => service.#server.listen(0, '127.0.0.1', resolve))
    return service
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  subscribe(): FakeBrowser {
    return new FakeBrowser(`${this.origin}/send/${randomBytes(8).toString('hex')}`)
  }

  /** The next one that is posted. */
  async next(): Promise<Posted> {
    while (this.posted.length === 0)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    return this.posted.shift()!
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

/** The claims of the token that a request came with, and the key it is signed with. Throws when the signature is not its own. [RFC8292 2, 3] */
export function vapidOf({ headers }: Posted): { key: string; claims: { aud: string; sub: string; exp: number } } {
  const [, token, key] = /^vapid t=([^,]+), k=(.+)$/.exec(headers.authorization ?? '') ?? []
  if (token === undefined || key === undefined) throw new Error('no VAPID authorization')
  const point = Buffer.from(key, 'base64url')
  const jwk = {
    kty: 'EC',
    crv: 'P-256',
    x: point.subarray(1, 33).toString('base64url'),
    y: point.subarray(33).toString('base64url'),
  }
  const [head, claims, signature] = token.split('.')
  const isValid = verify(
    'sha256',
    Buffer.from(`${head}.${claims}`),
    { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature ?? '', 'base64url'),
  )
  if (!isValid) throw new Error('the VAPID token is not signed with its key')
  if (JSON.parse(Buffer.from(head ?? '', 'base64url').toString()).alg !== 'ES256') throw new Error('not ES256')
  return { key, claims: JSON.parse(Buffer.from(claims ?? '', 'base64url').toString()) }
}
