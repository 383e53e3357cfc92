/**
 * Parts that are elements: declared ones (child, children) and opaque ones, which are kept as they are.
 */
import type { Element } from '../xml/index.ts'
import { onlyChild } from './content.ts'
import type { ElementCodec } from './element.ts'
import { CodecError } from './error.ts'
import { type Draft, list, type OptionalPart, type RequiredPart, required } from './part.ts'

/** A declared child that must be there once. */
/* @__NO_SIDE_EFFECTS__ */
export function child<T>(codec: ElementCodec<T>): RequiredPart<T> {
  return required(optionalChild(codec), `the child <${codec.name}/>`)
}

/* @__NO_SIDE_EFFECTS__ */
export function optionalChild<T>(codec: ElementCodec<T>): OptionalPart<T> {
  return {
    read: (element) => {
      const found = onlyChild(element, codec.name, codec.ns)
      return found === undefined || found instanceof CodecError ? found : codec.parse(found)
    },
    write: (value, draft) => append(codec.build(value), draft),
  }
}

/** Every child the codec declares, in order; none is an empty list. */
/* @__NO_SIDE_EFFECTS__ */
export function children<T>(codec: ElementCodec<T>): RequiredPart<readonly T[]> {
  return list(codec.parse, (value, draft) => append(codec.build(value), draft))
}

/** The same without those that are broken: for lists in which one that cannot be read must not hide the others. */
/* @__NO_SIDE_EFFECTS__ */
export function ignorableChildren<T>(codec: ElementCodec<T>): RequiredPart<readonly T[]> {
  return { ...children(codec), read: (element) => findAll(codec, element) }
}

/** What the children that the codec declares say, in order, without those that are broken. */
export function findAll<T>(codec: ElementCodec<T>, parent: Element): T[] {
  const found: T[] = []
  for (const node of parent.children) {
    const parsed = typeof node === 'string' ? undefined : codec.parse(node)
    if (parsed !== undefined && !(parsed instanceof CodecError)) found.push(parsed)
  }
  return found
}

/** The first child the codec declares that is not broken, however many there are. */
/* @__NO_SIDE_EFFECTS__ */
export function ignorableChild<T>(codec: ElementCodec<T>): OptionalPart<T> {
  return { ...optionalChild(codec), read: (element) => findAll(codec, element)[0] }
}

/** One child element that is kept as it is, for whoever knows how to read it. */
/* @__NO_SIDE_EFFECTS__ */
export function optionalElement(name: string, ns: string): OptionalPart<Element> {
  return { read: (element) => onlyChild(element, name, ns), write: append }
}

/** Every child element, whatever it is, as it is. */
/* @__NO_SIDE_EFFECTS__ */
export function anyChildren(): RequiredPart<readonly Element[]> {
  return list((child) => child, append)
}

/** Every child element of another namespace, as it is: what an extension of the element put into it. */
/* @__NO_SIDE_EFFECTS__ */
export function foreignChildren(): RequiredPart<readonly Element[]> {
  return list((child, { ns }) => (child.ns === ns ? undefined : child), append)
}

function append(child: Element, draft: Draft): void {
  draft.children.push(child)
}
