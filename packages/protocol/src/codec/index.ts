/** Elements declared once: type, parser and builder from one declaration. */
export { attributesOf, flag, ignorableText, optionalOwnText, optionalText, ownText, text, texts } from './content.ts'
export { type ElementCodec, element, type Infer, type Shape, type Shaped } from './element.ts'
export { CodecError, intact, isBroken } from './error.ts'
export {
  anyChildren,
  child,
  children,
  findAll,
  foreignChildren,
  ignorableChild,
  ignorableChildren,
  optionalChild,
  optionalElement,
} from './nested.ts'
export {
  attribute,
  type Draft,
  ignorableAttribute,
  mapped,
  type OptionalPart,
  optionalAttribute,
  type Part,
  type RequiredPart,
} from './part.ts'
export {
  address,
  base64,
  boolean,
  dateTime,
  integer,
  nonEmpty,
  oneOf,
  parseInteger,
  sha1Hex,
  string,
  type Text,
  trim,
  wrappedBase64,
} from './text.ts'
export { wordElement, wordIn } from './word.ts'
