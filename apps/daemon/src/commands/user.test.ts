import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { run, startDaemon, TemporaryFolder } from '../testing/daemon-process.ts'

async function tour(folder: string, others: readonly string[]): Promise<void> {
  const user = (words: readonly string[], input?: string): ReturnType<typeof run> =>
    run(folder, ['user', ...words], input)
  assert.deepEqual(await user(['add', 'Juliet@localhost', '--password', 'secret']), {
    code: 0,
    output: 'Added Juliet@localhost.\n',
    errors: '',
  })
  assert.equal((await user(['add', 'romeo', '--stdin'], 'secret\n')).code, 0)
  const again = await user(['add', 'juliet', '-p', 'x'])
  assert.equal(again.code, 1)
  assert.match(again.errors, /juliet@localhost exists already/)
  assert.deepEqual(JSON.parse((await user(['list', '--json'])).output), [
    ...others,
    'juliet@localhost',
    'romeo@localhost',
  ])
  assert.equal((await user(['passwd', 'juliet'], 'another\n')).code, 0)
  assert.match((await user(['passwd', 'nobody', '-p', 'x'])).errors, /There is no account nobody@localhost/)
  assert.match((await user(['remove', 'juliet'])).errors, /Add --yes/)
  assert.equal((await user(['remove', 'juliet', '--yes'])).code, 0)
  assert.match((await user(['remove', 'juliet', '--yes'])).errors, /There is no account juliet@localhost/)
}

describe('rookery user', () => {
  test('works on the data folder while no server runs', async () => {
    using folder = new TemporaryFolder()
    await tour(folder.path, [])
  })

  test('works while the server runs', async () => {
    using folder = new TemporaryFolder()
    await using daemon = await startDaemon(folder.path)
    await tour(folder.path, ['admin@localhost'])
    const { command, account } = await daemon.event('account')
    assert.deepEqual([command, account], ['add', 'Juliet@localhost'])
    assert.ok(!daemon.output.includes('secret'))
  })

  test('says why it refuses', async () => {
    using folder = new TemporaryFolder()
    const user = (words: readonly string[]): ReturnType<typeof run> => run(folder.path, ['user', ...words])
    assert.match((await user(['add', 'a b', '-p', 'x'])).errors, /is not an address of an account/)
    assert.match(
      (await user(['add', 'a@elsewhere', '-p', 'x'])).errors,
      /elsewhere is not a host of this server; its hosts are: localhost/,
    )
    assert.match((await user(['add', 'a', '-p', ''])).errors, /password is empty/)
    assert.match((await user(['list', '--host', 'elsewhere'])).errors, /elsewhere is not a host/)
  })

  test('says what to do when the server cannot be reached', async () => {
    using folder = new TemporaryFolder()
    await using _ = await startDaemon(folder.path)
    rmSync(join(folder.path, 'data/control.sock'))
    const { code, errors } = await run(folder.path, ['user', 'list'])
    assert.equal(code, 1)
    assert.match(errors, /Stop the server, run this again, and start it/)
  })
})
