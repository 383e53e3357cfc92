/** docs/guide/client.md: commands, accounts, procedures, envelopes. */
import {
  type Client,
  type CommandSession,
  type commands,
  el,
  RpcFault,
  register,
  type registration,
  type rpc,
  type soap,
} from '@rookery/client/node'
import type { Account } from './account.ts'

export async function run(
  client: Client<readonly [typeof commands]>,
  to: string,
  fill: (form: CommandSession['form']) => Record<string, string>,
): Promise<string | undefined> {
  const session = await client.commands.execute(to, 'greet')
  while (session.status === 'executing') {
    const answers = fill(session.form)
    if (session.usual === 'next') await session.next(answers)
    else await session.complete(answers)
  }
  return session.notes[0]?.text
}

export function offer(client: Client<readonly [typeof commands]>): () => void {
  return client.commands.offer({
    node: 'greet',
    name: 'Greet',
    allowed: (jid) => jid.domain === 'localhost', // the own account alone, unless told
    run: async (dialogue) => {
      const answer = await dialogue.ask({ title: 'Greet', fields: [{ var: 'who', label: 'Your name' }] })
      return { notes: [{ type: 'info', text: `Good morrow, ${answer.value('who') ?? dialogue.from.local}.` }] }
    },
  })
}

export async function newAccount({ jid, password, ...where }: Account & { readonly password: string }): Promise<void> {
  await register({ ...where, jid, password }) // throws a RegistrationError: `taken`, `closed`, …
}

export async function otherPassword(client: Client<readonly [typeof registration]>, password: string): Promise<void> {
  await client.registration.changePassword(password)
}

export async function add(client: Client<readonly [typeof rpc]>, to: string): Promise<unknown> {
  return await client.rpc.call(to, 'sum', 1, 2.5)
}

export function offerSum(client: Client<readonly [typeof rpc]>): () => void {
  const sum = (params: readonly unknown[]): number => {
    if (!params.every((one) => typeof one === 'number')) throw new RpcFault(1, 'Numbers, please.')
    return params.reduce((all, one) => all + one, 0)
  }
  return client.rpc.offer('sum', sum, { allowed: (jid) => jid.domain === 'localhost' })
}

export async function quote(client: Client<readonly [typeof soap]>, to: string): Promise<string | undefined> {
  const { body } = await client.soap.call(to, {
    body: [el('GetPrice', 'urn:example:shop', { item: 'rose' })],
  })
  return body[0]?.text()
}
