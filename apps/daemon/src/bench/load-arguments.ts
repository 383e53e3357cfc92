/** The command line of the stand-alone load generator, read with node:util; the `rookery` command has its own. */
import { parseArgs } from 'node:util'
import { LoadError, type LoadMode, type LoadOptions, loadModes } from './load-options.ts'

export const loadUsage = `rookery bench MODE [options]: load on an XMPP server of your own

  MODE         register  create the users (XEP-0077)      idle  log in, hold, memory per session
               login     SASL PLAIN, bind, presence       chat  pairs exchange messages
               ping      XEP-0199 pings to the server
  --host 127.0.0.1  --port 5222  --domain localhost
  --users 100  --first 0  --prefix u  --pass pass
  --secs 10    measured time                --window 1   stanzas in flight per user
  --size 64    padding in a message body    --conc 50    logins under way at once
  --tls        STARTTLS                     --bare       address bare JIDs
  --pid PID    server process (repeatable)  --json       only the JSON line
  --i-own-this-server  load a server that is not on this machine

Create the users once with "register", then run the other modes with the same --users, --first and --prefix.`

/** Reads the arguments after the program's name. Throws LoadError with a text for the user. */
export function parseLoadArguments(args: readonly string[]): { options: LoadOptions; json: boolean } {
  const { values, positionals } = parse(args)
  const [mode, ...more] = positionals
  if (mode === undefined || !isLoadMode(mode) || more.length > 0) {
    throw new LoadError(`Say what to do: one of ${loadModes.join(', ')}.`)
  }
  const options: LoadOptions = {
    mode,
    ...(values.host === undefined ? {} : { host: values.host }),
    ...(values.domain === undefined ? {} : { domain: values.domain }),
    ...(values.prefix === undefined ? {} : { prefix: values.prefix }),
    ...(values.pass === undefined ? {} : { password: values.pass }),
    ...number('port', 'port', values.port),
    ...number('users', 'users', values.users),
    ...number('first', 'first', values.first),
    ...number('secs', 'seconds', values.secs),
    ...number('window', 'window', values.window),
    ...number('size', 'size', values.size),
    ...number('conc', 'concurrency', values.conc),
    tls: values.tls === true,
    bare: values.bare === true,
    pids: (values.pid ?? []).map(Number),
    ownServer: values['i-own-this-server'] === true,
  }
  return { options, json: values.json === true }
}

function isLoadMode(word: string): word is LoadMode {
  return loadModes.some((mode) => mode === word)
}

function number<K extends keyof LoadOptions>(flag: string, key: K, text: string | undefined): { [P in K]?: number } {
  if (text === undefined) return {}
  const value = Number(text)
  if (text === '' || !Number.isFinite(value)) throw new LoadError(`--${flag} takes a number, not "${text}".`)
  return { [key]: value } as { [P in K]?: number }
}

// The return type is inferred from the table of options, which is the only place that names them.
function parse(args: readonly string[]) {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        host: text,
        port: text,
        domain: text,
        users: text,
        first: text,
        prefix: text,
        pass: text,
        secs: text,
        window: text,
        size: text,
        conc: text,
        tls: flag,
        bare: flag,
        pid: { type: 'string', multiple: true },
        json: flag,
        'i-own-this-server': flag,
      },
    })
  } catch (error) {
    throw new LoadError(error instanceof Error ? error.message : String(error))
  }
}
