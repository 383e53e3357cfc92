/** What is a qualified name (XML 1.0 2.3, Namespaces in XML 1.0 section 4), and its two parts. */
import { isNameCharacter, isNameStart } from '#name-characters'
import { decodeRun, LITERAL } from './decode.ts'

/** [prefix, local part] of a name off the wire, decoded; the prefix is '' if there is none. Undefined if it is no qualified name. */
export function splitName(wire: string): [prefix: string, local: string] | undefined {
  const text = decodeRun(wire, 0, wire.length, LITERAL)
  if (typeof text !== 'string') return undefined
  let colon = -1
  let expectStart = true
  for (let i = 0; i < text.length; i++) {
    const code = text.codePointAt(i)!
    if (code > 0xffff) i++
    if (code === 0x3a) {
      if (colon >= 0 || expectStart) return undefined
      colon = i
      expectStart = true
    } else {
      if (expectStart ? !isNameStart(code) : !isNameCharacter(code)) return undefined
      expectStart = false
    }
  }
  return expectStart ? undefined : [text.slice(0, Math.max(colon, 0)), text.slice(colon + 1)]
}
