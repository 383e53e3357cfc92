// Preparing the localpart: UsernameCaseMapped (RFC 8265) without the characters RFC 7622 3.3.1 takes away.

import { prepareUsername } from '../precis/profiles.ts'

/** [RFC7622 3.3.1] */
const excluded = /["&'/:<>@]/

export function prepareLocal(text: string): string | undefined {
  const prepared = prepareUsername(text)
  return prepared === undefined || excluded.test(prepared) ? undefined : prepared
}
