/**
 * Brings two accounts into one of the nine subscription states of RFC 6121 appendix A by way of throw-away sessions,
 * which are never available and never ask for the roster, so that nobody in the scenario sees it happen.
 */
import type { Target } from './target.ts'
import { type Account, TestClient } from './test-client.ts'

type Move = readonly [by: 'user' | 'contact', type: 'subscribe' | 'subscribed']

const userAsks: Move = ['user', 'subscribe']
const contactAsks: Move = ['contact', 'subscribe']
const userGrants: Move = ['user', 'subscribed']
const contactGrants: Move = ['contact', 'subscribed']

/** Seen from the user. [RFC6121 A.1] */
const moves: ReadonlyMap<string, readonly Move[]> = new Map([
  ['None', []],
  ['None + Pending Out', [userAsks]],
  ['None + Pending In', [contactAsks]],
  ['None + Pending Out+In', [userAsks, contactAsks]],
  ['To', [userAsks, contactGrants]],
  ['To + Pending In', [userAsks, contactGrants, contactAsks]],
  ['From', [contactAsks, userGrants]],
  ['From + Pending Out', [contactAsks, userGrants, userAsks]],
  ['Both', [userAsks, contactGrants, contactAsks, userGrants]],
])

export const subscriptionStates: readonly string[] = [...moves.keys()]

export const bringIntoState = async (target: Target, user: Account, contact: Account, state: string): Promise<void> => {
  const wanted = moves.get(state)
  if (!wanted) throw new Error(`there is no subscription state "${state}", only ${subscriptionStates.join(', ')}`)
  const clients = {
    user: new TestClient(target, 'set-up', user, 'set-up'),
    contact: new TestClient(target, 'set-up', contact, 'set-up'),
  }
  await Promise.all([clients.user.advance('bound'), clients.contact.advance('bound')])
  for (const [by, type] of wanted) {
    const to = by === 'user' ? contact : user
    clients[by].send(`<presence to='${to.local}@${to.domain}' type='${type}'/>`)
    await clients[by].fence()
    await clients[by === 'user' ? 'contact' : 'user'].fence()
  }
  await Promise.all([clients.user.disconnect(), clients.contact.disconnect()])
}
