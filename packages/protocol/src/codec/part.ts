/**
 * One part of a declared element (an attribute, a child, its text): how it is found, checked and written.
 * The attribute parts are here; the others are in content.ts and nested.ts. A part does not know its key.
 */
import type { Element, Node } from '../xml/index.ts'
import { CodecError } from './error.ts'
import type { Text } from './text.ts'

/** What is being built. Names come from declarations, so a plain object is safe. */
export interface Draft {
  readonly name: string
  readonly ns: string
  readonly attributes: Record<string, string>
  readonly children: Node[]
}

export interface Part<T, Optional extends boolean = boolean> {
  /** Whether the key may be missing; only then may `read` answer undefined. A type alone: nobody reads the value. */
  readonly optional?: Optional
  read(element: Element): T | CodecError | undefined
  write(value: T, draft: Draft): void
}

export type RequiredPart<T> = Part<T, false>
export type OptionalPart<T> = Part<T, true>

/** An attribute that must be there. `name` is a local name, `xml:lang`, or `{uri}local`. */
/* @__NO_SIDE_EFFECTS__ */
export function attribute<T>(name: string, text: Text<T>): RequiredPart<T> {
  return required(optionalAttribute(name, text), `the attribute "${name}"`)
}

/* @__NO_SIDE_EFFECTS__ */
export function optionalAttribute<T>(name: string, text: Text<T>): OptionalPart<T> {
  return attributePart(name, text, (element) => bad(`The attribute "${name}" of <${element.name}/>`, text))
}

/** An attribute whose unknown values count as absent, where a specification says "MUST ignore". */
/* @__NO_SIDE_EFFECTS__ */
export function ignorableAttribute<T>(name: string, text: Text<T>): OptionalPart<T> {
  return attributePart(name, text, () => undefined)
}

function attributePart<T>(
  name: string,
  text: Text<T>,
  unknown: (element: Element) => CodecError | undefined,
): OptionalPart<T> {
  return {
    read: (element) => {
      const found = element.attr(name)
      return found === undefined ? undefined : (text.decode(found) ?? unknown(element))
    },
    write: (value, draft) => {
      draft.attributes[name] = text.encode(value)
    },
  }
}

/** The same part in another shape: for a wrapper element whose one content is all that matters. */
/* @__NO_SIDE_EFFECTS__ */
export function mapped<T, U, O extends boolean>(
  part: Part<T, O>,
  from: (value: T) => U,
  to: (value: U) => T,
): Part<U, O> {
  return {
    read: (element) => {
      const read = part.read(element)
      if (read === undefined) return undefined
      return read instanceof CodecError ? read : from(read as T)
    },
    write: (value, draft) => part.write(to(value), draft),
  }
}

/** The part where it must not be missing. `what` completes "<x/> needs …". */
/* @__NO_SIDE_EFFECTS__ */
export function required<T>(part: OptionalPart<T>, what: string): RequiredPart<T> {
  return {
    read: (element) => part.read(element) ?? new CodecError(`<${element.name}/> needs ${what}.`),
    write: part.write,
  }
}

/** What is read of every child that has it, in order; none is an empty list. */
/* @__NO_SIDE_EFFECTS__ */
export function list<T>(
  read: (child: Element, parent: Element) => T | CodecError | undefined,
  write: (value: T, draft: Draft) => void,
): RequiredPart<readonly T[]> {
  return {
    read: (element) => {
      const found: T[] = []
      for (const child of element.children) {
        const one = typeof child === 'string' ? undefined : read(child, element)
        if (one instanceof CodecError) return one
        if (one !== undefined) found.push(one)
      }
      return found
    },
    write: (values, draft) => {
      for (const value of values) write(value, draft)
    },
  }
}

export function bad(what: string, text: Text<unknown>): CodecError {
  return new CodecError(`${what} must be ${text.expected}.`)
}
