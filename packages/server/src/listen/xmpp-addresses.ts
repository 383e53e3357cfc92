/**
 * The XMPP addresses in a certificate: id-on-xmppAddr among the subject alternative names, parsed from DER. The subject
 * (CN) is never looked at. RFC 6120 13.7.1.4; catalogue S43.
 */

/** 1.3.6.1.5.5.7.8.5 [RFC6120 13.7.1.4] */
const idOnXmppAddr = Buffer.from('2b06010505070805', 'hex')
/** 2.5.29.17 */
const subjectAltName = Buffer.from('551d11', 'hex')

interface Tlv {
  tag: number
  body: Buffer
}

/** The elements side by side in `bytes`; undefined when they are not DER. */
function elements(bytes: Buffer): Tlv[] | undefined {
  const found: Tlv[] = []
  let at = 0
  while (at < bytes.length) {
    const tag = bytes[at]!
    let length = bytes[at + 1]
    if (length === undefined) return undefined
    at += 2
    if (length >= 0x80) {
      const count = length & 0x7f
      if (count === 0 || count > 3 || at + count > bytes.length) return undefined
      length = bytes.readUIntBE(at, count)
      at += count
    }
    if (at + length > bytes.length) return undefined
    found.push({ tag, body: bytes.subarray(at, at + length) })
    at += length
  }
  return found
}

/** `certificate`: DER. An address with NUL or other than UTF-8 text is left out. */
export function xmppAddresses(certificate: Buffer | undefined): readonly string[] {
  if (certificate === undefined) return []
  const addresses: string[] = []
  const names = extension(certificate, subjectAltName)
  for (const sequence of (names === undefined ? undefined : elements(names)) ?? []) {
    for (const name of elements(sequence.body) ?? []) {
      if (name.tag !== 0xa0) continue // otherName
      const [type, value] = elements(name.body) ?? []
      if (type?.tag !== 0x06 || !type.body.equals(idOnXmppAddr) || value?.tag !== 0xa0) continue
      const [text] = elements(value.body) ?? []
      if (text?.tag !== 0x0c) continue // UTF8String
      const address = text.body.toString('utf8')
      if (!address.includes('\0') && !address.includes('\ufffd')) addresses.push(address)
    }
  }
  return addresses
}

/**
 * The value of an extension, from where extensions are: what only looks like one, in the subject or elsewhere, was written by whoever asked for
 * the certificate. None if it is there twice. [RFC5280 4.1, 4.2, S43]
 */
function extension(certificate: Buffer, oid: Buffer): Buffer | undefined {
  const [whole] = elements(certificate) ?? []
  const [toBeSigned] = inside(whole, sequence)
  const [list] = inside(
    inside(toBeSigned, sequence).find((one) => one.tag === 0xa3),
    0xa3,
  )
  const found = inside(list, sequence)
    .map((one) => inside(one, sequence))
    .filter(([type]) => type?.tag === 0x06 && type.body.equals(oid))
  return found.length === 1 ? found[0]!.find((one) => one.tag === 0x04)?.body : undefined
}

const sequence = 0x30

/** What an element of this tag holds; nothing if it is another. */
function inside(element: Tlv | undefined, tag: number): Tlv[] {
  return element?.tag === tag ? (elements(element.body) ?? []) : []
}
