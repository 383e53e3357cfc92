// Preparing the localpart: UsernameCaseMapped (RFC 8265) without the characters RFC 7622 3.3.1 takes away.

import { prepareUsername } from '../precis/profiles.ts'

export function prepareLocal(text: string): string | undefined {
  const prepared = prepareUsername(text)
  return prepared === undefined || holdsExcluded(prepared) ? undefined : prepared
}

/** [RFC7622 3.3.1] */
function holdsExcluded(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    switch (text.charCodeAt(index)) {
      case 0x22: // "
      case 0x26: // &
      case 0x27: // '
      case 0x2f: // /
      case 0x3a: // :
      case 0x3c: // <
      case 0x3e: // >
      case 0x40: // @
        return true
    }
  }
  return false
}
