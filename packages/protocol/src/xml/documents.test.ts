/** Documents to try parsers with: mostly good ones, and damaged ones. Not a test itself. */
import fc from 'fast-check'

const name = fc.constantFrom(
  'a',
  'body',
  'p:a',
  'q:b',
  'xml:c',
  '\u00e9',
  'p:\u00fc',
  'A-1._',
  'xmlns:x',
  '1a',
  'a:',
  ':a',
  'a:b:c',
  'zz:a',
)
const uri = fc.constantFrom(
  ...['jabber:client', 'jabber:server', 'urn:x', '', 'urn:x}y', 'a&#10;b', 'http://etherx.jabber.org/streams', ' u '],
  ...['http://www.w3.org/XML/1998/namespace', 'http://www.w3.org/2000/xmlns/'],
)
const piece = fc.constantFrom(
  ...[
    'text',
    ' ',
    '\n',
    '\r\n',
    '\r',
    '\t',
    '&amp;',
    '&lt;',
    '&#65;',
    '&#x1F600;',
    '&#0;',
    '&#xD800;',
    '&#xFFFE;',
    '&#xd;',
  ],
  ...[
    '&foo;',
    '&l.;',
    '&',
    ']]',
    '>',
    ']]>',
    '\u00e9',
    '\ufeff',
    '\ufffe',
    '\u2028',
    '\u{1f600}',
    '\u0001',
    '\u007f',
    '\u0085',
  ],
  ...[
    '<![CDATA[x]]>',
    '<![CDATA[<&]] ]]>',
    '<![CDATA[]]>',
    '<!-- c -->',
    '<?pi x?>',
    '"',
    "'",
    '&#',
    '&#x;',
    '&#x110000;',
  ],
)
export const mostlyGood = <T>(good: fc.Arbitrary<T>, any: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 9, arbitrary: good }, { weight: 1, arbitrary: any })
const goodPiece = fc.constantFrom(
  'text',
  ' ',
  '\r\n',
  '&amp;',
  '&#65;',
  '\u00e9',
  '\u{1f600}',
  '>',
  "'",
  '<![CDATA[<]]>',
  ']]',
  '\r',
)
const goodName = fc.constantFrom('a', 'b', 'body', 'x')
const value = fc
  .array(
    mostlyGood(
      goodPiece.filter((text) => !/['<]/.test(text)),
      piece,
    ),
    { maxLength: 3 },
  )
  .map((parts) => parts.join(''))
const attribute = fc.oneof(
  fc.tuple(mostlyGood(goodName, name), value).map(([n, v]) => ` ${n}='${v}'`),
  uri.map((u) => ` xmlns='${u}'`),
  fc
    .tuple(fc.constantFrom('p', 'q', 'p', 'xml', 'xmlns', '\u00e9'), mostlyGood(fc.constant('urn:p'), uri))
    .map(([p, u]) => ` xmlns:${p}="${u}"`),
  fc.tuple(fc.constantFrom('p:a', 'q:a', 'xml:lang', 'a'), value).map(([n, v]) => `\n${n} = "${v}"`),
)
export const tree = fc.letrec<{ element: string }>((tie) => ({
  element: fc
    .tuple(
      mostlyGood(goodName, name),
      fc.array(attribute, { maxLength: 3 }),
      fc.array(fc.oneof({ maxDepth: 3 }, mostlyGood(goodPiece, piece), tie('element')), { maxLength: 4 }),
    )
    .map(([n, attributes, children]) =>
      children.length === 0
        ? `<${n}${attributes.join('')}/>`
        : `<${n}${attributes.join('')}>${children.join('')}</${n} >`,
    ),
})).element
const prolog = fc.constantFrom(
  '',
  '',
  '',
  '<?xml version="1.0"?>',
  "<?xml version='1.0' encoding='utf-8' ?>\n",
  ' ',
  '<?xml?>',
  "<?xml version='1.0' encoding='latin1'?>",
)
export const document = fc
  .tuple(prolog, tree, fc.constantFrom('', '', '\n', 'x', '<a/>'))
  .map(([before, element, after]) => toBytes(before + element + after))

export function toBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

const edit = fc.record({
  at: fc.nat(),
  remove: fc.nat(2),
  insert: fc.constantFrom(
    ...['', '<', '>', '/', '&', ';', "'", '"', '=', ' ', '\n', ':', ']', '!', '?', '[', 'x', '\0', '\x01', '\x7f', '-'],
    ...[
      '\x80',
      '\xbf',
      '\xc0\xbc',
      '\xe0\x80\xbc',
      '\xed\xa0\x80',
      '\xf4\x90\x80\x80',
      '\xff',
      '\xeb',
      '\xef\xbb\xbf',
      '\xc3\xa9',
      '\xef\xbf\xbe',
    ],
  ),
})
export const mutated = fc.tuple(document, fc.array(edit, { minLength: 1, maxLength: 3 })).map(([wire, edits]) =>
  edits.reduce((bytes, { at, remove, insert }) => {
    const position = at % (bytes.length + 1)
    return bytes.slice(0, position) + insert + bytes.slice(position + remove)
  }, wire),
)
