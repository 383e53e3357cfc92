/**
 * An element declared once: name, namespace and parts give its type, its parser and its builder.
 * Attributes and children that are not declared are ignored, as XMPP's extensibility asks [RFC6120 8.4]; nothing wire data does makes it throw.
 * Depth is that of the declaration, not of the wire, so nesting cannot exhaust the stack.
 */
import { type Element, el } from '../xml/index.ts'
import { CodecError } from './error.ts'
import type { Draft, Part } from './part.ts'

export interface ElementCodec<T> {
  readonly name: string
  readonly ns: string
  /** Whether the element bears this name in this namespace. */
  readonly matches: (element: Element) => boolean
  /** The value; undefined when the element is another one; a CodecError when it is this one, but broken. */
  readonly parse: (element: Element) => T | CodecError | undefined
  /** The same for the first child that matches; undefined when there is none. */
  readonly find: (parent: Element) => T | CodecError | undefined
  /** Throws only where a value breaks the declared type (a number out of bounds): a mistake in code, not on the wire. */
  readonly build: (value: T) => Element
}

/** The type a codec declares: `type Version = Infer<typeof version>`. */
export type Infer<C> = C extends ElementCodec<infer T> ? T : never

export interface Shape {
  readonly [key: string]: Part<unknown>
}

type Value<P> = P extends Part<infer T> ? T : never
type RequiredKeys<S extends Shape> = { [K in keyof S]: S[K] extends { readonly optional?: false } ? K : never }[keyof S]

/** The type of the values of a shape; parts that may be missing are optional keys. */
export type Shaped<S extends Shape> = Flat<
  { readonly [K in RequiredKeys<S>]: Value<S[K]> } & {
    readonly [K in Exclude<keyof S, RequiredKeys<S>>]?: Value<S[K]> | undefined
  }
>
type Flat<T> = { [K in keyof T]: T[K] }

/**
 * Declares an element:
 *
 * ```ts
 * const item = element('urn:example:list', 'item', { jid: attribute('jid', address), note: optionalText('note') })
 * item.parse(found)   // { jid, note? }, a CodecError, or undefined when `found` is another element
 * ```
 *
 * `check` looks at the whole value after the parts were read (for rules between parts) and answers
 * with a sentence when something is wrong.
 */
/* @__NO_SIDE_EFFECTS__ */
export function element<const S extends Shape>(
  ns: string,
  name: string,
  shape: S,
  check?: (value: Shaped<S>) => string | undefined,
): ElementCodec<Shaped<S>> {
  const parts = Object.entries(shape)

  function matches(found: Element): boolean {
    return found.is(name, ns)
  }

  function parse(found: Element): Shaped<S> | CodecError | undefined {
    if (!matches(found)) return undefined
    const value: Record<string, unknown> = {} // keys are declared ones
    for (const [key, part] of parts) {
      const read = part.read(found)
      if (read instanceof CodecError) return read
      if (read !== undefined) value[key] = read
    }
    const sentence = check?.(value as Shaped<S>)
    return sentence === undefined ? (value as Shaped<S>) : new CodecError(sentence)
  }

  function find(parent: Element): Shaped<S> | CodecError | undefined {
    const found = parent.child(name, ns)
    return found === undefined ? undefined : parse(found)
  }

  function build(value: Shaped<S>): Element {
    const draft: Draft = { name, ns, attributes: {}, children: [] }
    const values = value as Record<string, unknown>
    for (const [key, part] of parts) {
      if (values[key] !== undefined) part.write(values[key], draft)
    }
    return el(name, ns, draft.attributes, draft.children)
  }

  return { name, ns, matches, parse, find, build }
}
