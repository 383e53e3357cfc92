/** Equality of elements as information: attribute order, adjacent pieces of text and the raw `inner` do not matter. */
import type { Element, Node } from './element.ts'

export function sameElement(a: Element, b: Element): boolean {
  const pending: Element[] = [a, b]
  while (pending.length > 0) {
    const right = pending.pop()!
    const left = pending.pop()!
    if (left === right) continue
    if (left.name !== right.name || left.ns !== right.ns || !sameAttributes(left, right)) return false
    const leftNodes = mergeText(left.children)
    const rightNodes = mergeText(right.children)
    if (leftNodes.length !== rightNodes.length) return false
    for (let i = 0; i < leftNodes.length; i++) {
      const l = leftNodes[i]!
      const r = rightNodes[i]!
      if (typeof l === 'string' || typeof r === 'string') {
        if (l !== r) return false
      } else pending.push(l, r)
    }
  }
  return true
}

function sameAttributes(a: Element, b: Element): boolean {
  if (a.attributes.length !== b.attributes.length) return false
  for (let i = 0; i < a.attributes.length; i += 2) {
    if (b.attr(a.attributes[i]!) !== a.attributes[i + 1]) return false
  }
  return true
}

function mergeText(children: readonly Node[]): Node[] {
  const merged: Node[] = []
  let text = ''
  for (const child of children) {
    if (typeof child === 'string') text += child
    else {
      if (text !== '') merged.push(text)
      text = ''
      merged.push(child)
    }
  }
  if (text !== '') merged.push(text)
  return merged
}
