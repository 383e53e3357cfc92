/** For tests: an account of a daemon in a folder, to log in with by the client library, as somebody else would. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type AnyExtension, type Client, connect } from '@rookery/client/node'
import { type DaemonProcess, portOf, run } from './daemon-process.ts'

/** `juliet@localhost`, with the password `secret`. */
export async function addUser(folder: string, name: string): Promise<void> {
  const { code, errors } = await run(folder, ['user', 'add', name, '--stdin'], 'secret\n')
  if (code !== 0) throw new Error(errors)
}

/** Online as somebody who was added. */
export async function online<const X extends readonly AnyExtension[]>(
  folder: string,
  daemon: DaemonProcess,
  name: string,
  use: X,
): Promise<Client<X>> {
  return await connect({
    jid: `${name}@localhost`,
    password: 'secret',
    service: `xmpps://127.0.0.1:${portOf(daemon, 'tls')}`,
    tls: { ca: readFileSync(join(folder, 'data/certificates/localhost.crt'), 'utf8') },
    use,
  })
}
