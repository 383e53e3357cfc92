/** Children that say a word by their name, as `<sad/>` in a mood does: read whatever the word is, written only where it is a name. */
import { type Element, el } from '../xml/index.ts'

const form = /^[a-z][a-z_]{0,39}$/

/** The first child that is a word in the namespace of its parent, leaving out the one named `except`. */
export function wordIn(element: Element, except?: string): Element | undefined {
  for (const child of element.children) {
    if (typeof child !== 'string' && child.ns === element.ns && child.name !== except && form.test(child.name))
      return child
  }
  return undefined
}

/** Throws a RangeError where the word could not stand in XML. */
export function wordElement(word: string, ns: string, inside?: Element): Element {
  if (!form.test(word)) throw new RangeError('a word is of lower-case letters and underscores')
  return el(word, ns, undefined, [inside])
}
