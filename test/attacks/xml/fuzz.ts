/** Stanzas by a grammar that likes the dark corners of XML, some with bytes flipped, cut out or doubled; the same for the same seed. */
import { utf8 } from '../harness/client.ts'

/** Small and good enough (xorshift32). */
export class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0 || 1
  }

  /** 0 to `sides` - 1. */
  roll(sides: number): number {
    this.#state ^= this.#state << 13
    this.#state ^= this.#state >>> 17
    this.#state ^= this.#state << 5
    return (this.#state >>> 0) % sides
  }

  pick<T>(list: readonly T[]): T {
    return list[this.roll(list.length)]!
  }

  chance(percent: number): boolean {
    return this.roll(100) < percent
  }
}

const names = [
  'body',
  'x',
  'stream',
  'error',
  'message',
  'iq',
  'é',
  'a.b-c',
  '_',
  'ªx',
  '\u{10000}',
  '__proto__',
  'p:x',
  'q:y',
  'xml',
]
const spaces = [
  'urn:x',
  'jabber:client',
  'http://etherx.jabber.org/streams',
  'a&#10;b',
  'urn:x}y',
  '',
  'urn:é',
  "urn:&apos;'",
  'jabber:server',
]
const texts = [
  'a',
  ' ',
  '\n',
  '\t',
  '\r\n',
  '&lt;',
  '&amp;',
  '&#x41;',
  '&#10;',
  '&#xD;',
  '"',
  ']]',
  ']]&gt;',
  'é',
  '\u{1f600}',
  '\u2028',
  '&gt;',
  '>',
  "'",
  '&#x10FFFF;',
  '\ufffd',
]
const attributes = ['id', 'a', 'xml:lang', 'from2', 'p:a', 'q:a', 'é', 'constructor']

const repeat = (dice: Dice, most: number, make: () => string): string => {
  let text = ''
  for (let count = dice.roll(most + 1); count > 0; count--) text += make()
  return text
}

function element(dice: Dice, depth: number): string {
  const name = dice.pick(names)
  let tag = name
  if (dice.chance(60)) tag += ` xmlns='${dice.pick(spaces).replaceAll("'", '&apos;')}'`
  tag += " xmlns:p='urn:p'"
  if (dice.chance(70))
    tag += ` xmlns:q="${dice.pick(['urn:q', 'urn:p', 'jabber:client', 'http://etherx.jabber.org/streams'])}"`
  const used = new Set<string>()
  tag += repeat(dice, 3, () => {
    const key = dice.pick(attributes)
    if (used.has(key)) return ''
    used.add(key)
    return ` ${key}${dice.pick(['=', ' = ', '=\n'])}'${repeat(dice, 3, () => dice.pick(texts).replaceAll("'", '&apos;'))}'`
  })
  if (dice.chance(20)) return `<${tag}/>`
  const inside = repeat(dice, 4, () => content(dice, depth))
  return `<${tag}${dice.pick(['', ' ', '\n'])}>${inside}</${name}${dice.pick(['', ' '])}>`
}

function content(dice: Dice, depth: number): string {
  if (depth < 4 && dice.chance(35)) return element(dice, depth + 1)
  if (dice.chance(8)) return `<![CDATA[${repeat(dice, 3, () => dice.pick(['a', '<b>', '&amp;', ']]', '\u{1f600}']))}]]>`
  return dice.pick(texts)
}

/** Bytes, addressed to `to`; one in three is damaged, and may not even end. */
export function fuzzedStanza(dice: Dice, to: string): { wire: string; isDamaged: boolean } {
  const kind = dice.pick(['message', 'message', 'message', 'presence', 'iq'])
  const type = dice.pick(["type='chat'", '', "type='headline'", "type='normal'", "type='groupchat'"])
  const start = kind === 'iq' ? "iq type='get' id='q'" : kind === 'presence' ? 'presence' : `message ${type}`
  const inside = kind === 'iq' ? element(dice, 1) : repeat(dice, 3, () => content(dice, 0))
  const wire = utf8(`<${start} to='${to}'>${inside}</${kind}>`)
  return dice.chance(33) ? { wire: damaged(dice, wire), isDamaged: true } : { wire, isDamaged: false }
}

function damaged(dice: Dice, wire: string): string {
  const at = dice.roll(wire.length)
  const until = at + 1 + dice.roll(4)
  switch (dice.roll(5)) {
    case 0:
      return wire.slice(0, at) + String.fromCharCode(wire.charCodeAt(at) ^ (1 << dice.roll(8))) + wire.slice(at + 1)
    case 1:
      return wire.slice(0, at) + wire.slice(until)
    case 2:
      return wire.slice(0, until) + wire.slice(at)
    case 3:
      return wire.slice(0, at) + String.fromCharCode(dice.roll(256)) + wire.slice(at)
    default:
      return (
        wire.slice(0, at) +
        dice.pick([
          '\xeb',
          '\xc0\xbc',
          '<',
          '>',
          '/',
          '&',
          '<!--',
          '<?',
          "'",
          '\0',
          ']]>',
          '</message>',
          '\xef\xbf\xbf',
        ]) +
        wire.slice(at)
      )
  }
}
