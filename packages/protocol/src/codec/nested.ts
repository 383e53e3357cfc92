/**
 * Parts that are elements: declared ones (child, children) and opaque ones, which are kept as they are.
 */
import type { Element } from '../xml/index.ts'
import { missing, onlyChild } from './content.ts'
import type { ElementCodec } from './element.ts'
import { CodecError } from './error.ts'
import type { OptionalPart, RequiredPart } from './part.ts'

/** A declared child that must be there once. */
/* @__NO_SIDE_EFFECTS__ */
export function child<T>(codec: ElementCodec<T>): RequiredPart<T> {
  return {
    optional: false,
    read: (element) => {
      const found = onlyChild(element, codec.name, codec.ns)
      if (found instanceof CodecError) return found
      return found === undefined ? missing(element, codec.name) : codec.parse(found)
    },
    write: (value, draft) => {
      draft.children.push(codec.build(value))
    },
  }
}

/* @__NO_SIDE_EFFECTS__ */
export function optionalChild<T>(codec: ElementCodec<T>): OptionalPart<T> {
  return {
    optional: true,
    read: (element) => {
      const found = onlyChild(element, codec.name, codec.ns)
      return found === undefined || found instanceof CodecError ? found : codec.parse(found)
    },
    write: (value, draft) => {
      draft.children.push(codec.build(value))
    },
  }
}

/** Every child the codec declares, in order; none is an empty list. */
/* @__NO_SIDE_EFFECTS__ */
export function children<T>(codec: ElementCodec<T>): RequiredPart<readonly T[]> {
  return {
    optional: false,
    read: (element) => {
      const found: T[] = []
      for (const node of element.children) {
        if (typeof node === 'string') continue
        const parsed = codec.parse(node)
        if (parsed === undefined) continue
        if (parsed instanceof CodecError) return parsed
        found.push(parsed)
      }
      return found
    },
    write: (values, draft) => {
      for (const value of values) draft.children.push(codec.build(value))
    },
  }
}

/** The same without those that are broken: for lists in which one that cannot be read must not hide the others. */
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
  return {
    ...optionalChild(codec),
    read: (element) => {
      for (const node of element.children) {
        const parsed = typeof node === 'string' ? undefined : codec.parse(node)
        if (parsed !== undefined && !(parsed instanceof CodecError)) return parsed
      }
      return undefined
    },
  }
}

/** One child element that is kept as it is, for whoever knows how to read it. */
/* @__NO_SIDE_EFFECTS__ */
export function optionalElement(name: string, ns: string): OptionalPart<Element> {
  return {
    optional: true,
    read: (element) => onlyChild(element, name, ns),
    write: (value, draft) => {
      draft.children.push(value)
    },
  }
}

/** Every child element, whatever it is, as it is. */
/* @__NO_SIDE_EFFECTS__ */
export function anyChildren(): RequiredPart<readonly Element[]> {
  return {
    optional: false,
    read: (element) => element.childElements(),
    write: (values, draft) => {
      draft.children.push(...values)
    },
  }
}

/** Every child element of another namespace, as it is: what an extension of the element put into it. */
/* @__NO_SIDE_EFFECTS__ */
export function foreignChildren(): RequiredPart<readonly Element[]> {
  return {
    optional: false,
    read: (element) => element.childElements().filter((child) => child.ns !== element.ns),
    write: (values, draft) => {
      draft.children.push(...values)
    },
  }
}
