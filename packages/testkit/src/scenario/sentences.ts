/** The sentences a scenario is written in, and what each one does. A new sentence is a new entry here and a line in scenarios/README.md. */
import type { Cast } from './cast.ts'
import type { Expectations } from './expectations.ts'
import { fillIn, fitPattern, type Pattern, readPatterns } from './pattern.ts'
import { ScenarioError, type Step } from './scenario.ts'
import { bringIntoState } from './subscription-states.ts'
import { describe, type TestClient } from './test-client.ts'
import { attributeOf, elementsOf, is, STREAM, STREAM_ERRORS, showXml, type Xml } from './xml.ts'

/** What a sentence works with. */
export interface Scene {
  readonly cast: Cast
  readonly step: Step
  readonly expectations: Expectations
}

type Action = (scene: Scene, words: readonly string[]) => Promise<void>

const list = (names: string): string[] => names.split(/, | and /)

const each =
  (act: (scene: Scene, client: TestClient) => Promise<void>): Action =>
  async (scene, [names = '']) => {
    for (const name of list(names)) await act(scene, scene.cast.client(name, scene.step.line))
  }

const one =
  (act: (scene: Scene, client: TestClient, words: readonly string[]) => Promise<void>): Action =>
  (scene, [name = '', ...words]) =>
    act(scene, scene.cast.client(name, scene.step.line), words)

const blockOf = ({ step }: Scene): string => {
  if (step.block === undefined) throw new ScenarioError(step.line, 'this line needs a block: end it with a colon')
  return step.block
}

const patternsOf = (scene: Scene): Pattern[] => {
  try {
    return readPatterns(scene.cast.words(blockOf(scene)))
  } catch (error) {
    if (error instanceof ScenarioError) throw error
    throw new ScenarioError(scene.step.blockLine, `this block is not XML: ${(error as Error).message}`)
  }
}

/** The text of a block as it is sent: indentation between elements is for the reader only. */
const stanzasOf = (scene: Scene): string =>
  fillIn(scene.cast.words(blockOf(scene)), scene.cast.captures).replaceAll(/>\s+</g, '><')

const ownPresence = (client: TestClient, isAvailable: boolean) => (xml: Xml) =>
  xml.name === 'presence' &&
  attributeOf(xml, 'from') === client.address &&
  attributeOf(xml, 'type') === (isAvailable ? undefined : 'unavailable')

const comeOnline = async (scene: Scene, client: TestClient): Promise<void> => {
  await client.advance('bound')
  const priority = scene.cast.priority(client.name)
  const plain = priority === undefined ? '<presence/>' : `<presence><priority>${priority}</priority></presence>`
  client.send(scene.step.block === undefined ? plain : stanzasOf(scene))
  if (!(await client.take(ownPresence(client, true))))
    throw new Error(`the server did not send ${client.name} its own presence`)
}

const goOffline = async (scene: Scene, client: TestClient): Promise<void> => {
  client.send(scene.step.block === undefined ? "<presence type='unavailable'/>" : stanzasOf(scene))
  // A server owes the client this, which presence/own-unavailable proves; here it is only taken out of the way. [RFC6121 4.5.2]
  await client.fence()
  client.takeNow(ownPresence(client, false))
}

const fetchRoster = async (client: TestClient): Promise<void> => {
  await client.advance('bound')
  client.send("<iq type='get' id='fetch-roster'><query xmlns='jabber:iq:roster'/></iq>")
  const answer = await client.take((xml) => xml.name === 'iq' && attributeOf(xml, 'id') === 'fetch-roster')
  if (!answer || attributeOf(answer, 'type') !== 'result')
    throw new Error(`no roster, but ${answer ? showXml(answer) : 'nothing'}`)
}

const receiveHeader = async (scene: Scene, client: TestClient): Promise<void> => {
  const event = await client.next()
  if (event?.kind !== 'header') throw new Error(`expected a stream header, got ${describe(event)}`)
  if (scene.step.block === undefined) return
  const [pattern] = patternsOf(scene)
  const fit = fitPattern(pattern!, event.xml, scene.cast.captures, client.recipient)
  if ('difference' in fit) throw new Error(`${fit.difference}\n  got: ${showXml(event.xml)}`)
  scene.cast.captures = fit.captures
}

const offered = async (scene: Scene, client: TestClient, isWanted: boolean): Promise<void> => {
  const features = await client.expectFeatures()
  for (const pattern of patternsOf(scene)) {
    const fits = elementsOf(features).map((feature) =>
      fitPattern(pattern, feature, scene.cast.captures, client.recipient),
    )
    const fit = fits.find((candidate) => 'captures' in candidate)
    if ((fit !== undefined) !== isWanted)
      throw new Error(
        `${client.name} is ${isWanted ? 'not ' : ''}offered ${showXml(pattern.source)}\n  got: ${showXml(features)}`,
      )
    if (fit) scene.cast.captures = fit.captures
  }
}

