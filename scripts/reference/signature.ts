/** A declaration as its users see it: with its comments, without bodies, initial values and what is private. */
import type { parseSync } from 'vite'

export type Program = ReturnType<typeof parseSync>['program']
type Statement = Program['body'][number]
export type ExportedDeclaration = NonNullable<Extract<Statement, { type: 'ExportNamedDeclaration' }>['declaration']>
type Class = Extract<ExportedDeclaration, { superClass: unknown }>
type Member = Class['body']['body'][number]
type Variable = Extract<ExportedDeclaration, { type: 'VariableDeclaration' }>

interface Comment {
  type: string
  value: string
  start: number
  end: number
}

/** A file that was read. */
export interface Source {
  text: string
  program: Program
  comments: readonly Comment[]
}

/** The comment for readers of the reference that stands directly above a place. */
export function docAbove({ text, comments }: Source, at: number): Comment | undefined {
  const above = comments.findLast(({ end }) => end <= at)
  if (above === undefined || above.type !== 'Block' || !above.value.startsWith('*')) return undefined
  // a blank line parts the head comment of a file from its first declaration
  return /^[^\S\n]*\n?[^\S\n]*$/.test(text.slice(above.end, at)) ? above : undefined
}

/** The sentences of a comment, without its stars; each paragraph in one line. */
export function prose({ value }: Comment): string {
  const lines = value
    .slice(1)
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trimEnd())
  return lines.join('\n').trim()
}

const isInternal = (comment: Comment | undefined): boolean => comment?.value.includes('@internal') === true

/** What is declared: one signature for each name, or for each overload. Empty if it is `@internal`. */
export function signatures(source: Source, declaration: ExportedDeclaration, doc: Comment | undefined): string[] {
  if (isInternal(doc)) return []
  const { text } = source
  switch (declaration.type) {
    case 'FunctionDeclaration':
    case 'TSDeclareFunction': {
      const end = declaration.body?.start ?? declaration.end
      return [
        text
          .slice(declaration.start, end)
          .replace(/^async |^(?=function)/, '')
          .replace(/^function\*/, 'function')
          .trimEnd(),
      ]
    }
    case 'ClassDeclaration':
      return [classSignature(source, declaration)]
    case 'VariableDeclaration':
      return declaration.declarations.map((one) => `${declaration.kind} ${variable(text, one)}`)
    default:
      return [text.slice(declaration.start, declaration.end)]
  }
}

function variable(text: string, { id, start, end }: Variable['declarations'][number]): string {
  const type = 'typeAnnotation' in id ? id.typeAnnotation : undefined
  return text.slice(start, type?.end ?? end)
}

function classSignature(source: Source, { start, body }: Class): string {
  const members: string[] = []
  let overloaded = ''
  for (const one of body.body) {
    const signature = memberSignature(source.text, one)
    const doc = docAbove(source, one.start)
    if (signature === undefined || isInternal(doc)) continue
    const name = /^[\w.[\]]*/.exec(signature)![0]
    const isOverload = 'value' in one && one.value?.type === 'TSEmptyBodyFunctionExpression'
    // the one with the body is not for callers
    if (name === overloaded && !isOverload) continue
    overloaded = isOverload ? name : ''
    const comment = doc === undefined ? '' : `  ${source.text.slice(doc.start, doc.end)}\n`
    members.push(`${comment}  ${signature}`)
  }
  const head = source.text.slice(start, body.start).trimEnd()
  return members.length === 0 ? `${head} {}` : `${head} {\n${members.join('\n')}\n}`
}

/** Undefined for what nobody outside can use. */
function memberSignature(text: string, member: Member): string | undefined {
  if (member.type === 'StaticBlock' || member.type === 'TSIndexSignature') return undefined
  if (member.key.type === 'PrivateIdentifier' || member.accessibility === 'private') return undefined
  const isMethod = member.type === 'MethodDefinition' || member.type === 'TSAbstractMethodDefinition'
  const end = isMethod
    ? (member.value?.body?.start ?? member.end)
    : (('typeAnnotation' in member ? member.typeAnnotation?.end : undefined) ?? member.end)
  return text
    .slice(member.start, end)
    .replace(/\b(?:override|async|declare) /g, '')
    .replace(/^\*/, '')
    .trimEnd()
}
