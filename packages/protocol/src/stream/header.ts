/** Stream headers of RFC 6120 section 4.7: what opens a stream in each direction. */

export class StreamHeader {
  readonly to: string | undefined
  readonly from: string | undefined
  readonly id: string | undefined
  readonly version: string | undefined
  readonly lang: string | undefined

  constructor(fields: {
    to?: string | undefined
    from?: string | undefined
    id?: string | undefined
    version?: string | undefined
    lang?: string | undefined
  }) {
    Object.assign(this, fields)
  }
}

/**
 * The major version a header asks for; 0 where there is none (a stream older than RFC 3920) or it is malformed.
 * [RFC6120 4.7.5]
 */
export function majorVersion(version: string | undefined): number {
  return Number(/^(\d{1,18})\.\d{1,18}$/.exec(version ?? '')?.[1] ?? 0)
}

/**
 * The language of a header, for the stanzas that name none: undefined where it has no tag's form, which is groups of one
 * to eight letters and digits. [RFC6120 4.7.4, RFC5646 2.1]
 */
export function languageOf({ lang }: StreamHeader): string | undefined {
  if (lang === undefined || lang.length > longestTag) return undefined
  let group = 0
  for (let i = 0; i < lang.length; i++) {
    const c = lang.charCodeAt(i)
    if (c === 0x2d && group > 0) group = 0
    else if (!isAlphanumeric(c) || ++group > 8) return undefined
  }
  return group === 0 ? undefined : lang
}

/** Nobody needs a longer one. [RFC5646 4.4.1] */
const longestTag = 35

function isAlphanumeric(c: number): boolean {
  return (c >= 0x30 && c <= 0x39) || (c >= 0x41 && c <= 0x5a) || (c >= 0x61 && c <= 0x7a)
}
