/** Runs a list of things that the server must refuse with a stream error, while the victim must receive nothing. */
import { expectSilence, expectStreamError } from '../harness/answers.ts'
import { login, open, RawClient } from '../harness/client.ts'
import type { Victim } from '../harness/server.ts'

/** In place of the stream header, right after it, or once logged in. */
export type Stage = 'header' | 'opened' | 'bound'

export interface Refused {
  readonly stage: Stage
  readonly wire: string
  readonly conditions: readonly string[]
}

export async function expectRefused(victim: Victim, cases: readonly Refused[]): Promise<string> {
  const v = await login(victim, 'v@a.example')
  for (const { stage, wire, conditions } of cases) {
    let mallory: RawClient
    if (stage === 'bound') mallory = await login(victim, 'mallory@a.example')
    else {
      mallory = await RawClient.connect({ port: victim.port })
      if (stage === 'opened') mallory.send(open('a.example'))
    }
    mallory.send(wire)
    try {
      await expectStreamError(mallory, ...conditions)
    } catch (cause) {
      throw new Error(`after ${JSON.stringify(wire.slice(0, 200))} (${stage})`, { cause })
    }
  }
  await expectSilence(v)
  v.close()
  return `${cases.length} things refused`
}

/** A message to the victim with something in it. */
export const message = (inside: string, attributes = ''): string =>
  `<message to='v@a.example/r' type='chat'${attributes}>${inside}</message>`
