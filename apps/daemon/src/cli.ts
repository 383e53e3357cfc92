/** The command line: which commands there are, their options and examples. What they do is in commands/. */
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import type { ConfigOptions } from './config/load.ts'
import { explain } from './failure.ts'
import { version } from './version.ts'

/** Runs one command; resolves to the exit code. */
export async function runCommand(words: readonly string[]): Promise<number> {
  let code = 0
  const program = buildProgram((next) => (code = next))
  try {
    await program.parseAsync([...words], { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode
    const text = explain(error)
    if (text !== undefined) process.stderr.write(`rookery: ${text}\n`)
    else
      process.stderr.write(
        `rookery: this is a bug, please report it: ${error instanceof Error ? error.stack : error}\n`,
      )
    return 1
  }
}

function buildProgram(done: (code: number) => void): Command {
  const program = new Command('rookery')
    .description('An XMPP server: chat on your own machine or domain.')
    .version(version)
    .enablePositionalOptions()
    .exitOverride()
    .showSuggestionAfterError()
    .showHelpAfterError('(rookery --help shows what there is)')
  withConfig(program.command('start'))
    .description('Start the server and keep it running')
    .option('--host <name...>', 'domain to serve, instead of those in the file')
    .option('--port <number>', 'port for clients with STARTTLS', port)
    .option('--tls-port <number>', 'port for clients with TLS from the first byte', port)
    .option('--log-level <level>', 'debug, info, warn or error')
    .addHelpText(
      'after',
      examples(
        'rookery start',
        'rookery start --config /etc/rookery.yaml',
        'rookery start --port 15222 --tls-port 15223',
      ),
    )
    .action(async (options: ConfigOptions) => done(await (await import('./commands/start.ts')).start(options)))
  return program
}

function withConfig(command: Command): Command {
  return command
    .option('-c, --config <file>', 'configuration file (default: ./rookery.yaml if it is there)')
    .option('-d, --data <folder>', 'data folder, instead of the one in the file')
}

function port(text: string): number {
  const value = Number(text)
  if (!/^\d{1,5}$/.test(text) || value > 65_535) throw new InvalidArgumentError('A port is a number from 0 to 65535.')
  return value
}

function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`
}
