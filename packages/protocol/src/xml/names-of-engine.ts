/**
 * What is a qualified name (XML 1.0 2.3, Namespaces in XML 1.0 section 4), by the Unicode of the JavaScript engine: for bundles for browsers.
 * It takes all characters of `name-characters.ts`, and beyond ASCII those letters and marks that came after version 2 of Unicode, or that are
 * variants of others.
 */

const ncName =
  /^(?!.*[\uf900-\u{10ffff}])[_\u212e\p{L}\p{Nl}][-._\xb7\u0387\u06dd\u06de\u212e\p{L}\p{M}\p{Nd}\p{Nl}]*$/u

/** [prefix, local part]; the prefix is '' if there is none. Undefined if it is no qualified name. */
export function splitName(name: string): readonly [prefix: string, local: string] | undefined {
  const parts = name.split(':')
  if (parts.length > 2 || !parts.every((part) => ncName.test(part))) return undefined
  return [parts.length > 1 ? parts[0]! : '', parts.at(-1)!]
}
