/** Reads the archive: backwards page by page, as a chat window does when one scrolls up, and all of it from the beginning. */
import { archive, chat, connect } from '@rookery/client/node'

const client = await connect({
  jid: 'romeo@localhost',
  password: 'wherefore-art-thou',
  service: process.env['XMPP_SERVICE'], // left out where the domain tells
  use: [archive, chat],
})

let page = await client.archive.page({ with: 'juliet@localhost', max: 2 }) // the newest
console.log(`newest: ${page.messages.map(({ body }) => body).join(', ')}`)
while (!page.isComplete) {
  page = await client.archive.page({ with: 'juliet@localhost', max: 2, before: page.first })
  console.log(`before: ${page.messages.map(({ body }) => body).join(', ')}`)
}

// a page is asked for when the loop comes to it
for await (const archived of client.archive.query({ with: 'juliet@localhost' })) {
  const message = client.chat.read(archived)
  if (message?.body !== undefined) console.log(`${message.isOwn ? 'me' : message.peer}: ${message.body}`)
}
await client.close()
