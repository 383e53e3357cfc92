/** Contact addresses of the service, XEP-0157 1.1.1: a form in the server's disco info. */
import { contactAddresses, SERVER_INFO_FORM } from '@rookery/protocol/xeps/contact-addresses'
import { z } from 'zod'
import { type Feature, feature } from '../../feature.ts'

const addresses = (text: string) =>
  z
    .array(z.string().refine((uri) => isUri(uri), 'an address is a URI, e.g. mailto:admin@example.org'))
    .default([])
    .describe(`URIs (mailto:, xmpp:, https:) ${text}`)

/** Without the characters that no URI has: "<" would spoil the capabilities of the server. [RFC3986 2, XEP-0115 5.1] */
function isUri(text: string): boolean {
  return URL.canParse(text) && ![...'<> "'].some((forbidden) => text.includes(forbidden))
}

const config = z
  .strictObject({
    abuse: addresses('for reports of abuse.'),
    admin: addresses('of those who run the server.'),
    feedback: addresses('for opinions about the service.'),
    sales: addresses('for customers to be.'),
    security: addresses('for reports of vulnerabilities.'),
    status: addresses('that tell whether the service works.'),
    support: addresses('for questions and problems.'),
  })
  .prefault({})

export const contact: Feature = feature({
  name: 'contact',
  summary: `Tells how to reach those who run the server (${SERVER_INFO_FORM}).`,
  specifications: [{ number: 'XEP-0157', version: '1.1.1', status: 'complete' }],
  config,
  needs: [],
  start(_, settings) {
    const given = Object.entries(settings).filter(([, uris]) => uris.length > 0)
    const forms = given.length === 0 ? [] : [contactAddresses.result(Object.fromEntries(given))]
    return { forms: () => forms }
  },
})
