/**
 * What clients are told as the id of an archived message: the number, encrypted. It cannot be guessed, and says nothing to anybody.
 * XEP-0313 1.1.3 section 3, XEP-0359 0.7.0 sections 3 and 6. docs/decisions/0019.
 */
import { type Cipheriv, createCipheriv, createDecipheriv, type Decipheriv, randomBytes } from 'node:crypto'
import type { DocumentStore } from '@rookery/storage'

/** Where the key lies; with another one, clients would have to read their archives anew. */
const keyDocument = 'archive:key'
const keyBytes = 16
const blockBytes = 16
/** Characters of a block in base64url. */
const nameLength = 22
/** Names made at once for ids that follow each other, as those of new messages do: most of the price is the call. */
const batch = 32

export class Names {
  readonly #encrypt: Cipheriv
  readonly #decrypt: Decipheriv
  /** One that ends in zeros. */
  readonly #block = Buffer.alloc(blockBytes)
  readonly #blocks = Buffer.alloc(blockBytes * batch)
  /** Encrypted, of the ids from `#first` on. */
  #names = Buffer.alloc(0)
  #first = 0

  constructor(key: Uint8Array) {
    // one block each: no plain text comes twice, and what does not decrypt to zeros at its end is not of our making
    this.#encrypt = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false)
    this.#decrypt = createDecipheriv('aes-128-ecb', key, null).setAutoPadding(false)
  }

  /** With the key of the host, which is made when there is none. */
  static async open(documents: DocumentStore): Promise<Names> {
    const kept = await documents.get('', keyDocument)
    if (kept !== undefined) return new Names(Buffer.from(kept, 'base64'))
    const key = randomBytes(keyBytes)
    await documents.put('', keyDocument, key.toString('base64'))
    return new Names(key)
  }

  nameOf(id: number): string {
    this.#block.writeDoubleBE(id)
    return this.#encrypt.update(this.#block).toString('base64url')
  }

  /** The same for an id that has just been made: the next ones will be asked for soon. */
  nameOfNew(id: number): string {
    let at = (id - this.#first) * blockBytes
    if (at < 0 || at >= this.#names.length) {
      for (let i = 0; i < batch; i++) this.#blocks.writeDoubleBE(id + i, i * blockBytes)
      this.#names = this.#encrypt.update(this.#blocks)
      this.#first = id
      at = 0
    }
    return this.#names.toString('base64url', at, at + blockBytes)
  }

  /** Undefined for what is not the name of an id. */
  idOf(name: string): number | undefined {
    if (name.length !== nameLength) return undefined
    const block = Buffer.from(name, 'base64url')
    if (block.length !== blockBytes || block.toString('base64url') !== name) return undefined
    const plain = this.#decrypt.update(block)
    for (let at = 8; at < blockBytes; at++) if (plain[at] !== 0) return undefined
    const id = plain.readDoubleBE()
    return Number.isSafeInteger(id) && id > 0 ? id : undefined
  }
}
