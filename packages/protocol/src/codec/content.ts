/**
 * Parts that are text: that of the element itself, that of its children, and children that say something by being there.
 * A child is looked for in the namespace of its parent. Where one is declared and two are sent, the element is broken.
 */
import { type Element, el } from '../xml/index.ts'
import { CodecError } from './error.ts'
import type { Draft, OptionalPart, RequiredPart } from './part.ts'
import { string, type Text } from './text.ts'

/** The text of a child that must be there. */
export function text(name: string): RequiredPart<string>
export function text<T>(name: string, value: Text<T>): RequiredPart<T>
/* @__NO_SIDE_EFFECTS__ */
export function text(name: string, value: Text<unknown> = string): RequiredPart<unknown> {
  return {
    optional: false,
    read: (element) => readChild(element, name, value) ?? missing(element, name),
    write: (written, draft) => writeChild(draft, name, value.encode(written)),
  }
}

export function optionalText(name: string): OptionalPart<string>
export function optionalText<T>(name: string, value: Text<T>): OptionalPart<T>
/* @__NO_SIDE_EFFECTS__ */
export function optionalText(name: string, value: Text<unknown> = string): OptionalPart<unknown> {
  return {
    optional: true,
    read: (element) => readChild(element, name, value),
    write: (written, draft) => writeChild(draft, name, value.encode(written)),
  }
}

/** The text of the first such child; what cannot be read counts as absent, where one oddity should not spoil the rest. */
export function ignorableText(name: string): OptionalPart<string>
export function ignorableText<T>(name: string, value: Text<T>): OptionalPart<T>
/* @__NO_SIDE_EFFECTS__ */
export function ignorableText(name: string, value: Text<unknown> = string): OptionalPart<unknown> {
  return {
    optional: true,
    read: (element) => {
      const found = element.childText(name)
      return found === undefined ? undefined : value.decode(found)
    },
    write: (written, draft) => writeChild(draft, name, value.encode(written)),
  }
}

/** The text of every child of that name, in order; none is an empty list. */
export function texts(name: string): RequiredPart<readonly string[]>
export function texts<T>(name: string, value: Text<T>): RequiredPart<readonly T[]>
/* @__NO_SIDE_EFFECTS__ */
export function texts(name: string, value: Text<unknown> = string): RequiredPart<readonly unknown[]> {
  return {
    optional: false,
    read: (element) => {
      const found: unknown[] = []
      for (const child of element.children) {
        if (typeof child === 'string' || !child.is(name, element.ns)) continue
        const decoded = value.decode(child.text())
        if (decoded === undefined) return bad(name, value)
        found.push(decoded)
      }
      return found
    },
    write: (written, draft) => {
      for (const one of written) writeChild(draft, name, value.encode(one))
    },
  }
}

/** One attribute of every child of that name, in order: for lists like `<feature var='…'/>`. */
/* @__NO_SIDE_EFFECTS__ */
export function attributesOf<T>(child: string, attribute: string, value: Text<T>): RequiredPart<readonly T[]> {
  return {
    optional: false,
    read: (element) => {
      const found: T[] = []
      for (const node of element.children) {
        if (typeof node === 'string' || !node.is(child, element.ns)) continue
        const raw = node.attr(attribute)
        if (raw === undefined) return new CodecError(`<${child}/> needs the attribute "${attribute}".`)
        const decoded = value.decode(raw)
        if (decoded === undefined) {
          return new CodecError(`The attribute "${attribute}" of <${child}/> must be ${value.expected}.`)
        }
        found.push(decoded)
      }
      return found
    },
    write: (written, draft) => {
      for (const one of written) draft.children.push(el(child, draft.ns, { [attribute]: value.encode(one) }))
    },
  }
}

/** An empty child that says yes by being there; the key is missing when it is not. */
/* @__NO_SIDE_EFFECTS__ */
export function flag(name: string): OptionalPart<boolean> {
  return {
    optional: true,
    read: (element) => (element.child(name) === undefined ? undefined : true),
    write: (value, draft) => {
      if (value) draft.children.push(el(name, draft.ns))
    },
  }
}

/** The element's own text, which may be empty. */
export function ownText(): RequiredPart<string>
export function ownText<T>(value: Text<T>): RequiredPart<T>
/* @__NO_SIDE_EFFECTS__ */
export function ownText(value: Text<unknown> = string): RequiredPart<unknown> {
  return {
    optional: false,
    read: (element) => {
      const decoded = value.decode(element.text())
      return decoded === undefined ? bad(element.name, value) : decoded
    },
    write: (written, draft) => writeOwn(draft, value.encode(written)),
  }
}

/** The element's own text; no text at all is undefined. */
export function optionalOwnText(): OptionalPart<string>
export function optionalOwnText<T>(value: Text<T>): OptionalPart<T>
/* @__NO_SIDE_EFFECTS__ */
export function optionalOwnText(value: Text<unknown> = string): OptionalPart<unknown> {
  return {
    optional: true,
    read: (element) => {
      const own = element.text()
      if (own === '') return undefined
      const decoded = value.decode(own)
      return decoded === undefined ? bad(element.name, value) : decoded
    },
    write: (written, draft) => writeOwn(draft, value.encode(written)),
  }
}

function readChild(element: Element, name: string, value: Text<unknown>): unknown {
  const found = onlyChild(element, name, element.ns)
  if (found === undefined || found instanceof CodecError) return found
  const decoded = value.decode(found.text())
  return decoded === undefined ? bad(name, value) : decoded
}

/** The child of that name, undefined when there is none, an error when there are several. */
export function onlyChild(element: Element, name: string, ns: string): Element | CodecError | undefined {
  let found: Element | undefined
  for (const child of element.children) {
    if (typeof child === 'string' || !child.is(name, ns)) continue
    if (found !== undefined) return new CodecError(`<${element.name}/> may have one <${name}/> only.`)
    found = child
  }
  return found
}

export function missing(element: Element, name: string): CodecError {
  return new CodecError(`<${element.name}/> needs the child <${name}/>.`)
}

function bad(name: string, value: Text<unknown>): CodecError {
  return new CodecError(`The text of <${name}/> must be ${value.expected}.`)
}

function writeChild(draft: Draft, name: string, content: string): void {
  draft.children.push(el(name, draft.ns, undefined, content))
}

function writeOwn(draft: Draft, content: string): void {
  if (content !== '') draft.children.push(content)
}
