/** Cryptography that remembers the last password hash: who reconnects with the same password, salt and count does not compute it again. */
import { type Maybe, then } from '@rookery/protocol'
import type { SaslCrypto } from '@rookery/protocol/sasl'

/** The same cryptography, whose `pbkdf2` keeps what it was asked last and the answer, in memory. A failure is not kept. */
export function rememberPbkdf2(crypto: SaslCrypto): SaslCrypto {
  /** What was asked, as text. */
  let asked = ''
  let answer: Maybe<Uint8Array> | undefined
  return {
    hash: (hash, data) => crypto.hash(hash, data),
    hmac: (hash, key, data) => crypto.hmac(hash, key, data),
    random: (length) => crypto.random(length),
    equal: (a, b) => crypto.equal(a, b),
    pbkdf2(...question) {
      const now = question.join('\n')
      if (answer === undefined || asked !== now) {
        const made = crypto.pbkdf2(...question)
        asked = now
        answer = made
        if (made instanceof Promise)
          made.catch(() => {
            if (answer === made) answer = undefined
          })
      }
      return then(answer, copy) // the caller may do with it what it likes
    },
  }
}

/** Not `slice`, which of Node's buffers makes a view. */
function copy(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}
