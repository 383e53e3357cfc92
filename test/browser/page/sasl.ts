/** SCRAM-SHA-256 (RFC 7677) and HT-SHA-256-NONE (a token of XEP-0484), with WebCrypto. */

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)
const fromBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
export const toBase64 = (of: Uint8Array | string): string =>
  btoa(String.fromCharCode(...(typeof of === 'string' ? bytes(of) : of)))

const hmac = async (key: Uint8Array<ArrayBuffer>, text: string): Promise<Uint8Array<ArrayBuffer>> => {
  const imported = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, bytes(text)))
}

const saltedPassword = async (
  password: string,
  salt: Uint8Array<ArrayBuffer>,
  iterations: number,
): Promise<Uint8Array<ArrayBuffer>> => {
  const key = await crypto.subtle.importKey('raw', bytes(password), 'PBKDF2', false, ['deriveBits'])
  return new Uint8Array(await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations }, key, 256))
}

export interface Mechanism {
  readonly name: string
  first(): Promise<string>
  /** Base64 in, base64 out. */
  answer(challenge: string): Promise<string>
  /** Whether the server knows the secret, too. */
  proves(final: string): Promise<boolean>
}

export class Scram implements Mechanism {
  readonly name = 'SCRAM-SHA-256'
  readonly #bare: string
  readonly #password: string
  readonly #nonce = toBase64(crypto.getRandomValues(new Uint8Array(18)))
  #signature = ''

  constructor(local: string, password: string) {
    this.#bare = `n=${local.replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${this.#nonce}`
    this.#password = password
  }

  async first(): Promise<string> {
    return toBase64(`n,,${this.#bare}`)
  }

  async answer(challenge: string): Promise<string> {
    const serverFirst = atob(challenge)
    const field = (name: string): string =>
      serverFirst
        .split(',')
        .find((part) => part.startsWith(`${name}=`))
        ?.slice(2) ?? ''
    if (!field('r').startsWith(this.#nonce)) throw new Error('the server did not take up our nonce')
    const salted = await saltedPassword(this.#password, fromBase64(field('s')), Number(field('i')))
    const final = `c=biws,r=${field('r')}`
    const message = `${this.#bare},${serverFirst},${final}`
    const clientKey = await hmac(salted, 'Client Key')
    const storedKey = new Uint8Array(await crypto.subtle.digest('SHA-256', clientKey))
    const clientSignature = await hmac(storedKey, message)
    this.#signature = toBase64(await hmac(await hmac(salted, 'Server Key'), message))
    const proof = clientKey.map((byte, index) => byte ^ (clientSignature[index] ?? 0))
    return toBase64(`${final},p=${toBase64(proof)}`)
  }

  async proves(final: string): Promise<boolean> {
    return atob(final) === `v=${this.#signature}`
  }
}

export class Token implements Mechanism {
  readonly name = 'HT-SHA-256-NONE'
  readonly #local: string
  readonly #token: string

  constructor(local: string, token: string) {
    this.#local = local
    this.#token = token
  }

  async first(): Promise<string> {
    const proof = await hmac(bytes(this.#token), 'Initiator')
    return toBase64(new Uint8Array([...bytes(`${this.#local}\0`), ...proof]))
  }

  async answer(): Promise<string> {
    throw new Error('a token needs no second step')
  }

  async proves(final: string): Promise<boolean> {
    return final === toBase64(await hmac(bytes(this.#token), 'Responder'))
  }
}
