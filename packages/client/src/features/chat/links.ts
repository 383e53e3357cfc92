/** Links in rich text that pretend. Not reached from the feature: only who calls it has it in the bundle. */
import type { RichLink, RichNode } from '@rookery/protocol/xeps/rich-text'

/** Characters of a text that are looked at. */
const longest = 4096

/**
 * Whether a link says that it leads somewhere else than it does: its text names the host of another, also in letters that only look the same.
 * Then show where it leads, or the text alone. A host that is within the one named is the same; so are all texts that name none. [S124]
 */
export function isMisleading({ url, children }: RichLink): boolean {
  const target = hostOf(url)
  if (target === undefined) return false
  return textOf(children)
    .split(/[^\p{L}\p{M}\p{N}.:/-]+/u)
    .some((word) => {
      if (!/^(https?:\/\/)?[^:/]+\.[\p{L}\p{M}]{2,}([:/]|$)/u.test(word)) return false
      const named = hostOf(word.includes('//') ? word : `http://${word}`)?.replace(/^www\./, '')
      return named !== target && !target.endsWith(`.${named}`)
    })
}

function hostOf(url: string): string | undefined {
  return URL.canParse(url) && /^https?:/i.test(url) ? new URL(url).hostname : undefined
}

/** Its first characters, which are what is seen. Depth is bounded where rich text is made. */
function textOf(nodes: readonly RichNode[]): string {
  const text = nodes.map((node) => {
    if (typeof node === 'string') return node
    return 'children' in node ? textOf(node.children) : 'alt' in node ? node.alt : ' '
  })
  return text.join('').slice(0, longest)
}
