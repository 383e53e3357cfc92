/** In-band registration, XEP-0077 2.4: new accounts before login, password change and removal after it. */
import { register as codec, REGISTER_NS, registerFeature } from '@rookery/protocol/xeps/register'
import { z } from 'zod'
import { type Feature, feature } from '../../feature.ts'
import { Rate } from '../../rate.ts'
import { newAccounts } from './new-accounts.ts'
import { ownAccount } from './own-account.ts'

const config = z
  .strictObject({
    open: z.boolean().default(false).describe('Let anybody make an account.'),
    passwordChange: z.boolean().default(true).describe('Let users change their password.'),
    removal: z.boolean().default(true).describe('Let users remove their account.'),
    instructions: z
      .string()
      .default('Choose a username and a password.')
      .describe('What somebody who makes an account is told.'),
  })
  .prefault({})

const payload = { name: codec.name, ns: REGISTER_NS }

export const register: Feature = feature({
  name: 'register',
  summary: 'Lets people make an account (off by default), change its password, and remove it.',
  specifications: [{ number: 'XEP-0077', version: '2.4', status: 'complete', note: 'without data forms' }],
  config,
  needs: ['host', 'clock', 'limits', 'accounts', 'log'],
  disco: { host: [REGISTER_NS] },
  start({ host, clock, limits, accounts, log }, settings) {
    const own = ownAccount(accounts, log, settings)
    const rate = new Rate(
      () => limits.registrationsPerHour,
      () => clock.monotonic(),
    )
    const { offers, takes, receive } = newAccounts({ host, accounts, log, rate, settings })
    return {
      iq: [
        { type: 'get', at: 'host', from: 'local', payload, handle: own.get },
        { type: 'get', at: 'account', payload, handle: own.get },
        { type: 'set', at: 'host', from: 'local', payload, handle: own.set },
        { type: 'set', at: 'account', payload, handle: own.set },
      ],
      streamFeatures: [
        { name: 'register', offer: (n) => (offers(n) ? registerFeature : undefined), takes, receive }, // [XEP-0077 8]
      ],
      accountRemoved: own.removed,
    }
  },
})
