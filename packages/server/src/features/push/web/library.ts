/** The functions of the library `web-push` that are used here, with their types; it brings none. RFC 8291, RFC 8292. */
import { createRequire } from 'node:module'

interface WebPushLibrary {
  generateVAPIDKeys(): { publicKey: string; privateKey: string }
  /** The encrypted body with its header. Throws when the keys are none. [RFC8291 3, RFC8188 2] */
  encrypt(p256dh: string, auth: string, payload: string, encoding: 'aes128gcm'): { cipherText: Buffer }
  /** `expiration` in seconds since the epoch. [RFC8292 2, 3] */
  getVapidHeaders(
    audience: string,
    subject: string,
    publicKey: string,
    privateKey: string,
    encoding: 'aes128gcm',
    expiration: number,
  ): { Authorization: string }
}

const load = createRequire(import.meta.url)

let library: WebPushLibrary | undefined

/** Loaded when it is needed: most servers do not have a push service. */
export function webPushLibrary(): WebPushLibrary {
  library ??= load('web-push') as WebPushLibrary
  return library
}
