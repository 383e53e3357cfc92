/**
 * Writes the references that come from the declarations of the built-in features, docs/xeps.md and rookery.doap (XEP-0453 0.1), and the one of
 * the client, docs/reference/client. `--write` writes them, `--check` fails when they are stale. The reference of the configuration is not here.
 */
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { argv, exit } from 'node:process'
import { builtIn } from '@rookery/server'
import { clientReference, folder } from './reference/client.ts'

const root = join(import.meta.dirname, '..')

/** Titles of the specifications that features name. A new one is a new line. */
const titles = new Map([
  ['RFC 6120', 'Extensible Messaging and Presence Protocol (XMPP): Core'],
  ['RFC 6121', 'Extensible Messaging and Presence Protocol (XMPP): Instant Messaging and Presence'],
  ['RFC 7395', 'An Extensible Messaging and Presence Protocol (XMPP) Subprotocol for WebSocket'],
  ['RFC 7590', 'Use of Transport Layer Security (TLS) in XMPP'],
  ['RFC 7622', 'Extensible Messaging and Presence Protocol (XMPP): Address Format'],
  ['XEP-0004', 'Data Forms'],
  ['XEP-0012', 'Last Activity'],
  ['XEP-0030', 'Service Discovery'],
  ['XEP-0049', 'Private XML Storage'],
  ['XEP-0054', 'vcard-temp'],
  ['XEP-0059', 'Result Set Management'],
  ['XEP-0060', 'Publish-Subscribe'],
  ['XEP-0077', 'In-Band Registration'],
  ['XEP-0082', 'XMPP Date and Time Profiles'],
  ['XEP-0092', 'Software Version'],
  ['XEP-0115', 'Entity Capabilities'],
  ['XEP-0124', 'Bidirectional-streams Over Synchronous HTTP (BOSH)'],
  ['XEP-0128', 'Service Discovery Extensions'],
  ['XEP-0156', 'Discovering Alternative XMPP Connection Methods'],
  ['XEP-0157', 'Contact Addresses for XMPP Services'],
  ['XEP-0160', 'Best Practices for Handling Offline Messages'],
  ['XEP-0163', 'Personal Eventing Protocol'],
  ['XEP-0170', 'Recommended Order of Stream Feature Negotiation'],
  ['XEP-0175', 'Best Practices for Use of SASL ANONYMOUS'],
  ['XEP-0178', 'Best Practices for Use of SASL EXTERNAL with Certificates'],
  ['XEP-0191', 'Blocking Command'],
  ['XEP-0199', 'XMPP Ping'],
  ['XEP-0202', 'Entity Time'],
  ['XEP-0203', 'Delayed Delivery'],
  ['XEP-0206', 'XMPP Over BOSH'],
  ['XEP-0223', 'Persistent Storage of Private Data via PubSub'],
  ['XEP-0237', 'Roster Versioning'],
  ['XEP-0256', 'Last Activity in Presence'],
  ['XEP-0280', 'Message Carbons'],
  ['XEP-0297', 'Stanza Forwarding'],
  ['XEP-0313', 'Message Archive Management'],
  ['XEP-0334', 'Message Processing Hints'],
  ['XEP-0352', 'Client State Indication'],
  ['XEP-0357', 'Push Notifications'],
  ['XEP-0368', 'SRV records for XMPP over TLS'],
  ['XEP-0377', 'Blocking Command Reports'],
  ['XEP-0386', 'Bind 2'],
  ['XEP-0388', 'Extensible SASL Profile'],
  ['XEP-0359', 'Unique and Stable Stanza IDs'],
  ['XEP-0368', 'SRV records for XMPP over TLS'],
  ['XEP-0377', 'Blocking Command Reports'],
  ['XEP-0424', 'Message Retraction'],
  ['XEP-0431', 'Full Text Search in MAM'],
  ['XEP-0438', 'Best practices for password hashing and storage'],
  ['XEP-0440', 'SASL Channel-Binding Type Capability'],
  ['XEP-0441', 'Message Archive Management Preferences'],
  ['XEP-0474', 'SASL SCRAM Downgrade Protection'],
  ['XEP-0478', 'Stream Limits Advertisement'],
  ['XEP-0480', 'SASL Upgrade Tasks'],
  ['XEP-0484', 'Fast Authentication Streamlining Tokens'],
  ['XEP-0487', 'Host Meta 2 - One Method To Rule Them All'],
  ['XEP-0490', 'Message Displayed Synchronization'],
  ['XEP-0494', 'Client Access Management'],
  ['XEP-0509', 'Initial Authentication Pipelining'],
  ['XEP-0515', 'TLS Channel-Binding Downgrade Protection'],
])

interface Supported {
  number: string
  title: string
  by: { feature: string; summary: string; version: string; status: 'complete' | 'partial'; note: string | undefined }[]
}

/** What the features declare, by specification: RFCs first, then by number. */
function supported(): Supported[] {
  const found = new Map<string, Supported>()
  for (const { name: feature, summary, specifications } of builtIn)
    for (const { number, version, status, note } of specifications) {
      const title = titles.get(number)
      if (title === undefined)
        throw new Error(`feature ${feature} names ${number}: add its title to scripts/generate.ts`)
      const entry = found.get(number) ?? { number, title, by: [] }
      entry.by.push({ feature, summary, version, status, note })
      found.set(number, entry)
    }
  return [...found.values()].sort((a, b) => (a.number < b.number ? -1 : 1))
}

