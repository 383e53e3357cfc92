import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { fromWire } from '../xml/index.ts'
import { Jid, JidError, jid, jidFromParts, parseJid } from './index.ts'

const runs = { seed: 7622, numRuns: Number(process.env['ROOKERY_FUZZ_RUNS'] ?? 2000) }

describe('parts and forms', () => {
  test('an address knows its bare address and whether it is one', () => {
    const full = jid('Rosalind@Arden.example/Oak')
    assert.equal(full.toString(), 'rosalind@arden.example/Oak')
    assert.equal(full.bare.toString(), 'rosalind@arden.example')
    assert.deepEqual([full.isFull, full.isBare, full.isDomain], [true, false, false])
    assert.deepEqual([full.bare.isFull, full.bare.isBare, full.bare.isDomain], [false, true, false])
    assert.equal(full.bare.bare, full.bare)
    const host = jid('arden.example/oak')
    assert.deepEqual([host.isFull, host.bare.isBare, host.bare.isDomain], [true, true, true])
  })

  test('the wire form is escaped UTF-8, one char a byte', () => {
    assert.equal(jid('é@x/<&"\'>中𝐚').wire, '\xc3\xa9@x/&lt;&amp;&quot;&apos;&gt;\xe4\xb8\xad\xf0\x9d\x90\x9a')
    assert.equal(jid('a@x/b').wire, 'a@x/b')
  })

  test('all spellings of an address lead to one object', () => {
    const one = jid('åse@bücher.example/r')
    for (const other of ['ÅSE@xn--bcher-kva.example/r', 'A\u030Ase@BÜCHER.example./r', 'åse@bücher.example/r']) {
      assert.equal(parseJid(other), one)
    }
    assert.equal(jidFromParts('ÅSE', 'Bücher.example', 'r'), one)
    assert.equal(jid('Åse@bücher.example'), one.bare)
    assert.equal(jid('åse@bücher.example/other').bare, one.bare)
    assert.equal(jid(`åse@bücher.example/${'r'.repeat(600)}`).bare, one.bare)
  })

  test('addresses are equal when they are written alike, whether they are one object or not', () => {
    const text = `a@x/${'r'.repeat(600)}`
    assert.notEqual(parseJid(text), parseJid(text))
    assert.ok(jid(text).equals(jid(text)))
    assert.ok(jid(text).bare.equals(jid('a@x')))
    assert.ok(!jid('a@x').equals(jid('a@y')))
    assert.ok(!jid('a@x').equals(jid('a@x/r')))
  })

  test('a resource can be exchanged', () => {
    const home = jid('a@x/home')
    assert.equal(home.withResource('phone').toString(), 'a@x/phone')
    assert.equal(home.withResource('phone').bare, home.bare)
    assert.equal(home.withResource('a\u3000b').resource, 'a b')
    assert.equal(home.withResource(''), home.bare)
    assert.throws(() => home.withResource('\u0007'), JidError)
  })

  test('addresses in code and configuration fail with the text in question', () => {
    assert.ok(jid('a@x') instanceof Jid)
    assert.throws(
      () => jid('a b@x'),
      (error) => error instanceof JidError && error.text === 'a b@x' && error.message.includes('a b@x'),
    )
  })

  test('parts are taken as they are, separators included', () => {
    assert.equal(jidFromParts('', 'x')?.toString(), 'x')
    assert.equal(jidFromParts('', 'x', 'a/b@c')?.toString(), 'x/a/b@c')
    assert.equal(jidFromParts('a@b', 'x'), undefined)
    assert.equal(jidFromParts('a', 'x/y'), undefined)
    assert.equal(jidFromParts('a', ''), undefined)
  })
})

