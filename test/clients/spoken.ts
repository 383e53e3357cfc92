/** Which extensions a client really used, by what went over its streams: not what it claims to know. */
const signs: readonly (readonly [name: string, sign: RegExp])[] = [
  ['SASL2', /<success\b[^>]*urn:xmpp:sasl:2/],
  ['Bind 2', /<bound\b[^>]*urn:xmpp:bind:0/],
  ['a token', /<token\b[^>]*urn:xmpp:fast:0/],
  ['stream management', /<enabled\b[^>]*urn:xmpp:sm:3/],
  ['resumption', /<resumed\b[^>]*urn:xmpp:sm:3/],
  ['carbons', /<(?:received|sent)\b[^>]*urn:xmpp:carbons:2/],
  ['the archive', /<result\b[^>]*urn:xmpp:mam:2/],
  ['client state', /<inactive\b[^>]*urn:xmpp:csi:0/],
]

export const spokenIn = (streams: string): string[] =>
  signs.filter(([, sign]) => sign.test(streams)).map(([name]) => name)
