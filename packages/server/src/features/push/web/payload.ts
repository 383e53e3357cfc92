/** What a browser is told, as text that is then encrypted for it. RFC 8291 section 4, docs/guide/push.md. Pure. */
import type { DeviceNotification } from './transport.ts'

/** A push service takes 4096 bytes; header, tag and delimiter of the encryption are among them. [RFC8030 7.2, RFC8291 4] */
const mostBytes = 3900
/** How long it is says nothing about what is in it, but for these steps. [RFC8291 5] */
const step = 512

/** JSON, with as much as has room; spaces at its end hide its length. */
export function payloadOf({ account, count, requests, from, body, isUrgent }: DeviceNotification): string {
  const all = { count, account, requests, urgent: isUrgent || undefined, from, body }
  for (const left of [{}, { body: undefined }, { body: undefined, from: undefined }]) {
    const text = JSON.stringify({ ...all, ...left })
    if (Buffer.byteLength(text) <= mostBytes) return padded(text)
  }
  return padded(JSON.stringify({ count }))
}

function padded(text: string): string {
  const bytes = Buffer.byteLength(text)
  return text + ' '.repeat(Math.min(mostBytes, Math.ceil(bytes / step) * step) - bytes)
}
