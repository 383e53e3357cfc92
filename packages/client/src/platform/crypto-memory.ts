/** Cryptography that remembers the last password hash: who reconnects with the same password, salt and count does not compute it again. */
import { type Maybe, then } from '@rookery/protocol'
import type { HashName, SaslCrypto } from '@rookery/protocol/sasl'

interface Remembered {
  readonly hash: HashName
  readonly password: Uint8Array
  readonly salt: Uint8Array
  readonly iterations: number
  readonly length: number
  readonly result: Maybe<Uint8Array>
}

/** The same cryptography, whose `pbkdf2` keeps what it was asked last and the answer, in memory. A failure is not kept. */
export function rememberPbkdf2(crypto: SaslCrypto): SaslCrypto {
  let last: Remembered | undefined
  return {
    hash: (hash, data) => crypto.hash(hash, data),
    hmac: (hash, key, data) => crypto.hmac(hash, key, data),
    random: (length) => crypto.random(length),
    equal: (a, b) => crypto.equal(a, b),
    pbkdf2(hash, password, salt, iterations, length) {
      const isSame =
        last?.hash === hash &&
        last.iterations === iterations &&
        last.length === length &&
        crypto.equal(last.salt, salt) &&
        crypto.equal(last.password, password)
      if (last === undefined || !isSame) {
        const result = crypto.pbkdf2(hash, password, salt, iterations, length)
        const asked: Remembered = { hash, password: copy(password), salt: copy(salt), iterations, length, result }
        last = asked
        if (result instanceof Promise)
          result.catch(() => {
            if (last === asked) last = undefined
          })
      }
      return then(last.result, copy) // the caller may do with it what it likes
    },
  }
}

/** Not `slice`, which of Node's buffers makes a view. */
function copy(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}
