/** The documents under spec/xml, whole and byte by byte. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { authenticated, Element, parseElement, XmlError, XmlParser } from './index.ts'

const vectors = new URL('../../../../spec/xml/', import.meta.url)

test('refuses every invalid vector with the condition its name begins with', () => {
  for (const file of readdirSync(new URL('invalid/', vectors))) {
    const wire = readFileSync(new URL(`invalid/${file}`, vectors), 'latin1')
    const result = parseElement(wire)
    assert.ok(result instanceof XmlError, `accepted ${file}`)
    assert.equal(result.condition, file.split('.')[0], file)
  }
})

test('refuses every invalid vector byte by byte, or waits for its end', () => {
  for (const file of readdirSync(new URL('invalid/', vectors))) {
    const wire = readFileSync(new URL(`invalid/${file}`, vectors), 'latin1')
    const parser = new XmlParser(authenticated, 'document')
    let element: Element | undefined
    for (const byte of wire) {
      parser.feed(byte)
      const event = parser.next()
      if (event instanceof Element) element = event
    }
    const end = parser.next()
    if (end instanceof XmlError) assert.equal(end.condition, file.split('.')[0], file)
    else assert.equal(element, undefined, `accepted ${file}`)
  }
})

test('reads every valid vector', () => {
  for (const file of readdirSync(new URL('valid/', vectors))) {
    const result = parseElement(readFileSync(new URL(`valid/${file}`, vectors), 'latin1'))
    assert.ok(result instanceof Element, `${file}: ${JSON.stringify(result)}`)
  }
})
