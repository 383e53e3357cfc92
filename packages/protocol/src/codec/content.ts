/**
 * Parts that are text: that of the element itself, that of its children, and children that say something by being there.
 * A child is looked for in the namespace of its parent. Where one is declared and two are sent, the element is broken.
 */
import { type Element, el } from '../xml/index.ts'
import { CodecError } from './error.ts'
import { attribute, bad, type Draft, list, type OptionalPart, type RequiredPart, required } from './part.ts'
import { string, type Text } from './text.ts'

/** The text of a child that must be there. */
export function text(name: string): RequiredPart<string>
export function text<T>(name: string, value: Text<T>): RequiredPart<T>
/* @__NO_SIDE_EFFECTS__ */
export function text(name: string, value: Text<unknown> = string): RequiredPart<unknown> {
  return required(optionalText(name, value), `the child <${name}/>`)
}

export function optionalText(name: string): OptionalPart<string>
export function optionalText<T>(name: string, value: Text<T>): OptionalPart<T>
/* @__NO_SIDE_EFFECTS__ */
export function optionalText(name: string, value: Text<unknown> = string): OptionalPart<unknown> {
  return {
    read: (element) => {
      const found = onlyChild(element, name, element.ns)
      return found === undefined || found instanceof CodecError ? found : readText(found, value)
    },
    write: (written, draft) => writeChild(draft, name, value.encode(written)),
  }
}

/** The text of the first such child; what cannot be read counts as absent, where one oddity should not spoil the rest. */
export function ignorableText(name: string): OptionalPart<string>
export function ignorableText<T>(name: string, value: Text<T>): OptionalPart<T>
/* @__NO_SIDE_EFFECTS__ */
export function ignorableText(name: string, value: Text<unknown> = string): OptionalPart<unknown> {
  return {
    ...optionalText(name, value),
    read: (element) => {
      const found = element.childText(name)
      return found === undefined ? undefined : value.decode(found)
    },
  }
}

/** The text of every child of that name, in order; none is an empty list. */
export function texts(name: string): RequiredPart<readonly string[]>
export function texts<T>(name: string, value: Text<T>): RequiredPart<readonly T[]>
/* @__NO_SIDE_EFFECTS__ */
export function texts(name: string, value: Text<unknown> = string): RequiredPart<readonly unknown[]> {
  return list(
    (child, { ns }) => (child.is(name, ns) ? readText(child, value) : undefined),
    (written, draft) => writeChild(draft, name, value.encode(written)),
  )
}

/** One attribute of every child of that name, in order: for lists like `<feature var='…'/>`. */
/* @__NO_SIDE_EFFECTS__ */
export function attributesOf<T>(child: string, name: string, value: Text<T>): RequiredPart<readonly T[]> {
  const part = attribute(name, value)
  return list(
    (found, { ns }) => (found.is(child, ns) ? part.read(found) : undefined),
    (written, draft) => {
      draft.children.push(el(child, draft.ns, { [name]: value.encode(written) }))
    },
  )
}

/** An empty child that says yes by being there; the key is missing when it is not. */
/* @__NO_SIDE_EFFECTS__ */
export function flag(name: string): OptionalPart<boolean> {
  return {
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
    read: (element) => readText(element, value),
    write: (written, draft) => writeOwn(draft, value.encode(written)),
  }
}

/** The element's own text; no text at all is undefined. */
export function optionalOwnText(): OptionalPart<string>
export function optionalOwnText<T>(value: Text<T>): OptionalPart<T>
/* @__NO_SIDE_EFFECTS__ */
export function optionalOwnText(value: Text<unknown> = string): OptionalPart<unknown> {
  return {
    read: (element) => (element.text() === '' ? undefined : readText(element, value)),
    write: (written, draft) => writeOwn(draft, value.encode(written)),
  }
}

function readText<T>(element: Element, value: Text<T>): T | CodecError {
  return value.decode(element.text()) ?? bad(`The text of <${element.name}/>`, value)
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

function writeChild(draft: Draft, name: string, content: string): void {
  draft.children.push(el(name, draft.ns, undefined, content))
}

function writeOwn(draft: Draft, content: string): void {
  if (content !== '') draft.children.push(content)
}
