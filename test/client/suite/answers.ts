/** What a server says that it can do: in its answers to service discovery, and in the features of its streams. */
import { commands, connect, defineExtension, disco } from '@rookery/client/node'
import type { Element } from '@rookery/protocol/xml'
import { HandClient } from '../harness/hand-client.ts'
import type { Account, Target } from '../harness/target.ts'
import { allOf } from './people.ts'

export type Need =
  /** A feature of the server or of the account. */
  | string
  /** A service beside the server, `conference/text`, and features of it. */
  | { readonly service: string; readonly features?: readonly string[] }
  /** A command of the server's. */
  | { readonly command: string }
  /** A namespace among the features of a stream, once logged in. */
  | { readonly stream: string }
  /** A namespace among the features of an encrypted stream before the login, or in one of them. */
  | { readonly login: string }

interface Service {
  readonly jid: string
  readonly features: ReadonlySet<string>
}

export interface Answers {
  readonly known: ReadonlySet<string>
  /** By category and type. */
  readonly services: ReadonlyMap<string, Service>
  readonly commands: ReadonlySet<string>
  readonly stream: ReadonlySet<string>
  readonly login: ReadonlySet<string>
}

const offers = defineExtension({ name: 'offers', start: (core) => () => core.streamFeatures })

/** Asks with the library, as an application would. */
export async function askTarget(target: Target, { jid, password }: Account): Promise<Answers> {
  const hand = await HandClient.tls(target.ports.tls, { ca: target.ca })
  const login = namespacesIn(await hand.open(jid))
  hand.socket.destroy()
  await using client = await connect({
    jid,
    password,
    service: target.service.xmpps,
    tls: { ca: target.ca },
    use: [disco, commands, offers],
  })
  const services = new Map<string, Service>()
  for await (const { jid: service, node } of client.disco.items(target.domain)) {
    if (node !== undefined) continue
    const { identities, features } = await client.disco.info(service)
    for (const { category, type } of identities)
      services.set(`${category}/${type}`, { jid: service.toString(), features: new Set(features) })
  }
  const answers = [await client.disco.server(), await client.disco.account()]
  return {
    known: new Set(answers.flatMap(({ features }) => features)),
    services,
    commands: new Set((await allOf(client.commands.list())).map(({ node }) => node)),
    stream: namespacesIn(client.offers()),
    login,
  }
}

/** Why a server cannot do it; undefined where it can. */
export function lackOf(name: string, answers: Answers, needs: readonly Need[]): string | undefined {
  for (const need of needs) {
    if (typeof need === 'string') {
      if (!answers.known.has(need)) return `${name}'s answer to disco#info lacks ${need}`
    } else if ('service' in need) {
      const service = answers.services.get(need.service)
      if (service === undefined) return `${name}'s answer to disco#items has no service that is ${need.service}`
      const missing = need.features?.find((feature) => !service.features.has(feature))
      if (missing !== undefined) return `${service.jid}'s answer to disco#info lacks ${missing}, at ${name}`
    } else if ('command' in need) {
      if (!answers.commands.has(need.command)) return `${name}'s list of commands lacks ${need.command}`
    } else if ('stream' in need) {
      if (!answers.stream.has(need.stream)) return `${name}'s streams lack ${need.stream}`
    } else if (!answers.login.has(need.login)) return `${name}'s streams lack ${need.login} before the login`
  }
  return undefined
}

function namespacesIn(features: Element): ReadonlySet<string> {
  const found = new Set<string>()
  const rest = [...features.childElements()]
  for (let element = rest.pop(); element !== undefined; element = rest.pop()) {
    found.add(element.ns)
    rest.push(...element.childElements())
  }
  return found
}
