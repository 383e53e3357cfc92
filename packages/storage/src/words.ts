/**
 * Full-text search as every driver understands it (XEP-0431): how a text falls into words, and what it means to contain some. Case and the
 * accents of Latin, Greek and Cyrillic do not matter ("Café" is "CAFE", "Straße" is "STRASSE"). In scripts that are written without spaces
 * (Chinese, Japanese, Thai and others) each character is a word, and so is each emoji; a search word that falls into several must be
 * found as they stand, one after another.
 */
import { StorageError } from './error.ts'
import { SEARCH_WORD_LENGTH, SEARCH_WORDS, WORD_LENGTH } from './limits.ts'

const SPACELESS =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}'

const WORD = new RegExp(
  `[${SPACELESS}\\p{Extended_Pictographic}]\\p{M}*|(?:(?![${SPACELESS}])[\\p{L}\\p{N}\\p{M}\\p{Co}])+`,
  'gu',
)

const ASCII = /^[\0-\x7f]*$/
const ASCII_WORD = /[a-z0-9]+/g
const ACCENTS = /[\u0300-\u036f]+/g

/** The words of a text in their order, in the form in which they compare. */
export function wordsOf(text: string): string[] {
  const words = ASCII.test(text) ? text.toLowerCase().match(ASCII_WORD) : fold(text).match(WORD)
  return words === null ? [] : words.map((word) => (word.length > WORD_LENGTH ? word.slice(0, WORD_LENGTH) : word))
}

/** Through upper case, because only so are "ß", "ẞ" and "SS" the same, and "ς" and "σ". */
function fold(text: string): string {
  return text.normalize('NFKD').toLowerCase().toUpperCase().toLowerCase().normalize('NFKD').replace(ACCENTS, '')
}

/** Search words, each as the words it falls into; undefined if one of them is no word at all, which no text contains. */
export function phrasesOf(words: readonly string[]): string[][] | undefined {
  if (words.length > SEARCH_WORDS || words.some((word) => word.length > SEARCH_WORD_LENGTH)) throw tooMuch()
  const phrases = words.map(wordsOf)
  return phrases.some((phrase) => phrase.length === 0) ? undefined : phrases
}

/** Whether each phrase is in one of the texts. */
export function containsAll(texts: readonly string[], phrases: readonly (readonly string[])[]): boolean {
  const said = texts.map(wordsOf)
  return phrases.every((phrase) => said.some((words) => contains(words, phrase)))
}

function contains(words: readonly string[], phrase: readonly string[]): boolean {
  for (let at = words.indexOf(phrase[0]!); at !== -1; at = words.indexOf(phrase[0]!, at + 1))
    if (phrase.every((word, i) => words[at + i] === word)) return true
  return false
}

function tooMuch(): StorageError {
  return new StorageError('invalid', {
    problem: `A search has more than ${SEARCH_WORDS} words, or one of more than ${SEARCH_WORD_LENGTH} characters.`,
    advice: 'Search for less.',
  })
}
