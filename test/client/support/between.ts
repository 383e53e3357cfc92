/** What somebody between client and server does to a login: other offers, other challenges; and what must not have been said to them. */
import assert from 'node:assert/strict'
import { NS } from '@rookery/protocol'
import * as sasl2 from '@rookery/protocol/xeps/sasl2'
import { type Element, el } from '@rookery/protocol/xml'
import type { HostileOptions, HostileServer } from '../harness/hostile-server.ts'

/** Both ways to log in. */
export const profiles: readonly [name: string, options: HostileOptions][] = [
  ['SASL', {}],
  ['SASL2', { sasl2: true }],
]

/** Nothing of a login was sent. */
export function nothingSaid(server: HostileServer): void {
  assert.deepEqual(
    server.received().filter(({ ns }) => ns !== NS.tls),
    [],
  )
}

/** A login was begun, but nothing was sent that depends on the password. */
export function nothingProved(server: HostileServer): void {
  assert.deepEqual(server.received('response'), [])
  for (const first of [...server.received('auth'), ...server.received('authenticate')])
    assert.match(first.attr('mechanism') ?? '', /^SCRAM-/)
}

/** Changes the data of one kind of element of SASL, in either profile. */
export function edit(
  server: HostileServer,
  name: 'challenge' | 'success',
  change: (data: string) => string | undefined,
): void {
  server.script.send = (element) => {
    if (element.name !== name) return element
    const isNew = element.ns === sasl2.SASL2_NS
    const inner = isNew && name === 'success' ? element.child('additional-data', sasl2.SASL2_NS) : element
    const changed = change(Buffer.from(inner?.text() ?? '', 'base64').toString())
    const text = changed === undefined ? [] : [Buffer.from(changed).toString('base64')]
    if (inner === element) return element.withChildren(text)
    const others = element.children.filter((child) => child !== inner)
    return element.withChildren([
      ...(changed === undefined ? [] : [el('additional-data', sasl2.SASL2_NS, {}, text)]),
      ...others,
    ])
  }
}

/** Offers without those of this name. */
export const without =
  (name: string) =>
  (offered: readonly Element[]): readonly Element[] =>
    offered.filter((element) => element.name !== name)
/** The mechanisms of both profiles, changed. */
export const renamed =
  (change: (names: readonly string[]) => readonly string[]) =>
  (offered: readonly Element[]): readonly Element[] =>
    offered.map((element) => {
      if (element.name !== 'mechanisms' && element.name !== 'authentication') return element
      const names = element.childElements().filter(({ name }) => name === 'mechanism')
      const others = element.children.filter((child) => typeof child === 'string' || child.name !== 'mechanism')
      const chosen = change(names.map((one) => one.text()))
      return element.withChildren([...chosen.map((text) => el('mechanism', element.ns, {}, text)), ...others])
    })
