/** What a file that somebody sends is called here, as XEP-0446 0.2.0 3 and XEP-0234 ask. No specification of its own. */

const longest = 200
/** Controls, and invisible characters that turn a name around or hide its end. */
const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu
/** What file systems give a meaning. */
const reserved = /[:*?"<>|]/g

/**
 * The last part of a path, without what is invisible, with `_` for what some file system reserves, and its last 200 characters.
 * Undefined when nothing is left, or only dots. It may still be the name of a file that exists, or of a program.
 */
export function safeFileName(text: string): string | undefined {
  const base = text.slice(Math.max(text.lastIndexOf('/'), text.lastIndexOf('\\')) + 1)
  const name = base.slice(-longest).replace(invisible, '').replace(reserved, '_').trim()
  let end = name.length
  while (end > 0 && (name[end - 1] === '.' || name[end - 1] === ' ')) end-- // Windows drops them
  return end === 0 ? undefined : name.slice(0, end)
}
