/** Answers whoever writes to it. A message counts as received when it has been answered: after a crash it comes again. */
import { chat, connect, presence } from '@rookery/client/node'

const client = await connect({
  jid: 'romeo@localhost',
  password: 'wherefore-art-thou',
  service: process.env['XMPP_SERVICE'], // left out where the domain tells
  use: [chat, presence],
})
process.once('SIGINT', () => client.close()) // ends the loop
console.log(`write to ${client.jid?.bare}`)

for await (const message of client.chat.messages()) {
  client.chat.send(message.from, `You said: ${message.body}`)
}
