/** The command line: which commands there are, their options and examples. What they do is in commands/. */
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import type { ConfigOptions } from './config/load.ts'
import { explain } from './failure.ts'
import { addTalkCommands } from './talk/commands.ts'
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
    .option('--http-port <number>', 'port for WebSocket and BOSH without TLS', port)
    .option('--https-port <number>', 'port for WebSocket and BOSH with TLS', port)
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
  program
    .command('init')
    .description('Write a short configuration file; asks, or takes flags')
    .option('-c, --config <file>', 'file to write (default: ./rookery.yaml)')
    .option('--host <name...>', 'domain to serve')
    .option('-d, --data <folder>', 'data folder')
    .option('--certificate <file>', 'certificate chain of the first host, PEM')
    .option('--key <file>', 'its private key, PEM')
    .option('-y, --yes', 'ask nothing, take the defaults')
    .addHelpText('after', examples('rookery init', 'rookery init --host example.org --data /var/lib/rookery'))
    .action(async (options) => done(await (await import('./commands/init.ts')).init(options)))
  withConfig(program.command('check'))
    .description('Look for mistakes in the configuration, certificates, ports, DNS and data folder')
    .option('--json', 'as JSON')
    .option('--no-dns', 'ask no name server')
    .addHelpText('after', examples('rookery check', 'rookery check --config /etc/rookery.yaml --json'))
    .action(async (options) => done(await (await import('./commands/check.ts')).check(options)))
  addUserCommands(program, done)
  addTalkCommands(program, done)
  const config = program.command('config').description('Look at the configuration')
  withConfig(config.command('show'))
    .description('Print the configuration in force, with all defaults, and mark what is yours')
    .option('--json', 'as JSON')
    .addHelpText('after', examples('rookery config show', 'rookery config show --config /etc/rookery.yaml --json'))
    .action(async (options) => done(await (await import('./commands/config.ts')).showConfig(options)))
  program
    .command('bench')
    .description('Put load on an XMPP server of your own and measure it')
    .argument('[words...]', 'mode and options; rookery bench --help lists them')
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (words: string[]) => done(await (await import('./commands/bench.ts')).bench(words)))
  return program
}

function addUserCommands(program: Command, done: (code: number) => void): void {
  const user = program
    .command('user')
    .description('Add, change, list and remove accounts, while the server runs or not')
    .addHelpText(
      'after',
      examples('rookery user add juliet@example.org', 'rookery user list', 'rookery user remove juliet'),
    )
  const load = (): Promise<typeof import('./commands/user.ts')> => import('./commands/user.ts')
  const withPassword = (command: Command): Command =>
    withConfig(command)
      .argument('<address>', 'juliet@example.org, or juliet on the first host')
      .option('-p, --password <password>', 'the password; other users of this machine may see it while this runs')
      .option('--stdin', 'read the password from standard input')
  withPassword(user.command('add'))
    .description('Add an account; asks for the password')
    .addHelpText(
      'after',
      examples('rookery user add juliet', 'pwgen 20 1 | rookery user add juliet@example.org --stdin'),
    )
    .action(async (address: string, options) => done(await (await load()).addUser(address, options)))
  withPassword(user.command('passwd'))
    .description('Set a new password; asks for it')
    .addHelpText('after', examples('rookery user passwd juliet'))
    .action(async (address: string, options) => done(await (await load()).changePassword(address, options)))
  withConfig(user.command('list'))
    .description('List the accounts')
    .option('--host <name>', 'of one host')
    .option('--json', 'as JSON')
    .addHelpText('after', examples('rookery user list', 'rookery user list --host example.org --json'))
    .action(async (options) => done(await (await load()).listUsers(options)))
  withConfig(user.command('remove'))
    .description('Remove an account with its contacts and messages')
    .argument('<address>', 'juliet@example.org, or juliet on the first host')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', examples('rookery user remove juliet@example.org --yes'))
    .action(async (address: string, options) => done(await (await load()).removeUser(address, options)))
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
