/** A message of a conversation or a room: its text for people, its facts for programs. */
import { type ChatMessage, filesOf, isOnlyFiles } from '@rookery/client/node'
import type { Entry } from './output.ts'

export function messageText(message: ChatMessage): string {
  const { subject, body, corrects } = message
  const files = filesOf(message).map(({ name, urls }) => [name, urls[0]].filter((part) => part !== undefined).join(' '))
  const parts = [
    corrects === undefined ? undefined : '(corrected)',
    subject === undefined ? undefined : `[${subject}]`,
    files.length > 0 && isOnlyFiles(message) ? undefined : body,
    ...files,
  ]
  return parts.filter((part) => part !== undefined).join(' ')
}

export function messageEntry(message: ChatMessage): Omit<Entry, 'event'> {
  const { id, stanzaId, from, to, at, subject, body, corrects } = message
  const files = filesOf(message).flatMap(({ urls }) => urls.slice(0, 1))
  return {
    at: new Date(at).toISOString(),
    id,
    stanzaId,
    from: from.toString(),
    to: to.toString(),
    subject,
    body,
    corrects,
    files: files.length > 0 ? files : undefined,
  }
}
