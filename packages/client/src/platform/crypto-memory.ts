/** Cryptography that remembers the last password hash: who reconnects with the same password, salt and count does not compute it again. */
import type { SaslCrypto } from '@rookery/protocol/sasl'

/** The same cryptography, whose `pbkdf2` keeps what it was asked last and the answer, in memory. A failure is not kept. */
export function rememberPbkdf2(crypto: SaslCrypto): SaslCrypto {
  let asked = ''
  let answer: Promise<Uint8Array>
  return {
    ...crypto,
    async pbkdf2(...question) {
      const now = question.join()
      if (asked !== now) answer = (async () => crypto.pbkdf2(...question))()
      asked = now
      try {
        return await answer
      } catch (error) {
        asked = ''
        throw error
      }
    },
  }
}
