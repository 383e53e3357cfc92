// IPv6 addresses in square brackets as a domainpart: RFC 3986 IP-literal with the zone of RFC 6874, written in the one form of RFC 5952 so that
// equal addresses are equal JIDs. IPvFuture is not accepted.

/** The canonical literal, brackets included; undefined if it is no IPv6 literal. */
export function prepareIpLiteral(text: string): string | undefined {
  if (!text.startsWith('[') || !text.endsWith(']') || text.length > 128) return undefined
  const inside = text.slice(1, -1)
  const percent = inside.indexOf('%')
  const groups = parseIpv6(percent < 0 ? inside : inside.slice(0, percent))
  if (groups === undefined) return undefined
  const zone = percent < 0 ? '' : inside.slice(percent)
  if (percent >= 0 && !isZone(zone)) return undefined
  return `[${formatIpv6(groups)}${zone}]`
}

function parseIpv6(text: string): number[] | undefined {
  const gap = text.indexOf('::')
  if (gap < 0) {
    const groups = parseGroups(text)
    return groups?.length === 8 ? groups : undefined
  }
  const head = gap === 0 ? [] : parseGroups(text.slice(0, gap))
  const tail = gap + 2 === text.length ? [] : parseGroups(text.slice(gap + 2))
  if (head === undefined || tail === undefined) return undefined
  if (text.lastIndexOf('.', gap) >= 0 && gap > 0) return undefined // an IPv4 tail stands only at the end
  const missing = 8 - head.length - tail.length
  return missing < 1 ? undefined : [...head, ...new Array<number>(missing).fill(0), ...tail]
}

/** Groups of hexadecimal digits, the last two possibly as an IPv4 address. */
function parseGroups(text: string): number[] | undefined {
  const groups: number[] = []
  const pieces = text.split(':')
  for (const [index, piece] of pieces.entries()) {
    if (index === pieces.length - 1 && piece.includes('.')) {
      const bytes = parseIpv4(piece)
      if (bytes === undefined) return undefined
      groups.push(bytes[0]! * 256 + bytes[1]!, bytes[2]! * 256 + bytes[3]!)
    } else {
      if (!/^[0-9a-f]{1,4}$/i.test(piece)) return undefined
      groups.push(Number.parseInt(piece, 16))
    }
  }
  return groups
}

function parseIpv4(text: string): number[] | undefined {
  const pieces = text.split('.')
  if (pieces.length !== 4) return undefined
  const bytes = pieces.map((piece) => (/^(0|[1-9][0-9]{0,2})$/.test(piece) ? Number(piece) : 256))
  return bytes.some((byte) => byte > 255) ? undefined : bytes
}

/** [RFC6874 2] "%25" and unreserved characters; percent-encoding inside the zone is not accepted. */
function isZone(zone: string): boolean {
  return /^%25[0-9A-Za-z._~-]+$/.test(zone)
}

/** [RFC5952 4] the longest run of two or more zero groups, the first of equals, becomes "::". */
function formatIpv6(groups: readonly number[]): string {
  let best = 0
  let bestLength = 1
  for (let start = 0; start < 8; start++) {
    let length = 0
    while (start + length < 8 && groups[start + length] === 0) length++
    if (length > bestLength) {
      best = start
      bestLength = length
    }
  }
  const hex = groups.map((group) => group.toString(16))
  if (bestLength < 2) return hex.join(':')
  return `${hex.slice(0, best).join(':')}::${hex.slice(best + bestLength).join(':')}`
}