const streamEnds = async (scene: Scene, client: TestClient, condition: string | undefined): Promise<void> => {
  // Even an error in the first bytes is answered inside a stream. [RFC6120 4.9.1.2]
  if (!client.hasHeader) await receiveHeader({ ...scene, step: { ...scene.step, block: undefined } }, client)
  if (condition !== undefined) {
    const event = await scene.expectations.nextOf(client)
    const error = event?.kind === 'element' && is(event.xml, 'error', STREAM) ? event.xml : undefined
    if (!error?.children.some((child) => typeof child !== 'string' && is(child, condition, STREAM_ERRORS)))
      throw new Error(`expected the stream error <${condition}/>, got ${describe(event)}`)
  }
  const end = await scene.expectations.nextOf(client)
  if (end?.kind !== 'close') throw new Error(`expected </stream:stream>, got ${describe(end)}`)
  client.close()
}

const sentences: readonly (readonly [RegExp, Action])[] = [
  [/^(.+?) opens? a connection$/, each(async (_, client) => client.advance('connected'))],
  [/^(.+?) opens? a stream$/, each(async (_, client) => client.advance('open'))],
  [/^(.+?) authenticates?$/, each(async (_, client) => client.advance('authenticated'))],
  [/^(.+?) connects?$/, each(async (_, client) => client.advance('bound'))],
  [/^(.+?) logs? in with$/, each(async (scene, client) => client.authenticateWith(stanzasOf(scene)))],
  [/^(.+?) fetch(?:es)? the roster$/, each(async (_, client) => fetchRoster(client))],
  [/^(.+?) comes? online(?: with)?$/, each(comeOnline)],
  [/^(.+?) goe?s? offline(?: with)?$/, each(goOffline)],
  [
    /^(.+?) restarts? the stream$/,
    one(async (_, client) => {
      client.restart()
      await client.openStream()
    }),
  ],
  [
    /^(.+?) sends raw$/,
    one(async (scene, client) => client.send(fillIn(scene.cast.words(blockOf(scene)), scene.cast.captures))),
  ],
  [/^(.+?) sends$/, one(async (scene, client) => client.send(stanzasOf(scene)))],
  [/^(.+?) receives?$/, one((scene, client) => scene.expectations.inOrder(client, patternsOf(scene)))],
  [/^(.+?) receives one of$/, one((scene, client) => scene.expectations.oneOf(client, patternsOf(scene)))],
  [/^(.+?) receives?, in any order$/, one((scene, client) => scene.expectations.inAnyOrder(client, patternsOf(scene)))],
  [/^(.+?) may receive$/, one(async (scene, client) => scene.expectations.tolerate(client, patternsOf(scene), true))],
  [/^(.+?) ignores?$/, each(async (scene, client) => scene.expectations.tolerate(client, patternsOf(scene), false))],
  [/^everyone receives nothing$/i, (scene) => scene.expectations.nothingLeft([...scene.cast.clients.values()])],
  [
    /^(.+?) receives? nothing$/,
    (scene, [names = '']) =>
      scene.expectations.nothingLeft(list(names).map((name) => scene.cast.client(name, scene.step.line))),
  ],
  [/^(.+?) receives a stream header$/, one(receiveHeader)],
  [/^(.+?) is offered$/, one((scene, client) => offered(scene, client, true))],
  [/^(.+?) is not offered$/, one((scene, client) => offered(scene, client, false))],
  [
    /^(.+?) is bound to (.+)$/,
    one(async ({ cast }, client, [address = '']) => {
      if (client.address !== cast.words(address))
        throw new Error(`${client.name} is bound to ${client.address}, expected ${cast.words(address)}`)
    }),
  ],
  [/^(.+?)'s stream ends$/, one((scene, client) => streamEnds(scene, client, undefined))],
  [
    /^(.+?)'s stream ends with <([\w-]+)\/>$/,
    one((scene, client, [condition]) => streamEnds(scene, client, condition)),
  ],
  [/^(.+?) disconnects?$/, each(async (_, client) => client.disconnect())],
  [/^(.+?)'s connection breaks$/, one(async (_, client) => client.destroy())],
  [
    /^in (.+?)'s roster, (.+?) is "(.+)"$/i,
    one(async (scene, client, [other = '', state = '']) => {
      const contact = scene.cast.client(other, scene.step.line)
      await bringIntoState(scene.cast.target, client.account!, contact.account!, state)
    }),
  ],
  [
    /^(.+?) and (.+?) are friends$/,
    one(async (scene, client, [other = '']) => {
      const contact = scene.cast.client(other, scene.step.line)
      await bringIntoState(scene.cast.target, client.account!, contact.account!, 'Both')
    }),
  ],
]

// The longer sentences come after shorter ones they contain ("sends" / "sends raw"), so the most specific match is the one with the shortest subject.
export const findSentence = (text: string): { readonly act: Action; readonly words: readonly string[] } | undefined => {
  let best: { act: Action; words: readonly string[] } | undefined
  for (const [shape, act] of sentences) {
    const match = shape.exec(text)
    if (match && (!best || (match[1] ?? '').length < (best.words[0] ?? '').length))
      best = { act, words: match.slice(1) }
  }
  return best
}

export const isSentence = (text: string): boolean => findSentence(text) !== undefined
