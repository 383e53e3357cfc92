/** Where a password comes from: an option, standard input, or a question whose answer is not shown. */
import { password as ask, isCancel } from '@clack/prompts'
import { Failure } from './failure.ts'

export interface PasswordOptions {
  password?: string
  stdin?: boolean
}

const maxLength = 1024

export async function readPassword(account: string, options: PasswordOptions): Promise<string> {
  if (options.password !== undefined) return options.password
  if (options.stdin === true || process.stdin.isTTY !== true) return fromInput()
  const first = await question(`Password for ${account}`)
  if ((await question('Once more')) !== first) throw new Failure('The two passwords differ. Nothing was changed.')
  return first
}

async function question(message: string): Promise<string> {
  const answer = await ask({
    message,
    validate: (text) => ((text ?? '') === '' ? 'A password cannot be empty.' : undefined),
  })
  if (isCancel(answer)) throw new Failure('Cancelled. Nothing was changed.')
  return answer
}

/** The first line. */
async function fromInput(): Promise<string> {
  let text = ''
  process.stdin.setEncoding('utf8')
  for await (const chunk of process.stdin) {
    text += chunk
    if (text.includes('\n') || text.length > maxLength) break
  }
  const [line = ''] = text.split(/\r?\n/)
  if (line === '')
    throw new Failure(
      'No password was given. Use --password, or send it on standard input: echo "secret" | rookery user ...',
    )
  if (line.length > maxLength) throw new Failure(`A password has at most ${maxLength} characters.`)
  return line
}
