/** Names in signatures that a reader of the reference finds nowhere: each has to be exported, or be known to everybody. */
import type { Exported } from './exported.ts'

/** Of the language and of the platforms. */
const wellKnown = `AbortSignal ArrayBuffer AsyncGenerator AsyncIterableIterator Blob Date Disposable Error Exclude Extract Map Omit Partial
  Pick Promise ReadableStream Readonly ReadonlyMap ReadonlySet Record Set Symbol Uint8Array WritableStream`

/** Type parameters that are told where they stand, and types that only compute another one. */
const computing = 'Addressed Api Apis Both C E K N P Short T Union X'

/** What only the client itself, `messages` and those who write a platform have to do with. */
const inside = `Carrier ChannelBinding Connection FIELD_TYPES HashName Kept NS Offers PubsubService Reachable
  Reconcile ScramBinding StanzaId XmppStream`

const known = new Set([wellKnown, computing, inside].join(' ').split(/\s+/))

/** `DataForm (in Disco)`, … */
export function unexplained(exported: readonly Exported[]): string[] {
  const names = new Set(exported.map(({ name }) => name))
  const found: string[] = []
  for (const { name, signatures } of exported) {
    const code = signatures.map(withoutAsides).join('\n')
    const parameters = [...code.matchAll(/[<,[]\s*(?:const )?([A-Z]\w*)(?=\s+(?:extends|in)\b|\s*=)/g)].map(
      ([, one]) => one,
    )
    for (const [word] of code.matchAll(/(?<![.\w#])[A-Z]\w*/g))
      if (!names.has(word) && !known.has(word) && !parameters.includes(word)) found.push(`${word} (in ${name})`)
  }
  return [...new Set(found)]
}

/** Without comments, texts and constructors, which users do not call. */
function withoutAsides(signature: string): string {
  return signature
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/'[^'\n]*'|`[^`]*`/g, "''")
    .replace(/^ {2}constructor\((?:[\s\S]*?\n {2}\)|.*\))$/gm, '')
}
