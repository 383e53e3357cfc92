/** All behaviours, in the order of the table. */
import { history } from './archive.ts'
import type { Behaviour } from './behaviour.ts'
import { conversations } from './chat.ts'
import { connection } from './connection.ts'
import { discovery } from './disco.ts'
import { transfers } from './files.ts'
import { login } from './login.ts'
import { personal } from './personal.ts'
import { publishing } from './pubsub.ts'
import { meetings } from './rooms.ts'
import { contacts } from './roster.ts'
import { services } from './services.ts'
import { small } from './small.ts'

export const behaviours: readonly Behaviour[] = [
  ...login,
  ...connection,
  ...discovery,
  ...contacts,
  ...conversations,
  ...history,
  ...meetings,
  ...small,
  ...personal,
  ...publishing,
  ...transfers,
  ...services,
]
