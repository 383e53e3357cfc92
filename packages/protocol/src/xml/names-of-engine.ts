/**
 * What is a qualified name (XML 1.0 2.3, Namespaces in XML 1.0 section 4), by the Unicode of the JavaScript engine: for bundles for browsers.
 * It takes all characters of `name-characters.ts`, and beyond ASCII those letters and marks that came after version 2 of Unicode, or that are
 * variants of others.
 */

/** Finds its prefix, if it has one, and its local part. */
export const qualifiedName: RegExp =
  /^(?!.*[\uf900-\u{10ffff}])(?:([_\u212e\p{L}\p{Nl}][-._\xb7\u0387\u06dd\u06de\u212e\p{L}\p{M}\p{Nd}\p{Nl}]*):)?([_\u212e\p{L}\p{Nl}][-._\xb7\u0387\u06dd\u06de\u212e\p{L}\p{M}\p{Nd}\p{Nl}]*)$/u