const address = (number: string): string =>
  number.startsWith('RFC')
    ? `https://www.rfc-editor.org/rfc/rfc${number.slice(4)}`
    : `https://xmpp.org/extensions/${number.toLowerCase()}.html`

/** A Markdown table with its columns aligned, as the formatter wants it. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(3, ...rows.map((row) => row[column]!.length)))
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`
  const [head, ...rest] = rows
  return [head!, widths.map((width) => '-'.repeat(width)), ...rest].map(line)
}

function table(all: readonly Supported[]): string {
  const rows = all.flatMap(({ number, title, by }) =>
    by.map(({ feature, summary, version, status, note }) => {
      const extent = note === undefined ? status : `${status}: ${note}`
      const cells = [`[${number}](${address(number)})`, title, version, extent, `\`${feature}\``, summary]
      return cells.map((text) => text.replaceAll('|', '\\|'))
    }),
  )
  return [
    '# Supported specifications',
    '',
    '<!-- Generated by scripts/generate.ts from the declarations of the features: do not edit. -->',
    '',
    'What the server implements, in which version, and which feature does it. `features: { name: false }` in the',
    'configuration turns one off.',
    '',
    ...aligned([['Specification', 'Title', 'Version', 'Status', 'Feature', 'What the feature does'], ...rows]),
    '',
  ].join('\n')
}

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll("'", '&apos;')

/** [XEP-0453 4.2] */
function doap(all: readonly Supported[]): string {
  const lines = [
    "<?xml version='1.0' encoding='UTF-8'?>",
    '<!-- Generated by scripts/generate.ts from the declarations of the features: do not edit. -->',
    "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'",
    "         xmlns='http://usefulinc.com/ns/doap#'",
    "         xmlns:xmpp='https://linkmauve.fr/ns/xmpp-doap#'>",
    '  <Project>',
    '    <name>Rookery</name>',
    "    <shortdesc xml:lang='en'>XMPP server in TypeScript, as a program and as a library</shortdesc>",
    "    <license rdf:resource='https://www.apache.org/licenses/LICENSE-2.0'/>",
    '    <programming-language>TypeScript</programming-language>',
    "    <category rdf:resource='https://linkmauve.fr/ns/xmpp-doap#category-server'/>",
  ]
  for (const { number, by } of all) {
    if (number.startsWith('RFC')) {
      // there is no way to say that an RFC is supported in part
      if (by.some(({ status, note }) => status === 'complete' && note === undefined))
        lines.push(`    <implements rdf:resource='https://xmpp.org/rfcs/rfc${number.slice(4)}.html'/>`)
      continue
    }
    // where several features share a specification, one that is complete answers for it
    const whole = by.find(({ status }) => status === 'complete')
    const notes = whole === undefined ? by.flatMap(({ note }) => note ?? []) : []
    lines.push(
      '    <implements>',
      '      <xmpp:SupportedXep>',
      `        <xmpp:xep rdf:resource='${address(number)}'/>`,
      `        <xmpp:status>${whole === undefined ? 'partial' : 'complete'}</xmpp:status>`,
      `        <xmpp:version>${escapeXml((whole ?? by[0]!).version)}</xmpp:version>`,
      ...notes.map((note) => `        <xmpp:note xml:lang='en'>${escapeXml(note)}</xmpp:note>`),
      '      </xmpp:SupportedXep>',
      '    </implements>',
    )
  }
  lines.push('  </Project>', '</rdf:RDF>', '')
  return lines.join('\n')
}

/** Every generated file with the text it should have. */
export function references(): Map<string, string> {
  const all = supported()
  return new Map([['docs/xeps.md', table(all)], ['rookery.doap', doap(all)], ...clientReference()])
}

/** Pages of the reference about what is no more. */
export function leftovers(): string[] {
  const pages = references()
  return globSync(`${folder}*.md`, { cwd: root }).filter((file) => !pages.has(file))
}

function read(file: string): string | undefined {
  try {
    return readFileSync(join(root, file), 'utf8')
  } catch {
    return undefined
  }
}

if (import.meta.main) {
  const stale = [...references()].filter(([file, text]) => read(file) !== text)
  if (argv.includes('--write')) {
    for (const [file, text] of stale) {
      mkdirSync(dirname(join(root, file)), { recursive: true })
      writeFileSync(join(root, file), text)
    }
    for (const file of leftovers()) rmSync(join(root, file))
    console.log(stale.length === 0 ? 'all up to date' : `wrote ${stale.map(([file]) => file).join(', ')}`)
  } else if (argv.includes('--check')) {
    const wrong = [...stale.map(([file]) => file), ...leftovers()]
    for (const file of wrong) console.error(`${file} is stale: run node scripts/generate.ts --write`)
    if (wrong.length > 0) exit(1)
  } else {
    console.error('node scripts/generate.ts --write | --check')
    exit(2)
  }
}
