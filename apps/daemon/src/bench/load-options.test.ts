import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseLoadArguments } from './load-arguments.ts'
import { isLoopback, LoadError, planLoad } from './load-options.ts'

test('only this machine is loaded without asking', () => {
  for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost']) assert.ok(isLoopback(host), host)
  for (const host of ['127.example.org', '10.0.0.1', 'example.org', '127.0.0.1.example.org', '']) {
    assert.ok(!isLoopback(host), host)
    assert.throws(() => planLoad({ mode: 'ping', host }), LoadError)
  }
})

test("a user's own server elsewhere is loaded when the user says it is theirs", () => {
  assert.equal(planLoad({ mode: 'ping', host: 'example.org', ownServer: true }).host, 'example.org')
})

test('chat needs an even number of users', () => {
  assert.throws(() => planLoad({ mode: 'chat', users: 3 }), /even number/)
  assert.throws(() => planLoad({ mode: 'chat', users: 0 }), /at least 2/)
})

test('the command line gives the same options as the function takes', () => {
  const args = 'chat --port 5333 --users 20 --secs 2 --window 5 --tls --pid 7 --pid 8 --json'.split(' ')
  const { options, json } = parseLoadArguments(args)
  assert.ok(json)
  const plan = planLoad(options)
  assert.deepEqual(
    [plan.mode, plan.port, plan.users, plan.seconds, plan.window, plan.tls, plan.pids],
    ['chat', 5333, 20, 2, 5, true, [7, 8]],
  )
})

test('an unknown mode, flag or a word for a number is refused with its name', () => {
  assert.throws(() => parseLoadArguments(['muck']), /one of register, login/)
  assert.throws(() => parseLoadArguments(['chat', '--nope']), /--nope/)
  assert.throws(() => parseLoadArguments(['chat', '--users', 'many']), /--users takes a number/)
})
