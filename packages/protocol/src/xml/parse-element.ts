/** One whole document that is one element, through the tokenizer of streams. Bundles for browsers get `parse-element-small.ts` in its place. */
import { Element } from './element.ts'
import { XmlError } from './errors.ts'
import { authenticated, type XmlLimits } from './limits.ts'
import { XmlParser } from './parser.ts'

const unfinished: XmlError = new XmlError('not-well-formed', 'the document ends too early')

export function parseElement(wire: string, limits: XmlLimits = authenticated): Element | XmlError {
  const parser = new XmlParser(limits, 'document')
  parser.feed(wire)
  const element = parser.next()
  if (element instanceof XmlError) return element
  if (!(element instanceof Element)) return unfinished
  const rest = parser.next()
  return rest instanceof XmlError ? rest : element
}
