import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type PageRequest, pageRequest, pageResult } from '@rookery/protocol/rsm'
import { PUBSUB_ERRORS_NS, PUBSUB_EVENT_NS, PUBSUB_NS, pubsub as wire } from '@rookery/protocol/xeps/pubsub'
import { type Element, el } from '@rookery/protocol/xml'
import { HostileServer } from '../../../../../test/client/harness/hostile-server.ts'
import { next, online } from '../../../test/online.ts'
import {
  json,
  type NodeSubscriptionRequest,
  pubsub,
  RequestError,
  type Schema,
  UnexpectedAnswerError,
  UnsupportedError,
} from '../../index.ts'

const service = 'pubsub.localhost'
const numbers: Schema<number> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) => (typeof value === 'number' ? { value } : { issues: [{ message: 'a number' }] }),
  },
}
const payload = (text: string): Element => el('json', 'urn:xmpp:json:0', {}, text)

/** A service that answers so; `refusal` is an error condition, perhaps with one of pubsub. */
function serviceOf(
  answer: (request: Element) => Element | { readonly refusal: string; readonly more?: Element } | undefined,
): Promise<HostileServer> {
  return HostileServer.start({
    startTls: 'absent',
    script: {
      receive(stanza, connection) {
        const request = stanza.firstElement()
        if (request === undefined || stanza.attr('to') !== service) return
        const made = answer(request)
        if (made === undefined || 'name' in made) connection.reply(stanza, made)
        else {
          const error = el('error', stanza.ns, { type: 'cancel' }, [
            el(made.refusal, 'urn:ietf:params:xml:ns:xmpp-stanzas'),
            made.more,
          ])
          const { id, from } = { id: stanza.attr('id'), from: service }
          connection.send(el('iq', stanza.ns, { type: 'error', id, from }, [error]))
        }
        return true
      },
    },
  })
}

/** Items 1 to `all`, page by page; the service ends its list as it likes. */
function pages(all: number, asked: PageRequest[], options: { readonly count: boolean; readonly repeats?: boolean }) {
  return (request: Element): Element => {
    const page = pageRequest.find(request) as PageRequest
    asked.push(page)
    const start = page.after === undefined || options.repeats === true ? 0 : Number(page.after)
    const ids = Array.from({ length: Math.min(page.max ?? 100, all - start) }, (_, index) => `${start + index + 1}`)
    const set = ids.length === 0 ? {} : { first: { id: ids[0]! }, last: ids.at(-1) }
    return wire.build({
      items: { node: 'n', items: ids.map((id) => ({ id, payloads: [payload(id)] })) },
      page: pageResult.build({ ...set, ...(options.count ? { count: all } : {}) }),
    })
  }
}

async function read(server: HostileServer): Promise<number[]> {
  await using client = await online(server, [pubsub])
  const found = []
  for await (const { value } of client.pubsub.node(service, 'n', json(numbers)).items({ pageSize: 2 }))
    found.push(value)
  return found
}

describe('the items of a node', () => {
  test('come page by page, whether or not the service says how many there are', async () => {
    for (const count of [true, false]) {
      const asked: PageRequest[] = []
      await using server = await serviceOf(pages(5, asked, { count }))
      assert.deepEqual(await read(server), [1, 2, 3, 4, 5])
      assert.deepEqual(
        asked.map(({ after }) => after),
        count ? [undefined, '2', '4'] : [undefined, '2', '4', '5'],
      )
    }
  })

  test('end where a service gives the same page again and again', async () => {
    const asked: PageRequest[] = []
    await using server = await serviceOf(pages(5, asked, { count: false, repeats: true }))
    assert.deepEqual(await read(server), [1, 2, 1, 2])
  })

  test('are asked for only as far as they are read', async () => {
    const asked: PageRequest[] = []
    await using server = await serviceOf(pages(100, asked, { count: true }))
    await using client = await online(server, [pubsub])
    for await (const { id } of client.pubsub.node(service, 'n').items({ pageSize: 10 })) if (id === '12') break
    assert.equal(asked.length, 2)
  })

  test('that cannot be read are left out, and one that was not asked for is not taken', async () => {
    await using server = await serviceOf(() => {
      const items = ['1', '"two"', 'three', '4'].map((text) => ({ id: text, payloads: [payload(text)] }))
      return wire.build({ items: { node: 'n', items: [...items, { id: 'none', payloads: [] }] } })
    })
    assert.deepEqual(await read(server), [1, 4])
    await using client = await online(server, [pubsub])
    const node = client.pubsub.node(service, 'n', json(numbers))
    assert.equal((await node.item('4'))?.value, 4)
    assert.equal(await node.item('5'), undefined)
  })
})

describe('a refusal', () => {
  test('says which feature the service lacks', async () => {
    const more = el('unsupported', PUBSUB_ERRORS_NS, { feature: 'purge-nodes' })
    await using server = await serviceOf((request) =>
      request.child('purge') === undefined ? { refusal: 'forbidden' } : { refusal: 'feature-not-implemented', more },
    )
    await using client = await online(server, [pubsub])
    const node = client.pubsub.node(service, 'n')
    await assert.rejects(
      node.purge(),
      (error) => error instanceof UnsupportedError && error.feature === `${PUBSUB_NS}#purge-nodes`,
    )
    await assert.rejects(node.delete(), (error) => error instanceof RequestError && error.condition === 'forbidden')
  })

  test('an answer without what was asked for is one that is broken', async () => {
    await using server = await serviceOf((request) => el('pubsub', request.ns))
    await using client = await online(server, [pubsub])
    const node = client.pubsub.node(service, 'n')
    for (const answer of [
      node.item(),
      node.subscribe(),
      node.subscriptions(),
      node.subscribers(),
      node.affiliations(),
      node.configuration(),
      client.pubsub.create(service),
    ])
      await assert.rejects(answer, UnexpectedAnswerError)
    await node.create() // its name is known
  })
})

