/** Ids that nobody can guess: an answer with a guessed id would be taken for a real one. */
import { encodeBase64, type SaslCrypto } from '@rookery/protocol/sasl'

/** 96 random bits each. */
export function createIds(crypto: SaslCrypto): () => string {
  return () => encodeBase64(crypto.random(12)).replaceAll('+', '-').replaceAll('/', '_')
}
