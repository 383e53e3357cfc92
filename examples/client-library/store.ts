/** A store of your own, here a table of SQLite: what is not sent yet survives the end of the program, and so does the token that spares the password. */
import { DatabaseSync } from 'node:sqlite'
import { chat, createClient, messages, type OpenStore } from '@rookery/client/node'

/** A row for each key of each account. One client at a time: an application with several of them has to see to that. */
function sqliteStore(path: string): OpenStore {
  return (account) => {
    const database = new DatabaseSync(path)
    database.exec('CREATE TABLE IF NOT EXISTS kept (account TEXT, key TEXT, value TEXT, PRIMARY KEY (account, key))')
    const all = database.prepare('SELECT key, value FROM kept WHERE account = ? ORDER BY key')
    const set = database.prepare('INSERT OR REPLACE INTO kept VALUES (?, ?, ?)')
    const remove = database.prepare('DELETE FROM kept WHERE account = ? AND key = ?')
    return {
      read: () => all.all(account).map((row) => [String(row['key']), String(row['value'])] as const),
      write(changes) {
        database.exec('BEGIN') // all or nothing
        for (const [key, value] of changes) {
          if (value === undefined) remove.run(account, key)
          else set.run(account, key, value)
        }
        database.exec('COMMIT') // on disk when this returns
      },
      close: () => void database.close(),
    }
  }
}

const client = await createClient({
  jid: 'romeo@localhost',
  password: 'wherefore-art-thou',
  service: process.env['XMPP_SERVICE'], // left out where the domain tells
  store: sqliteStore(process.argv[2] ?? 'romeo.db'),
  patience: 0, // fails at once, so that the example is short
  use: [messages, chat],
})
const earlier = client.messages.unacknowledged
console.log(`kept from before: ${earlier.length}`)
const message = client.chat.send('juliet@localhost', 'Art thou there?') // kept before it is sent

try {
  await client.connect()
  for (const one of [...earlier, message]) await one.reached('acked')
  console.log('the server has all')
} catch (error) {
  console.log(`not sent yet: ${error instanceof Error ? error.message : error}`)
}
await client.close()
