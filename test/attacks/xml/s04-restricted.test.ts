/** S04, S05, S12, S13, S18, S19: XML, and stream headers, that RFC 6120 forbids. */
import { after, before, test } from 'node:test'
import { attack } from '../harness/attack.ts'
import { bind, STREAMS, utf8 } from '../harness/client.ts'
import { startVictim, type Victim } from '../harness/server.ts'
import { expectRefused, message, type Refused } from './refused.ts'

let victim: Victim
before(async () => {
  victim = await startVictim()
})
after(() => victim.stop())

const refused = (stage: Refused['stage'], conditions: string, ...wires: readonly string[]): Refused[] =>
  wires.map((wire) => ({ stage, wire, conditions: conditions.split(' ') }))

function refuses(name: string, cases: readonly Refused[]): void {
  test(name, (t) => attack(t, victim, async ({ note }) => note(await expectRefused(victim, cases))))
}

refuses('S04 refuses entities that nobody declared', [
  ...refused(
    'bound',
    'not-well-formed',
    message('<body>&l.;&foo;</body>'),
    message('<body>&foo;</body>'),
    message('<body>&lt</body>'),
    message('<body>&LT;</body>'),
    message('<body>&#x;</body>'),
    message('<body>&#x110000;</body>'),
    message('<body>&#xD800;</body>'),
    message('<body>&#1114112;</body>'),
    message('<body>&#99999999999999999999;</body>'),
    message('<body>& </body>'),
    message('<body>a</body>', " id='&foo;'"),
  ),
  ...refused('opened', 'not-well-formed', "<auth xmlns='&l.;'/>", '<a>&foo;</a>'),
])

const restricted = [
  message('<!-- x --><body>a</body>'),
  message('<body>a<!-- x --></body>'),
  message('<?foo bar?><body>a</body>'),
  '<!-- x -->',
  '<?foo bar?>',
  '<?xml-stylesheet href="x"?>',
]

refuses('S05 refuses comments, processing instructions and a second declaration', [
  ...refused('bound', 'restricted-xml', ...restricted),
  ...refused('opened', 'restricted-xml', '<!-- x -->', '<?foo bar?>', '<a><!-- x --></a>'),
  ...refused('header', 'restricted-xml', '<!-- x -->', '<?foo bar?>', "<?xml version='1.0'?><!-- x -->"),
  ...refused('bound', 'restricted-xml not-well-formed', "<?xml version='1.0'?>", message("<?xml version='1.0'?>")),
  ...refused('opened', 'restricted-xml not-well-formed', "<?xml version='1.0'?>"),
  ...refused('header', 'restricted-xml not-well-formed', "<?xml version='1.0'?><?xml version='1.0'?>"),
])

/** U+0000–U+001F but for tab, line feed and carriage return; U+FFFE and U+FFFF. */
const forbidden = [
  ...Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)).filter((c) => !'\t\n\r'.includes(c)),
  utf8('\ufffe'),
  utf8('\uffff'),
]
const references = ['&#0;', '&#x0;', '&#x00;', '&#1;', '&#x8;', '&#xB;', '&#x1f;', '&#xFFFE;', '&#65535;', '&#xDFFF;']

refuses('S12 refuses characters that XML does not have, raw and as references', [
  ...refused('bound', 'not-well-formed', ...forbidden.map((c) => message(`<body>${c}</body>`))),
  ...refused('bound', 'not-well-formed', ...references.map((c) => message(`<body>${c}</body>`))),
  ...refused('bound', 'not-well-formed', ...['\0', '\x01', '&#0;'].map((c) => message('<body/>', ` id='${c}'`))),
  ...refused('bound', 'not-well-formed', ...['\0', '\x7f\x00', '&#0;'].map((c) => bind(`r${c}`))),
  ...refused('bound', 'not-well-formed', ...['\0', '&#0;'].map((c) => `<presence to='room@a.example/${c}'/>`)),
  ...refused('bound', 'not-well-formed', '\0', ' \0', message(`<body><![CDATA[\x02]]></body>`)),
  ...refused('opened', 'not-well-formed', '\0', "<auth xmlns='\x01'/>"),
])

