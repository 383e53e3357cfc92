/** What a parser needs while an element is open: its open elements, their finished children and prefixes. Lent to parsers between stanzas. */
import type { Node } from './element.ts'
import type { QName } from './names.ts'

/** One open element. Reused for the next element of the same depth. */
export class Frame {
  name: QName | undefined = undefined
  ns = ''
  attributes: readonly string[] = none
  /** The default namespace of its content. */
  defaultNs = ''
  /** Was `defaultNs` declared inside the first-level element, below its start tag? */
  ownDefault = false
  /** How many of `nodes` and `prefixes` belong to its ancestors. */
  firstNode = 0
  firstPrefix = 0
}

const none: readonly string[] = []

export class Workbench {
  readonly frames: Frame[] = []
  /** Finished children of all open elements, outermost first; only the first `nodeCount` count. */
  readonly nodes: Node[] = []
  nodeCount = 0
  /** Prefixes and their namespace names, innermost last. */
  readonly prefixes: string[] = []
  readonly uris: string[] = []

  frameAt(depth: number): Frame {
    return this.frames[depth] ?? (this.frames[depth] = new Frame())
  }

  push(node: Node): void {
    if (this.nodeCount < this.nodes.length) this.nodes[this.nodeCount++] = node
    else this.nodeCount = this.nodes.push(node)
  }

  /** Takes the nodes from `first` on, leaving nothing of them behind (a string can keep a whole chunk alive). */
  take(first: number): readonly Node[] {
    const nodes = this.nodes
    const count = this.nodeCount - first
    if (count === 0) return none
    let taken: readonly Node[]
    if (count === 1) taken = [nodes[first]!]
    else if (count === 2) taken = [nodes[first]!, nodes[first + 1]!]
    else taken = nodes.slice(first, this.nodeCount)
    for (let i = first; i < this.nodeCount; i++) nodes[i] = ''
    this.nodeCount = first
    return taken
  }

  dropPrefixes(count: number): void {
    while (this.prefixes.length > count) {
      this.prefixes.pop()
      this.uris.pop()
    }
  }
}

const spare: Workbench[] = []

export function borrowWorkbench(): Workbench {
  return spare.pop() ?? new Workbench()
}

/** Takes back a workbench whose elements are all closed; a large one is left to the garbage collector. */
export function returnWorkbench(bench: Workbench): void {
  if (spare.length < 8 && bench.nodes.length <= 256 && bench.frames.length <= 64) spare.push(bench)
}
