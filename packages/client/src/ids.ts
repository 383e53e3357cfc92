/** Ids that nobody can guess: an answer with a guessed id would be taken for a real one. */
import { encodeBase64, type SaslCrypto } from '@rookery/protocol/sasl'

/** 96 random bits each. */
export function createIds({ random }: SaslCrypto): () => string {
  let pool = random(0)
  return () => {
    if (pool.length < 12) pool = random(1200)
    const id = encodeBase64(pool.subarray(0, 12)).replaceAll('+', '-').replaceAll('/', '_')
    pool = pool.subarray(12)
    return id
  }
}
