/** A program for browsers: compiled with their types and without those of Node. */
import { type ClientError, ConnectError } from '@rookery/client'
import { parseJid } from '@rookery/protocol/jid'
import { ping } from '@rookery/protocol/xeps/ping'

export const advice = (error: ClientError): string => (error.kind === 'connect' ? error.reason : error.message)

export const described: string = advice(new ConnectError('unknown-host', 'Is the domain right?'))

export const who: unknown = parseJid('romeo@montague.lit')

export const wire: unknown = ping
