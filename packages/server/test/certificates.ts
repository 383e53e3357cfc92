/** Certificates made in a test: X.509 version 3 in DER (RFC 5280), signed with node:crypto. Only what the tests of TLS need. */
import { generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto'

export interface Made {
  /** PEM */
  readonly certificate: string
  /** PEM */
  readonly key: string
  readonly raw: Buffer
  readonly hash: string
  readonly name: string
  readonly privateKey: KeyObject
}

export interface Wanted {
  name: string
  type?: 'ec' | 'rsa'
  hash?: 'sha256' | 'sha384'
  /** id-on-xmppAddr [RFC6120 13.7.1.4] */
  addresses?: readonly string[]
  /** Domains beside `name`. */
  names?: readonly string[]
  /** Who signs it; itself when nobody does. */
  issuer?: Made
  validDays?: number
}

const tlv = (tag: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts)
  const size = body.length
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff]
  return Buffer.concat([Buffer.from([tag, ...length]), body])
}
const sequence = (...parts: Buffer[]): Buffer => tlv(0x30, ...parts)
const oid = (hex: string): Buffer => tlv(0x06, Buffer.from(hex, 'hex'))
const octets = (body: Buffer): Buffer => tlv(0x04, body)
const bits = (body: Buffer): Buffer => tlv(0x03, Buffer.from([0]), body)
const utf8 = (text: string): Buffer => tlv(0x0c, Buffer.from(text))
const yes = tlv(0x01, Buffer.from([0xff]))

const algorithms = {
  'ec sha256': sequence(oid('2a8648ce3d040302')),
  'ec sha384': sequence(oid('2a8648ce3d040303')),
  'rsa sha256': sequence(oid('2a864886f70d01010b'), tlv(0x05)),
  'rsa sha384': sequence(oid('2a864886f70d01010c'), tlv(0x05)),
}

const time = (date: Date): Buffer => tlv(0x18, Buffer.from(date.toISOString().replace(/[-:T]|\.\d+/g, '')))
const nameOf = (text: string): Buffer => sequence(tlv(0x31, sequence(oid('550403'), utf8(text))))
let serial = 1

export function makeCertificate(wanted: Wanted): Made {
  const { name, type = 'ec', hash = 'sha256', addresses = [], issuer, validDays = 30 } = wanted
  const pair =
    type === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 })
  const signer = issuer?.privateKey ?? pair.privateKey
  const algorithm = algorithms[`${signer.asymmetricKeyType === 'ec' ? 'ec' : 'rsa'} ${hash}`]
  const others = addresses.map((address) => tlv(0xa0, oid('2b06010505070805'), tlv(0xa0, utf8(address))))
  const domains = [name, ...(wanted.names ?? [])].map((one) =>
    tlv(0x82, Buffer.from(one.replace(/[^a-z0-9.-]/gi, '-'))),
  )
  const names = [...domains, ...others]
  const extensions = [
    sequence(oid('551d13'), yes, octets(sequence(...(issuer === undefined ? [yes] : [])))),
    sequence(oid('551d11'), octets(sequence(...names))),
  ]
  const day = 86_400_000
  const now = Date.now()
  const from = validDays > 0 ? now - day : now + (validDays - 1) * day
  const body = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, Buffer.from([++serial & 0x7f])),
    algorithm,
    nameOf(issuer?.name ?? name),
    sequence(time(new Date(from)), time(new Date(now + validDays * day))),
    nameOf(name),
    pair.publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, sequence(...extensions)),
  )
  const raw = sequence(body, algorithm, bits(sign(hash, body, signer)))
  const certificate = new X509Certificate(raw).toString()
  const key = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return { certificate, key, raw, hash, name, privateKey: pair.privateKey }
}