describe('lengths', () => {
  test('a local part and a resource have at most 1023 bytes', () => {
    for (const [unit, most] of [
      ['a', 1023],
      ['é', 511],
      ['中', 341],
      ['𠀀', 255],
    ] as const) {
      const longest = unit.repeat(most)
      assert.equal(parseJid(`${longest}@x/${longest}`)?.toString(), `${longest}@x/${longest}`)
      assert.equal(parseJid(`${longest}${unit}@x`), undefined)
      assert.equal(parseJid(`x/${longest}${unit}`), undefined)
    }
  })

  test('length counts after preparation', () => {
    assert.equal(parseJid(`${'Ａ'.repeat(1023)}@x`)?.local, 'a'.repeat(1023))
    assert.equal(parseJid(`${'u\u0308\u0304'.repeat(511)}@x`)?.local, 'ǖ'.repeat(511))
    // İ has two bytes, and i with a dot above three.
    assert.equal(parseJid(`${'İ'.repeat(341)}@x`)?.local, 'i\u0307'.repeat(341))
    assert.equal(parseJid(`${'İ'.repeat(342)}@x`), undefined)
  })

  test('a label has at most 63 octets, in ASCII or as an A-label, and a name 253', () => {
    assert.ok(parseJid(`${'a'.repeat(63)}.example`))
    assert.equal(parseJid(`${'a'.repeat(64)}.example`), undefined)
    assert.ok(parseJid(`${'ü'.repeat(57)}.example`))
    assert.equal(parseJid(`${'ü'.repeat(58)}.example`), undefined)
    const label = `${'a'.repeat(49)}.`
    assert.ok(parseJid(`${label.repeat(5)}abc`))
    assert.ok(parseJid(`${label.repeat(5)}abc.`))
    assert.equal(parseJid(`${label.repeat(5)}abcd`), undefined)
    assert.equal(parseJid(`${label.repeat(5)}ü`), undefined)
  })

  test('hostile strings of 200 kB are refused', () => {
    for (const unit of [
      'a',
      'A',
      '@',
      '/',
      '.',
      'a.',
      '\u0301',
      'ﷺ',
      '\u200c',
      '[',
      ':',
      'xn--',
      '\ud800',
      '\\20',
      ' ',
      '9',
    ]) {
      const long = unit.repeat(200_000 / unit.length)
      assert.equal(parseJid(long), undefined)
      assert.equal(parseJid(`${long}@x`), undefined)
      assert.equal(parseJid(`a@${long}`), undefined)
      assert.equal(parseJid(`a@x/${long}`), undefined)
      assert.equal(jidFromParts(long, long, long), undefined)
    }
  })
})

describe('any string', () => {
  const awkward = fc.constantFrom(
    ...[
      '@',
      '/',
      '.',
      '-',
      ' ',
      '\\',
      '[',
      ']',
      ':',
      '%',
      'xn--',
      'A',
      'ß',
      'ſ',
      'Σ',
      'ς',
      'İ',
      'ﬁ',
      'ℂ',
      'Å',
      'å',
      'Ꭰ',
      'ꭰ',
      'Ⅳ',
    ],
    ...[
      '\u0300',
      '\u030A',
      '\u0323',
      '\u0345',
      '\u05B0',
      '\u094D',
      '\u200C',
      '\u200D',
      '\u202E',
      '\u3002',
      '\u3099',
      '\uFF9E',
    ],
    ...[
      'א',
      'ب',
      '١',
      '۱',
      '1',
      '·',
      'l',
      '・',
      'カ',
      'ｶ',
      '＠',
      '．',
      '／',
      '中',
      '가',
      '\u1100',
      '\u1161',
      '𐐀',
      '\u{1F40E}',
      '\ud800',
    ],
  )
  const unit = fc.oneof(
    { weight: 3, arbitrary: awkward },
    { weight: 9, arbitrary: fc.constantFrom(...'abzAZ19éÅüλΣжЯ中字カｶＲ') },
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    fc.string({ maxLength: 3 }),
  )
  const part = fc
    .array(unit, { minLength: 1, maxLength: 6 })
    .map((units) => units.join(''))
    .filter((text) => text !== '')
  const text = fc.oneof(
    part,
    fc.tuple(part, part).map(([local, domain]) => `${local}@${domain}`),
    fc.tuple(part, part).map(([domain, resource]) => `${domain}/${resource}`),
    fc.tuple(part, part, part).map(([local, domain, resource]) => `${local}@${domain}/${resource}`),
    fc.tuple(part, part).map(([local, resource]) => `${local}@x/${resource}`),
  )

  test('is refused or prepared to a form that prepares to itself', () => {
    fc.assert(
      fc.property(text, (input) => {
        const parsed = parseJid(input)
        if (parsed === undefined) return
        const { local, domain, resource } = parsed
        assert.ok(parseJid(parsed.toString())?.equals(parsed))
        assert.ok(jidFromParts(local, domain, resource)?.equals(parsed))
        assert.equal(parsed.toString(), (local && `${local}@`) + domain + (resource && `/${resource}`))
        assert.ok(parseJid(parsed.bare.toString())?.equals(parsed.bare))
        assert.ok(parsed.toString().isWellFormed())
        assert.equal(fromWire(parsed.wire).replaceAll(/&#?\w+;/g, ''), parsed.toString().replaceAll(/[<>&'"]/g, ''))
        for (const piece of [local, domain, resource]) assert.ok(Buffer.byteLength(piece) <= 1023)
        assert.doesNotMatch(local + domain, /[\s@/"&'<>A-Z]/u)
      }),
      runs,
    )
  })

  test('gives the same answer from parts as from text, and from the cache as without it', () => {
    fc.assert(
      fc.property(part, part, part, (local, domain, resource) => {
        const fromParts = jidFromParts(local, domain, resource)
        if (/[@/]/.test(local) || /[@/]/.test(domain)) return
        const fromText = parseJid(`${local}@${domain}/${resource}`)
        assert.equal(fromText?.toString(), fromParts?.toString())
        assert.equal(parseJid(`${local}@${domain}/${resource}`)?.toString(), fromText?.toString())
      }),
      runs,
    )
  })
})
