import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseScenario } from './parse-scenario.ts'
import { ScenarioError } from './scenario.ts'

const parse = (source: string) => parseScenario('some.scenario', source)

const source = `A greeting
[RFC6121 5.1] [RFC6120 8.1]
differs: elsewhere — says nothing,
  as it is allowed to
may differ: somewhere — now and then
needs: second host

# Two people
Romeo is romeo@HOST/orchard
Juliet's phone is juliet@OTHERHOST/phone, priority -1
Stranger is a client without an account

Romeo connects
Romeo sends:
  <message to="juliet@OTHERHOST">

    <body>Hello</body>
  </message>
Juliet's phone receives: <message/>
`

test('reads title, clauses, notes and needs', () => {
  const scenario = parse(source)
  assert.equal(scenario.title, 'A greeting')
  assert.deepEqual(scenario.clauses, ['RFC6121 5.1', 'RFC6120 8.1'])
  assert.deepEqual(scenario.notes, [
    { line: 3, target: 'elsewhere', isSure: true, why: 'says nothing, as it is allowed to' },
    { line: 5, target: 'somewhere', isSure: false, why: 'now and then' },
  ])
  assert.deepEqual(scenario.needs, ['second host'])
})

test('reads people with resource and priority', () => {
  const [romeo, phone, stranger] = parse(source).people
  assert.deepEqual(romeo?.address, { local: 'romeo', domain: 'HOST', resource: 'orchard' })
  assert.equal(phone?.name, "Juliet's phone")
  assert.equal(phone?.priority, -1)
  assert.equal(stranger?.address, undefined)
})

test('reads steps with their lines, and blocks without their indentation', () => {
  const steps = parse(source).steps
  assert.deepEqual(
    steps.map(({ line, text }) => [line, text]),
    [
      [13, 'Romeo connects'],
      [14, 'Romeo sends'],
      [19, "Juliet's phone receives"],
    ],
  )
  assert.equal(steps[1]?.block, '<message to="juliet@OTHERHOST">\n\n  <body>Hello</body>\n</message>')
  assert.equal(steps[1]?.blockLine, 15)
  assert.equal(steps[2]?.block, '<message/>')
})

test('refuses what is no scenario, with the line', () => {
  const head = 'Title\n[RFC6120 1]\nRomeo is romeo@HOST\n'
  const cases: readonly (readonly [string, number])[] = [
    ['', 1],
    ['Title\nRomeo is romeo@HOST\n', 1],
    ['Title\n[RFC6120 1]\n', 1],
    [`${head}Romeo sends:\nRomeo connects\n`, 4],
    [`${head}  <message/>\n`, 4],
    [`${head}Romeo is romeo@HOST/again\n`, 4],
  ]
  for (const [text, line] of cases)
    assert.throws(
      () => parse(text),
      (error) => error instanceof ScenarioError && error.line === line,
      JSON.stringify(text),
    )
})
