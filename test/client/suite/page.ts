/** The table as a page of the documentation. */
import type { Behaviour } from './behaviour.ts'
import { type Column, tableOf } from './table.ts'

export function pageOf(behaviours: readonly Behaviour[], columns: readonly Column[], at: Date): string {
  return `# The client library against servers

<!-- Written by \`CLIENT_TABLE=docs/reference/client-servers.md npm run test:client -- suite.test\`: do not edit. -->

One suite ([test/client/suite](../../test/client/suite)) runs against ${listOf(columns.map(({ name, version }) => `${name} ${version}`))}; this is what it found on ${at.toISOString().slice(0, 10)}.
\`lacks\`: the server's answers to service discovery, or the features of its streams, say that it does not have what the behaviour needs, so it was not tried there.

${tableOf(behaviours, columns)}
`
}

function listOf(all: readonly string[]): string {
  return new Intl.ListFormat('en', { type: 'conjunction' }).format(all)
}
