import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { StorageError } from '@rookery/storage'
import { createLog, type DaemonLog } from './log.ts'

function capture(format: 'json' | 'pretty'): { log: DaemonLog; lines: string[] } {
  const lines: string[] = []
  return { log: createLog({ level: 'info', format, write: (line) => void lines.push(line) }), lines }
}

const hostile =
  'x\n2026-01-01 ERROR forged\r\u001b[31mred\u0007\u0000\u007f\u0085\u009b1m\u2028\u202eabc\u2066$' + '{jndi:ldap://a}'
const raw = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/

describe('log lines [S134]', () => {
  for (const format of ['json', 'pretty'] as const) {
    test(`${format}: control characters of values, keys and texts never reach the terminal`, () => {
      const { log, lines } = capture(format)
      log.info({ nick: hostile, [hostile]: 1, deep: { list: [hostile] }, map: new Map([['k', hostile]]) }, hostile)
      assert.equal(lines.length, 1)
      const line = lines[0] ?? ''
      assert.equal(line.indexOf('\n'), line.length - 1, 'one event, one line')
      assert.doesNotMatch(line, raw)
      assert.ok(line.includes('{jndi:ldap://a}'), 'nothing is expanded')
    })

    test(`${format}: an error with a hostile message keeps its frames and no control characters`, () => {
      const { log, lines } = capture(format)
      log.error({ error: new Error(hostile, { cause: new TypeError(`cause ${hostile}`) }) }, 'failed')
      const line = lines.join('')
      assert.doesNotMatch(line, raw)
      assert.ok(!/^2026-01-01 ERROR forged/m.test(line))
      assert.match(line, /log\.test\.ts/)
    })

    test(`${format}: a long value is cut`, () => {
      const { log, lines } = capture(format)
      log.info({ nick: 'a'.repeat(1_000_000) }, 'b'.repeat(1_000_000))
      assert.ok((lines[0] ?? '').length < 2000)
      assert.match(lines[0] ?? '', /\(1000000 characters\)/)
    })

    test(`${format}: secrets are redacted at any depth`, () => {
      const { log, lines } = capture(format)
      const secrets = {
        password: 's3cret',
        newPassword: 's3cret',
        token: 's3cret',
        credentials: ['s3cret'],
        salt: 's3cret',
      }
      log.info(
        { ...secrets, request: { ...secrets, storedKey: 's3cret', inner: { authorization: 's3cret' } } },
        'login',
      )
      assert.doesNotMatch(lines[0] ?? '', /s3cret/)
      assert.match(lines[0] ?? '', /\[redacted\]/)
    })
  }

  test('an error that its own words explain has no frames', () => {
    const { log, lines } = capture('json')
    const facts = {
      problem: 'There is no room left.',
      advice: 'Make room.',
      code: 'SQLITE_FULL',
      cause: new Error('x'),
    }
    log.error({ error: new StorageError('full', facts) }, 'failed')
    log.error({ error: new StorageError('internal', facts) }, 'failed')
    const [full, internal] = lines.map((line) => JSON.parse(line) as { error: Record<string, unknown> })
    assert.deepEqual(full?.error, {
      type: 'StorageError',
      message: 'There is no room left. Make room.',
      code: 'SQLITE_FULL',
    })
    assert.match(String(internal?.error['stack']), /log\.test\.ts/)
  })

  test('json: the line parses to the values that were logged', () => {
    const { log, lines } = capture('json')
    log.warn(
      { nick: hostile, count: 3, when: new Date(0), bytes: new Uint8Array(5), big: 5n, nan: Number.NaN },
      'a text',
    )
    const { time, ...entry } = JSON.parse(lines[0] ?? '') as Record<string, unknown>
    assert.ok(!Number.isNaN(Date.parse(String(time))))
    assert.deepEqual(entry, {
      level: 'warn',
      nick: hostile,
      count: 3,
      when: '1970-01-01T00:00:00.000Z',
      bytes: '[5 bytes]',
      big: '5',
      nan: 'NaN',
      msg: 'a text',
    })
  })

  test('json: fields cannot replace level, time and text', () => {
    const { log, lines } = capture('json')
    log.info({ level: 'error', time: 'now', msg: 'forged' }, 'real')
    const entry = JSON.parse(lines[0] ?? '') as Record<string, unknown>
    assert.deepEqual([entry['level'], entry['msg'], entry['msg_']], ['info', 'real', 'forged'])
  })

  test('circular and deep values end', () => {
    const { log, lines } = capture('json')
    const circle: Record<string, unknown> = {}
    circle['self'] = circle
    log.info({ circle, wide: Array.from({ length: 10_000 }, () => 'x'.repeat(400)) }, 'text')
    assert.ok((lines[0] ?? '').length < 40_000)
  })

  test('the level can be changed while it runs', () => {
    const { log, lines } = capture('json')
    log.debug({}, 'unseen')
    log.level = 'debug'
    log.debug({}, 'seen')
    assert.deepEqual(
      lines.map((line) => (JSON.parse(line) as { msg: string }).msg),
      ['seen'],
    )
  })
})
