import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { authenticated, XmlError } from '../xml/index.ts'
import { httpBind, readBoshBody } from './bosh-body.ts'

const start = `<body xmlns='${httpBind}' rid='1'`

/** The names of what it holds, or the condition of its error. */
function read(wire: string): string[] | string {
  const body = readBoshBody(wire)
  if (body instanceof XmlError) return body.condition
  const payloads = body.payloads(authenticated)
  return payloads instanceof XmlError ? payloads.condition : payloads.map(({ name }) => name)
}

describe('a body', () => {
  const documents: [what: string, wire: string, holds: string[]][] = [
    ['without content', `${start}/>`, []],
    ['with an end tag', `${start}></body>`, []],
    ['with elements', `${start}> <a/>\n<b>c</b> </body>`, ['a', 'b']],
    ['without content and with white space behind [XML 2.1]', `${start}/>\r\n `, []],
    ['with white space behind its end tag [XML 2.1]', `${start}><a/></body>\n`, ['a']],
    ['with a declaration before it', `<?xml version='1.0'?>\n${start}/>\n`, []],
  ]
  for (const [what, wire, holds] of documents) test(`is read ${what}`, () => assert.deepEqual(read(wire), holds))

  const broken: [what: string, wire: string, condition: string][] = [
    ['ended twice', `${start}/></body>`, 'not-well-formed'],
    ['with an element behind it', `${start}/><a/>`, 'not-well-formed'],
    ['with text behind it', `${start}></body>a`, 'not-well-formed'],
    ['with a comment behind it', `${start}/><!-- -->`, 'not-well-formed'],
    ['without an end', `${start}><a/>`, 'not-well-formed'],
    ['cut in its start tag', start, 'not-well-formed'],
    ['with text [XEP-0124 6]', `${start}>a</body>`, 'bad-format'],
    ['with a comment [XEP-0124 6]', `${start}><!-- --></body>`, 'restricted-xml'],
    ['of another namespace', `<body xmlns='urn:other' rid='1'/>`, 'bad-format'],
  ]
  for (const [what, wire, condition] of broken) test(`is refused ${what}`, () => assert.equal(read(wire), condition))
})
