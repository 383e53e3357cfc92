/** Values of XML-RPC as JavaScript writes them, and how deep they may be. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { CodecError } from '../codec/index.ts'
import { Element, parseElement, writeElement } from '../xml/index.ts'
import { type RpcValue, rpc } from './rpc.ts'

/** What the other side reads when this is sent. */
function sent(value: RpcValue): unknown {
  const wire = writeElement(rpc.build({ answer: { value } }), '')
  const element = parseElement(wire)
  assert.ok(element instanceof Element)
  const read = rpc.parse(element)
  assert.ok(read !== undefined && !(read instanceof CodecError), JSON.stringify(read))
  return read.answer?.value
}

describe('values', () => {
  it('arrive as they were sent', () => {
    const leaf = fc.oneof(
      fc.string({ unit: 'grapheme' }).map((text) => text.replace(/\p{Cc}|\p{Cs}|\p{Cn}/gu, '')),
      fc.boolean(),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
      fc.integer(),
      fc.constant(null),
      fc.uint8Array(),
      fc.date({ min: new Date('0001-01-01'), max: new Date('9998-12-31'), noInvalidDate: true }),
    )
    const { value } = fc.letrec<{ value: RpcValue }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie('value'), { maxLength: 3 }),
        fc
          .array(fc.tuple(fc.constantFrom('a', '__proto__', 'b c', ''), tie('value')), { maxLength: 3 })
          .map((pairs) => new Map(pairs)),
      ),
    }))
    fc.assert(fc.property(value, (one) => assert.deepEqual(sent(one), one)))
  })

  it('of an object arrive as a map', () => {
    assert.deepEqual(
      sent({ part: 'wall', lines: [1, 2] }),
      new Map<string, RpcValue>([
        ['part', 'wall'],
        ['lines', [1, 2]],
      ]),
    )
  })

  it('are integers of 32 bits, or doubles', () => {
    const name = (value: number) => writeElement(rpc.build({ answer: { value } }), '').match(/<(i4|double)>/)?.[1]
    assert.deepEqual([2147483647, 2147483648, -2147483648, 0.5].map(name), ['i4', 'double', 'i4', 'double'])
  })

  it('that XML-RPC cannot say are a mistake in code', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, new Date(Number.NaN)])
      assert.throws(() => sent(value), RangeError)
  })
})

describe('depth', () => {
  const nest = (depth: number, inner: string) =>
    `<value><array><data>`.repeat(depth) + inner + `</data></array></value>`.repeat(depth)
  const call = (value: string) =>
    parseElement(
      `<query xmlns='jabber:iq:rpc'><methodCall><methodName>a</methodName><params><param>${value}</param></params></methodCall></query>`,
    )

  it('of 32 values is read and written, and no more', () => {
    for (const [depth, fits] of [
      [31, true],
      [32, false],
      [80, false],
    ] as const) {
      const element = call(nest(depth, '<value>x</value>'))
      assert.ok(element instanceof Element)
      const read = rpc.parse(element)
      assert.equal(read instanceof CodecError, !fits, `${depth}`)
      if (read === undefined || read instanceof CodecError) continue
      assert.deepEqual(rpc.parse(rpc.build(read)), read)
    }
  })

  it('without end cannot be written', () => {
    const value: RpcValue[] = []
    value.push(value)
    assert.throws(() => sent(value), /nested too deeply/)
  })
})
