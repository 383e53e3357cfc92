/** The verification strings of XEP-0115: every case of `spec/xep-0115/verification`, in Unicode text, sync and later. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { CodecError } from '../codec/index.ts'
import { type DiscoInfo, discoInfo } from '../disco/index.ts'
import { Element, fromWire, parseElement } from '../xml/index.ts'
import { capsHold, capsInput, capsVersion, ownCapsVersion } from './index.ts'

const folder = new URL('../../../../spec/xep-0115/verification/', import.meta.url)
const sha1 = (data: Uint8Array): Uint8Array => createHash('sha1').update(data).digest()

function load(name: string): DiscoInfo {
  const element = parseElement(readFileSync(new URL(`${name}.xml`, folder), 'latin1'))
  assert.ok(element instanceof Element)
  const info = discoInfo.parse(element)
  assert.ok(info !== undefined && !(info instanceof CodecError))
  return info
}

describe('verification string', () => {
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    const name = file.slice(0, -5)
    it(name, () => {
      const expected: { sha1?: string; input?: string; broken?: string } = JSON.parse(
        readFileSync(new URL(file, folder), 'utf8'),
      )
      const input = capsInput(load(name))
      if (expected.broken !== undefined) {
        assert.ok(input instanceof CodecError)
        assert.ok(input.sentence.includes(expected.broken), input.sentence)
        assert.ok(capsVersion(load(name), sha1) instanceof CodecError)
        return
      }
      assert.equal(typeof input, 'string')
      assert.equal(fromWire(input as string), expected.input)
      if (expected.sha1 !== undefined) assert.equal(capsVersion(load(name), sha1), expected.sha1)
      assert.equal(ownCapsVersion(load(name), sha1), capsVersion(load(name), sha1))
    })
  }

  it('waits for a hash that takes its time', async () => {
    const info = load('published-simple')
    assert.equal(await capsVersion(info, (data) => Promise.resolve(sha1(data))), 'QgayPKawpkPSDYmwT/WM94uAlu0=')
  })

  it('holds for the promised answer only', () => {
    const info = load('published-simple')
    assert.equal(capsHold('QgayPKawpkPSDYmwT/WM94uAlu0=', info, sha1), true)
    assert.equal(capsHold('q07IKJEyjvHSyhy//CH0CxmKi8w=', info, sha1), false)
    assert.ok(capsHold('x', load('same-feature-twice'), sha1) instanceof CodecError)
  })
})