describe('events', () => {
  test('are those of the node and of its service, whoever else says so', async () => {
    await using server = await HostileServer.start({ startTls: 'absent' })
    await using client = await online(server, [pubsub])
    const node = client.pubsub.node(service, 'n', json(numbers))
    const heard: string[] = []
    node.on('item', ({ id, value }) => heard.push(`item ${id} ${value}`))
    node.on('retracted', ({ id }) => heard.push(`retracted ${id}`))
    node.on('purged', () => heard.push('purged'))
    const configured = next(node, 'configured')
    node.on('deleted', ({ redirect }) => heard.push(`deleted ${redirect}`))
    const all: string[] = []
    client.on('pubsub:item', (event) => all.push(`${event.service} ${event.node}`))
    client.on('pubsub:subscription', (event) => heard.push(`${event.node} ${event.state}`))
    const tell = (from: string, ...children: Element[]): void =>
      server.route(
        el('message', 'jabber:client', { from, to: `${client.jid}` }, [el('event', PUBSUB_EVENT_NS, {}, children)]),
      )
    const part = (name: string, attributes: Record<string, string>, children: Element[] = []): Element =>
      el(name, PUBSUB_EVENT_NS, attributes, children)
    const item = (id: string, text: string): Element => part('item', { id }, [payload(text)])
    tell('mallory@localhost/x', part('items', { node: 'n' }, [item('0', '0')]))
    tell('pubsub.evil.example', part('items', { node: 'n' }, [item('0', '0')]))
    tell(service, part('items', { node: 'm' }, [item('0', '0')]))
    tell(service, part('items', { node: 'n' }, [item('1', '1'), item('2', 'broken'), part('retract', { id: '7' })]))
    tell(service, part('purge', { node: 'n' }))
    tell(service, part('subscription', { node: 'n', jid: `${client.jid?.bare}`, subscription: 'subscribed' }))
    tell(service, part('delete', { node: 'n' }, [part('redirect', { uri: 'xmpp:pubsub.localhost?;node=o' })]))
    tell(service, part('configuration', { node: 'n' }))
    await configured
    assert.deepEqual(heard, [
      'item 1 1',
      'retracted 7',
      'purged',
      'n subscribed',
      'deleted xmpp:pubsub.localhost?;node=o',
    ])
    assert.deepEqual(all, [
      'mallory@localhost/x n',
      'pubsub.evil.example n',
      `${service} m`,
      `${service} n`,
      `${service} n`,
    ])
  })
})

describe('a request to subscribe', () => {
  const form = (node: string, type = 'form'): string => {
    const field = (name: string, value: string): string => `<field var='pubsub#${name}'><value>${value}</value></field>`
    const formType = 'http://jabber.org/protocol/pubsub#subscribe_authorization'
    const fields = field('subid', '7') + field('node', node) + field('subscriber_jid', 'juliet@localhost')
    return `<x xmlns='jabber:x:data' type='${type}'><field var='FORM_TYPE' type='hidden'><value>${formType}</value></field>${fields}${field('allow', '0')}</x>`
  }

  test('is believed of services, and answered with all that was in it [XEP-0060 8.6]', async () => {
    await using server = await serviceOf(() => undefined)
    await using client = await online(server, [pubsub])
    const asked: NodeSubscriptionRequest[] = []
    client.on('pubsub:requested', (request) => void asked.push(request))
    const to = client.jid!.toString()
    const { connection } = server
    connection.put(`<message from='mallory@evil.example/x' to='${to}' id='a'>${form('forged')}</message>`)
    connection.put(`<message from='${service}' to='${to}' id='b' type='groupchat'>${form('forged')}</message>`)
    connection.put(`<message from='${service}' to='${to}' id='c'>${form('answered', 'submit')}</message>`)
    connection.put(`<message from='${service}' to='${to}' id='d'>${form('letters')}</message>`)
    await client.request('get', el('ping', 'urn:xmpp:ping'))
    assert.deepEqual(
      asked.map(({ service: from, node, jid, subId }) => `${from} ${node} ${jid} ${subId}`),
      [`${service} letters juliet@localhost 7`],
    )
    asked[0]!.deny()
    await client.request('get', el('ping', 'urn:xmpp:ping'))
    const [answer] = server.received('message')
    assert.deepEqual([answer?.attr('id'), answer?.attr('to')], ['d', service])
    const sent = answer?.child('x', 'jabber:x:data')
    assert.equal(sent?.attr('type'), 'submit')
    const values = sent?.childElements().map((field) => `${field.attr('var')}=${field.childText('value')}`) ?? []
    assert.deepEqual(values.slice(1), [
      'pubsub#subid=7',
      'pubsub#node=letters',
      'pubsub#subscriber_jid=juliet@localhost',
      'pubsub#allow=0',
    ])
  })
})
