/** From a new connection to one that is logged in: STARTTLS where wished, SASL (RFC 6120 sections 5 and 6); and registration (XEP-0077). */
import { NS } from '@rookery/protocol'
import { isBroken } from '@rookery/protocol/codec'
import { chooseMechanism, authenticate as prove } from '@rookery/protocol/sasl'
import { auth, challenge, mechanisms, response, success } from '@rookery/protocol/xeps/sasl'
import { type Element, el } from '@rookery/protocol/xml'
import { nodeCrypto } from './crypto.ts'
import { Wire } from './wire.ts'

export interface Place {
  readonly port: number
  readonly host: string
  readonly tls: boolean
}

export interface Credentials {
  readonly username: string
  readonly password: string
}

const patience = 10_000

/** Resolves to a connection whose stream features, which come with it, offer what needs a login. */
export async function login(place: Place, credentials: Credentials): Promise<{ wire: Wire; features: Element }> {
  return within(await Wire.connect(place.port, patience), async (wire) => {
    const offered = await openStream(wire, place)
    await authenticate(wire, offered, credentials)
    return { wire, features: await restart(wire, place) }
  })
}

export async function register(place: Place, { username, password }: Credentials): Promise<void> {
  await within(await Wire.connect(place.port, patience), async (wire) => {
    await openStream(wire, place)
    const ns = 'jabber:iq:register'
    const query = el('query', ns, {}, [el('username', ns, {}, username), el('password', ns, {}, password)])
    wire.send(el('iq', NS.client, { type: 'set', id: 'register' }, [query]))
    const answer = await wire.read()
    wire.close()
    const isThere = answer.child('error')?.child('conflict', NS.stanzaErrors) !== undefined
    if (answer.attr('type') !== 'result' && !isThere) throw new Error(`${username} could not be registered`)
  })
}

/** A server that is stopped or about to die answers nothing; then the connection is given up. */
export async function within<T>(wire: Wire, work: (wire: Wire) => Promise<T>): Promise<T> {
  const timer = setTimeout(() => wire.drop(), patience)
  try {
    return await work(wire)
  } catch (error) {
    wire.drop()
    throw error
  } finally {
    clearTimeout(timer)
  }
}

async function restart(wire: Wire, { host }: Place): Promise<Element> {
  wire.open(host)
  const features = await wire.read()
  if (!features.is('features', NS.streams)) throw new Error(`<${features.name}/> came in place of stream features`)
  return features
}

async function openStream(wire: Wire, place: Place): Promise<Element> {
  const features = await restart(wire, place)
  if (!place.tls) return features
  wire.send(el('starttls', NS.tls))
  const answer = await wire.read()
  if (!answer.is('proceed', NS.tls)) throw new Error('the server refuses STARTTLS')
  await wire.secure(place.host)
  return restart(wire, place)
}

async function authenticate(wire: Wire, features: Element, { username, password }: Credentials): Promise<void> {
  const list = mechanisms.find(features)
  const offered = list === undefined || isBroken(list) ? [] : list.mechanisms
  const name = chooseMechanism({ offered, password: true, plain: true })
  const means = {
    crypto: nodeCrypto,
    username,
    password,
    offered,
    minIterations: 1,
    prepareUsername: (text: string) => text,
    prepareOpaque: (text: string) => text,
  }
  let isFirst = true
  await prove(name, means, async (data) => {
    wire.send(isFirst ? auth.build({ mechanism: name, data }) : response.build({ data }))
    isFirst = false
    const answer = await wire.read()
    const asked = challenge.parse(answer)
    if (asked !== undefined && !isBroken(asked)) return { isSuccess: false, data: asked.data }
    const done = success.parse(answer)
    if (done === undefined || isBroken(done))
      throw new Error(`login of ${username} refused: ${answer.firstElement()?.name ?? answer.name}`)
    return { isSuccess: true, data: done.data ?? new Uint8Array(0) }
  })
}
