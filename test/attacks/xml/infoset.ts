/**
 * What a piece of XML says, however it is written: to compare what was sent with what came. Read by saxes, by our own parser
 * and by Python's expat (expat.py), all into the same shape.
 */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { authenticated, Element, XmlParser } from '@rookery/protocol/xml'
import { SaxesParser } from 'saxes'

/** `{namespace}name`, attributes in order of their names, children; neighbouring texts are one. */
export type Info = readonly [
  name: string,
  attributes: readonly (readonly [string, string])[],
  children: readonly (Info | string)[],
]

const header = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
const end = '</stream:stream>'

type Open = [name: string, attributes: (readonly [string, string])[], children: (Info | string)[]]

const clark = (ns: string, local: string): string => (ns === '' ? local : `{${ns}}${local}`)
const byName = (a: readonly [string, string], b: readonly [string, string]): number => (a[0] < b[0] ? -1 : 1)

function addText(children: (Info | string)[], text: string): void {
  const last = children.at(-1)
  if (typeof last === 'string') children[children.length - 1] = last + text
  else if (text !== '') children.push(text)
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The first-level elements of a stream with these bytes in it; undefined when they are not XML. */
export function readWithSaxes(wire: string): Info[] | undefined {
  const root: Open = ['', [], []]
  const open: Open[] = [root]
  const parser = new SaxesParser({ xmlns: true })
  let isBroken = false
  parser.on('error', () => {
    isBroken = true
  })
  parser.on('opentag', ({ uri, local, attributes }) => {
    const pairs = Object.values(attributes)
      .filter((attribute) => attribute.uri !== 'http://www.w3.org/2000/xmlns/')
      .map((attribute) => [clark(attribute.uri, attribute.local), attribute.value] as const)
      .sort(byName)
    open.push([clark(uri, local), pairs, []])
  })
  parser.on('text', (text) => addText(open.at(-1)![2], text))
  parser.on('cdata', (text) => addText(open.at(-1)![2], text))
  for (const forbidden of ['comment', 'processinginstruction', 'doctype'] as const)
    parser.on(forbidden, () => {
      isBroken = true
    })
  parser.on('closetag', () => {
    const closed = open.pop()!
    open.at(-1)!.at(2)
    open.at(-1)![2].push(closed)
  })
  try {
    parser.write(header + decoder.decode(Buffer.from(wire, 'latin1')) + end).close()
  } catch {
    return undefined
  }
  const stream = root[2][0]
  return isBroken || stream === undefined || typeof stream === 'string' ? undefined : (stream[2] as Info[])
}

/** The same with the parser of @rookery/protocol. */
export function readWithOwn(wire: string): Info[] | undefined {
  const parser = new XmlParser({ ...authenticated, bytes: 1 << 24, elements: 1 << 20 })
  parser.feed(header)
  parser.next()
  parser.feed(wire + end)
  const found: Info[] = []
  for (let event = parser.next(); event instanceof Element; event = parser.next()) found.push(ofElement(event))
  return typeof parser.next() === 'undefined' ? found : undefined
}

export function ofElement(element: Element): Info {
  const attributes: (readonly [string, string])[] = []
  for (let i = 0; i < element.attributes.length; i += 2) {
    const name = element.attributes[i]!
    const full = name.startsWith('xml:') ? clark('http://www.w3.org/XML/1998/namespace', name.slice(4)) : name
    attributes.push([full, element.attributes[i + 1]!])
  }
  const children: (Info | string)[] = []
  for (const child of element.children)
    if (typeof child === 'string') addText(children, child)
    else children.push(ofElement(child))
  return [clark(element.ns, element.name), attributes.sort(byName), children]
}

/** Python's expat in a process of its own. */
export class Expat {
  readonly #python: ChildProcessWithoutNullStreams
  readonly #lines: AsyncIterator<string>

  private constructor(python: ChildProcessWithoutNullStreams) {
    this.#python = python
    this.#lines = createInterface({ input: python.stdout })[Symbol.asyncIterator]()
  }

  /** Undefined where there is no python3. */
  static start(): Expat | undefined {
    if (spawnSync('python3', ['-c', 'import xml.parsers.expat']).status !== 0) return undefined
    return new Expat(spawn('python3', [fileURLToPath(new URL('./expat.py', import.meta.url))]))
  }

  async read(wire: string): Promise<Info[] | undefined> {
    this.#python.stdin.write(`${Buffer.from(header + wire + end, 'latin1').toString('base64')}\n`)
    const { value } = await this.#lines.next()
    return (JSON.parse(String(value)) as Info[] | null) ?? undefined
  }

  stop(): void {
    this.#python.stdin.end()
  }
}
