/**
 * The messages of a SCRAM client as text (RFC 5802 sections 5.1 and 7): parsing, strictly by the grammar. Every parser returns undefined
 * for what must fail authentication. Not the exchange, nor the messages of the server.
 */

import { decodeBase64 } from './base64.ts'

export interface ClientFirst {
  /** As received, to be compared with the `c` attribute later. */
  readonly gs2Header: string
  readonly flag: 'n' | 'y' | 'p'
  /** The binding type of flag `p`. */
  readonly binding: string | undefined
  readonly authzid: string | undefined
  readonly username: string
  readonly nonce: string
  readonly bare: string
}

export interface ClientFinal {
  readonly bindingInput: Uint8Array
  readonly nonce: string
  readonly proof: Uint8Array
  readonly withoutProof: string
}

/** The names with a meaning and a fixed place; none of them may come back among the extensions. `m` fails wherever it is. */
const reserved: ReadonlySet<string> = new Set(['a', 'n', 'm', 'r', 'c', 's', 'i', 'p', 'v', 'e'])

export function parseClientFirst(text: string): ClientFirst | undefined {
  const flagEnd = text.indexOf(',')
  const headerEnd = text.indexOf(',', flagEnd + 1)
  if (flagEnd < 0 || headerEnd < 0 || text.includes('\0')) return undefined
  const flag = text.charAt(0)
  if (flag !== 'n' && flag !== 'y' && flag !== 'p') return undefined
  let binding: string | undefined
  if (flag === 'p') {
    if (!text.startsWith('p=') || !isBindingName(text, 2, flagEnd)) return undefined
    binding = text.slice(2, flagEnd)
  } else if (flagEnd !== 1) {
    return undefined
  }
  const identity = text.slice(flagEnd + 1, headerEnd)
  const authzid = identity === '' ? undefined : unescapeName(attributeValue(identity, 'a'))
  if (identity !== '' && authzid === undefined) return undefined
  const bare = text.slice(headerEnd + 1)
  const attributes = bare.split(',')
  const username = unescapeName(attributeValue(attributes[0], 'n'))
  const nonce = readNonce(attributes[1])
  if (username === undefined || nonce === undefined || !areExtensions(attributes, 2, attributes.length))
    return undefined
  return { gs2Header: text.slice(0, headerEnd + 1), flag, binding, authzid, username, nonce, bare }
}

export function parseClientFinal(text: string): ClientFinal | undefined {
  if (text.includes('\0')) return undefined
  const attributes = text.split(',')
  const last = attributes.length - 1
  const bindingInput = readBase64(attributes[0], 'c')
  const nonce = readNonce(attributes[1])
  const proof = last >= 2 ? readBase64(attributes[last], 'p') : undefined
  if (bindingInput === undefined || nonce === undefined || proof === undefined) return undefined
  if (!areExtensions(attributes, 2, last)) return undefined
  return { bindingInput, nonce, proof, withoutProof: text.slice(0, text.lastIndexOf(',')) }
}

function unescapeName(escaped: string | undefined): string | undefined {
  if (escaped === undefined) return undefined
  const pieces = escaped.split('=')
  let name = pieces[0]!
  for (let i = 1; i < pieces.length; i++) {
    const piece = pieces[i]!
    // [RFC5802 5.1] "contains '=' not followed by either '2C' or '3D', then the server MUST fail the authentication"
    if (piece.startsWith('2C')) name += `,${piece.slice(2)}`
    else if (piece.startsWith('3D')) name += `=${piece.slice(2)}`
    else return undefined
  }
  return name
}

/** The value of an attribute that must have this name; it is never empty. */
function attributeValue(attribute: string | undefined, name: string): string | undefined {
  if (attribute === undefined || attribute.length < 3) return undefined
  return attribute.charAt(0) === name && attribute.charAt(1) === '=' ? attribute.slice(2) : undefined
}

function readBase64(attribute: string | undefined, name: string): Uint8Array | undefined {
  const value = attributeValue(attribute, name)
  return value === undefined ? undefined : decodeBase64(value)
}

function readNonce(attribute: string | undefined): string | undefined {
  const nonce = attributeValue(attribute, 'r')
  if (nonce === undefined) return undefined
  for (let i = 0; i < nonce.length; i++) {
    const code = nonce.charCodeAt(i)
    if (code < 0x21 || code > 0x7e) return undefined
  }
  return nonce
}

/** Unknown optional extensions are ignored, but they must look like attributes. [RFC5802 7] */
function areExtensions(attributes: readonly string[], from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    const attribute = attributes[i]!
    if (attribute.length < 3 || attribute.charAt(1) !== '=') return false
    if (!isLetter(attribute.charCodeAt(0)) || reserved.has(attribute.charAt(0))) return false
  }
  return true
}

function isBindingName(text: string, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i)
    if (!isLetter(code) && !isDigit(code) && code !== 0x2d && code !== 0x2e) return false
  }
  return to > from
}

function isLetter(code: number): boolean {
  return (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a)
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}
