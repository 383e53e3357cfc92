/** docs/guide/client.md: one-to-one conversations. */
import { type ChatMessage, type Client, type chat, isBySameAuthor } from '@rookery/client/node'

type Chatting = Client<readonly [typeof chat]>

export function talk(client: Chatting, message: ChatMessage): void {
  client.chat.setState(message.peer, 'composing')
  const answer = client.chat.send(message.peer, { body: 'I take thee at thy word', replyTo: message })
  client.chat.react(message, ['🌹'])
  client.chat.send(message.peer, { body: 'I take thee at thy word.', correct: answer })
  client.chat.retract(answer)
  client.chat.markDisplayed(message)
}

/** What your program keeps of a message. */
export interface Kept {
  readonly peer: string
  readonly author: string
  text: string | undefined
  reactions: Map<string, readonly string[]>
}

export function keep(client: Chatting, history: Map<string, Kept>): void {
  client.on('chat', ({ id, peer, author, body }) => {
    if (id !== undefined) history.set(id, { peer: `${peer}`, author, text: body, reactions: new Map() })
  })
  client.on('chat:corrected', (note) => {
    const kept = history.get(note.id)
    if (kept !== undefined && isBySameAuthor(kept, note)) kept.text = note.message.body
  })
  client.on('chat:retracted', (note) => {
    const kept = history.get(note.id)
    if (kept !== undefined && isBySameAuthor(kept, note)) kept.text = undefined
  })
  client.on('chat:reactions', ({ id, author, reactions }) => {
    history.get(id)?.reactions.set(author, reactions)
  })
}

export function watch(client: Chatting, show: (text: string) => void): void {
  client.on('chat:state', ({ peer, state }) => show(`${peer} is ${state}`)) // composing, paused, …
  client.on('chat:receipt', ({ sent }) => show(`${sent?.to} has it`))
  client.on('chat:displayed', ({ sent }) => show(`${sent?.to} has read it`))
}