const utf16 = (text: string, isBig: boolean): string => {
  const bytes = Buffer.from(text, 'utf16le')
  return (isBig ? '\xfe\xff' : '\xff\xfe') + (isBig ? bytes.swap16() : bytes).toString('latin1')
}
const declared = (encoding: string): string =>
  `<?xml version='1.0' encoding='${encoding}'?><stream:stream to='a.example' version='1.0' xmlns='jabber:client' xmlns:stream='${STREAMS}'>`

refuses('S13 refuses every encoding but UTF-8', [
  ...refused(
    'header',
    'unsupported-encoding',
    ...['UTF-16', 'ISO-8859-1', 'UTF-7', 'US-ASCII', 'utf-8x'].map(declared),
  ),
  ...refused('header', 'unsupported-encoding', utf16(declared('UTF-16'), false), utf16(declared('UTF-16'), true)),
])

refuses('S18 refuses attributes and declarations that occur twice', [
  ...refused(
    'bound',
    'not-well-formed',
    "<iq id='1' id='2' type='get'/>",
    "<iq id='1' type='get' id='1'/>",
    message("<x xmlns='urn:a' xmlns='urn:b'/>"),
    message("<x xmlns:p='urn:a' xmlns:p='urn:a'/>"),
    message("<x xmlns:p='urn:a' xmlns:q='urn:a' p:a='1' q:a='2'/>"),
    `<message ${Array.from({ length: 40 }, (_, i) => `a${i}='1'`).join(' ')} a39='2'/>`,
  ),
  ...refused(
    'header',
    'not-well-formed',
    `<stream:stream to='a.example' to='b.example' version='1.0' xmlns='jabber:client' xmlns:stream='${STREAMS}'>`,
    `<stream:stream to='a.example' version='1.0' xmlns='jabber:client' xmlns='jabber:client' xmlns:stream='${STREAMS}'>`,
  ),
])

const header = (attributes: string, name = 'stream:stream'): string => `<?xml version='1.0'?><${name} ${attributes}>`
const ns = `xmlns='jabber:client' xmlns:stream='${STREAMS}'`

refuses('S19 refuses wrong namespaces, prefixes and versions of the stream', [
  ...refused(
    'header',
    'invalid-namespace',
    header("xmlns='x' to='a.example' version='1.0'", 'stream'),
    header("xmlns='jabber:client' xmlns:stream='evil' to='a.example' version='1.0'"),
    header(`xmlns='jabber:server' xmlns:stream='${STREAMS}' to='a.example' version='1.0'`),
    header(`xmlns='jabber:component:accept' xmlns:stream='${STREAMS}' to='a.example'`),
    header(`xmlns='JABBER:CLIENT' xmlns:stream='${STREAMS}' to='a.example' version='1.0'`),
    header(`xmlns='jabber:client ' xmlns:stream='${STREAMS}' to='a.example' version='1.0'`),
    header(`xmlns:stream='${STREAMS}' to='a.example' version='1.0'`),
  ),
  // another prefix than 'stream' is legal XML, and refusing it is too [RFC6120 4.8.5]: served here, see s20
  ...refused(
    'header',
    'not-well-formed bad-namespace-prefix',
    header("xmlns='jabber:client' to='a.example' version='1.0'"),
  ),
  ...refused(
    'header',
    'unsupported-version',
    header(`${ns} to='a.example'`),
    header(`${ns} to='a.example' version='0.9'`),
    header(`${ns} to='a.example' version=''`),
    header(`${ns} to='a.example' version='x'`),
    header(`${ns} to='a.example' version='-1.0'`),
    header(`${ns} to='a.example' version='1e999.0'`),
  ),
  ...refused('header', 'host-unknown', header(`${ns} version='1.0'`), header(`${ns} to='x.example' version='1.0'`)),
  ...refused('header', 'bad-format', header(`${ns} to='a.example' version='1.0'`, 'stream:strom')),
  ...refused('header', 'not-well-formed', 'GET / HTTP/1.1\r\n\r\n', '</stream:stream>', 'x'),
])
