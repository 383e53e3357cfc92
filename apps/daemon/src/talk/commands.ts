/** The command line of `rookery send` and `rookery watch`. */
import { type Command, InvalidArgumentError, Option } from 'commander'

export function addTalkCommands(program: Command, done: (code: number) => void): void {
  withAccount(program.command('send'))
    .description('Send a message, or each line of standard input as one')
    .argument('<to>', 'juliet@example.org, or juliet on the host of the account; with --room the address of a room')
    .argument('[words...]', 'the text; left out: each line of standard input is a message')
    .option('--subject <text>', 'what it is about')
    .option('--file <file>', 'upload it, and send its link after the words; can be said more than once', another, [])
    .option('--room', 'enter the room of this address, and say it there')
    .option('--nick <name>', 'how to be called in the room (default: as in the address of the account)')
    .addOption(
      new Option('--wait <fate>', 'until the server has it, a device has it, or somebody has seen it')
        .choices(['acked', 'delivered', 'displayed'])
        .default('acked'),
    )
    .option('--timeout <seconds>', 'how long to wait for each message', seconds, 30)
    .option('--json', 'a line of JSON for each message')
    .addHelpText('after', `${exitCodes}\n${sendExamples}`)
    .action(async (to: string, words: string[], options) =>
      done(await (await import('./send.ts')).send(to, words, options)),
    )
  withAccount(program.command('watch'))
    .description('Show who comes and goes, and what is written, until Ctrl-C')
    .argument('[whom]', 'nobody but juliet@example.org, or juliet on the host of the account')
    .addOption(new Option('--only <what>', 'nothing else').choices(['presence', 'messages']))
    .option('--room <address>', 'what happens in this room, instead')
    .option('--nick <name>', 'how to be called in the room (default: as in the address of the account)')
    .option('--json', 'lines of JSON')
    .addHelpText('after', watchExamples)
    .action(async (whom: string | undefined, options) => done(await (await import('./watch.ts')).watch(whom, options)))
}

function withAccount(command: Command): Command {
  return command
    .option(
      '-j, --jid <address>',
      'account to log in as (default: $ROOKERY_JID, else admin of the server on this machine)',
    )
    .option(
      '--password-file <file>',
      'its first line is the password (default: $ROOKERY_PASSWORD, else it is asked for)',
    )
    .option(
      '--service <url>',
      'where the server is, if its domain does not tell: xmpp://host:5222, xmpps://host:5223, wss://…',
    )
    .option('--ca <file>', 'certificates to trust, PEM; that of a server on this machine is found')
    .option('--store <folder>', 'keep there what is not sent yet, and a token in place of the password')
    .option(
      '-c, --config <file>',
      'configuration of the server on this machine (default: ./rookery.yaml if it is there)',
    )
    .option('-d, --data <folder>', 'its data folder')
}

function another(file: string, files: readonly string[]): readonly string[] {
  return [...files, file]
}

function seconds(text: string): number {
  const value = Number(text)
  if (!/^\d{1,6}(?:\.\d{1,3})?$/.test(text) || value === 0)
    throw new InvalidArgumentError('A time is a number of seconds, above 0.')
  return value
}

const exitCodes = `
Exit codes:
  0  all messages have come so far
  1  it could not be tried: the account, the connection, the options
  2  a message was refused
  3  a message has not come so far in time`

const sendExamples = `
Examples:
  rookery send juliet "Art thou there?"
  rookery send juliet@example.org hello --jid romeo@example.net --wait delivered
  rookery send juliet "look at this" --file rose.jpg
  tail -f app.log | rookery send ops@rooms.example.org --room --nick log`

const watchExamples = `
Examples:
  rookery watch
  rookery watch juliet --only messages
  rookery watch --room hall@rooms.example.org --nick spectator --json`
