/** Reads a scenario file. The format is described in scenarios/README.md; sentences are understood when they are run, not here. */
import { type Note, type Person, type Scenario, ScenarioError, type Step } from './scenario.ts'

interface Line {
  readonly number: number
  readonly text: string
}

const personName = "[A-Z]\\w*(?:'s [a-z]+)?"
const personWithAddress = new RegExp(
  `^(${personName}) is ([^\\s@/]+)@([\\w.-]+?)(?:/([^,]+))?(?:, priority (-?\\d+))?$`,
)
const personWithout = new RegExp(`^(${personName}) is a client without an account$`)
const clauseLine = /^(?:\[[^\]]+\]\s*)+$/
const noteLine = /^(may differ|differs): ([\w-]+) (?:—|-) (.+)$/
const needsLine = /^needs: (.+)$/

const isIndented = (text: string): boolean => /^\s/.test(text)

/** Lines without the comments, numbered from 1. */
const numbered = (source: string): Line[] =>
  source
    .split(/\r?\n/)
    .map((text, index) => ({ number: index + 1, text: text.trimEnd() }))
    .filter(({ text }) => !text.startsWith('#'))

const unindented = (lines: readonly Line[]): string => {
  const filled = lines.filter(({ text }) => text !== '')
  const margin = Math.min(...filled.map(({ text }) => text.length - text.trimStart().length))
  return lines
    .map(({ text }) => text.slice(margin))
    .join('\n')
    .trimEnd()
}

/** Takes the indented lines (and the empty ones between them) from the front. */
const takeBlock = (lines: Line[]): Line[] => {
  let length = 0
  for (const [index, { text }] of lines.entries()) {
    if (text === '') continue
    if (!isIndented(text)) break
    length = index + 1
  }
  return lines.splice(0, length)
}

const readPerson = ({ number, text }: Line): Person | undefined => {
  const without = personWithout.exec(text)
  if (without) return { name: without[1]!, line: number, address: undefined, priority: undefined }
  const match = personWithAddress.exec(text)
  if (!match) return undefined
  const [, name, local, domain, resource, priority] = match
  return {
    name: name!,
    line: number,
    address: { local: local!, domain: domain!, resource: resource ?? 'scene' },
    priority: priority === undefined ? undefined : Number(priority),
  }
}

const readStep = ({ number, text }: Line, lines: Line[]): Step => {
  const inline = /^([^<]*?): (<.*)$/.exec(text)
  if (inline) return { line: number, text: inline[1]!, block: inline[2]!, blockLine: number }
  if (!text.endsWith(':')) return { line: number, text, block: undefined, blockLine: number }
  const block = takeBlock(lines)
  if (block.length === 0)
    throw new ScenarioError(number, 'an indented block is expected under a line that ends with a colon')
  return { line: number, text: text.slice(0, -1), block: unindented(block), blockLine: block[0]!.number }
}

/** Throws a ScenarioError for what cannot be a scenario. */
export const parseScenario = (file: string, source: string): Scenario => {
  const lines = numbered(source)
  while (lines[0]?.text === '') lines.shift()
  const title = lines.shift()?.text ?? ''
  const clauses: string[] = []
  const needs: string[] = []
  const notes: Note[] = []
  const people: Person[] = []
  const steps: Step[] = []
  for (let line = lines.shift(); line; line = lines.shift()) {
    const { number, text } = line
    if (text === '') continue
    if (isIndented(text))
      throw new ScenarioError(number, 'an indented line belongs under a line that ends with a colon')
    const note = noteLine.exec(text)
    const need = needsLine.exec(text)
    const person = readPerson(line)
    if (clauseLine.test(text)) {
      for (const [, clause] of text.matchAll(/\[([^\]]+)\]/g)) clauses.push(clause!)
    } else if (note) {
      const more = takeBlock(lines).map(({ text }) => text.trim())
      notes.push({
        line: number,
        target: note[2]!,
        isSure: note[1] === 'differs',
        why: [note[3]!, ...more].join(' ').trim(),
      })
    } else if (need) needs.push(need[1]!)
    else if (person) {
      if (people.some(({ name }) => name === person.name))
        throw new ScenarioError(number, `${person.name} is there twice`)
      people.push(person)
    } else steps.push(readStep(line, lines))
  }
  if (title === '') throw new ScenarioError(1, 'the first line is the title')
  if (clauses.length === 0) throw new ScenarioError(1, 'no clause is named, such as [RFC6121 8.5.2.1.1]')
  if (people.length === 0) throw new ScenarioError(1, 'nobody takes part: "Romeo is romeo@HOST/orchard"')
  return { file, title, clauses, needs, notes, people, steps }
}
