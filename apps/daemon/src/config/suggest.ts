/** "Did you mean …": the known word nearest to a mistyped one. */

/** Words that people know from other servers, and what they are called here. */
const otherNames = new Map([
  ['host', 'hosts'],
  ['domain', 'hosts'],
  ['domains', 'hosts'],
  ['virtualhosts', 'hosts'],
  ['vhosts', 'hosts'],
  ['port', 'listen.c2s'],
  ['ports', 'listen'],
  ['bind', 'listen.address'],
  ['interface', 'listen.address'],
  ['cert', 'tls.certificates'],
  ['certs', 'tls.certificates'],
  ['certfile', 'tls.certificates'],
  ['ssl', 'tls'],
  ['datadir', 'data'],
  ['storage', 'data'],
  ['database', 'data'],
  ['logging', 'log'],
  ['loglevel', 'log.level'],
  ['modules', 'features'],
  ['plugins', 'features'],
  ['authentication', 'auth'],
  ['shapers', 'limits'],
  ['mam', 'features.archive'],
  ['smacks', 'management'],
  ['streammanagement', 'management'],
  ['websocket', 'http.websocketPath'],
  ['bosh', 'http.boshPath'],
])

/** Among the words of this place first, then by another server's word, then a word of another place (`limits.stanzaBytes`). */
export function suggest(word: string, here: readonly string[], elsewhere: readonly string[] = []): string | undefined {
  const near = nearest(word, here)
  if (near !== undefined) return near
  const plain = word.toLowerCase().replaceAll(/[-_. ]/g, '')
  const known = otherNames.get(plain)
  if (known !== undefined && elsewhere.length > 0) return known
  return elsewhere.find((path) => path.slice(path.lastIndexOf('.') + 1).toLowerCase() === plain)
}

function nearest(word: string, words: readonly string[]): string | undefined {
  let best: string | undefined
  let least = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const one of words) {
    const far = distance(word.toLowerCase().slice(0, 100), one.toLowerCase())
    if (far < least) {
      least = far
      best = one
    }
  }
  return best
}

/** Edits (insert, delete, replace, swap neighbours) from one word to the other. */
function distance(a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let least = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, before[j - 2]! + 1)
      row.push(least)
    }
    before = last
    last = row
  }
  return last[b.length]!
}
